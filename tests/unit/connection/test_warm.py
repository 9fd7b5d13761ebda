# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection mlinfra.aws.warm does what the plain connection does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ansible
import pytest
import yaml

from ...waiting import until
from .conftest import PLAIN, ROOT, WARM, Player, Run

pytestmark = pytest.mark.weight(60)


def odd(what: str, **more: Any) -> dict[str, Any]:
    """A task of the module that does odd things."""
    return {"odd_process": {"what": what, **more}}


TOO_LONG = "job that takes too long"
OUT_OF_TIME = {"Timeout exceeded", "async task did not complete within the requested time - 1s"}
TASKS: dict[str, dict[str, Any]] = {
    "success": {"ansible.builtin.stat": {"path": "/etc/passwd"}},
    "changed": {"ansible.builtin.file": {"path": "{{ folder }}/made", "state": "directory", "mode": "0700"}},
    "diff": {
        "ansible.builtin.lineinfile": {"path": "{{ folder }}/line", "line": "ä line", "create": True, "mode": "0600"}
    },
    "action with files": {"ansible.builtin.copy": {"content": "ü", "dest": "{{ folder }}/copied", "mode": "0600"}},
    "missing argument": {"ansible.builtin.stat": {}},
    "failed command": {"ansible.builtin.command": "ls /nowhere"},
    "own mistake": odd("raise"),
    "warnings": odd("warn", secret="hush-hush-hush"),
    "no_log": {**odd("warn", secret="hush-hush-hush"), "no_log": True},
    "surroundings": odd("look"),
    "environment": {
        **odd("look"),
        "environment": {"QUOTED": 'it\'s "so" $HOME `x` \\ ü', "TZ": "Asia/Tokyo", "TMPDIR": "{{ folder }}"},
    },
    "environment of the interpreter": {**odd("look"), "environment": {"PYTHONPATH": "/nowhere", "LC_ALL": "C"}},
    "nothing of the run before": {**odd("state"), "loop": [1, 2]},
    "surroundings after that": odd("look"),
    "other output": odd("write"),
    "signal": odd("die"),
    "interrupt": odd("interrupt"),
    "status": odd("status"),
    "last word": odd("complain"),
    "no result": odd("nothing"),
    "much output": odd("much"),
    "child that holds the output": odd("background"),
    "child that lives on": odd("daemon", path="{{ folder }}/daemon"),
    "thread": odd("thread", path="{{ folder }}/thread"),
    "what the thread wrote": {"ansible.builtin.slurp": {"path": "{{ folder }}/thread"}},
    "become": {**odd("look"), "become": True, "become_method": "ansible.builtin.su", "become_user": "root"},
    "loop": {"ansible.builtin.command": "echo {{ item }}", "loop": ["a", "b"]},
    "timeout": {"ansible.builtin.command": "sleep 20", "timeout": 1},
    "raw": {"ansible.builtin.raw": "echo raw"},
    "shell": {"ansible.builtin.shell": "echo $0 $1; exit 3"},
    "interpreter": {"ansible.builtin.ping": {}, "vars": {"ansible_python_interpreter": "/nowhere/python"}},
    "job": {"ansible.builtin.command": "echo job", "async": 20, "poll": 1},
    "failed job": {**odd("raise"), "async": 20, "poll": 1},
    "odd job": {**odd("write"), "async": 20, "poll": 1},
    "killed job": {**odd("die"), "async": 20, "poll": 1},
    "surroundings of a job": {**odd("look"), "async": 20, "poll": 1, "environment": {"ODD": "set"}},
    TOO_LONG: {"ansible.builtin.command": "sleep 20", "async": 1, "poll": 1},
    "job in the background": {"ansible.builtin.command": "sleep 1", "async": 20, "poll": 0, "register": "job"},
    "its end": {
        "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
        "register": "polled",
        "until": "polled is finished",
        "delay": 1,
    },
    "its removal": {"ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}", "mode": "cleanup"}},
    "what lived on": {"ansible.builtin.slurp": {"path": "{{ folder }}/daemon"}},
    "retries": {"ansible.builtin.command": "false", "until": False, "retries": 1, "delay": 0},
}
# These run as the plain connection runs them, and what they tell differs only in what is odd about a fork.
CHECKED = ("success", "changed", "diff", "action with files", "failed command", "warnings")


