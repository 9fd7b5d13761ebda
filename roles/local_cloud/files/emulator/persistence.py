# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps moto's state in a file: soon after a change, and at the end."""

from __future__ import annotations

import hashlib
import marshal
import pickle
import shutil
import sys
import threading
import time
import traceback
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import CellType, FunctionType, GeneratorType
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from moto.core.base_backend import BackendDict, backend_lock
from moto.core.model_instances import reset_model_data
from moto.ssm.models import ParameterDict

# Seconds between a change and its saving, and how long new calls may be held up for a quiet moment.
DELAY = 0.8
PATIENCE = 0.25
# Bytes from which an S3 object gets a file of its own.
BLOB_SIZE = 65536


class Keeper:
    """Loads, saves and resets the state; nothing is saved while a call is being answered."""

    def __init__(self, path: Path, blobs: Path) -> None:
        self._path, self._blobs = path, blobs
        self._quiet = threading.Condition()
        self._active = 0
        self._saving = False
        self._dirty = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to save changes in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End the background saving and save what is left."""
        self._ended.set()
        self._dirty.set()
        if self._thread.is_alive():
            self._thread.join()
        self._save_when_quiet(patience=5.0)

    def changed(self) -> None:
        """Say that the state differs from what was saved."""
        self._dirty.set()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Around the answer to a call."""
        with self._quiet:
            while self._saving:
                self._quiet.wait()
            self._active += 1
        try:
            yield
        finally:
            with self._quiet:
                self._active -= 1
                self._quiet.notify_all()

    def load(self) -> None:
        """Take up the saved state. One that cannot be read is moved aside, and said so."""
        if not self._path.exists():
            return
        try:
            saved = _read(self._path, Blobs(self._blobs))
        except Exception as fault:
            aside = self._path.with_name(f"{self._path.name}.unreadable-{time.strftime('%Y%m%dT%H%M%S')}")
            self._path.replace(aside)
            print(
                f"The saved state could not be read ({fault}); it was moved to {aside}. Starting empty.",
                file=sys.stderr,
            )
            return
        with backend_lock:
            _restore(saved)

    def reset(self) -> None:
        """Forget everything, in memory and on disk."""
        with self._exclusively(patience=5.0):
            BackendDict.reset()
            reset_model_data()
            self._dirty.clear()
            self._path.unlink(missing_ok=True)
            shutil.rmtree(self._blobs, ignore_errors=True)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._dirty.wait()
            self._ended.wait(DELAY)
            if not self._ended.is_set():
                self._save_when_quiet(PATIENCE)

    def _save_when_quiet(self, patience: float) -> None:
        if not self._dirty.is_set():
            return
        with self._exclusively(patience) as quiet:
            if not quiet:
                return
            self._dirty.clear()
            try:
                _write(self._path, Blobs(self._blobs))
            except Exception:
                traceback.print_exc()

    @contextmanager
    def _exclusively(self, patience: float) -> Iterator[bool]:
        """Hold back new calls, for as long as patience lasts, until none is being answered."""
        with self._quiet:
            self._saving = True
            quiet = self._quiet.wait_for(lambda: self._active == 0, timeout=patience)
        try:
            yield quiet
        finally:
            with self._quiet:
                self._saving = False
                self._quiet.notify_all()


class _Pickler(pickle.Pickler):
    """Leaves moto's registries out (they are module globals) and large objects to files of their own."""

    def __init__(self, file: BinaryIO, blobs: Blobs) -> None:
        super().__init__(file, protocol=5)
        self._blobs = blobs

    def persistent_id(self, obj: Any) -> tuple[str, str] | None:
        """Name what is not to be part of the pickle."""
        if isinstance(obj, bytes) and len(obj) >= BLOB_SIZE:
            return "blob", self._blobs.put(obj)
        if isinstance(obj, BackendDict):
            return "registry", _registry_name(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        """Give pickle a way with what some of moto's objects hold: functions without a name, locks, keys."""
        if isinstance(obj, FunctionType) and "<" in obj.__qualname__:
            cells = tuple(cell.cell_contents for cell in obj.__closure__ or ())
            return _function, (obj.__module__, marshal.dumps(obj.__code__), obj.__defaults__, cells)
        # Where a list was read half, for the token of its next page: after a restart it ends there.
        if isinstance(obj, GeneratorType):
            return iter, ((),)
        for make in (threading.Lock, threading.RLock):
            if type(obj) is type(make()):
                return make, ()
        if isinstance(obj, dict) and type(obj) not in (dict, defaultdict) and not isinstance(obj, OrderedDict):
            return _new_dictionary, (type(obj),), _dictionary_state(obj), None, None, _fill_dictionary
        if isinstance(obj, PrivateKeyTypes):
            key = obj.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return _private_key, (key,)
        if isinstance(obj, PublicKeyTypes):
            return _public_key, (obj.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),)
        return NotImplemented


