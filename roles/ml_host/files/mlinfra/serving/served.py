# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One model of the service: which version answers, and how another one takes its place without a request noticing."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from .. import s3
from ..errors import Invalid, Missing, Problem, told
from . import record
from .replica import Replica
from .settings import Settings

PAUSE, LONGEST_PAUSE = 1.0, 60.0
Say = Callable[[str], None]


class Registry(Protocol):
    """Where versions come from: `mlinfra.models.registry`."""

    def current(self, model: str) -> dict[str, Any] | None:
        """The manifest of the version in production."""

    def manifest(self, model: str, version: str) -> dict[str, Any]:
        """The manifest of any version."""

    def fetch(self, manifest: dict[str, Any], folder: Path) -> Path:
        """Download a version into FOLDER/MODEL/VERSION, or verify what is there of it."""


class Served:
    """One model.

    Attributes:
        name: the model's.
        record: what is kept of it over a restart.
        active: the version that answers now; None while there is none.
    """

    def __init__(self, name: str, settings: Settings, registry: Registry) -> None:
        self.name = name
        self.active: Replica | None = None
        self._settings = settings
        self._registry = registry
        self._file = settings.directory / "records" / f"{name}.json"
        self.record = record.load(self._file)
        self._changing = asyncio.Lock()
        self._watchers: set[asyncio.Task[None]] = set()
        self._last_trouble = ""

    async def restore(self) -> None:
        """Have the version that was good last answer again, from this host's own disk. It is tried until it does."""
        pause = PAUSE
        while self.record.manifest and not self.active:
            async with self._changing:
                if not self.active:
                    await self._restart(self.record.manifest)
            if not self.active:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def deploy(self, version: str | None, say: Say, check: bool = False) -> tuple[str, bool]:
        """Have a version take over: the one in production, or the one that is named.

        Args:
            version: which one; None is the one in production.
            say: is told how far it is.
            check: only say what would be done.

        Returns:
            The version, and whether anything changed.

        Raises:
            Missing: there is no such version.
            Invalid: it failed; the one before it answers on.
            Problem: it could not be fetched.
        """
        async with self._changing:
            current = await self._ask(self._registry.current, self.name)
            manifest = current if version is None else await self._ask(self._registry.manifest, self.name, version)
            if manifest is None:
                raise Missing(
                    f"No version of {self.name} is in production.", "Promote one: mlinfra model promote --help"
                )
            wanted = manifest["version"]
            changes = not self.active or self.active.version != wanted
            if check:
                return wanted, changes
            if not changes:
                seen = self.record.seen(current and current["version"])
                self._keep(seen.settled() if manifest == current else seen)
                return wanted, False
            await self._switch(manifest, say, current and current["version"])
            return wanted, True

    async def notice(self) -> None:
        """Look whether another version is in production than last time, and have it take over."""
        try:
            current = await self._ask(self._registry.current, self.name)
            if current and current["version"] != self.record.noticed:
                await self.deploy(None, self._log)
            self._last_trouble = ""
        except Exception as error:
            # Whatever it is, the next look may find better; it is told once.
            told = f"{error.text} {error.advice}".strip() if isinstance(error, Problem) else repr(error)
            if told != self._last_trouble:
                self._log(told)
            self._last_trouble = told

    def status(self) -> dict[str, Any]:
        """What there is to know of it."""
        return {
            "model": self.name,
            "state": "serving" if self.active else "starting" if self.record.manifest else "empty",
            "version": self.active.version if self.active else self.record.version,
            "since": self.record.since,
            "pid": self.active.pid if self.active else None,
            "failed": self.record.failed,
        }

    async def stop(self) -> None:
        """End its process."""
        for watcher in self._watchers:
            watcher.cancel()
        active, self.active = self.active, None
        if active:
            await active.stop()

    async def _switch(self, manifest: dict[str, Any], say: Say, seen: str | None) -> None:
        version = manifest["version"]
        try:
            say(f"Fetching {self.name} {version}")
            folder = await self._ask(self._registry.fetch, manifest, self._versions)
            say(f"Loading {self.name} {version}" + (f" beside {self.active.version}" if self.active else ""))
            replica = await Replica.start(self.name, version, folder, self._settings)
        except Invalid as problem:
            # It is not tried again before something changes in production.
            self._keep(self.record.seen(seen).bad(version, problem.text))
            left = (
                f"{self.name} {self.active.version} answers on."
                if self.active
                else f"No version of {self.name} answers."
            )
            self._log(f"Version {version} failed: {problem.text} {left}")
            raise Invalid(f"{self.name} {version} failed: {problem.text}", f"{left} {problem.advice}".strip()) from None
        self._keep(self.record.seen(seen).good(manifest))
        before = self._take(replica)
        self._log(f"Version {version} answers" + (f" in the place of {before.version}" if before else ""))
        self._sweep({version, before.version if before else version})
        if before:
            self._watch(before.stop())

    def _take(self, replica: Replica) -> Replica | None:
        before, self.active = self.active, replica
        self._watch(self._revive(replica))
        return before

    async def _revive(self, replica: Replica) -> None:
        """Wait for the end of a process, and start it anew unless another version has taken its place."""
        how = await replica.ended()
        if self.active is not replica:
            return
        self.active = None
        self._log(f"The process of version {replica.version} ended: {how}. It is started anew.")
        await asyncio.sleep(PAUSE)
        await self.restore()

    async def _restart(self, manifest: dict[str, Any]) -> None:
        version = manifest["version"]
        try:
            folder = await self._ask(self._registry.fetch, manifest, self._versions)
            self._take(await Replica.start(self.name, version, folder, self._settings))
            self._log(f"Version {version} answers")
        except Problem as problem:
            self._log(f"Version {version} could not be started: {problem.text}")

    @property
    def _versions(self) -> Path:
        return self._settings.directory / "models"

    async def _ask(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Ask the registry without holding up requests; whatever goes wrong is a problem."""
        from botocore.exceptions import NoCredentialsError

        try:
            try:
                return await asyncio.to_thread(call, *arguments)
            except NoCredentialsError:
                # A client that was made before the instance's role could be asked never looks for its credentials again.
                s3.forget()
                return await asyncio.to_thread(call, *arguments)
        except Exception as error:
            problem = error if isinstance(error, Problem) else told(error)
            if problem is None:
                raise
            raise problem from None

    def _keep(self, kept: record.Record) -> None:
        self.record = kept
        record.save(self._file, kept)

    def _sweep(self, keep: set[str]) -> None:
        """Remove the files of versions that nobody would go back to."""
        for folder in (self._versions / self.name).iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True) if folder.is_dir() else folder.unlink()

    def _watch(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    def _log(self, text: str) -> None:
        print(f"{record.now()} {self.name}: {text}", file=sys.stderr, flush=True)
