# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The output of real runs without a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.mlinfra.aws.plugins.callback.progress import CallbackModule

from .conftest import ROOT, Player, Run

SECRET = "hunter2"
COUNT = "echo x >> {{ home }}/count; test $(wc -l < {{ home }}/count) -ge 3"
DONE = re.compile(r"(Done in|Failed after|Broken off after) [0-9.a-z ]+(?: · |$)")

TASKS = [
    {"name": "Make a folder", "ansible.builtin.file": {"path": "{{ home }}/folder", "state": "directory"}},
    {"name": "Make it again", "ansible.builtin.file": {"path": "{{ home }}/folder", "state": "directory"}},
    {
        "name": "Write files",
        "ansible.builtin.copy": {"dest": "{{ home }}/{{ item }}", "content": "new\n"},
        "loop": ["one", "two"],
    },
    {"name": "Write one again", "ansible.builtin.copy": {"dest": "{{ home }}/one", "content": "new\n"}},
    {"name": "Remove one", "ansible.builtin.file": {"path": "{{ home }}/one", "state": "absent"}},
    {
        "name": "Look in a place that is not there",
        "ansible.builtin.find": {"paths": ["/nowhere/a"]},
        "loop": [1, 2],
    },
    {"name": "Say it", "ansible.builtin.debug": {"msg": "Two lines,\n  as they are: → end"}},
    {"name": "Say it again", "ansible.builtin.debug": {"msg": "Two lines,\n  as they are: → end"}},
    {"name": "Say what it is", "ansible.builtin.debug": {"var": "deep"}, "vars": {"deep": {"inner": ["value"]}}},
    {
        "name": "Begin in the background",
        "ansible.builtin.command": "sleep 1",
        "async": 30,
        "poll": 0,
        "register": "job",
        "changed_when": False,
    },
    {
        "name": "Wait for what works in the background",
        "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
        "register": "over",
        "until": "over is finished",
        "retries": 60,
        "delay": 1,
    },
    {"name": "Go wrong and on", "ansible.builtin.command": "sh -c 'echo the reason >&2; exit 3'", "ignore_errors": True},
    {
        "name": "Go wrong and be rescued",
        "block": [{"name": "Break", "ansible.builtin.command": "false"}],
        "rescue": [{"name": "Mend", "ansible.builtin.debug": {"msg": "Mended."}}],
    },
]


@pytest.fixture(scope="module")
def run(player: Player) -> Run:
    """One run of all these tasks on one host."""
    done = player(TASKS, TERM="xterm-256color")
    assert done.status == 0, done.raw
    return done


@pytest.mark.weight(20)
class TestOneHost:
    """What one run says."""

    def test_there_is_nothing_but_lines(self, run: Run) -> None:
        assert "\x1b" not in run.raw
        assert "\r" not in run.raw
        assert run.lines[0] == "Try · host1"

    def test_each_change_has_its_line(self, run: Run) -> None:
        assert re.search(r"^    ~ file +\S+/folder +\d+\.\d s$", run.text, re.MULTILINE)
        assert re.search(r"^    ~ file +one +\d+\.\d s$", run.text, re.MULTILINE)
        assert re.search(r"^    ~ file +two +\d+\.\d s$", run.text, re.MULTILINE)
        assert re.search(r"^    − file +\S+/one +\d+\.\d s$", run.text, re.MULTILINE)

    def test_what_did_not_change_has_none(self, run: Run) -> None:
        assert "again" not in run.text
        assert len([line for line in run.lines if line.startswith("    ~ file")]) == 3

    def test_text_is_shown_as_it_is_and_once(self, run: Run) -> None:
        assert run.raw.count("Two lines,\n  as they are: → end\n") == 1
        assert "msg:" not in run.text
        assert "deep:\n        inner:\n        - value" in run.text

    def test_warnings_are_shown_once(self, run: Run) -> None:
        assert run.text.count("Warning: ") == 1
        assert "/nowhere/a" in run.line("Warning: ")

    def test_a_job_is_told_when_it_is_found_done(self, run: Run) -> None:
        assert re.search(r"^    ~ Wait for what works in the background +within \d+(\.\d)? s$", run.text, re.MULTILINE)
        assert "Begin in the background" not in run.text

    def test_failures_that_do_not_end_the_run_are_told_and_not_counted(self, run: Run) -> None:
        assert run.line("✗ Go wrong and on").endswith("ignored")
        assert "        It ended with 3. the reason" in run.lines
        assert "✗ Break" in run.text
        assert "Mended." in run.lines

    def test_it_ends_with_one_summary(self, run: Run) -> None:
        assert run.lines[-1].endswith(" · host1: 4 changed, 1 removed")
        assert len([line for line in run.lines if DONE.match(line)]) == 1


