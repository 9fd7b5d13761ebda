# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each person on a host has: a share of it, a quota, and units that go on without a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ...programs import answers
from .test_hardening import host

OVERLAY = {"type": "overlay", "mount": "/", "on": False, "next": None, "limits": {}}
XFS = OVERLAY | {"type": "xfs"}
GLOBS = {"people": [], "settings": [], "environments": [], "kernels": [], "linger": [], "shares": [], "share_folders": []}
ADA = {"name": "ada", "port": 8901, "cpu": 1.5, "memory": "8G", "disk": "2G"}
BOB = {"name": "bob", "port": 8902}
USERS = {"ada": {"uid": 1001, "home": "/home/ada"}, "bob": None, "ec2-user": None}


def people(quotas: dict[str, Any], *named: dict[str, Any], **found: Any) -> dict[str, Any]:
    """A host with these people."""
    tell = [
        *("ml_host_people_share_files", "ml_host_linger_missing", "ml_host_left_lingering", "ml_host_people_workbenches"),
        *("ml_host_quotas_hold", "ml_host_quotas_differ", "ml_host_quotas_are_due", "ml_host_quotas_wait", "ml_host_unread_shares"),
        *(["ml_host_quotas_command"] if quotas else []),
    ]
    looked = '{"packages": [], "reboot": []}'
    told = {"quotas": quotas, "units": {}, "globs": GLOBS, "users": USERS, **found}
    return host(
        found=told, ml_host_people=list(named), ml_host_made_people={}, ml_host_looked={"stdout": looked}, tell=[*tell, "ml_host_pending"]
    )


SHARE = "/etc/systemd/system/user-1001.slice.d/mlinfra.conf"
HOSTS = {
    "none": people({}),
    "overlay": people(OVERLAY, ADA),
    "without": people(XFS, ADA),
    "due": people(XFS | {"next": False}, ADA),
    "waits": people(XFS | {"next": True}, ADA),
    "held": people(XFS | {"on": True}, ADA, BOB, globs=GLOBS | {"linger": ["/var/lib/systemd/linger/ml", "/var/lib/systemd/linger/ada"]}),
    "as it should be": people(XFS | {"on": True, "limits": {"ada": 2048, "eve": 7}}, ADA),
    "another": people(XFS | {"on": True, "limits": {"ada": 4096, "bob": 100}}, ADA, BOB),
    "left": people(
        XFS | {"on": True, "limits": {"eve": 7}},
        BOB,
        globs=GLOBS
        | {
            "people": ["/etc/systemd/system/mlinfra-jupyter-eve.service", "/etc/systemd/system/mlinfra-jupyter-bob.service"],
            "linger": ["/var/lib/systemd/linger/eve", "/var/lib/systemd/linger/admin"],
        },
    ),
    "written": people({}) | {"ml_host_written": {"changed_paths": ["/etc/mlinfra/environment", SHARE]}},
    "cut short": people({}, units={"mlinfra-jupyter": {"reload": True}, "user-1001.slice": {"reload": True}}),
    # What is refused is not reckoned with.
    "wrong": people(XFS | {"on": True}, ADA | {"disk": "much"}, BOB | {"disk": "0G"}) | {"tell": []},
}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the role makes of each of them."""
    return answers(Path(__file__).with_name("wanted.py"), HOSTS)


def test_all_that_a_person_runs_has_one_limit(told: dict[str, Any]) -> None:
    """Of somebody without limits, or whose user is still to be made, nothing is written."""
    folder, file = told["held"]["told"]["ml_host_people_share_files"]
    assert folder["path"] == "/etc/systemd/system/user-1001.slice.d"
    assert file["path"] == "/etc/systemd/system/user-1001.slice.d/mlinfra.conf"
    assert file["content"].splitlines()[1:] == ["[Slice]", "MemoryMax=8G", "CPUQuota=150%"]
    slices = [workbench["slice"] for workbench in told["held"]["told"]["ml_host_people_workbenches"]]
    assert slices == ["user-1001.slice", ""]


def test_limits_are_read_by_systemd_once(told: dict[str, Any]) -> None:
    unread = {name: told[name]["told"]["ml_host_unread_shares"] for name in ("none", "written", "cut short")}
    assert unread == {"none": [], "written": [SHARE], "cut short": ["user-1001.slice"]}


def test_units_go_on_without_a_session_for_all_and_end_for_those_who_left(told: dict[str, Any]) -> None:
    assert told["none"]["told"]["ml_host_linger_missing"] == ["ml"]
    assert told["held"]["told"]["ml_host_linger_missing"] == ["bob"]
    assert told["left"]["told"]["ml_host_linger_missing"] == ["ml", "bob"]
    assert told["left"]["told"]["ml_host_left_lingering"] == ["eve"]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("held", ["-c", "limit -u bhard=2048m ada"]),
        ("another", ["-c", "limit -u bhard=2048m ada", "-c", "limit -u bhard=0m bob"]),
        ("left", ["-c", "limit -u bhard=0m eve"]),
    ],
)
def test_quotas_are_set_where_they_are_others(told: dict[str, Any], name: str, command: list[str]) -> None:
    its = told[name]["told"]
    assert its["ml_host_quotas_hold"]
    assert its["ml_host_quotas_command"] == ["xfs_quota", "-x", *command, "/"]


def test_quotas_that_are_right_and_those_of_others_are_left(told: dict[str, Any]) -> None:
    for name in ("none", "as it should be"):
        assert told[name]["told"]["ml_host_quotas_differ"] == []


def test_quotas_of_the_root_come_with_a_start_of_the_host(told: dict[str, Any]) -> None:
    asked = ("are_due", "wait", "hold")
    states = {name: [told[name]["told"][f"ml_host_quotas_{state}"] for state in asked] for name in HOSTS if name != "wrong"}
    assert states["due"] == [True, False, False]
    assert states["waits"] == [False, True, False]
    assert states["held"] == [False, False, True]
    assert {name for name in states if told[name]["told"]["ml_host_pending"]["reboot"]} == {"waits"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("overlay", "disk of ada needs homes on XFS, and / is overlay"),
        ("without", "disk of ada needs user quotas, and / is mounted without: mount it with the option uquota"),
        ("wrong", "disk of ada is much, and must be a size such as 500M or 50G; disk of bob is 0G"),
    ],
)
def test_quotas_that_cannot_be_had_are_refused(told: dict[str, Any], name: str, words: str) -> None:
    assert words in " ".join(told[name]["problems"])


@pytest.mark.parametrize("name", ["due", "waits", "held"])
def test_quotas_that_can_be_had_are_not(told: dict[str, Any], name: str) -> None:
    assert "disk of" not in " ".join(told[name]["problems"])
