# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the server has loaded for its forks: sources of module_utils, the libraries they import, AWS' service models."""

from __future__ import annotations

import dis
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import threading
import types
import typing as t

from .command import NotUnderstood
from .payload import Part, Payload

# Collections whose module_utils do nothing when they are imported, and so may be loaded ahead of their use.
_OWN_PACKAGES = ("ansible", "ansible_collections")
# What collections' code may load into the server beside the standard library.
_LIBRARIES = frozenset(
    ("boto3", "botocore", "s3transfer", "urllib3", "jmespath", "dateutil", "six", "certifi", "packaging")
)


# What the payload's own script imports.
_ALWAYS = (
    "base64",
    "datetime",
    "shutil",
    "tempfile",
    "zipfile",
    "runpy",
    "ansible.module_utils._internal._ansiballz._loader",
)
_STANDARD = getattr(sys, "stdlib_module_names", frozenset(sys.builtin_module_names))


class _NotShared(BaseException):
    """An import that only a fork may do. No ``except Exception`` or ``except ImportError`` may hide it."""


class _Loader(importlib.abc.InspectLoader):
    """Loads one part of a payload."""

    def __init__(self, library: Library, part: Part) -> None:
        self._library = library
        self._part = part

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(self._library.code(self._part), module.__dict__)

    def is_package(self, fullname: str) -> bool:
        return self._part.is_package

    def get_code(self, fullname: str) -> types.CodeType:
        return self._library.code(self._part)

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self._part.source)

    def get_filename(self, fullname: str) -> str:
        return self._library.filename(self._part)


