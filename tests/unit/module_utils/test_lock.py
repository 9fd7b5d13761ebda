# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a lock may be taken, what it says, and how a process is told from all others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.lock import processes
from ansible_collections.mlinfra.aws.plugins.module_utils.lock.transform import (
    FREE,
    HELD,
    NONE,
    Lock,
    Run,
    Standing,
    Verdict,
    from_bytes,
    is_due,
    judge,
    sentence,
    to_bytes,
    told,
)
from ansible_collections.mlinfra.aws.plugins.modules import environment_lock
from hypothesis import given
from hypothesis import strategies as st

JANE = Run("jane", "laptop", "site.yml", 4242, "100", "boot-1/pid:[1]")
JOE = Run("joe", "desk", "destroy.yml", 77, "5", "boot-2/pid:[1]")
WORDS = st.text(max_size=8)
RUNS = st.builds(
    Run,
    user=WORDS,
    host=st.sampled_from(["laptop", "desk"]),
    command=WORDS,
    pid=st.integers(1, 3),
    started=st.sampled_from(["", "1", "2"]),
    machine=st.sampled_from(["", "boot-1", "boot-2"]),
)
LOCKS = st.builds(Lock, st.sampled_from([FREE, HELD]), RUNS, WORDS, st.integers(0, 1440), WORDS)
STANDING = st.builds(Standing, st.sampled_from(["", '"1"']), LOCKS, st.none(), st.floats(0, 100_000))


def wait_until(holds: Callable[[], bool]) -> None:
    for _look in range(100):
        if holds():
            return
        time.sleep(0.1)
    raise TimeoutError


def held(age: float = 0, run: Run = JOE, minutes: int = 30) -> Standing:
    return Standing('"1"', Lock(HELD, run, "2026-01-01T12:00:00+00:00", minutes, "x"), age=age)


def anybody(_run: Run) -> bool:
    return True


def nobody(_run: Run) -> bool:
    return False


@pytest.mark.parametrize(
    ("standing", "lives", "verdict"),
    [
        (Standing(), anybody, Verdict.FREE),
        (replace(held(), lock=Lock(FREE, JOE)), anybody, Verdict.FREE),
        (held(1799), nobody, Verdict.HELD),
        (held(1801), anybody, Verdict.EXPIRED),
        (held(run=JANE), nobody, Verdict.OURS),
        (held(9999, run=JANE), nobody, Verdict.OURS),
        (held(run=replace(JANE, pid=1)), nobody, Verdict.ENDED),
        (held(run=replace(JANE, pid=1)), anybody, Verdict.HELD),
        (held(run=replace(JANE, started="99")), nobody, Verdict.ENDED),
        (held(run=replace(JANE, pid=1, machine="boot-0/pid:[1]")), nobody, Verdict.HELD),
        (held(run=replace(JANE, pid=1, machine="")), nobody, Verdict.HELD),
    ],
)
def test_who_may_take_it(standing, lives, verdict):
    assert judge(standing, JANE, lives) is verdict


@given(STANDING, RUNS, st.booleans())
def test_nobody_takes_it_from_a_run_that_may_still_work(standing, run, lives):
    """Unless it has expired by the clock of S3, or this machine knows that the run has ended."""
    verdict = judge(standing, run, lambda _run: lives)
    there = bool(standing.etag) and standing.lock.state == HELD
    assert (verdict is Verdict.FREE) is not there
    if verdict is Verdict.EXPIRED:
        assert standing.age > 60 * standing.lock.minutes
    if verdict is Verdict.ENDED:
        assert not lives
        assert run.machine == standing.lock.run.machine != ""
    if verdict is Verdict.HELD:
        assert standing.age <= 60 * standing.lock.minutes
        assert lives or not run.machine or run.machine != standing.lock.run.machine


@given(RUNS, RUNS)
def test_a_run_is_the_same_on_one_machine_only(one, other):
    assert one.is_same(one)
    assert one.is_same(replace(one, user="other", command="other"))
    assert one.is_same(other) == other.is_same(one)
    if one.is_same(other):
        assert (one.pid, one.started) == (other.pid, other.started)


@given(st.floats(0, 1e9), st.floats(0, 1e5), st.integers(1, 1440))
def test_it_is_renewed_long_before_it_expires(written, passed, minutes):
    assert is_due(written, written + passed, minutes) or passed <= 20.001 * minutes
    assert not is_due(written, written, minutes)
    assert is_due(written, written + 21 * minutes, minutes)


