# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots on demand, and volumes made of them: what is made, copied, swapped and removed, once, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ..depth import extended
from .site import Site, running

SLOT = 86
SECOND = "eu-west-1"
INSTANCE = "bench-seed-ml-training-1"
OURS = {"Project": "bench", "Environment": "seed", "ManagedBy": "mlinfra.aws", "Role": "ml-training", "Name": INSTANCE}
pytestmark = [extended, pytest.mark.weight(150), pytest.mark.xdist_group("backup")]


def tagged(kind: str, tags: dict[str, str]) -> dict[str, Any]:
    """Tags for a call that creates."""
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An environment of one instance, with a neighbour's volume and a neighbour's snapshot beside it."""
    with running(SLOT) as emulator:
        made = Site(emulator)
        ec2 = made.client("ec2")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]
        disk = {"DeviceName": image["RootDeviceName"], "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Encrypted": True}}
        ec2.run_instances(
            ImageId=image["ImageId"],
            InstanceType="t3.medium",
            MinCount=1,
            MaxCount=1,
            BlockDeviceMappings=[disk],
            TagSpecifications=[tagged("instance", OURS), tagged("volume", OURS)],
        )
        other = {**OURS, "Environment": "other"}
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, TagSpecifications=[tagged("volume", other)])
        ec2.create_snapshot(VolumeId=volume["VolumeId"], TagSpecifications=[tagged("snapshot", {**other, "Backup": "first"})])
        yield made


def snapshots(site: Site, region: str = "us-east-1") -> dict[str, dict[str, Any]]:
    """The environment's backups by name; each has one snapshot."""
    client = site.emulator.client("ec2", region)
    mine = [{"Name": "tag:Environment", "Values": ["seed"]}, {"Name": "tag-key", "Values": ["Backup"]}]
    found = client.describe_snapshots(OwnerIds=["self"], Filters=mine)["Snapshots"]
    return {tag["Value"]: one for one in found for tag in one["Tags"] if tag["Key"] == "Backup"}


def images(site: Site, region: str = "us-east-1") -> list[dict[str, Any]]:
    """The images of backups."""
    tagged = [{"Name": "tag-key", "Values": ["Backup"]}]
    return site.emulator.client("ec2", region).describe_images(Owners=["self"], Filters=tagged)["Images"]


def changes(said: str) -> int:
    """The changes of a run."""
    return int(said.split("changed=")[-1].split()[0])


def volume(site: Site) -> tuple[dict[str, Any], str]:
    """The volume of the instance, and its place."""
    attached = [{"Name": "attachment.status", "Values": ["attached"]}]
    [found] = site.client("ec2").describe_volumes(Filters=attached)["Volumes"]
    return found, found["Attachments"][0]["Device"]


def tags_of(found: dict[str, Any]) -> dict[str, str]:
    """The tags of what was described."""
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def settled(site: Site, playbook: str, *arguments: str) -> str:
    """Plan a run, make it, make it again: the plan writes nothing and tells the changes, and the second run has nothing to do."""
    call = [playbook, *(word for argument in arguments for word in ("-e", argument))]
    site.written()
    planned = site.playbook(*call, "--check")
    assert site.written() == []
    said = site.playbook(*call)
    assert changes(planned) == changes(said) > 0
    site.written()
    assert changes(site.playbook(*call)) == 0
    assert site.written() == []
    return said


def backed_up(site: Site, *arguments: str) -> str:
    """Make a backup, as settled does."""
    return settled(site, "playbooks/backup.yml", *arguments)


def refused(site: Site, *arguments: str) -> str:
    """What restore.yml says where it refuses, and writes nothing."""
    site.written()
    done = site.run("playbooks/restore.yml", *(word for argument in arguments for word in ("-e", argument)))
    assert done.returncode != 0, done.stdout
    assert site.written() == []
    return " ".join((done.stdout + done.stderr).split())