def rescued(names: Any) -> list[dict[str, Any]]:
    """Tasks of which each may fail without an effect on the others."""
    return [{"block": [{"name": name, **TASKS[name]}], "rescue": [{"meta": "noop"}]} for name in names]


@pytest.fixture(scope="module")
def runs(player: Player) -> dict[str, Run]:
    """All tasks, over both connections."""
    return player.both("all", rescued(TASKS), "-vvv")


@pytest.fixture(scope="module")
def checks(player: Player) -> dict[str, Run]:
    """Some tasks in check mode, over both connections."""
    return player.both("check", rescued(CHECKED), "--check", "--diff")


@pytest.mark.parametrize("name", TASKS)
def test_same_result(name: str, runs: dict[str, Run]) -> None:
    """Every task has the same result, whatever its process does."""
    warm, plain = (runs[way].results[name, "host0"] for way in (WARM, PLAIN))
    if name == TOO_LONG:  # a busy machine decides who says so first, Ansible or the job
        assert warm["failed"]
        assert plain["failed"]
        assert {warm["msg"], plain["msg"]} <= OUT_OF_TIME
    else:
        assert warm == plain


def test_what_is_installed_meanwhile(player: Player, tmp_path: Path) -> None:
    """A package that the run installs is there for the modules after it, and what runs beside ends as it should."""
    installed = {"path": str(tmp_path / "new_package.py"), "state": "touch", "mode": "0600"}
    tasks = [
        {"name": "wait", "ansible.builtin.command": "sleep 3", "when": "inventory_hostname == 'host0'"},
        {"name": "install", "ansible.builtin.file": installed, "when": "inventory_hostname == 'host1'"},
        {"name": "look", "ansible.builtin.stat": {"path": "/"}, "loop": [1, 2]},
    ]
    play = {"strategy": "ansible.builtin.free", "tasks": tasks}
    run = player(WARM, [[play]], "-vvv", hosts=2, PYTHONPATH=str(tmp_path))
    assert run.status == 0
    assert run.results["wait", "host0"]["rc"] == 0
    assert len(re.findall("WARM: fork", run.text)) >= 5, "the one that comes too late for the old server may be plain"


@pytest.mark.parametrize("name", CHECKED)
def test_same_check(name: str, checks: dict[str, Run]) -> None:
    """Check mode and differences are the same."""
    assert checks[WARM].results[name, "host0"] == checks[PLAIN].results[name, "host0"]


def test_which_way_was_taken(runs: dict[str, Run]) -> None:
    """What can run in a fork does, what can't does not, and the log says so."""
    forks = len(re.findall(r"WARM: fork \d+", runs[WARM].text))
    plain = re.findall(r"PLAIN: (.*)", runs[WARM].text)
    assert forks > 40
    assert len(plain) == 2, plain
    assert "WARM" not in runs[PLAIN].text


def test_secrets_stay_hidden(runs: dict[str, Run]) -> None:
    """What no_log hides is shown by neither."""
    assert "censored" in runs[WARM].results["no_log", "host0"]
    assert "hush" not in runs[WARM].text


def test_another_version_of_module_utils(player: Player, tmp_path: Path) -> None:
    """A role that brings its own version of something that is loaded already gets its own."""
    own = tmp_path / "own" / "module_utils" / "common" / "text"
    own.mkdir(parents=True)
    installed = Path(ansible.__file__).parent / "module_utils" / "common" / "text" / "formatters.py"
    (own / "formatters.py").write_text(installed.read_text() + "\nimport os\nos.environ['OWN_VERSION'] = 'loaded'\n")
    for folder in (own, own.parent):
        (folder / "__init__.py").touch()
    (tmp_path / "own" / "tasks").mkdir()
    (tmp_path / "own" / "tasks" / "main.yml").write_text(yaml.safe_dump([{"name": "second", **odd("look")}]))
    tasks = [{"name": "first", **TASKS["success"]}, {"ansible.builtin.include_role": {"name": "own"}}]
    run = player(WARM, [[{"tasks": tasks}]], "-vvv", ANSIBLE_ROLES_PATH=str(tmp_path))
    assert run.results["own : second", "host0"]["environment"]["OWN_VERSION"] == "loaded"
    assert "PLAIN: it brings another ansible.module_utils.common.text.formatters" in run.text
    assert len(re.findall("WARM: fork", run.text)) == 1


