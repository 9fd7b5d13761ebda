# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service: `python -m mlinfra.serving`. It serves the models that the host's settings name, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from .. import environment, s3
from ..errors import Missing, Problem
from ..models import registry
from . import control, settings
from .control import Say
from .pages import application
from .served import Served

# What the kernel and the watcher of idle hosts call it.
TITLE = "mlinfra-serving"


class Service:
    """All models of the service.

    Args:
        chosen: its settings.
    """

    def __init__(self, chosen: settings.Settings) -> None:
        self._settings = chosen
        self.served = {name: Served(name, chosen, registry) for name in chosen.models}

    async def command(self, request: dict[str, Any], say: Say) -> Any:
        """Carry out what `mlinfra serve` asks for.

        Raises:
            Problem: it can't be done, or failed.
        """
        if request["command"] == "status":
            address = f"http://{self._settings.host}:{self._settings.port}"
            return {"address": address, "models": [one.status() for one in self.served.values()]}
        name = request["model"]
        if name not in self.served:
            raise Missing(
                f"{name} is not served on this host.",
                "Add it to ml_host_serving_models and run playbooks/configure.yml.",
            )
        version, changed = await self.served[name].deploy(request["version"], say, request["check"])
        return {**self.served[name].status(), "version": version, "changed": changed}

    @contextlib.asynccontextmanager
    async def running(self, _pages: Starlette) -> AsyncIterator[None]:
        """Start what was good last, and look for more; end it all once the last request is answered."""
        # Made once: two threads at the same moment would make two, whose errors are of different kinds.
        await asyncio.to_thread(s3.client)
        listening = await control.listen(self._settings, self.command)
        tasks = [asyncio.create_task(self._follow(one)) for one in self.served.values()]
        try:
            yield
        finally:
            listening.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *(one.stop() for one in self.served.values()), return_exceptions=True)

    async def _follow(self, one: Served) -> None:
        await one.restore()
        while True:
            await one.notice()
            if not self._settings.poll_seconds and one.active:
                return
            await asyncio.sleep(self._settings.poll_seconds or 30)


def main() -> None:
    """Read the settings and serve."""
    Path("/proc/self/comm").write_text(TITLE, encoding="ascii")
    environment.load()
    # Files of models are for the service alone.
    os.umask(0o027)
    try:
        chosen = settings.load()
    except Problem as problem:
        sys.exit(f"{problem.text} {problem.advice}".strip())
    chosen.used.touch()
    service = Service(chosen)
    uvicorn.run(
        application(service.served, chosen, service.running),
        host=chosen.host,
        port=chosen.port,
        access_log=False,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=20,
    )


if __name__ == "__main__":
    main()
