# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A version of a model that answers, as the server sees it: one process, asked one request after the other."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

from ..errors import Invalid
from . import frames
from .settings import Settings


class Replica:
    """The process of one version. `start` makes one that is ready.

    Attributes:
        version: which one.
        metadata: what the protocol tells of it.
        pid: the number of its process.
    """

    def __init__(
        self,
        version: str,
        process: asyncio.subprocess.Process,
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        settings: Settings,
    ) -> None:
        self.version = version
        self.metadata: dict[str, Any] = {}
        self.pid = process.pid
        self._process = process
        self._reader, self._writer = line
        self._settings = settings
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @classmethod
    async def start(cls, model: str, version: str, folder: Path, settings: Settings) -> Replica:
        """Start a process, and wait until it has loaded the model and answered its example.

        Raises:
            Invalid: it did not, or not in time.
        """
        here, there = socket.socketpair()
        with there:
            process = await asyncio.create_subprocess_exec(
                *frames.command(folder, there.fileno(), model, version),
                pass_fds=[there.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                env=frames.environment(),
            )
        replica = cls(version, process, await asyncio.open_connection(sock=here), settings)
        try:
            await replica._ready()
        except BaseException:
            replica.kill()
            raise
        return replica

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(self._settings.load_seconds):
                status, body = await frames.answered(self._reader)
        except TimeoutError:
            raise Invalid(f"It had not answered its example after {self._settings.load_seconds:g} s.") from None
        except (EOFError, OSError):
            raise Invalid(f"It ended the process that loaded it: {await self.ended()}.") from None
        told = json.loads(body)
        if status != 200:
            raise Invalid(told["error"], told["advice"])
        self.metadata = told

    async def ask(self, body: bytes) -> tuple[int, bytes]:
        """Answer a request, once those before it are answered: the HTTP status and the JSON."""
        if self._waiting >= self._settings.waiting:
            return 503, frames.error(f"{self._waiting} requests wait already. Try again later.")
        self._waiting += 1
        self._idle.clear()
        try:
            async with self._turn:
                return await self._answer(body)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle.set()

    async def _answer(self, body: bytes) -> tuple[int, bytes]:
        seconds = self._settings.request_seconds
        try:
            async with asyncio.timeout(seconds):
                return await frames.ask(self._reader, self._writer, body)
        except TimeoutError:
            self.kill()
            return 504, frames.error(f"The model had not answered after {seconds:g} s. Its process was started anew.")
        except (EOFError, OSError):
            return 500, frames.error("The model's process ended before it answered. It is started anew.")

    async def ended(self) -> str:
        """Wait until the process has ended, and tell how."""
        return frames.ended(await self._process.wait())

    async def stop(self) -> None:
        """Let the requests that wait be answered, and end the process."""
        await self._idle.wait()
        self._writer.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self._writer.close()
        if self._process.returncode is None:
            self._process.kill()
