# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drills: what is broken comes back by the documented commands, is measured, and leaves nothing; production is refused.

The environment goes to its second region, too, where the first is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..depth import extended, thorough
from . import restore
from .site import SUFFIX, Site, running

SLOT = 95
DRILL = "playbooks/drill.yml"
FAILOVER = "playbooks/failover.yml"
FAILBACK = "playbooks/failback.yml"
CONFIRMED = ("-e", "confirm=seed")
FAILURES = ["object deleted", "object overwritten", "bucket emptied", "volume lost", "instance terminated", "region gone"]
OURS = [{"Key": "Project", "Value": "bench"}, {"Key": "Environment", "Value": "drill"}, {"Key": "ManagedBy", "Value": "mlinfra.aws"}]


@pytest.fixture
def site() -> Iterator[Site]:
    """An account with nothing in it."""
    with running(SLOT) as emulator:
        yield Site(emulator)


@pytest.fixture
def second(tmp_path: Path) -> tuple[str, str]:
    """A second region, as an inventory has it."""
    path = tmp_path / "second.yml"
    path.write_text("environments: {hosts: {bench-seed: {recovery_replication_region: eu-west-1}}}")
    return "-i", str(path)


def left(site: Site) -> list[str]:
    """What carries the tags of the scratch environment."""
    filters = [{"Key": tag["Key"], "Values": [tag["Value"]]} for tag in OURS]
    found = site.client("resourcegroupstaggingapi").get_resources(TagFilters=filters)["ResourceTagMappingList"]
    # EC2 remembers terminated instances for a while.
    return [one["ResourceARN"] for one in found if ":instance/" not in one["ResourceARN"]]


@extended
@pytest.mark.weight(150)
@pytest.mark.xdist_group("drill")
class TestDrill:
    """Each on an account of its own."""

    @pytest.mark.parametrize("chosen", [["bucket emptied"], pytest.param(FAILURES, marks=thorough)])
    def test_all_of_it_comes_back(self, site: Site, second: tuple[str, str], chosen: list[str]) -> None:
        failures = ",".join(one.replace(" ", "_") for one in chosen)
        said = site.playbook(DRILL, *second, "-e", f"drill_failures={failures}")
        times = dict(re.findall(r"(?m)^ *(\w+ \w+) +(\d+) s  ", said))
        assert list(times) == chosen
        assert all(int(time) > 0 for time in times.values())
        assert said.count("written since the backup") == len({"volume lost", "instance terminated"} & set(chosen))
        assert left(site) == []
        assert site.client("s3").list_buckets()["Buckets"] == []

    def test_production_and_what_somebody_else_has_made_are_left_alone(self, site: Site) -> None:
        """All that is wrong is named at once, before the first call; check mode makes nothing."""
        done = site.run(DRILL, "-e", "mlinfra_environment=prod drill_environment=prod drill_failures=region_gone")
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        assert "mlinfra_environment: prod is production" in said
        assert "drill_environment: prod is the environment of the inventory" in said
        assert "region_gone needs a second region" in said
        assert site.emulator.program("calls", "--caller", "module") == ""
        assert "changed=1" in site.playbook(DRILL, "--check")
        site.client("ec2").create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": OURS}])
        site.written()
        done = site.run(DRILL)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        assert "drill_environment: drill has 1 resources that no drill has made, such as vpc" in said
        assert site.written() == []


@extended
@pytest.mark.weight(100)
@pytest.mark.xdist_group("drill")
class TestFailover:
    """Each on an account of its own."""

    def test_without_confirmation_or_copies_nothing_is_done(self, site: Site, second: tuple[str, str]) -> None:
        for arguments, words in (
            ((), "names no second region"),
            (second, "give -e confirm=seed"),
            ((*second, *CONFIRMED), f"bench-seed-datasets-{SUFFIX}-eu-west-1 and bench-seed-models-{SUFFIX}-eu-west-1 do not stand"),
        ):
            done = site.run(FAILOVER, *arguments)
            assert done.returncode != 0
            assert words in " ".join((done.stdout + done.stderr).split())
        assert site.written() == []

    @thorough
    def test_the_environment_stands_in_the_second_region(self, site: Site, second: tuple[str, str]) -> None:
        """On the copies, once; what the first one has is left alone."""
        site.playbook("playbooks/provision.yml", *second)
        before = site.client("ec2").describe_vpcs()["Vpcs"]
        site.client("s3").put_object(Bucket=f"bench-seed-datasets-{SUFFIX}", Key="raw/one", Body=b"one")
        site.written()
        site.playbook(FAILOVER, *second, "--check")
        assert site.written() == []
        assert "bench-seed stands in eu-west-1 now" in site.playbook(FAILOVER, *second, *CONFIRMED)
        there = site.emulator.client("ec2", "eu-west-1")
        [instance] = [one for each in there.describe_instances()["Reservations"] for one in each["Instances"]]
        assert instance["State"]["Name"] == "running"
        assert site.client("ec2").describe_vpcs()["Vpcs"] == before
        policy = site.client("iam").get_role_policy(RoleName="bench-seed-ml-instance", PolicyName="permissions")
        assert f"bench-seed-datasets-{SUFFIX}-eu-west-1" in str(policy["PolicyDocument"])
        copy = site.client("s3").get_object(Bucket=f"bench-seed-datasets-{SUFFIX}-eu-west-1", Key="raw/one")
        assert copy["Body"].read() == b"one"
        site.written()
        assert "changed=0" in site.playbook(FAILOVER, *second, *CONFIRMED)
        assert site.written() == []