class Library(importlib.abc.MetaPathFinder):
    """The sources that are loaded, and the finder that serves a payload's sources to the import system.

    Args:
        root: the path under which all sources appear, in place of the zip file of a run.
        folders: where collections and Ansible itself may be installed: their compiled files are used where the source
            is the payload's, byte by byte.
        collections: names of the collections that may be loaded ahead of their use.
    """

    def __init__(self, root: str, folders: t.Sequence[str], collections: t.Iterable[str]) -> None:
        self.main = sys.modules["__main__"]
        self.path = list(sys.path)
        self._root = root
        self._folders = folders
        self._shared = ("ansible.module_utils", *(f"ansible_collections.{name}" for name in collections))
        self._payload: t.Mapping[str, Part] = {}
        self._loaded: dict[str, Part] = {}
        self._codes: dict[Part, types.CodeType] = {}
        self._imports: dict[Part, list[str]] = {}
        # Chains of imports that only a fork may do.
        self._unshared: set[tuple[Part, str]] = set()
        self._sharing = False
        self._refused = ""

    def code(self, part: Part) -> types.CodeType:
        """Return the compiled source."""
        if part not in self._codes:
            self._codes[part] = self._installed_code(part) or compile(
                part.source, self.filename(part), "exec", dont_inherit=True
            )
        return self._codes[part]

    def filename(self, part: Part) -> str:
        """Return the path that a source appears under."""
        return os.path.join(self._root, part.path)

    def _installed_code(self, part: Part) -> types.CodeType | None:
        """Return the code of an installed file with the same source, by way of Python's own cache of compiled files."""
        for folder in self._folders:
            path = os.path.join(folder, part.path)
            try:
                with open(path, "rb") as file:
                    same = file.read() == part.source
            except OSError:
                continue
            if same:
                code = importlib.machinery.SourceFileLoader(part.name, path).get_code(part.name)
                return _renamed(code, self.filename(part)) if code else None
        return None

    def find_spec(
        self, fullname: str, path: t.Any = None, target: t.Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a source of the payload at hand."""
        top = fullname.partition(".")[0]
        if top in _OWN_PACKAGES:
            part = self._payload.get(fullname)
            if not part:
                return None
            if self._sharing and not self._is_shared(fullname):
                self._refuse(fullname)
            return self._spec(part)
        if self._sharing and top not in _LIBRARIES and top not in _STANDARD and _asked_by_a_collection():
            self._refuse(fullname)
        return None

    def _is_shared(self, name: str) -> bool:
        """Say whether a source may be loaded into the server."""
        return any(
            name == shared or name.startswith(f"{shared}.") or shared.startswith(f"{name}.") for shared in self._shared
        )

    def _refuse(self, name: str) -> t.NoReturn:
        """Break off an import that only a fork may do."""
        self._refused = name
        raise _NotShared(name)

    def _spec(self, part: Part) -> importlib.machinery.ModuleSpec:
        """Return the specification of a source."""
        filename = self.filename(part)
        spec = importlib.machinery.ModuleSpec(
            part.name, _Loader(self, part), origin=filename, is_package=part.is_package
        )
        spec.has_location = True
        if part.is_package:
            spec.submodule_search_locations = [os.path.dirname(filename)]
        return spec

    def check(self, payload: Payload) -> None:
        """See whether a module can do with what is loaded.

        Raises:
            NotUnderstood: it brings another version of something.
        """
        for name, part in self._loaded.items():
            if payload.parts.get(name, part) is not part:
                raise NotUnderstood(f"it brings another {name}")

    def load(self, payload: Payload) -> None:
        """Load what a module is going to import, as far as forks may share it.

        Raises:
            NotUnderstood: it brings another version of what is loaded.
        """
        self.check(payload)
        self._payload = payload.parts
        module = payload.parts[payload.module]
        if module not in self._imports:
            self._imports[module] = list(_imports(module, self.code(module)))
        for name in (*_ALWAYS, *self._imports[module]):
            self._share(module, name)

    def load_names(self, payload: Payload, names: t.Iterable[str]) -> None:
        """Load modules that a fork was seen to import.

        Args:
            payload: what the fork ran.
            names: the modules.
        """
        self._payload = payload.parts
        for name in names:
            self._share(payload.parts[payload.module], name)

    def _share(self, part: Part, name: str) -> None:
        """Import a module into the server, or leave no trace of the attempt."""
        if name in sys.modules or (part, name) in self._unshared or not self._may_share(name):
            return
        before = set(sys.modules)
        threads = threading.active_count()
        self._sharing, self._refused = True, ""
        try:
            importlib.import_module(name)
        except (Exception, _NotShared):  # the module will report what is missing, if it minds
            self._refused = self._refused or name
        finally:
            self._sharing = False
        if self._refused:
            self._unshared.add((part, name))
            for fresh in set(sys.modules) - before:
                if fresh.partition(".")[0] in _OWN_PACKAGES:
                    _forget(fresh)
        for fresh in set(sys.modules) - before:
            if fresh in self._payload:
                self._loaded[fresh] = self._payload[fresh]
        if threading.active_count() > threads:
            raise SystemExit(f"{name} started a thread; what has threads can't be forked")

    def _may_share(self, name: str) -> bool:
        """Say whether an import may be tried."""
        top = name.partition(".")[0]
        if top in _OWN_PACKAGES:
            return name in self._payload and self._is_shared(name)
        return top in _LIBRARIES or top in _STANDARD

    def serve(self, payload: Payload) -> None:
        """In a fork: let the payload's sources be found, and nothing of other payloads."""
        self._payload = payload.parts
        for name in self._loaded:
            if name not in payload.parts:
                _forget(name)

    def fresh(self, before: t.Collection[str]) -> list[str]:
        """Return the modules that a fork has imported and that the server may import too."""
        return [name for name in sys.modules if name not in before and self._may_share(name)]


def _forget(name: str) -> None:
    """Take a module out of the import system."""
    sys.modules.pop(name, None)
    parent, _dot, child = name.rpartition(".")
    if parent in sys.modules and child in vars(sys.modules[parent]):
        delattr(sys.modules[parent], child)


def _asked_by_a_collection() -> bool:
    """Say whether the import that is going on stands in a collection's source."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith("importlib") and frame.f_globals is not globals():
            return module.startswith("ansible_collections.")
        frame = frame.f_back
    return False


def _renamed(code: types.CodeType, filename: str) -> types.CodeType:
    """Return the code with another name of its file."""
    constants = tuple(
        _renamed(constant, filename) if isinstance(constant, types.CodeType) else constant
        for constant in code.co_consts
    )
    return code.replace(co_filename=filename, co_consts=constants)


def _imports(part: Part, code: types.CodeType) -> t.Iterator[str]:
    """Yield the modules that a source imports when it is loaded, in their order, and what may be one."""
    package = part.name if part.is_package else part.name.rpartition(".")[0]
    constants: list[t.Any] = []
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_CONST":
            constants.append(step.argval)
        elif step.opname == "IMPORT_NAME":
            level, attributes = constants[-2:]
            base = importlib.util.resolve_name("." * level + step.argval, package)
            yield base
            if base.partition(".")[0] in _OWN_PACKAGES:
                yield from (f"{base}.{attribute}" for attribute in attributes or () if attribute != "*")
