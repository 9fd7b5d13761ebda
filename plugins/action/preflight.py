# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judges the settings of roles on the controller, then lets the module of the same name ask AWS."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.plugin_utils import judgement
from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings, Values


class ActionModule(ActionBase):
    """The action of mlinfra.aws.preflight."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Judge the settings, ask AWS, and fail with everything that is wrong, or set the facts."""
        result = super().run(tmp, task_vars)
        roles = self._roles()
        reader = RoleSettings(judgement.ROLES, self._templar, self._loader, task_vars or {})

        def ask(request: Values) -> Values:
            options = {**self._task.args, **request}
            return self._execute_module(module_name="mlinfra.aws.preflight", module_args=options, task_vars=task_vars)

        result.update(changed=False, **judgement.check(reader, roles, ask))
        return result

    def _roles(self) -> list[str]:
        """Return the roles that were asked for."""
        roles = self._task.args.get("roles")
        if not isinstance(roles, list) or not roles or set(roles) - set(judgement.ROLES):
            raise AnsibleActionFail(f"roles: give a list of {', '.join(judgement.ROLES)}")
        return roles