def test_what_lasts_is_named_at_growing_intervals(player: Player) -> None:
    tasks = [
        {"name": "Last", "ansible.builtin.command": "sleep 5", "changed_when": False},
        {"name": "Try", "ansible.builtin.shell": COUNT, "register": "it", "until": "it is success", "delay": 2, "retries": 9},
    ]  # fmt: skip
    run = player(tasks, MLINFRA_PROGRESS_PATIENCE="2")
    waits = [line for line in run.lines if line.startswith("  … Last: ")]
    assert 2 <= len(waits) <= 3
    assert waits[0] == "  … Last: 2 s"
    assert re.search(r"^  … Try: \d+ s, attempt [23] of 10$", run.text, re.MULTILINE)


def test_nothing_is_said_of_what_is_quick_or_unchanged(player: Player) -> None:
    run = player([{"name": "Look", "ansible.builtin.stat": {"path": "{{ home }}"}}])
    assert [DONE.sub("", line) for line in run.lines] == ["Try · host1", "host1: nothing changed"]


FAIL = "It can't go on. " + "There is a reason, and it takes many words to say it. " * 3 + "\n- Do this.\n- Do that."


def test_failures_are_told_with_the_next_step(player: Player) -> None:
    run = player(
        [
            {"name": "Judge", "ansible.builtin.fail": {"msg": FAIL}, "when": "inventory_hostname == 'host1'"},
            {"name": "Run it", "ansible.builtin.command": "sh -c 'echo said; echo why >&2; exit 4'",
             "when": "inventory_hostname == 'host2'"},
            {"name": "Write", "ansible.builtin.copy": {"dest": "/nowhere/{{ item }}", "content": ""}, "loop": ["a", "b"]},
        ],
        hosts=3,
    )  # fmt: skip
    assert run.status == 2
    assert DONE.match(run.line("Failed after")), run.text
    place = r"\S+book\.yml:\d+"
    for pattern in (
        rf"Failed   Judge, on host1\n  Task     {place}\n  Message  It can't go on\. There [^+]+\n {{11}}- Do this\.\n",
        rf"Failed   Run it, on host2\n  Task     {place}\n  Message  It ended with 4\.\n {{11}}why\n",
        rf"Failed   file a, file b, on host3\n  Task     Write \({place}\)\n  Message  file a: Destination directory /nowhere"
        rf" does not exist\n {{11}}file b: Destination",
        r"Next     Do what the message says, then run the same command again to go on\.\n"
        r" {11}Put that right, then run the same command again: it goes on where this run stopped\.$",
    ):
        assert re.search(f"^  {pattern}", run.text, re.MULTILINE), run.text
    assert all(len(line) <= 100 for line in run.lines), "a text is not wrapped"


def test_mistakes_in_a_playbook_are_told(player: Player) -> None:
    run = player(
        [
            {"ansible.builtin.debug": {"msg": "{{ nobody_knows }}"}, "when": "inventory_hostname == 'host1'"},
            {"name": "Include it", "ansible.builtin.include_tasks": "nowhere.yml"},
        ],
        hosts=2,
    )
    assert run.status == 2
    told = " ".join(run.text.split())
    assert "Failed ansible.builtin.debug, on host1" in told
    assert "'nobody_knows' is undefined" in told
    assert re.search(r"Failed Include it, on host2 Task \S+ Message .*nowhere\.yml", told), run.text


def test_a_host_that_is_not_there(player: Player) -> None:
    away = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_retries": 0}
    run = player([{"name": "Reach it", "vars": away, "tasks": [{"name": "Ask", "ansible.builtin.ping": {}}]}])
    assert run.status == 4
    assert run.line("Failed after").endswith("host1: 1 unreachable")
    assert "Connection refused" in run.text
    assert run.lines[-1] == "  Next     See why it does not answer, then run the same command again to go on."


def test_check_mode_says_would(player: Player) -> None:
    tasks = [
        *TASKS[:1],
        {"name": "Stand in", "ansible.builtin.debug": {"msg": "Something would be removed."}, "changed_when": True},
    ]
    run = player(tasks, "--check")
    assert run.lines[0] == "Check mode: nothing is changed. This is what would be."
    assert re.search(r"~ file +\S+/folder +would change$", run.text, re.MULTILINE)
    assert "    − Something would be removed." not in run.lines
    assert re.search(r"^    − Something$|^    − Something +would go$", run.text, re.MULTILINE)
    assert run.lines[-1].endswith("host1: would change 1, remove 1")


def test_differences_are_shown_as_ansible_shows_them(player: Player) -> None:
    run = player(TASKS[:3], "--diff")
    assert re.search(r"\+ file +\S+/folder .*\n--- before\n\+\+\+ after\n", run.text)
    assert re.search(r"file +one .*\n--- before\n\+\+\+ after: \S+/one\n@@ -0,0 \+1 @@\n\+new\n", run.text)


