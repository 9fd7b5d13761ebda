# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads budgets whole."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients

from .api import Budgets
from .transform import normalize


@AWSErrorHandler.common_error_handler("reach AWS")
def account_budgets(module: AnsibleAWSModule) -> Budgets:
    """The budgets of the account that the module's arguments lead to.

    Raises:
        AnsibleAWSError: where AWS does not say which account that is.
    """
    clients = Clients(module)
    return Budgets(clients("budgets"), clients("sts").get_caller_identity()["Account"])


def standing(budgets: Budgets, name: str) -> dict[str, Any]:
    """The budget with all that belongs to it, or nothing where it does not stand."""
    found = budgets.budget(name)
    if not found:
        return {}
    return normalize(budgets.arn(name), found, budgets.notifications(name), budgets.actions(name), budgets.tags(name))