@given(LOCKS)
def test_what_was_written_is_read(lock):
    assert from_bytes(to_bytes(lock)) == lock


@given(st.binary(max_size=40) | st.sampled_from([b"[]", b"null", b'{"state": 1}', b'{"run": []}', b"\xff"]))
def test_what_cant_be_read_is_held_by_somebody_until_it_expires(content):
    standing = Standing('"1"', from_bytes(content), age=60)
    assert judge(standing, JANE, nobody) is Verdict.HELD
    assert sentence(told(standing)) == "Somebody unknown works on this environment"
    assert judge(replace(standing, age=1801), JANE, nobody) is Verdict.EXPIRED


def test_what_people_read():
    written = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    lock = told(replace(held(), written=written))
    assert lock == {
        "etag": '"1"',
        "state": HELD,
        "user": "joe",
        "host": "desk",
        "command": "destroy.yml",
        "pid": 77,
        "since": "2026-01-01T12:00:00+00:00",
        "expires": "2026-01-01T12:30:00+00:00",
    }
    assert sentence(lock) == (
        "joe@desk works on this environment with destroy.yml (process 77) since 2026-01-01 12:00:00 UTC"
    )
    assert told(Standing()) == {"etag": "", "state": NONE}
    assert told(replace(held(), lock=Lock(FREE, JOE)))["expires"] == ""


def test_a_process_lives_until_it_ends():
    """One that nobody has waited for has ended, too, and this one is still there."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        began = processes.started(process.pid)
        assert began == processes.started(process.pid) != ""
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert processes.started(process.pid) == ""
    assert processes.started(process.pid) == ""
    assert processes.started(os.getpid()) != ""


def test_a_program_may_have_any_name(tmp_path: Path):
    (tmp_path / "7").mkdir()
    fields = " ".join(["S", *map(str, range(4, 53))])
    (tmp_path / "7" / "stat").write_text(f"7 (a) R (b) {fields}\n", encoding="utf-8")
    assert processes.started(7, tmp_path) == "22"


def test_the_queue_of_a_run_is_told_from_other_pipes(tmp_path: Path):
    """Both ends of it are open in the parent, which has not got it from its own parent; workers keep it open."""

    def process(pid: int, parent: int, *files: str) -> None:
        (tmp_path / str(pid) / "fd").mkdir(parents=True)
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a b) S {parent} 1", encoding="utf-8")
        for number, file in enumerate(files):
            (tmp_path / str(pid) / "fd" / str(number)).symlink_to(file)

    jobs, queue = "pipe:[7]", "pipe:[5]"
    process(1, 0, "pipe:[1]", jobs, jobs)
    process(20, 1, "/dev/null", "pipe:[1]", "pipe:[2]", jobs, jobs, *["socket:[1]"] * 2, *[queue] * 2, *["pipe:[4]"] * 2)
    assert processes.queue(20, tmp_path) == queue
    assert processes.queue(1, tmp_path) == jobs
    assert processes.queue(99, tmp_path) == ""
    process(21, 1, "/dev/null")
    assert processes.queue(21, tmp_path) == ""
    assert processes.leaves(99, queue, tmp_path)
    assert not processes.leaves(99, "pipe:[99]", tmp_path)
    (tmp_path / "21" / "cmdline").write_bytes(b'python\0-c\0{"socket": "s", "owner": 99, "folders": []}\0')
    assert processes.leaves(99, "", tmp_path)
    assert not processes.leaves(9, "", tmp_path)


FORK = """
import multiprocessing, os, select, sys, time
reads, writes = os.pipe()
lock = multiprocessing.Lock()
if os.fork() == 0 or os.fork() == 0:
    os.setsid()
    select.select([0], [], [])
    with lock:
        os.write(writes, bytes(1_000_000))
else:
    print(flush=True)
    time.sleep(60)
"""


def test_workers_go_on_where_their_parent_was_killed():
    """What all have open tells that the run has not ended, until they would tell something, in turn, that nobody reads."""
    with subprocess.Popen([sys.executable, "-c", FORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        run = replace(JANE, pid=parent.pid, started=processes.started(parent.pid), queue=processes.queue(parent.pid))
        workers = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text(encoding="ascii").split()
        parent.kill()
        parent.wait()
        assert environment_lock.lives(run)
        parent.stdin.close()
        wait_until(lambda: not environment_lock.lives(run))
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)


def test_without_proc_nothing_is_known_of_the_machine(tmp_path: Path):
    assert processes.machine(tmp_path) == ""
    assert processes.machine() == processes.machine() != ""
