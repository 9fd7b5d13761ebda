#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: host_files
version_added: 0.1.0
short_description: Write or remove many files and folders of a host in one go
description:
  - Makes any number of folders and files with the given contents, in the order given, and removes others, in one
    module run.
  - M(ansible.builtin.copy) takes three trips to the host for each file, and over Session Manager each trip is
    a session and a transfer through S3.
  - Missing parents of a folder are made too, parents of a file are not.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  files:
    description: The files and folders that there should be.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path. A link to a folder counts as the folder; a link in the place of a file is replaced.
        type: str
        required: true
      content:
        description: What the file holds. Without it a folder is meant.
        type: str
      owner:
        description: Name of the user that it belongs to.
        type: str
        required: true
      group:
        description: Name of the group that it belongs to.
        type: str
        required: true
      mode:
        description: Permissions, as four octal digits in quotes.
        type: str
        required: true
      validate:
        description: >-
          A command that judges the new content before it takes the old one's place, as its words. C(%s) among them is the path of a
          file with it. Where the command fails, so does the module, and what was stays. Check mode doesn't run it.
        type: list
        elements: str
  absent:
    description:
      - Absolute paths that there should be nothing at. A folder goes with all that is in it, a link without its target.
      - They are removed before O(files) are made.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Says what would change and writes nothing.
    support: full
  diff_mode:
    description: Shows contents, owners and permissions before and after.
    support: full
"""

EXAMPLES = r"""
- name: Write a folder and a file in it
  mlinfra.aws.host_files:
    files:
      - path: /etc/mlinfra
        owner: root
        group: root
        mode: "0755"
      - path: /etc/mlinfra/environment
        owner: root
        group: root
        mode: "0644"
        content: |
          AWS_DEFAULT_REGION="eu-central-1"

- name: Remove both again
  mlinfra.aws.host_files:
    absent: [/etc/mlinfra]
"""

RETURN = r"""
changed_paths:
  description: The paths that were removed, made or altered, in the order of O(absent) and O(files).
  returned: success
  type: list
  elements: str
  sample: [/etc/mlinfra/environment]
"""

import grp
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Callable, Sequence

from ansible.module_utils.basic import AnsibleModule

SUBOPTIONS = {
    "path": {"type": "str", "required": True},
    "content": {"type": "str"},
    "owner": {"type": "str", "required": True},
    "group": {"type": "str", "required": True},
    "mode": {"type": "str", "required": True},
    "validate": {"type": "list", "elements": "str"},
}


def _name(number: int, database: Callable[[int], Sequence]) -> str:
    """The name of a user or group id, or the number where it has none."""
    try:
        return database(number)[0]
    except KeyError:
        return str(number)


def found(path: str, as_folder: bool) -> dict:
    """Describe what stands at a path, in the words of the module's options; an empty dictionary where nothing does.

    Raises OSError where a folder stands in the place of a file, or something else in the place of a folder.
    """
    try:
        status = os.stat(path) if as_folder else os.lstat(path)
    except FileNotFoundError:
        return {}
    if stat.S_ISDIR(status.st_mode) != as_folder:
        raise OSError("it is no folder" if as_folder else "it is a folder")
    described = {
        "owner": _name(status.st_uid, pwd.getpwuid),
        "group": _name(status.st_gid, grp.getgrgid),
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
    }
    if not as_folder:
        described["content"] = ""
        if stat.S_ISREG(status.st_mode):
            with open(path, encoding="utf-8", errors="replace", newline="") as file:
                described["content"] = file.read()
    return described


def wanted(entry: dict) -> dict:
    """What an entry of the option asks for, in the form of found()."""
    return {key: value for key, value in entry.items() if key not in ("path", "validate") and value is not None}


def difference(path: str, before: dict, after: dict) -> dict:
    """One entry of the diff that Ansible shows: owner and permissions above the content."""

    def text(described: dict) -> str:
        if not described:
            return ""
        attributes = "{owner}:{group} {mode}\n".format(**described)
        return attributes + described.get("content", "")

    return {"before_header": path, "after_header": path, "before": text(before), "after": text(after)}


def make(module: AnsibleModule, entry: dict, before: dict) -> None:
    """Bring one file or folder to what its entry says; a file is replaced whole or not at all.

    Raises OSError where that does not work, or the command that judges the new content refuses it.
    """
    path, content = entry["path"], entry["content"]
    if content is None:
        os.makedirs(path, exist_ok=True)
        path = os.path.realpath(path)
    elif content != before.get("content") or not os.path.isfile(path) or os.path.islink(path):
        if not os.path.isdir(os.path.dirname(path)):
            raise OSError("its folder is missing")
        descriptor, new = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
        if entry["validate"]:
            judge(module, entry["validate"], new)
        module.atomic_move(new, path)
    attributes = {key: entry[key] for key in ("owner", "group", "mode")}
    module.set_fs_attributes_if_different(module.load_file_common_arguments(attributes, path=path), False)


def judge(module: AnsibleModule, command: Sequence[str], path: str) -> None:
    """Run a command on the file at the path. Raises OSError where it fails."""
    returned, out, err = module.run_command([word.replace("%s", path) for word in command])
    if returned:
        os.unlink(path)
        raise OSError(f"{command[0]} refuses it: {(err + out).strip()}")


def remove(path: str) -> None:
    """Remove a file, a link, or a folder with all that is in it."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def main() -> None:
    """Compare each entry with what stands, and bring the differing ones up to date."""
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "default": [], "options": SUBOPTIONS},
            "absent": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    changed_paths, diff = [], []
    for path in module.params["absent"]:
        # In check mode, too, a path is gone with its folder.
        if not os.path.lexists(path) or any(path.startswith(f"{folder}/") for folder in changed_paths):
            continue
        try:
            if not module.check_mode:
                remove(path)
        except OSError as error:
            module.fail_json(msg=f"{path} can't be removed: {error}", changed_paths=changed_paths)
        changed_paths.append(path)
        diff.append({"before_header": path, "after_header": path, "before": "there\n", "after": ""})
    for entry in module.params["files"]:
        path = entry["path"]
        try:
            before = found(path, as_folder=entry["content"] is None)
            if before == wanted(entry):
                continue
            if not module.check_mode:
                make(module, entry, before)
        except OSError as error:
            module.fail_json(msg=f"{path} can't be made as asked: {error}", changed_paths=changed_paths)
        changed_paths.append(path)
        diff.append(difference(path, before, wanted(entry)))
    module.exit_json(changed=bool(changed_paths), changed_paths=changed_paths, diff=diff)


if __name__ == "__main__":
    main()
