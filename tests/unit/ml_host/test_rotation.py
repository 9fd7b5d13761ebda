# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rotation of tokens on a host: cut short anywhere, it is gone on with, and no old token is forgotten before it is refused."""

from __future__ import annotations

import hashlib
import http.server
import importlib.util
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[3] / "roles" / "ml_host" / "files" / "rotation.py"


@pytest.fixture
def rotation() -> ModuleType:
    """The program, as a module of its own."""
    specification = importlib.util.spec_from_file_location("rotation", SOURCE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class Service(http.server.ThreadingHTTPServer):
    """Lets in whoever has its token, which it reads when it is (re)started, as JupyterLab does."""

    token = ""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == f"token {self.server.token}" else 403)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        server.token = "old"
        yield server
        server.shutdown()


@pytest.fixture
def asked(tmp_path: Path, service: Service) -> dict:
    """What the role asks of the program, on a host with one unit that keeps its token to itself."""
    file = tmp_path / "jupyter-host-token"
    file.write_text("old\n")
    unit = {"name": "jupyter", "file": str(file), "url": f"http://127.0.0.1:{service.server_port}/", "stored": False}
    return {"folder": str(tmp_path / "rotation"), "units": [unit]}


def sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def test_a_rotation_from_the_beginning_to_the_end(rotation, service, asked):
    file, kept = Path(asked["units"][0]["file"]), Path(asked["folder"]) / "jupyter"
    assert rotation.main("look", **asked) == {"unfinished": [], "hashes": {"jupyter": sha256("old")}}
    assert rotation.main("prove", **asked) == {"faults": {}}

    assert rotation.main("keep", **asked) == {"changed": True}
    assert rotation.main("keep", **asked) == {"changed": False}
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode), stat.S_IMODE(kept.parent.stat().st_mode)) == ("old\n", 0o600, 0o700)
    assert rotation.main("look", **asked) == {"unfinished": ["jupyter"], "hashes": {"jupyter": sha256("old")}}

    assert rotation.main("renew", **asked) == {"changed": True}
    assert rotation.main("renew", **asked) == {"changed": False}
    new = file.read_text().strip()
    assert (len(new), stat.S_IMODE(file.stat().st_mode)) == (43, 0o640)
    assert rotation.main("keep", **asked) == {"changed": False}
    assert rotation.main("look", **asked)["hashes"] == {"jupyter": sha256("old")}, "what goes is what was put aside"

    assert rotation.main("prove", **asked) == {"faults": {"jupyter": "new token 403, old token 200"}}
    service.token = new
    assert rotation.main("prove", **asked) == {"faults": {}}

    assert rotation.main("forget", **asked) == {"changed": True}
    assert rotation.main("forget", **asked) == {"changed": False}
    assert rotation.main("look", **asked) == {"unfinished": [], "hashes": {"jupyter": sha256(new)}}


def test_what_was_not_replaced_is_not_proven(rotation, service, asked):
    rotation.main("keep", **asked)
    assert rotation.main("prove", **asked) == {"faults": {"jupyter": "new token 200, old token 200"}}


def test_a_service_that_does_not_answer_is_not_proven(rotation, service, asked):
    rotation.main("keep", **asked)
    rotation.main("renew", **asked)
    asked["units"][0]["url"] = "http://127.0.0.1:1/"
    assert rotation.main("prove", **asked) == {"faults": {"jupyter": "new token 0, old token 0"}}


def test_a_stored_token_is_left_to_who_stores_it(rotation, service, asked):
    asked["units"][0]["stored"] = True
    rotation.main("keep", **asked)
    assert rotation.main("renew", **asked) == {"changed": False}


def test_a_unit_without_a_token_is_left_out(rotation, asked):
    Path(asked["units"][0]["file"]).unlink()
    assert rotation.main("look", **asked) == {"unfinished": [], "hashes": {}}
    assert rotation.main("keep", **asked) == {"changed": False}


def test_old_tokens_that_were_being_thrown_away_go(rotation, asked):
    over = Path(asked["folder"] + ".over")
    over.mkdir()
    (over / "jupyter").write_text("old\n")
    assert rotation.main("forget", **asked) == {"changed": False}
    assert not over.exists()
