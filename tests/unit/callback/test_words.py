# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words of the output, its picture of the roles, what is waited for, and the summary."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress import running
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.steps import Steps
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.summary import ADVISING, Failure, Summary
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.words import (
    ASCII,
    UNICODE,
    counts,
    duration,
    message_of,
    some,
    wrapped,
)
from hypothesis import given
from hypothesis import strategies as st

ROLES = ["network", "storage", "iam", "compute"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (1.23, "1.2 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min"), (125, "2 min 5 s"), (3725, "1 h 2 min")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_whole_seconds_are_those_that_have_passed():
    assert [duration(seconds, whole=True) for seconds in (0.9, 1.9, 59.9)] == ["0 s", "1 s", "59 s"]


def test_counts_name_what_there_is():
    counted = {"made": 3, "removed": 1, "failed": 1}
    assert counts(counted, would=False) == "3 made, 1 removed, 1 failed"
    assert counts(counted, would=True) == "would make 3, remove 1, 1 failed"
    assert counts({}, would=False) == "nothing changed"
    assert counts({}, would=True) == "nothing would change"


def test_many_names_are_cut_short():
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=15)), st.integers(40, 100))
def test_wrapping_loses_no_word_and_keeps_to_the_width(words, width):
    lines = wrapped(" ".join(words), width, "    ")
    assert " ".join(lines).split() == words
    assert all(len(line) <= width for line in lines)


def test_wrapping_keeps_lines_their_indentation_and_lists():
    assert wrapped("one\n  - two", 80, "  ") == ["  one", "    - two"]
    text = "1. a problem that is told in so many words"
    assert wrapped(text, 26) == ["1. a problem that is told", "   in so many words"]


def test_what_can_be_copied_is_not_cut():
    command = "ansible-playbook-with-a-very-long-name-that-nobody-would-want-to-have-cut"
    assert command in wrapped(f"Run {command}", 30)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"msg": "It is in the way."}, "It is in the way."),
        ({"msg": ["one", "two"]}, "one\ntwo"),
        ({"msg": "non-zero return code", "rc": 3, "stderr": "why\n", "stdout": "before"}, "It ended with 3.\nwhy"),
        ({"msg": "MODULE FAILURE", "module_stderr": "\n".join(map(str, range(30)))}, "MODULE FAILURE\n" + "\n".join(map(str, range(20, 30)))),
        ({"reason": "no such file"}, "no such file"),
        ({}, "It gave no reason."),
    ],
)  # fmt: skip
def test_messages_of_failures(result, message):
    assert message_of(result) == message


def pictures(steps: Steps, *begun: str, width: int = 80) -> list[str]:
    shown = []
    for role in begun:
        steps.begin(role)
        shown.append(steps.picture(UNICODE, width))
    return shown


def test_roles_are_done_running_or_to_come():
    steps = Steps()
    steps.expect(ROLES)
    assert pictures(steps, "network", "storage", "compute", "network") == [
        "▸ network  · storage  · iam  · compute",
        "✓ network  ▸ storage  · iam  · compute",
        # iam had nothing to do.
        "✓ network  ✓ storage  ▸ compute",
        "▸ network  ✓ storage  ✓ compute",
    ]
    assert steps.place == "network 1/3"


def test_a_role_that_nobody_expected_comes_before_those_to_come():
    steps = Steps()
    steps.expect(["compute", "network"])
    assert pictures(steps, "monitoring", "compute") == [
        "▸ monitoring  · compute  · network",
        "✓ monitoring  ▸ compute  · network",
    ]


