# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The output of real runs on a terminal: the line that lives at its bottom, questions, and who takes the terminal over."""

from __future__ import annotations

import json
import re

import pytest

from .conftest import Player, rendered

SLEEP = {"name": "Sleep for a while", "ansible.builtin.command": "sleep 3", "changed_when": False}
COUNT = "echo x >> {{ home }}/count; test $(wc -l < {{ home }}/count) -ge 3"
TRY = {
    "name": "Try until it works",
    "ansible.builtin.shell": COUNT,
    "register": "it",
    "until": "it is success",
    "delay": 1,
    "retries": 9,
}
MAKE = {"name": "Make a folder", "ansible.builtin.file": {"path": "{{ home }}/folder", "state": "directory"}}


def frames(raw: str) -> list[str]:
    """What the live line showed, one after the other, without colours."""
    shown = [re.sub(r"\x1b\[[0-9;]*m", "", piece) for piece in raw.split("\r\x1b[K")[1:]]
    return [piece for piece in shown if piece.startswith(("▸", ">")) and "\n" not in piece]


@pytest.mark.weight(20)
@pytest.mark.parametrize("columns", [100, 60])
def test_the_live_line_tells_what_is_waited_for(player: Player, columns: int) -> None:
    long = {**SLEEP, "name": "Wait for something with a name that no narrow terminal has any room for, whoever looks at it"}
    run = player.on_terminal([SLEEP, TRY, MAKE, long], columns=columns)
    live = frames(run.raw)
    assert "▸ Sleep for a while: 1 s" in live
    assert any(re.fullmatch(r"▸ Try until it works: \d+ s, attempt [23] of 10", frame) for frame in live), live
    assert all(len(frame) < columns for frame in live), "the live line does not fit"
    assert [line for line in run.lines if line.startswith(("▸", "Done"))] == [run.lines[-1]]
    assert "\x1b[0;33m~" in run.raw, "changes have no colour"


def test_lines_of_a_narrow_terminal_are_broken_with_care(player: Player) -> None:
    folder = "{{ home }}/" + "a-folder-with-a-long-name"
    run = player.on_terminal([{**MAKE, "ansible.builtin.file": {"path": folder, "state": "directory"}}], columns=40)
    at = run.lines.index(run.line("~ file"))
    name, end = run.lines[at], run.lines[at + 1]
    assert name.endswith("a-folder-with-a-long-name")
    assert re.fullmatch(r" {30,}\d\.\d s", end)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_plain_lines_for_who_wants_them(player: Player, environment: dict[str, str]) -> None:
    run = player.on_terminal([MAKE], **environment)
    assert "\x1b" not in run.raw
    assert len([line for line in run.lines if "~ file" in line]) == 1


def test_questions_can_be_answered(player: Player) -> None:
    plays = [
        {
            "name": "Ask",
            "vars_prompt": [{"name": "first", "prompt": "What first", "private": False}],
            "tasks": [
                SLEEP,
                {"name": "Ask", "ansible.builtin.pause": {"prompt": "And then"}, "register": "second"},
                {"name": "Repeat", "ansible.builtin.debug": {"msg": "Told: {{ first }}, {{ second.user_input }}"}},
            ],
        }
    ]
    run = player.on_terminal(plays, answers={"What first": "one\r", "And then": "two\r"})
    assert run.status == 0, run.raw
    assert "Told: one, two" in run.lines
    asked = run.raw[run.raw.index("And then") : run.raw.index("Told:")]
    assert "▸" not in asked[: asked.index("two")], "the live line is written over a question"


def test_a_run_that_is_interrupted_says_what_was_done(player: Player) -> None:
    stop = {"name": "Stop one", "ansible.builtin.fail": {"msg": "Over."}, "when": "inventory_hostname == 'host2'"}
    sleep = {**SLEEP, "ansible.builtin.command": "sleep 60"}
    run = player.on_terminal([{**MAKE, "run_once": True}, stop, sleep], hosts=2, answers={"while on host1: 2 s": "\x03"})
    assert run.status != 0
    broken = run.lines.index(run.line("Broken off after "))
    assert run.lines[broken + 1 : broken + 4] == ["  host1  1 changed", "  host2  1 failed", "  Failed   Stop one, on host2"]
    assert "▸" not in run.text


def test_who_takes_the_terminal_over_has_it_alone(player: Player) -> None:
    request = player.folder / "request.json"
    shell = "echo ready; read line; sleep 2; echo heard $line"
    nothing = {"instance_id": "", "port": 0, "local_port": 0, "browser": False, "token_parameter": "", "plugin": "", "aws": {}}
    request.write_text(json.dumps({"way": "ssh", "to": "shell", "name": "x", "ssh": ["sh", "-c", shell, "x"], **nothing}))
    hand_over = {"name": "Hand over", "ansible.builtin.set_stats": {"data": {"mlinfra_hand_over": str(request)}}}
    run = player.on_terminal([SLEEP, hand_over], answers={"ready": "hello\r"})
    assert run.status == 0, run.raw
    assert run.lines[-1] == "heard hello"
    assert run.lines[-4].startswith("Done in "), run.text
    assert "\x1b" not in run.raw[run.raw.index("ready") :]


def test_what_others_write_does_not_run_into_the_live_line(player: Player) -> None:
    run = player.on_terminal([{"name": "Rest", "ansible.builtin.pause": {"seconds": 1}}])
    assert run.raw.index("▸ Rest") < run.raw.index("Pausing for 1 seconds")
    assert "Pausing for 1 seconds" in run.lines, run.text


@pytest.mark.weight(30)
def test_forks_inherit_nothing_of_the_live_line(player: Player) -> None:
    work = {"name": "Work", "ansible.builtin.command": "true", "changed_when": True}
    run = player.on_terminal([{**work, "name": f"Work {number}"} for number in range(10)], hosts=6)
    assert run.status == 0, run.raw
    told = [line for line in run.lines if re.fullmatch(r"    host\d  ~ Work \d +\d+\.?\d* s", line)]
    assert len(told) == 60
    assert [line for line in run.lines if line.endswith("10 changed")] == [f"  host{n}  10 changed" for n in range(1, 7)]


def test_the_terminal_of_these_tests_does_what_terminals_do() -> None:
    assert rendered("\x1b[0;31mred\x1b[0m\r\nlive line\r\x1b[Kab\rA\n") == ["red", "Ab", ""]
