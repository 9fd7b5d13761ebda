# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Writes a report on the controller: JSON for programs and a page for people. See the module of the same name."""

from __future__ import annotations

import os
import tempfile
import typing as t
from datetime import datetime
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.mlinfra.aws.plugins.plugin_utils.report import page

OPTIONS = {
    "path": {"type": "str", "required": True},
    "title": {"type": "str", "required": True},
    "subtitle": {"type": "str", "default": ""},
    "data": {"type": "dict", "required": True},
    "sections": {"type": "list", "elements": "dict", "default": []},
}


class ActionModule(ActionBase):
    """The action of mlinfra.aws.report."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Make both texts, and write them unless this is check mode."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(argument_spec=OPTIONS)
        made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
        try:
            texts = {
                ".json": page.as_json(options["title"], made, options["data"]),
                ".html": page.html(options["title"], options["subtitle"], made, options["sections"]),
            }
        except page.ReportError as error:
            raise AnsibleActionFail(str(error)) from error
        files = {end: Path(f"{os.path.expanduser(options['path'])}{end}").absolute() for end in texts}
        if not self._task.check_mode:
            try:
                for end, text in texts.items():
                    write(files[end], text)
            except OSError as error:
                raise AnsibleActionFail(f"can't write the report: {error}") from error
        result.update(changed=True, json=str(files[".json"]), html=str(files[".html"]))
        return result


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, with the permissions that the user's new files get."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