def test_many_at_once(player: Player) -> None:
    """Two runs with ten hosts each, whose tasks overlap, do not meet."""
    tasks = [{"name": "echo", "ansible.builtin.command": "echo {{ inventory_hostname }} {{ run }}", "loop": [1, 2]}]
    with ThreadPoolExecutor() as threads:
        started = [
            threads.submit(
                player,
                WARM,
                [[{"strategy": "ansible.builtin.free", "vars": {"run": run}, "tasks": tasks}]],
                *("-vvv", "--forks", "10"),
                hosts=10,
            )
            for run in ("one", "two")
        ]
        done = {run: future.result() for run, future in zip(("one", "two"), started, strict=True)}
    for name, run in done.items():
        assert run.status == 0
        assert len(re.findall("WARM: fork", run.text)) == 20
        for host in range(10):
            results = run.results["echo", f"host{host}"]["results"]
            assert [result["stdout"] for result in results] == [f"host{host} {name}"] * 2


def servers(owner: int) -> list[str]:
    """The command lines of the server of a run and of its forks."""
    shown = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if f'"owner": {owner},' in line]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_behind(number: signal.Signals, player: Player, tmp_path: Path) -> None:
    """The server ends with the run, however that ends; a module ends with the run if it is told to."""
    mark = tmp_path / "mark"
    wait = f"echo $PPID > {mark}.new; mv {mark}.new {mark}; exec sleep 30"
    command = player.command(WARM, [[{"tasks": [{"name": "wait", "ansible.builtin.shell": wait}]}]])
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=player.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        assert until(mark.exists, 30)
        module = int(mark.read_text())
        assert servers(run.pid)
        run.send_signal(number)
    if number == signal.SIGKILL:
        # As with the plain connection, a module that nobody told to end goes on. A fork looks like its server.
        assert until(lambda: len(servers(run.pid)) == 1, 3)
        os.kill(module, signal.SIGTERM)
    assert until(lambda: not servers(run.pid), 3)
    assert until(lambda: not Path(f"/proc/{module}").exists(), 3)


def test_where_nothing_can_be_kept(player: Player, tmp_path: Path) -> None:
    """Without a folder to keep packed modules in, and with a long path to a short-lived one, all goes on as ever."""
    long = tmp_path / ("x" * 120)
    long.mkdir()
    (tmp_path / "file").touch()
    run = player(
        WARM,
        [[{"tasks": [{"name": "look", **TASKS["success"]}]}]],
        "-vvv",
        ANSIBLE_WARM_CACHE=str(tmp_path / "file" / "cache"),
        ANSIBLE_LOCAL_TEMP=str(long),
    )
    assert run.status == 0
    assert len(re.findall("WARM: fork", run.text)) == 1
    assert "WARM packs by itself" in run.text


def test_what_is_kept_packed_is_not_stale(player: Player, tmp_path: Path) -> None:
    """A packed module is used again as long as nothing that it was made of has changed, and no longer."""
    plugins = tmp_path / "ansible_collections" / "tests" / "own" / "plugins"
    for name in ("modules", "module_utils"):
        (plugins / name).mkdir(parents=True)
    (plugins / "modules" / "tell.py").write_text(
        "from ansible.module_utils.basic import AnsibleModule\n"
        "from ansible_collections.tests.own.plugins.module_utils.word import WORD\n"
        "AnsibleModule({}).exit_json(word=WORD)\n"
    )
    cache = tmp_path / "cache"
    more = {
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.cache' / 'collections'}{os.pathsep}{tmp_path}",
        "ANSIBLE_WARM_CACHE": str(cache),
    }
    kept = []
    for word in ("one", "one", "two"):
        source = plugins / "module_utils" / "word.py"
        if not source.exists() or word not in source.read_text():
            source.write_text(f"WORD = '{word}'\n")
        run = player(WARM, [[{"tasks": [{"name": "tell", "tests.own.tell": {}}]}]], **more)
        assert run.results["tell", "host0"]["word"] == word
        (packed,) = cache.glob("*/*.tell-*-none")
        kept.append(packed.stat().st_mtime_ns)
    assert kept[0] == kept[1] != kept[2]
    assert cache.stat().st_mode & 0o77 == 0
