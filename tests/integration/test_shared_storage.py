# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole environment with a shared file system: made once, priced, kept by a destroy, found again, and gone without a trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..depth import thorough
from .site import CALLER, Site, running

SLOT = 25
SHARED = ("-e", "shared_storage_enabled=true")
NAME = "bench-seed-shared"
pytestmark = [thorough, pytest.mark.weight(240)]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The environment of the benchmarks, with nothing in it yet."""
    with running(SLOT) as emulator:
        yield Site(emulator)


class TestSharedStorage:
    """One environment, in order."""

    def test_a_plan_prices_it(self, site: Site) -> None:
        output = site.playbook("playbooks/plan.yml", *SHARED)
        assert NAME in output
        assert site.emulator.written(CALLER) == []

    def test_it_is_made_once(self, site: Site) -> None:
        site.playbook("playbooks/provision.yml", *SHARED)
        made = len(site.emulator.written(CALLER))
        [system] = site.client("efs").describe_file_systems()["FileSystems"]
        assert (system["Name"], system["Encrypted"], system["NumberOfMountTargets"]) == (NAME, True, 2)
        again = site.playbook("playbooks/provision.yml", *SHARED)
        assert "changed=0" in again
        later = site.emulator.written(CALLER)[made:]
        assert not [call for call in later if not call.startswith("s3:")]  # of the lock alone

    def test_nothing_has_drifted_until_somebody_lets_everybody_in(self, site: Site) -> None:
        site.playbook("playbooks/drift.yml", *SHARED)
        [system] = site.client("efs").describe_file_systems()["FileSystems"]
        site.client("efs").delete_file_system_policy(FileSystemId=system["FileSystemId"])
        drifted = site.run("playbooks/drift.yml", *SHARED)
        assert "FileSystemPolicy" in drifted.stdout + drifted.stderr
        site.playbook("playbooks/provision.yml", *SHARED)
        assert site.client("efs").describe_file_system_policy(FileSystemId=system["FileSystemId"])["Policy"]

    def test_a_destroy_keeps_it_and_says_so(self, site: Site) -> None:
        output = site.playbook("playbooks/destroy.yml", *SHARED, "-e", "confirm=seed")
        kept = output.split("Kept, because they hold data", 1)[1]
        assert f"file_system        {NAME}" in kept
        assert "plus 0.3 a GB: EFS standard" in kept
        assert "Left over" not in output
        [system] = site.client("efs").describe_file_systems()["FileSystems"]
        assert system["NumberOfMountTargets"] == 0
        assert site.client("efs").describe_access_points(FileSystemId=system["FileSystemId"])["AccessPoints"] == []

    def test_another_run_finds_it_again(self, site: Site) -> None:
        [before] = site.client("efs").describe_file_systems()["FileSystems"]
        site.playbook("playbooks/provision.yml", *SHARED)
        [after] = site.client("efs").describe_file_systems()["FileSystems"]
        assert (after["FileSystemId"], after["NumberOfMountTargets"]) == (before["FileSystemId"], 2)

    def test_it_is_gone_without_a_trace(self, site: Site) -> None:
        """Without its setting too: a destroy finds it by its tags."""
        output = site.playbook("playbooks/destroy.yml", "-e", "confirm=seed destroy_data=true")
        assert "1 file_system" in output
        assert "Left over" not in output
        assert site.client("efs").describe_file_systems()["FileSystems"] == []
        groups = site.client("ec2").describe_security_groups(
            Filters=[{"Name": "group-name", "Values": ["bench-seed-shared-storage"]}]
        )
        assert groups["SecurityGroups"] == []