@pytest.mark.parametrize("option", ["--diff", "--check"])
def test_secrets_and_arguments_are_not_shown(player: Player, option: str) -> None:
    write = {"dest": "{{ home }}/secret", "content": SECRET}
    tasks = [
        {"name": "Write it", "ansible.builtin.copy": write, "no_log": True},
        {"name": "Write more", "ansible.builtin.copy": {**write, "dest": "{{ home }}/{{ item }}"}, "loop": [SECRET],
         "no_log": True},
        {"name": "Say it", "ansible.builtin.debug": {"msg": SECRET}, "no_log": True},
        {"name": "Lead to it", "ansible.builtin.file": {"src": SECRET, "path": "{{ home }}/link", "state": "link",
         "force": True}, "diff": False},
        {"name": "Fail with it", "ansible.builtin.fail": {"msg": SECRET}, "no_log": True},
    ]  # fmt: skip
    run = player(tasks, option, MLINFRA_PROGRESS_PATIENCE="0.1")
    assert run.status == 2
    assert SECRET not in run.raw
    assert "  Message  Hidden, because the task says no_log." in run.lines
    for line in ("~ Write it", "~ Write more", "~ file"):
        assert line in run.text


def test_several_hosts_are_named_on_every_line(player: Player) -> None:
    tasks = [
        *TASKS[:1],
        {"name": "Say it", "ansible.builtin.debug": {"msg": "The same."}},
        {"name": "Stop one", "ansible.builtin.fail": {"msg": "Only here."}, "when": "inventory_hostname == 'host2'"},
    ]
    run = player(tasks, hosts=2)
    for host in ("host1", "host2"):
        assert re.search(rf"^    {host}  ~ file +\S+/folder ", run.text, re.MULTILINE) or run.text.count("~ file") == 1
    assert run.text.count("The same.") == 1
    assert re.search(r"^host[12] says the same as host[12]\.$", run.text, re.MULTILINE)
    assert re.search(r"^    host2  ✗ Stop one", run.text, re.MULTILINE)
    assert re.search(r"^  host1  (1 changed|nothing changed)$", run.text, re.MULTILINE)
    assert re.search(r"^  host2  (1 changed, )?1 failed$", run.text, re.MULTILINE)


def test_roles_are_shown_as_done_running_and_to_come(player: Player) -> None:
    for role, changed in (("first", True), ("second", False), ("third", True)):
        task = {"name": "Work", "ansible.builtin.command": "true", "changed_when": changed}
        folder = player.folder / "roles" / role / "tasks"
        folder.mkdir(parents=True)
        (folder / "main.yml").write_text(yaml.safe_dump([task]))
    include = [{"name": f"Do the {role}", "ansible.builtin.include_role": {"name": role}} for role in ("first", "second")]
    run = player([{"name": "Work", "tasks": [*include, {"ansible.builtin.import_role": {"name": "third"}}]}])
    pictures = [line for line in run.lines if "▸" in line]
    assert pictures == ["  ▸ first  · second  · third", "  ✓ first  ✓ second  ▸ third"]


def test_ascii_where_nothing_else_can_be_read(player: Player) -> None:
    run = player([TASKS[0], TASKS[2], TASKS[4]], PYTHONIOENCODING="ascii")
    assert run.raw.isascii()
    assert re.search(r"^    - file +\S+/one ", run.text, re.MULTILINE)
    assert run.lines[0] == "Try - host1"


def test_verbose_is_ansible_s_own_which_takes_one_variable_too(player: Player) -> None:
    tasks = [*TASKS[:5], TASKS[6], {"name": "Stop", "ansible.builtin.fail": {"msg": "Over."}}]
    runs = [player(tasks, "-v"), player(tasks, "-v", ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default")]
    assert [run.status for run in runs] == [2, 2]
    mine, theirs = (re.sub(r"(/player\d*)/\d+|ansible-tmp-[\d.-]+", r"\1", run.raw) for run in runs)
    assert "TASK [Make a folder]" in mine
    assert mine == theirs


def test_nothing_of_ansible_s_own_lines_gets_through() -> None:
    """Whatever Ansible's own callback answers, this one answers in its place."""
    theirs = {name for name in vars(Default) if name.startswith("v2_")}
    assert theirs - vars(CallbackModule).keys() == set()


def test_it_is_documented() -> None:
    told = subprocess.run(
        [Path(sys.executable).parent / "ansible-doc", "-t", "callback", "mlinfra.aws.progress"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "MLINFRA_PROGRESS_PATIENCE" in told
    assert "ANSIBLE_DISPLAY_SKIPPED_HOSTS" in told
