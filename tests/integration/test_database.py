# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment with a database: made once, stopped and started with the rest, and taken down with a last snapshot, then without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ..depth import thorough
from .site import Site, running

pytestmark = [thorough, pytest.mark.weight(200)]

SLOT = 27
DATABASE = ("-e", "database_enabled=true")
NAME = "bench-seed"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The environment of the benchmarks, with nothing in it yet."""
    with running(SLOT) as emulator:
        yield Site(emulator)


def database(site: Site) -> dict[str, Any]:
    """The database as it stands."""
    [found] = site.client("rds").describe_db_instances()["DBInstances"]
    return found


def password(site: Site) -> str:
    """The password that RDS has made."""
    secret = database(site)["MasterUserSecret"]["SecretArn"]
    return json.loads(site.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])["password"]


def of_database(site: Site) -> list[str]:
    """The calls on the database and what it takes that have written since the last look."""
    return [call for call in site.written() if call.startswith(("rds:", "secretsmanager:"))]


def status(site: Site) -> str:
    """What status.yml says, in one line."""
    return " ".join(site.playbook("playbooks/status.yml", *DATABASE).split())


class TestInOrder:
    """Each goes on from the one before."""

    def test_the_environment_gets_a_database(self, site: Site) -> None:
        output = site.playbook("playbooks/provision.yml", *DATABASE, "-v", "--diff")
        made = database(site)
        assert (made["DBInstanceIdentifier"], made["DBInstanceStatus"]) == (NAME, "available")
        assert [made[one] for one in ("MultiAZ", "StorageEncrypted", "DeletionProtection")] == [True] * 3
        assert not made["PubliclyAccessible"]
        assert password(site) not in output
        site.written()

    def test_a_second_run_changes_nothing(self, site: Site) -> None:
        assert "changed=0" in site.playbook("playbooks/provision.yml", *DATABASE)
        assert of_database(site) == []

    def test_it_is_stopped_with_the_environment(self, site: Site) -> None:
        assert f"The database {NAME} would be stopped" in site.playbook("playbooks/stop.yml", *DATABASE, "--check")
        assert (of_database(site), database(site)["DBInstanceStatus"]) == ([], "available")
        assert f"The database {NAME} is being stopped" in site.playbook("playbooks/stop.yml", *DATABASE)
        assert (of_database(site), database(site)["DBInstanceStatus"]) == (["rds:StopDBInstance"], "stopped")
        assert "changed=0" in site.playbook("playbooks/stop.yml", *DATABASE)
        assert of_database(site) == []

    def test_status_tells_when_it_starts_by_itself(self, site: Site) -> None:
        told = status(site)
        assert f"{NAME} stopped, db.t4g.small with standby, PostgreSQL 17" in told
        assert "RDS starts it again by itself" in told

    def test_a_run_leaves_it_stopped(self, site: Site) -> None:
        assert "changed=0" in site.playbook("playbooks/provision.yml", *DATABASE)
        assert (of_database(site), database(site)["DBInstanceStatus"]) == ([], "stopped")

    def test_it_is_started_with_the_environment(self, site: Site) -> None:
        site.playbook("playbooks/start.yml", *DATABASE)
        assert (of_database(site), database(site)["DBInstanceStatus"]) == (["rds:StartDBInstance"], "available")
        assert f"{NAME} available" in status(site)

    def test_it_goes_with_the_environment_and_leaves_a_snapshot(self, site: Site) -> None:
        """Its protection is lifted by the name of the environment alone."""
        refused = site.run("playbooks/destroy.yml", *DATABASE)
        assert refused.returncode != 0
        assert database(site)["DeletionProtection"]
        output = site.playbook("playbooks/destroy.yml", *DATABASE, "-e", "confirm=seed")
        rds = site.client("rds")
        assert rds.describe_db_instances()["DBInstances"] == rds.describe_db_subnet_groups()["DBSubnetGroups"] == []
        assert rds.describe_db_parameter_groups()["DBParameterGroups"] == []
        [snapshot] = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        assert snapshot["DBSnapshotIdentifier"].startswith(f"{NAME}-final-")
        kept = output.split("Kept, because they hold data", 1)[1]
        assert snapshot["DBSnapshotIdentifier"] in kept
        assert "Left over" not in output
        assert site.client("secretsmanager").list_secrets()["SecretList"] == []

    def test_that_goes_with_the_data(self, site: Site) -> None:
        """Without its setting too: a destroy finds it by its tags."""
        output = site.playbook("playbooks/destroy.yml", "-e", "confirm=seed", "-e", "destroy_data=true")
        assert site.client("rds").describe_db_snapshots()["DBSnapshots"] == []
        assert "Left over" not in output
