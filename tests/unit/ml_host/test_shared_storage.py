# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host mounts of the shared file system, and when it can't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ...programs import answers
from .test_gpu_hosts import FOUND

SYSTEM = {
    "file_system_id": "fs-01234567",
    "access_points": [
        {"id": "fsap-1", "name": "common", "path": "/common"},
        {"id": "fsap-2", "name": "team-1", "path": "/teams/one"},
    ],
}
ASKED = {"ml_host_shared_asked": {"shared_storage": SYSTEM}, "shared_storage_enabled": True}
TELL = ["ml_host_shared_wanted", "ml_host_shared_units", "ml_host_left_shared_units", "ml_host_needed_packages"]


def host(**settings: Any) -> dict[str, Any]:
    """A host of Amazon Linux, with these settings."""
    return {"ml_host_found": {**FOUND, "globs": {"shared": []}}, "tell": TELL, **settings}


def with_units(*names: str, **settings: Any) -> dict[str, Any]:
    """A host that has units of these names."""
    paths = [f"/etc/systemd/system/{name}" for name in names]
    return {**host(**settings), "ml_host_found": {**FOUND, "globs": {"shared": paths}}}


HOSTS = {
    "none": host(),
    "both": host(**ASKED, render=["shared.mount.j2"]),
    "one has gone": with_units("shared-common.mount", "shared-old.mount", **ASKED),
    "off": with_units("shared-common.mount", **ASKED, ml_host_shared_storage=False),
    "elsewhere": host(**ASKED, ml_host_shared_directory="/data/shared"),
    "a rehearsal": host(**ASKED, local_cloud_enabled=True),
    "no file system": host(shared_storage_enabled=True, ml_host_shared_asked={"shared_storage": {"access_points": []}}),
    "debian": {
        **host(**ASKED),
        "ml_host_found": {**FOUND, "id": "debian", "version": "12", "name": "Debian 12", "globs": {"shared": []}},
    },
    "no path": host(**ASKED, ml_host_shared_directory="shared files"),
}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the role makes of each host."""
    return answers(Path(__file__).with_name("wanted.py"), HOSTS)


def test_a_host_mounts_each_access_point_over_tls_by_its_role(told):
    units = told["both"]["told"]["ml_host_shared_units"]
    assert [unit["name"] for unit in units] == ["shared-common.mount", r"shared-team\x2d1.mount"]
    lines = told["both"]["rendered"]["shared.mount.j2"].splitlines()
    assert [line for line in lines if line.startswith(("What=", "Where=", "Type=", "Options=", "WantedBy="))] == [
        "What=fs-01234567:/",
        "Where=/shared/common",
        "Type=efs",
        "Options=_netdev,noresvport,nodev,nosuid,tls,iam,accesspoint=fsap-1",
        "WantedBy=remote-fs.target",
    ]
    assert [unit["folder"] for unit in units] == ["/shared/common", "/shared/team-1"]
    assert "amazon-efs-utils" in told["both"]["told"]["ml_host_needed_packages"]
    assert told["both"]["problems"] == []


def test_a_unit_is_called_as_systemd_calls_its_folder(told):
    [unit, _other] = told["elsewhere"]["told"]["ml_host_shared_units"]
    assert (unit["name"], unit["folder"]) == ("data-shared-common.mount", "/data/shared/common")


@pytest.mark.parametrize("choice", ["none", "off", "a rehearsal"])
def test_where_nothing_is_to_be_mounted_nothing_is_written(told, choice):
    values = told[choice]["told"]
    assert not values["ml_host_shared_wanted"]
    assert values["ml_host_shared_units"] == []
    assert "amazon-efs-utils" not in values["ml_host_needed_packages"]


@pytest.mark.parametrize(
    ("choice", "left"), [("one has gone", ["shared-old.mount"]), ("off", ["shared-common.mount"]), ("both", [])]
)
def test_what_is_no_longer_there_is_mounted_no_more(told, choice, left):
    assert [unit["name"] for unit in told[choice]["told"]["ml_host_left_shared_units"]] == left


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ("debian", "Debian 12 has no package of amazon-efs-utils"),
        ("no file system", "p-dev has no shared file system"),
        ("no path", "ml_host_shared_directory is shared files"),
    ],
)
def test_what_can_not_be_mounted_is_told(told, choice, problem):
    assert any(problem in line for line in told[choice]["problems"])
