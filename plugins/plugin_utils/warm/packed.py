# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keeps packed modules for the next run of Ansible, which packs each module anew although no file has changed.

To pack a module, Ansible parses it and all the sources that it leads to. The outcome depends on the content of these
files, on what lies beside them, and on where they are looked for. All of that is noted, and a packed module is only
used again where all of it is as it was. Arguments and secrets are no part of a packed module.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import pickle
import re
import stat
import typing as t

import ansible
import ansible.constants as C
from ansible.plugins.loader import module_utils_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig

from . import store
from .command import NotUnderstood
from .payload import Part, Reader

# Changes when this file takes note of other things.
_VERSION = 3
_BROUGHT = "brought"
_ANSIBLE = pathlib.Path(ansible.__file__).parent
_OWN_UTILS = _ANSIBLE / "module_utils"
# Made up by Ansible itself, for each version of it.
_MADE_UP = ("ansible", "ansible.module_utils")
_REDIRECTION = re.compile(rb"\nimport sys\nimport [\w.]+ as mod\n\nsys\.modules\['[\w.]+'\] = mod\n")

Look = list[int] | list[str]


class Packed:
    """The packed modules that are kept.

    Args:
        folder: the folder to keep them in; it is made for this user alone.
        run: Ansible's folder for temporary files of this run.
    """

    def __init__(self, folder: str, run: str) -> None:
        self._run = pathlib.Path(run, "ansiballz_cache")
        self._store = pathlib.Path(folder).expanduser() / _context()
        self._looks: dict[str, Look | None] = {}

    def bring(self) -> None:
        """Put what still holds where Ansible looks for what it has packed in this run.

        A playbook or a role may bring module_utils or collections of its own: what was brought before it goes then.
        """
        mark = self._run / _BROUGHT
        context = f"{self._store.name} {_only_own_utils()}"
        try:
            if mark.read_text(encoding="ascii") == context:
                return
        except OSError:
            self._run.mkdir(exist_ok=True)
        for brought in self._run.glob("*-none"):
            if brought.is_symlink():
                brought.unlink(missing_ok=True)
        if store.is_own(self._store) and _only_own_utils():
            for noted in self._store.glob("*.json"):
                kept = noted.with_suffix("")
                if self._holds(noted):
                    _link(kept, self._run / kept.name)
                else:
                    noted.unlink(missing_ok=True)
                    kept.unlink(missing_ok=True)
        _write(mark, context.encode("ascii"))

    def keep(self) -> None:
        """Keep what was packed in this run."""
        if not _only_own_utils():
            return
        store.make(self._store)
        if not store.is_own(self._store):
            return
        for packed in self._run.glob("*-none"):
            kept = self._store / packed.name
            if packed.is_symlink() or kept.exists():
                continue
            content = packed.read_bytes()
            try:
                note = self._note(pickle.loads(content).zip_data)
            except (NotUnderstood, LookupError):
                continue
            _write(kept, content)
            _write(self._store / f"{packed.name}.json", json.dumps(note).encode("utf-8"))

    def _look(self, path: str) -> Look | None:
        """Return what tells one state of a file, or of a folder's list of files, from another; None for nothing there."""
        if path not in self._looks:
            try:
                status = os.stat(path)
                # Python's compiled files come and go in a folder without meaning anything.
                names = sorted(set(os.listdir(path)) - {"__pycache__"}) if stat.S_ISDIR(status.st_mode) else None
            except OSError:
                self._looks[path] = None
            else:
                file = [status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino]
                self._looks[path] = file if names is None else names
        return self._looks[path]

    def _holds(self, noted: pathlib.Path) -> bool:
        """Say whether all that was noted is as it was."""
        try:
            note = json.loads(noted.read_bytes())
            return all(self._look(path) == look for path, look in note.items())
        except (OSError, ValueError, AttributeError):
            return False

    def _note(self, zip_data: bytes) -> dict[str, Look | None]:
        """Return the state of all that a packed module depends on.

        Raises:
            NotUnderstood: it can't be read.
            LookupError: it holds something else than the files that it should hold.
        """
        paths: set[str] = set()
        parts = Reader().parts(zip_data)
        for name, part in parts.items():
            if name not in _MADE_UP:
                paths.update(_sources(part))
        return {path: self._look(path) for path in sorted(paths)}


def _context() -> str:
    """Return a name for where Ansible is and where it looks for collections."""
    of_config = [C.config.get_config_value(name) for name in ("_MODULE_METADATA", "DEFAULT_KEEP_REMOTE_FILES")]
    context = [_VERSION, ansible.__version__, str(_ANSIBLE), *_collection_folders(), *of_config]
    return hashlib.sha256(json.dumps(context).encode("utf-8")).hexdigest()[:16]


def _collection_folders() -> list[str]:
    """Return the folders that hold collections, in the order in which they are searched."""
    folders = [os.path.abspath(folder) for folder in AnsibleCollectionConfig.collection_paths]
    return [folder for folder in folders if os.path.isdir(os.path.join(folder, "ansible_collections"))]


def _only_own_utils() -> bool:
    """Say whether Ansible's own module_utils are the only ones that aren't a collection's."""
    return not any(
        os.path.isdir(path) and os.path.realpath(path) != os.path.realpath(_OWN_UTILS)
        for path in module_utils_loader._get_paths(subdirs=False)
    )


def _sources(part: Part) -> t.Iterator[str]:
    """Yield the paths that a part was read from or would be read from if they were there.

    Raises:
        LookupError: the part is none of these files.
    """
    names = part.path.split("/")
    if names[0] == "ansible":
        path = str(_ANSIBLE.joinpath(*names[1:]))
        yield str(_ANSIBLE / "config" / "ansible_builtin_runtime.yml")
    else:
        # ansible_collections/<namespace>/<name>/plugins/…
        collection = names[1:3]
        if len(names) < 5:
            if part.source:
                raise LookupError(part.path)
            return
        for folder in _collection_folders():
            top = os.path.join(folder, "ansible_collections", *collection)
            yield top
            if os.path.isdir(top):
                break
        else:
            raise LookupError(part.path)
        yield os.path.join(top, "meta", "runtime.yml")
        path = os.path.join(top, *names[3:])
    yield path
    yield os.path.dirname(path)
    # What has no file is a package that stands for nothing, or for another by way of a redirection.
    if part.source and not _is(path, part.source) and not (part.is_package and _REDIRECTION.fullmatch(part.source)):
        raise LookupError(part.path)


def _is(path: str, content: bytes) -> bool:
    """Say whether a file has this content."""
    try:
        with open(path, "rb") as file:
            return file.read() == content
    except OSError:
        return False


def _link(target: pathlib.Path, link: pathlib.Path) -> None:
    """Make a link, unless there is one."""
    try:
        link.symlink_to(target)
    except FileExistsError:
        pass


def _write(path: pathlib.Path, content: bytes) -> None:
    """Write a file so that no reader sees a part of it."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.rename(path)