class TestBackup:
    """In this order, on one environment."""

    def test_a_backup_says_what_it_is_of_and_what_for(self, site: Site) -> None:
        said = backed_up(site, "backup_name=first", "backup_why='new CUDA'")
        [made] = snapshots(site).values()
        tags = {tag["Key"]: tag["Value"] for tag in made["Tags"]}
        assert made["Encrypted"]
        assert made["Description"].endswith(f"first of {INSTANCE}, new CUDA")
        assert {**tags, **OURS} == tags
        assert (tags["Instance"], tags["BackupWhy"]) == (INSTANCE, "new CUDA")
        assert tags["Device"].startswith("/dev/")
        assert made["SnapshotId"] in said

    def test_another_goes_to_a_second_region(self, site: Site) -> None:
        backed_up(site, "backup_name=second", f"backup_region={SECOND}")
        [copy] = snapshots(site, SECOND).values()
        assert {"Key": "CopyOf", "Value": snapshots(site)["second"]["SnapshotId"]} in copy["Tags"]
        assert set(snapshots(site)) == {"first", "second"}

    def test_older_ones_are_removed_but_not_those_of_others(self, site: Site) -> None:
        backed_up(site, "backup_name=third", "backup_keep=2")
        assert set(snapshots(site)) == {"second", "third"}
        every = site.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
        assert len(every) == 3, "the neighbour's stays"

    def test_a_volume_comes_back(self, site: Site) -> None:
        """With consent, on a stopped instance; the old one stays, and so do size, speed, encryption and tags."""
        ec2 = site.client("ec2")
        asked = ("restore_what=volume", f"restore_instance={INSTANCE}")
        before, at = volume(site)
        said = refused(site, *asked)
        assert f"restore_replace: false keeps the volume that is there; set it to true to have {before['VolumeId']} at {at}" in said
        assert f"{INSTANCE} is running; stop it" in said
        ec2.stop_instances(InstanceIds=[before["Attachments"][0]["InstanceId"]])
        of_nobody = refused(site, "restore_what=volume", "restore_instance=nobody")
        assert "nobody is no instance of bench-seed" in of_nobody
        assert "snap-1 is no complete backup of" in refused(site, *asked, "restore_snapshot=snap-1")
        newest, oldest = (snapshots(site)[name]["SnapshotId"] for name in ("third", "second"))
        settled(site, "playbooks/restore.yml", *asked, "restore_replace=true")
        after, place = volume(site)
        assert (after["SnapshotId"], place) == (newest, at)
        assert all(after[name] == before[name] for name in ("Size", "VolumeType", "Iops", "Throughput", "Encrypted", "AvailabilityZone"))
        assert tags_of(after) == {**tags_of(before), "RestoredFrom": newest}
        [old] = ec2.describe_volumes(VolumeIds=[before["VolumeId"]])["Volumes"]
        assert (old["State"], tags_of(old)["ReplacedBy"]) == ("available", newest)
        settled(site, "playbooks/restore.yml", *asked, "restore_replace=true", f"restore_snapshot={oldest}")
        assert volume(site)[0]["SnapshotId"] == oldest
        # Replaced volumes need no backup.
        backed_up(site, "backup_name=fourth")
        assert snapshots(site)["fourth"]["VolumeId"] == volume(site)[0]["VolumeId"]

    def test_a_lost_volume_comes_back(self, site: Site) -> None:
        ec2 = site.client("ec2")
        lost, at = volume(site)
        ec2.detach_volume(VolumeId=lost["VolumeId"], InstanceId=lost["Attachments"][0]["InstanceId"], Device=at)
        ec2.delete_volume(VolumeId=lost["VolumeId"])
        asked = ("restore_what=volume", f"restore_instance={INSTANCE}", f"restore_device={at}", "restore_replace=true")
        settled(site, "playbooks/restore.yml", *asked)
        assert volume(site)[0]["SnapshotId"] == snapshots(site)["fourth"]["SnapshotId"]

    def test_the_list_changes_nothing(self, site: Site) -> None:
        site.written()
        said = site.playbook("playbooks/backup.yml", "-e", "backup_list=true", "-e", f"backup_region={SECOND}")
        assert site.written() == []
        assert "3 backups." in said
        assert f"{SECOND} has copies of second." in said

    def test_an_image_is_made_once_copied_and_removed_with_older_ones(self, site: Site) -> None:
        """With one of each image in the second region, encrypted; snapshots go with their images."""
        said = backed_up(site, "backup_name=fifth", "backup_image=true", f"backup_region={SECOND}")
        [made], [copy] = images(site), images(site, SECOND)
        root = {device["DeviceName"]: device["Ebs"] for device in made["BlockDeviceMappings"]}[made["RootDeviceName"]]
        assert root["SnapshotId"] == snapshots(site)["fifth"]["SnapshotId"]
        assert {**tags_of(made), **OURS, "Backup": "fifth", "Instance": INSTANCE} == tags_of(made)
        assert tags_of(copy)["CopyOf"] == made["ImageId"]
        assert all(device["Ebs"]["Encrypted"] for device in copy["BlockDeviceMappings"])
        assert made["ImageId"] in said
        backed_up(site, "backup_name=sixth", "backup_image=true", f"backup_region={SECOND}", "backup_keep=1")
        assert [tags_of(one)["Backup"] for one in images(site) + images(site, SECOND)] == ["sixth", "sixth"]
        assert set(snapshots(site)) == {"sixth"}

    def test_a_volume_comes_back_from_an_image(self, site: Site) -> None:
        settled(site, "playbooks/restore.yml", "restore_what=volume", f"restore_instance={INSTANCE}", "restore_replace=true")
        assert volume(site)[0]["SnapshotId"] == snapshots(site)["sixth"]["SnapshotId"]

    def test_an_instance_that_does_not_stand_is_not_backed_up(self, site: Site) -> None:
        done = site.run("playbooks/backup.yml", "-e", "backup_instance=nobody")
        assert done.returncode != 0
        assert "backup_instance: nobody is no instance of bench-seed" in " ".join(done.stdout.split())

    def test_what_can_not_be_meant_is_refused_at_once(self, site: Site) -> None:
        site.written()
        asked = ("backup_keep=0", "backup_name='a b'", "backup_region=us-east-1")
        done = site.run("playbooks/backup.yml", *(word for one in asked for word in ("-e", one)))
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        assert "backup_keep: 0 is out of range" in said
        assert "backup_name: a b is no name" in said
        assert "backup_region: us-east-1 is the region of the environment" in said
        assert site.emulator.program("calls", "--caller", "module") == ""
