# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment has snapshots taken and its buckets copied to a second region, goes back, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ..depth import extended
from .site import Site, running

SLOT = 81
PROVISION = "playbooks/provision.yml"
DESTROY = "playbooks/destroy.yml"
BOTH = {"recovery_snapshots": True, "recovery_cold_days": 365, "recovery_replication_region": "eu-west-1"}
BACK = {**BOTH, "recovery_state": "absent"}
WITH_DATA = {**BOTH, "confirm": "seed", "destroy_data": True}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An environment that stands without recovery."""
    with running(SLOT) as emulator:
        made = Site(emulator)
        made.playbook(PROVISION)
        made.written()
        yield made


def _given(settings: dict[str, Any]) -> tuple[str, str]:
    return "-e", json.dumps(settings)


def _instances(site: Site) -> list[dict[str, Any]]:
    standing = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    return [one for each in site.client("ec2").describe_instances(Filters=standing)["Reservations"] for one in each["Instances"]]


def _replicas(site: Site) -> list[str]:
    names = [bucket["Name"] for bucket in site.client("s3").list_buckets()["Buckets"]]
    return sorted(name for name in names if name.endswith("-eu-west-1"))


def _roles(site: Site) -> list[str]:
    named = ("bench-seed-replication", "bench-seed-snapshots")
    return sorted(role["RoleName"] for role in site.client("iam").list_roles()["Roles"] if role["RoleName"] in named)


@extended
@pytest.mark.weight(120)
@pytest.mark.xdist_group("recovery")
class TestRecovery:
    """In this order, on one environment."""

    def test_bad_settings_are_all_named_before_the_first_call(self, site: Site) -> None:
        wrong = {**BOTH, "recovery_snapshot_keep": 0, "recovery_cold_days": 30, "recovery_replication_region": "us-east-1"}
        done = site.run(PROVISION, *_given(wrong))
        assert done.returncode != 0
        for words in ("recovery_snapshot_keep: 0", "recovery_cold_days: 30", "us-east-1 is the environment's own region"):
            assert words in done.stdout
        done = site.run(PROVISION, *_given({"recovery_replication_region": "eu-wset-1"}))
        assert "did you mean eu-west-1" in done.stdout
        assert site.written() == []

    def test_the_plan_writes_nothing_and_names_what_it_makes(self, site: Site) -> None:
        planned = site.playbook("playbooks/plan.yml", *_given(BOTH))
        assert site.written() == []
        for words in ("bench-seed-replication", "snapshots of bench-seed", "-eu-west-1"):
            assert words in planned

    def test_it_is_made_and_a_second_run_writes_nothing(self, site: Site) -> None:
        site.playbook(PROVISION, *_given(BOTH))
        made = site.written()
        assert [call for call in made if call.startswith("dlm:")] == ["dlm:CreateLifecyclePolicy"]
        assert made.count("s3:PutBucketReplication") == 4
        # What stood before is left alone.
        assert not [call for call in made if call.startswith("ec2:")]
        site.playbook(PROVISION, *_given(BOTH))
        assert [call for call in site.written() if call != "s3:PutObject"] == []  # the lock

    def test_copies_go_to_closed_buckets_of_the_other_region(self, site: Site) -> None:
        s3 = site.client("s3")
        replicas = _replicas(site)
        assert len(replicas) == 2
        for name in replicas:
            assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
            assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
            assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
            assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=name)["Policy"]
            [rule] = s3.get_bucket_replication(Bucket=name.removesuffix("-eu-west-1"))["ReplicationConfiguration"]["Rules"]
            assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
            assert rule["Destination"]["Bucket"].endswith(f":{name}")
            assert rule["Destination"]["Metrics"]["Status"] == "Enabled"
            [back] = s3.get_bucket_replication(Bucket=name)["ReplicationConfiguration"]["Rules"]
            assert back["Destination"]["Bucket"].endswith(f":{name.removesuffix('-eu-west-1')}")

    def test_snapshots_are_taken_of_this_environment_s_volumes(self, site: Site) -> None:
        dlm = site.client("dlm")
        [listed] = dlm.get_lifecycle_policies()["Policies"]
        policy = dlm.get_lifecycle_policy(PolicyId=listed["PolicyId"])["Policy"]
        [target] = policy["PolicyDetails"]["TargetTags"]
        volumes = site.client("ec2").describe_volumes(Filters=[{"Name": f"tag:{target['Key']}", "Values": [target["Value"]]}])
        assert len(volumes["Volumes"]) == 1
        assert [one["Name"] for one in policy["PolicyDetails"]["Schedules"]] == ["daily", "monthly"]

    def test_an_instance_comes_back_from_its_image(self, site: Site) -> None:
        """Without consent it stays. Name, tags and alarms are those of before, the volumes of before stay, and once is enough."""
        ec2 = site.client("ec2")
        [before] = _instances(site)
        site.playbook("playbooks/backup.yml", "-e", "backup_name=first backup_image=true")
        [image] = ec2.describe_images(Owners=["self"])["Images"]
        asked = ["playbooks/restore.yml", "-e", "restore_what=instance restore_instance=bench-seed-ml-training-1"]
        site.written()
        refused = site.run(*asked)
        assert refused.returncode != 0
        assert "restore_replace: false keeps the instance that is there" in " ".join(refused.stdout.split())
        site.playbook(*asked, "-e", "restore_replace=true", "--check")
        assert site.written() == []
        site.playbook(*asked, "-e", "restore_replace=true")
        [after] = _instances(site)
        assert (after["ImageId"], after["InstanceId"] == before["InstanceId"]) == (image["ImageId"], False)
        tags = {tag["Key"]: tag["Value"] for tag in after["Tags"]}
        assert tags == {**{tag["Key"]: tag["Value"] for tag in before["Tags"]}, "RestoredFrom": image["ImageId"]}
        kept = ec2.describe_volumes(VolumeIds=[one["Ebs"]["VolumeId"] for one in before["BlockDeviceMappings"]])["Volumes"]
        assert [one["State"] for one in kept] == ["available"]
        site.written()
        site.playbook(*asked, "-e", "restore_replace=true")
        site.playbook(PROVISION, *_given(BOTH))
        assert site.written() == []

    def test_what_does_not_exist_is_not_restored(self, site: Site) -> None:
        wrong = {
            "restore_instance=nobody": "nobody is no instance that bench-seed has by its settings; choose bench-seed-ml-training-1",
            "restore_instance=bench-seed-ml-training-1 restore_backup=never": "restore_backup: never is no complete backup of",
        }
        for asked, words in wrong.items():
            done = site.run("playbooks/restore.yml", "-e", f"restore_what=instance restore_replace=true {asked}")
            assert done.returncode != 0
            assert words in " ".join(done.stdout.split())
        assert site.written() == []

    def test_what_somebody_changes_by_hand_is_drift(self, site: Site) -> None:
        dlm = site.client("dlm")
        [listed] = dlm.get_lifecycle_policies()["Policies"]
        dlm.update_lifecycle_policy(PolicyId=listed["PolicyId"], State="DISABLED")
        drifted = site.run("playbooks/drift.yml", *_given(BOTH))
        assert drifted.returncode != 0
        assert "snapshot" in drifted.stdout
        site.playbook(PROVISION, *_given(BOTH))
        assert "dlm:UpdateLifecyclePolicy" in site.written()

    def test_it_is_taken_back(self, site: Site) -> None:
        site.playbook(PROVISION, *_given(BACK))
        assert (_replicas(site), _roles(site), site.client("dlm").get_lifecycle_policies()["Policies"]) == ([], [], [])
        site.written()
        site.playbook(PROVISION, *_given(BACK))
        assert [call for call in site.written() if call != "s3:PutObject"] == []

    def test_copies_are_kept_until_somebody_says_otherwise(self, site: Site) -> None:
        site.playbook(PROVISION, *_given(BOTH))
        kept = _replicas(site)[0]
        site.client("s3").put_object(Bucket=kept, Key="raw/data", Body=b"copied")
        site.playbook(DESTROY, *_given({**BOTH, "confirm": "seed"}))
        assert _replicas(site) == [kept]
        assert _roles(site) == []
        site.playbook(DESTROY, *_given(WITH_DATA))
        assert site.client("s3").list_buckets()["Buckets"] == []
