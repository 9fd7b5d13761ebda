# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What unit tests share: the collection under its own name, and clients whose answers are checked by botocore."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import settings

ROOT = Path(__file__).parents[2]
LINK = ROOT / ".cache" / "collections" / "ansible_collections" / "mlinfra" / "aws"

# Before any test module imports from it; a fresh clone has no link yet.
if not LINK.exists():
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.symlink_to("../../../..", target_is_directory=True)
    importlib.invalidate_caches()


# How long an example takes says something about the machine only.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# One for all tests: it reads the services' models, which takes longer than most tests.
SESSION = boto3.session.Session("test", "test", region_name="us-east-1")


class StubbedClients:
    """Clients by service. Each answers what a test told it, in that order, and nothing else.

    botocore checks every request and every answer against the service's real model.
    """

    def __init__(self) -> None:
        self._stubbers: dict[str, Stubber] = {}
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = SESSION.client(service)
            self._stubbers[service] = Stubber(self._clients[service])
            self._stubbers[service].activate()
        return self._clients[service]

    def answer(self, service: str, operation: str, answer: dict[str, Any], request: dict[str, Any] | None = None):
        """Queue an answer; the request, where given, must be exactly this one."""
        self(service)
        self._stubbers[service].add_response(operation, answer, request)
        return self

    def refuse(self, service: str, operation: str, code: str, message: str = "refused", **more: Any):
        """Queue an error."""
        self(service)
        self._stubbers[service].add_client_error(operation, code, message, modeled_fields=more or None)
        return self

    def assert_all_asked(self) -> None:
        """Every queued answer was asked for."""
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()


@pytest.fixture
def aws() -> Iterator[StubbedClients]:
    """Stubbed clients; at the end every queued answer must have been asked for."""
    clients = StubbedClients()
    yield clients
    clients.assert_all_asked()