def _function(module: str, code: bytes, defaults: tuple[Any, ...] | None, cells: tuple[Any, ...]) -> FunctionType:
    variables = vars(import_module(module))
    return FunctionType(marshal.loads(code), variables, argdefs=defaults, closure=tuple(map(CellType, cells)))


def _new_dictionary(cls: type[dict[Any, Any]]) -> dict[Any, Any]:
    return cls.__new__(cls)


def _dictionary_state(obj: dict[Any, Any]) -> tuple[dict[str, Any], Any, list[tuple[Any, Any]]]:
    """What a dictionary of moto's own class really holds: such a class may show and take something else."""
    attributes, items = vars(obj), list(dict.items(obj))
    if isinstance(obj, ParameterDict):
        # AWS's own parameters are thousands; moto loads them again when they are asked for.
        attributes = {name: False if name.endswith("_loaded") else value for name, value in attributes.items()}
        items = [(name, value) for name, value in items if not name.startswith("/aws/service/")]
    return attributes, getattr(obj, "default_factory", None), items


def _fill_dictionary(obj: dict[Any, Any], state: tuple[dict[str, Any], Any, list[tuple[Any, Any]]]) -> None:
    attributes, factory, items = state
    vars(obj).update(attributes)
    if isinstance(obj, defaultdict):
        defaultdict.__init__(obj, factory)
    dict.update(obj, items)


def _private_key(content: bytes) -> PrivateKeyTypes:
    return load_der_private_key(content, None)


def _public_key(content: bytes) -> PublicKeyTypes:
    return load_der_public_key(content)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, blobs: Blobs) -> None:
        super().__init__(file)
        self._blobs = blobs

    def persistent_load(self, pid: tuple[str, str]) -> Any:
        """Find again what persistent_id named."""
        kind, name = pid
        return self._blobs.get(name) if kind == "blob" else _registry(name)


class Blobs:
    """Files named by the hash of what they hold, so that an unchanged object is written once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._used: set[str] = set()

    def put(self, content: bytes) -> str:
        """Store some bytes and return their name."""
        name = hashlib.sha256(content).hexdigest()
        self._used.add(name)
        path = self._directory / name
        if not path.exists():
            self._directory.mkdir(exist_ok=True)
            new = path.with_suffix(".new")
            new.write_bytes(content)
            new.replace(path)
        return name

    def get(self, name: str) -> bytes:
        """Return what was stored under a name."""
        return (self._directory / name).read_bytes()

    def remove_unused(self) -> None:
        """Remove what was not put since this object was made."""
        if self._directory.exists():
            for path in self._directory.iterdir():
                if path.name not in self._used:
                    path.unlink()


def _write(path: Path, blobs: Blobs) -> None:
    accounts = {_registry_name(registry): dict(registry) for registry in BackendDict._instances}
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        pickle.dump(_versions(), file)
        _Pickler(file, blobs).dump(accounts)
    new.replace(path)
    blobs.remove_unused()


def _read(path: Path, blobs: Blobs) -> dict[str, Any]:
    with path.open("rb") as file:
        written_by = pickle.load(file)
        if written_by != _versions():
            raise ValueError(f"it was written by {written_by}, and this is {_versions()}")
        return _Unpickler(file, blobs).load()


def _versions() -> str:
    return f"moto {version('moto')} on Python {sys.version_info.major}.{sys.version_info.minor}"


def _restore(saved: dict[str, Any]) -> None:
    for name, accounts in saved.items():
        registry = _registry(name)
        registry.update(accounts)
        if registry not in BackendDict._instances:
            BackendDict._instances.append(registry)


def _registry_name(registry: BackendDict[Any]) -> str:
    return f"{registry.backend.__module__}:{registry.backend.__qualname__}"


def _registry(name: str) -> BackendDict[Any]:
    module, backend = name.split(":")
    for value in vars(import_module(module)).values():
        if isinstance(value, BackendDict) and value.backend.__qualname__ == backend:
            return value
    raise LookupError(f"moto has no registry of {name}")