@pytest.mark.weight(100)
@pytest.mark.xdist_group("drill")
class TestFailback:
    """Each on an account of its own."""

    def test_in_the_wrong_state_nothing_is_done(self, site: Site, second: tuple[str, str]) -> None:
        for arguments, words in (
            ((), "names no second region to come from"),
            (second, "give -e confirm=seed"),
            ((*second, "-e", "mlinfra_home_region=us-east-1"), "says that the settings are those of the second region"),
            ((*second, *CONFIRMED), "bench-seed does not stand in eu-west-1: there is nothing to bring home."),
        ):
            done = site.run(FAILBACK, *arguments)
            assert done.returncode != 0
            assert words in " ".join((done.stdout + done.stderr).split())
        assert site.written() == []

    @thorough
    def test_the_environment_comes_home_with_all_that_was_written(self, site: Site, second: tuple[str, str]) -> None:
        """On copied images there; not before all versions are at home; and what stood in the second region is gone."""
        bucket, there = f"bench-seed-datasets-{SUFFIX}", f"bench-seed-datasets-{SUFFIX}-eu-west-1"
        s3, away = site.client("s3"), site.emulator.client("ec2", "eu-west-1")
        copied = (*second, "-e", "recovery_copy_images=true")
        site.playbook("playbooks/provision.yml", *copied)
        s3.put_object(Bucket=bucket, Key="raw/one", Body=b"one")
        site.playbook("playbooks/backup.yml", *copied, "-e", "backup_image=true")
        [image] = away.describe_images(Owners=["self"])["Images"]
        site.playbook(FAILOVER, *copied, *CONFIRMED)
        [instance] = [one for each in away.describe_instances()["Reservations"] for one in each["Instances"]]
        assert instance["ImageId"] == image["ImageId"]
        s3.put_object(Bucket=there, Key="raw/one", Body=b"one again")
        # Somebody has ended the way home: what is written then is not there.
        way = s3.get_bucket_replication(Bucket=there)["ReplicationConfiguration"]
        s3.delete_bucket_replication(Bucket=there)
        late = s3.put_object(Bucket=there, Key="raw/late", Body=b"late")["VersionId"]
        site.written()
        done = site.run(FAILBACK, *copied, *CONFIRMED)
        assert done.returncode != 0
        assert f"{there}: 1 versions, such as raw/late: no rule was about" in " ".join(done.stdout.split())
        assert site.written() == []
        s3.delete_object(Bucket=there, Key="raw/late", VersionId=late)
        s3.put_bucket_replication(Bucket=there, ReplicationConfiguration=way)
        s3.put_object(Bucket=there, Key="raw/late", Body=b"late")
        site.playbook(FAILBACK, *copied, *CONFIRMED, "--check")
        assert site.written() == []
        home = (FAILBACK, *copied, *CONFIRMED, "-e", "failback_destroy=true")
        assert "bench-seed stands in us-east-1" in " ".join(site.playbook(*home).split())
        assert restore.contents(s3, bucket) == {"raw/one": b"one again", "raw/late": b"late"}
        assert len(restore.versions(s3, bucket)) == 3
        assert [vpc for vpc in away.describe_vpcs()["Vpcs"] if vpc.get("Tags")] == []
        [instance] = [one for each in site.client("ec2").describe_instances()["Reservations"] for one in each["Instances"]]
        assert instance["State"]["Name"] == "running"
        site.written()
        assert "does not stand in eu-west-1" in " ".join(site.run(*home).stdout.split())
        site.playbook("playbooks/provision.yml", *copied)
        assert site.written() == []
