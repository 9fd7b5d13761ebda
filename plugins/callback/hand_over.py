# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: hand_over
type: notification
short_description: Hand the terminal over when a playbook has ended
version_added: 0.1.0
author:
  - mlinfra.aws authors (@mlinfra)
description:
  - Opens what playbooks/connect.yml, submit.yml and runs.yml have prepared, after the last task. A task has no terminal, and ends; a connection
    wants both a terminal and to last.
  - Does nothing after other playbooks. Has to be among C(callbacks_enabled).
"""

import json
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible_collections.mlinfra.aws.plugins.plugin_utils.connect import ConnectError, run

STATISTIC = "mlinfra_hand_over"


class CallbackModule(CallbackBase):
    """Acts once, at the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "mlinfra.aws.hand_over"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Read the request that the playbook left, delete it, and do what it asks for."""
        path = stats.custom.get("_run", {}).get(STATISTIC)
        if not path:
            return
        file = Path(path)
        request = json.loads(file.read_text(encoding="utf-8"))
        file.unlink()
        try:
            status = run(request, self._display.display)
        except ConnectError as error:
            self._display.error(str(error))
            status = 1
        if status:
            raise SystemExit(status)
