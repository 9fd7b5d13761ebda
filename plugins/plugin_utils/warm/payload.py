# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads a module as Ansible packs it: a Python script that has a zip file and arguments as literals in its end."""

from __future__ import annotations

import ast
import base64
import binascii
import dataclasses
import io
import re
import typing as t
import zipfile

from .command import NotUnderstood

# The module that starts others in the background.
ASYNC_WRAPPER = "ansible.modules.async_wrapper"
_START = b'\n\n\nif __name__ == "__main__":\n    _ansiballz_main(\n'
_END = b"\n)\n"
_LITERAL = re.compile(rb"^(module_fqn|extensions|zip_data)=(.*),$", re.MULTILINE)
# Where modules and what they import lie in the zip file.
_OWN = re.compile(r"ansible(_collections)?/([A-Za-z_][A-Za-z0-9_]*/)*[A-Za-z_][A-Za-z0-9_]*\.py")


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """A file of the zip file. One reader makes one part of the same bytes under the same name."""

    name: str
    is_package: bool
    path: str
    source: bytes


@dataclasses.dataclass(frozen=True)
class Payload:
    """A module and the sources that it brings along.

    Attributes:
        script: the whole script, arguments included.
        module: the module's full Python name.
        parts: the sources by Python name.
    """

    script: bytes = dataclasses.field(repr=False)
    module: str
    parts: t.Mapping[str, Part] = dataclasses.field(repr=False)


class Reader:
    """Reads payloads, and remembers the zip files that it has seen: a loop sends the same one again and again."""

    def __init__(self) -> None:
        self._seen: dict[bytes, dict[str, Part]] = {}
        # Many zip files hold the same part.
        self._parts: dict[tuple[str, bytes], Part] = {}

    def read(self, script: bytes) -> Payload:
        """Take a payload apart.

        Raises:
            NotUnderstood: it isn't one, or one that needs its own interpreter.
        """
        head, found, tail = script.rpartition(_START)
        if not found or not tail.endswith(_END) or b"_ANSIBALLZ_WRAPPER = True" not in head:
            raise NotUnderstood("it is not a packed Python module")
        given = {key.decode("ascii"): value for key, value in _LITERAL.findall(tail)}
        if len(given) != 3 or len(_LITERAL.findall(tail)) != 3:
            raise NotUnderstood("the payload is of a version that is not known")
        if given["extensions"] != b"{}":
            raise NotUnderstood("a debugger or a coverage tool goes with it")
        module = ast.literal_eval(given["module_fqn"].decode("utf-8"))
        parts = self.parts(given["zip_data"].strip(b"'"))
        if module not in parts:
            raise NotUnderstood("the module is not in its own payload")
        return Payload(script, module, parts)

    def parts(self, encoded: bytes) -> t.Mapping[str, Part]:
        """Return the parts of a zip file, given in base64.

        Raises:
            NotUnderstood: it can't be read, or holds something else than Python sources of Ansible.
        """
        if encoded not in self._seen:
            try:
                self._seen[encoded] = dict(self._unpack(base64.b64decode(encoded, validate=True)))
            except (binascii.Error, zipfile.BadZipFile) as error:
                raise NotUnderstood("its zip file can't be read") from error
        return self._seen[encoded]

    def _unpack(self, data: bytes) -> t.Iterator[tuple[str, Part]]:
        """Yield the parts of a zip file."""
        names: set[str] = set()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for path in archive.namelist():
                if not _OWN.fullmatch(path):
                    raise NotUnderstood(f"its zip file holds {path}")
                is_package = path.endswith("/__init__.py")
                name = path[: -len("/__init__.py" if is_package else ".py")].replace("/", ".")
                if name in names:
                    raise NotUnderstood(f"its zip file holds {name} twice")
                names.add(name)
                source = archive.read(path)
                yield name, self._parts.setdefault((name, source), Part(name, is_package, path, source))


def interpreter_of(script: bytes) -> str:
    """Return what the first line of a script names as its interpreter, nothing if it names none."""
    first = script.partition(b"\n")[0]
    return first[2:].strip().decode("utf-8", "surrogateescape") if first.startswith(b"#!") else ""