def test_a_narrow_picture_leaves_out_what_is_far():
    steps = Steps()
    steps.expect([f"role{number}" for number in range(20)])
    for number in range(10):
        steps.begin(f"role{number}")
    picture = steps.picture(ASCII, 58)
    assert len(picture) <= 58
    assert picture.startswith("v 9 done  > role9  . role10")
    assert picture.endswith("more")


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time, for tests to change."""
    now = [1000.0]
    monkeypatch.setattr(running.time, "monotonic", lambda: now[0])
    return now


def test_what_lasts_is_spoken_of_at_growing_intervals(clock):
    tasks = running.Running(threading.RLock())
    tasks.begin("1", "Wait for the gateway", "dev")
    spoken = []
    for second in range(200):
        clock[0] = 1000.0 + second
        spoken += [(second, words) for words in tasks.due(15, several=False)]
    assert spoken == [
        (15, "Wait for the gateway: 15 s"),
        (30, "Wait for the gateway: 30 s"),
        (60, "Wait for the gateway: 1 min"),
        (120, "Wait for the gateway: 2 min"),
    ]


def test_waiting_tells_hosts_and_attempts(clock):
    tasks = running.Running(threading.RLock())
    for host in ("dev", "prod"):
        tasks.begin("1", "Wait", host)
    tasks.again("1", "dev", 2, 60)
    clock[0] += 7
    tasks.begin("2", "Another", "test")
    assert tasks.longest(several=True) == "Wait on dev, prod: 7 s, attempt 3 of 60"
    assert tasks.due(5, several=True) == ["Wait on dev, prod: 7 s, attempt 3 of 60"]
    assert tasks.end("1", "dev") == 7
    assert tasks.longest(several=True) == "Wait on prod: 7 s"


def test_items_are_timed_each_for_itself(clock):
    tasks = running.Running(threading.RLock())
    tasks.begin("1", "Loop", "dev")
    times = []
    for seconds in (3, 4):
        clock[0] += seconds
        times.append(tasks.item("1", "dev"))
    assert times == [3, 4]
    assert tasks.end("1", "dev") == 7


def failure(host: str, message: str = "It is in the way.", action: str = "amazon.aws.s3_bucket", **more: str) -> Failure:
    told = {"what": "failed", "task": "Make it", "where": "storage, x.yml:3", "resource": "bucket x", **more}
    return Failure(host=host, action=action, message=message, **told)


def test_a_failure_is_told_with_the_next_step():
    summary = Summary(failures=[failure("dev"), failure("prod")])
    assert list(summary.told(60)) == [
        "",
        "  Failed   bucket x, on dev, prod",
        "  Task     Make it (storage, x.yml:3)",
        "  Message  It is in the way.",
        "  Next     Put that right, then run the same command again:",
        "           it goes on where this run stopped.",
    ]


@pytest.mark.parametrize(
    ("told", "step"),
    [
        (failure("dev", action="ansible.builtin.fail"), "Do what the message says"),
        (failure("dev", what="unreachable"), "See why it does not answer"),
    ],
)
def test_the_next_step_fits_the_failure(told, step):
    assert told.next_step.startswith(step)
    assert "run the same command again" in told.next_step


def test_who_says_what_to_do_next_stands_for_what_failed():
    """And does so in the summary, beside what failed and why."""
    failed = failure("dev", "vpc")
    said = Failure("failed", "dev", ADVISING, "ansible.builtin.fail", "playbook.yml:1", "", "Log in again.")
    summary = Summary(failures=[failure("prod", "other"), failed, said])
    summary.settle("dev", 1)
    assert summary.failures[1:] == [replace(failed, advice="Log in again.")]
    assert summary.failures[1].next_step == "Log in again."
    assert summary.counted["dev"]["failed"] == 1


def test_only_what_was_not_rescued_counts():
    summary = Summary(failures=[failure("dev", "rescued"), failure("prod", "first"), failure("dev", "last")])
    summary.settle("dev", 1)
    summary.settle("prod", 1)
    assert [entry.message for entry in summary.failures] == ["first", "last"]
    assert summary.counted == {"dev": Counter(failed=1), "prod": Counter(failed=1)}


def test_many_failures_and_idle_hosts_are_cut_short():
    summary = Summary(failures=[failure("dev", str(number)) for number in range(5)])
    assert "  Failed   2 more, see above" in list(summary.told(80))
    for number in range(5):
        summary.settle(f"host{number}", 0)
    summary.count("busy", "made")
    assert list(summary.hosts(would=False)) == [("busy", "1 made"), ("host0 and 4 more", "nothing changed")]
