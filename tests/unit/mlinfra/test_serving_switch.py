# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One version takes the place of another, with real processes; what they load is a word instead of a model."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from mlinfra import s3
from mlinfra.errors import Invalid, Missing, Problem
from mlinfra.serving import control, frames, served
from mlinfra.serving.served import Served
from mlinfra.serving.settings import Settings

# Speaks as a model's process does. The word in its folder says how it behaves; it answers with its version.
PROCESS = """
import os, sys, time
sys.path.insert(0, sys.argv[5])
from pathlib import Path
from mlinfra.serving import frames
import socket
folder, descriptor, name, version = sys.argv[1:5]
word = (Path(folder) / "word").read_text()
line = socket.socket(fileno=int(descriptor))
if word == "crash":
    os.abort()
if word == "wrong":
    frames.send(line, 422, b'{"error": "It answers something else.", "advice": ""}')
    sys.exit()
time.sleep(0.2)
frames.send(line, 200, b"{}")
while (body := frames.receive(line)) is not None:
    if body == b"die":
        os.abort()
    time.sleep(60 if body == b"hang" else 0.002)
    frames.send(line, 200, version.encode())
"""
LIBRARY = str(Path(frames.__file__).parents[2])


class Shelf:
    """Versions of a model: a dictionary in the place of the bucket."""

    def __init__(self, **words: str) -> None:
        self.words = {name.removeprefix("v"): word for name, word in words.items()}
        self.production = "1"
        self.reachable = True
        self.asked = 0

    def current(self, model: str) -> dict[str, Any] | None:
        self.asked += 1
        if not self.reachable:
            raise EndpointConnectionError(endpoint_url="https://s3")
        return self.manifest(model, self.production) if self.production else None

    def manifest(self, model: str, version: str) -> dict[str, Any]:
        if version not in self.words:
            raise Missing(f"There is no version {version} of {model}.")
        return {"model": model, "version": version, "files": []}

    def fetch(self, manifest: dict[str, Any], folder: Path) -> Path:
        target = folder / manifest["model"] / manifest["version"]
        if not self.reachable:
            assert (target / "word").exists()
            return target
        target.mkdir(parents=True, exist_ok=True)
        (target / "word").write_text(self.words[manifest["version"]])
        return target


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a service in a folder of the test, whose models are words."""

    def command(folder: Path, descriptor: int, name: str = "", version: str = "") -> list[str]:
        return [sys.executable, "-c", PROCESS, str(folder), str(descriptor), name, version, LIBRARY]

    monkeypatch.setattr(frames, "command", command)
    monkeypatch.setattr(served, "PAUSE", 0.05)
    return Settings(("m",), request_seconds=2, directory=tmp_path / "kept", runtime=tmp_path)


@asynccontextmanager
async def serving(settings: Settings, shelf: Shelf) -> AsyncIterator[Served]:
    """One model of a service that has just started."""
    one = Served("m", settings, shelf)
    try:
        await one.restore()
        yield one
    finally:
        await one.stop()


def run(test: Coroutine[Any, Any, None]) -> None:
    """A test, which must not take longer than this."""
    asyncio.run(asyncio.wait_for(test, 60))


async def ask(one: Served, body: bytes = b"x") -> tuple[int, str]:
    """A request, as the pages pass it on."""
    assert one.active is not None
    status, answer = await one.active.ask(body)
    return status, answer.decode()


async def revived(one: Served, before: int | None) -> None:
    """Wait until another process answers than before."""
    while not one.active or one.active.pid == before:
        await asyncio.sleep(0.02)


def quiet(_text: str) -> None:
    """Nobody listens."""


def test_no_request_fails_while_another_version_takes_over(settings: Settings) -> None:
    async def test() -> None:
        shelf, answers, ended = Shelf(v1="good", v2="good"), [], asyncio.Event()
        async with serving(settings, shelf) as one:
            await one.deploy(None, quiet)

            async def client() -> None:
                while not ended.is_set():
                    answers.append(await ask(one))

            clients = [asyncio.create_task(client()) for _turn in range(20)]
            await asyncio.sleep(0.3)
            before = one.active
            shelf.production = "2"
            await one.notice()
            await asyncio.sleep(0.3)
            ended.set()
            await asyncio.gather(*clients)
            assert await asyncio.wait_for(before.ended(), 5) == "it ended with status 0"
        assert len(answers) > 100
        assert set(answers) == {(200, "1"), (200, "2")}
        assert answers[0] == (200, "1")
        assert answers[-1] == (200, "2")

    run(test())


@pytest.mark.parametrize(("word", "said"), [("wrong", "It answers something else"), ("crash", "SIGABRT")])
def test_a_version_that_fails_leaves_the_one_before(settings: Settings, word: str, said: str) -> None:
    async def test() -> None:
        shelf = Shelf(v1="good", v2=word)
        async with serving(settings, shelf) as one:
            await one.deploy(None, quiet)
            shelf.production = "2"
            with pytest.raises(Invalid) as caught:
                await one.deploy(None, quiet)
            assert said in caught.value.text
            assert caught.value.advice.startswith("m 1 answers on.")
            assert await ask(one) == (200, "1")
            state = one.status()
            assert (state["version"], state["failed"]["version"]) == ("1", "2")
            assert said in state["failed"]["reason"]
            # It is not tried again and again, and forgotten once production goes back.
            pid = one.active.pid
            await one.notice()
            assert (one.active.pid, one.record.failed["at"]) == (pid, state["failed"]["at"])
            shelf.production = "1"
            await one.notice()
            assert (one.active.pid, one.record.failed) == (pid, None)

    run(test())


def test_the_last_good_version_answers_after_a_restart_without_s3(settings: Settings) -> None:
    async def test() -> None:
        shelf = Shelf(v1="good", v2="crash")
        async with serving(settings, shelf) as one:
            await one.deploy(None, quiet)
            shelf.production = "2"
            await one.notice()
        shelf.reachable = False
        async with serving(settings, shelf) as one:
            assert await ask(one) == (200, "1")
            assert one.record.failed["version"] == "2"
            await one.notice()
            with pytest.raises(Problem, match="AWS could not be asked"):
                await one.deploy(None, quiet)
            assert await ask(one) == (200, "1")

    run(test())


def test_credentials_that_come_later_than_the_service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without credentials would never find any: another one is made."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3.forget()

    class Late(Shelf):
        def current(self, model: str) -> dict[str, Any] | None:
            if s3.client() is without:
                raise NoCredentialsError
            return super().current(model)

    without = s3.client()

    async def test() -> None:
        async with serving(settings, Late(v1="good")) as one:
            assert await one.deploy(None, quiet) == ("1", True)

    run(test())
    s3.forget()


def test_a_process_that_ends_is_started_anew(settings: Settings) -> None:
    async def test() -> None:
        async with serving(settings, Shelf(v1="good")) as one:
            await one.deploy(None, quiet)
            pid = one.active.pid
            os.kill(pid, signal.SIGKILL)
            await revived(one, pid)
            assert await ask(one) == (200, "1")

    run(test())


@pytest.mark.parametrize(("body", "status", "said"), [(b"die", 500, "ended before it answered"), (b"hang", 504, "after 2 s")])
def test_a_request_that_ends_or_holds_up_the_process(settings: Settings, body: bytes, status: int, said: str) -> None:
    async def test() -> None:
        async with serving(settings, Shelf(v1="good")) as one:
            await one.deploy(None, quiet)
            pid = one.active.pid
            answered, text = await ask(one, body)
            assert (answered, said in text) == (status, True)
            await revived(one, pid)
            assert await ask(one) == (200, "1")

    run(test())


def test_more_requests_than_may_wait(settings: Settings) -> None:
    async def test() -> None:
        few = Settings(("m",), waiting=5, directory=settings.directory, runtime=settings.runtime)
        async with serving(few, Shelf(v1="good")) as one:
            await one.deploy(None, quiet)
            answers = await asyncio.gather(*(ask(one) for _turn in range(8)))
            assert sorted(status for status, _text in answers) == [200] * 5 + [503] * 3

    run(test())


def test_a_version_that_is_named_stays_until_production_changes(settings: Settings) -> None:
    async def test() -> None:
        shelf = Shelf(v1="good", v2="good", v3="good")
        shelf.production = "2"
        async with serving(settings, shelf) as one:
            assert await one.deploy(None, quiet) == ("2", True)
            assert await one.deploy(None, quiet) == ("2", False)
            assert await one.deploy("1", quiet, check=True) == ("1", True)
            assert one.active.version == "2"
            assert await one.deploy("1", quiet) == ("1", True)
            await one.notice()
            assert one.active.version == "1"
            shelf.production = "3"
            await one.notice()
            assert one.active.version == "3"
            # What is not the present or the former version takes no room.
            assert sorted(folder.name for folder in (settings.directory / "models" / "m").iterdir()) == ["1", "3"]
            with pytest.raises(Missing, match="no version 9"):
                await one.deploy("9", quiet)
            shelf.production = ""
            with pytest.raises(Missing, match="No version of m is in production"):
                await one.deploy(None, quiet)

    run(test())


def test_what_was_kept_is_lost_or_damaged(settings: Settings) -> None:
    """Then the service starts with what is in production."""

    async def test() -> None:
        file = settings.directory / "records" / "m.json"
        file.parent.mkdir(parents=True)
        file.write_text('{"manifest": ')
        async with serving(settings, Shelf(v1="good")) as one:
            assert one.status()["state"] == "empty"
            await one.notice()
            assert await ask(one) == (200, "1")
            assert json.loads(file.read_text())["manifest"]["version"] == "1"

    run(test())


def test_the_control_socket(settings: Settings) -> None:
    async def answer(request: dict[str, Any], say: control.Say) -> Any:
        say("Loading")
        if request["command"] == "fail":
            raise Invalid("No.", "Do something else.")
        return request

    async def test() -> None:
        notes: list[str] = []
        with pytest.raises(Problem, match="does not run"):
            control.ask(settings, {"command": "x"}, notes.append)
        async with await control.listen(settings, answer):
            told = await asyncio.to_thread(control.ask, settings, {"command": "x"}, notes.append)
            assert (told, notes) == ({"command": "x"}, ["Loading"])
            with pytest.raises(Invalid) as caught:
                await asyncio.to_thread(control.ask, settings, {"command": "fail"}, notes.append)
            assert (caught.value.text, caught.value.advice) == ("No.", "Do something else.")

    run(test())
