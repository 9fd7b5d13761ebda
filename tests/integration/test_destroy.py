# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""destroy.yml takes down what is confirmed, keeps what holds data, and its certificate names everything that is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .site import Site, running

SLOT = 30
PLAYBOOK = "playbooks/destroy.yml"
CONFIRMED = ("-e", "confirm=seed")
WITH_DATA = ("-e", "confirm=seed destroy_data=true")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An environment that stands, with data in one of its buckets."""
    with running(SLOT) as emulator:
        made = Site(emulator)
        made.playbook("playbooks/provision.yml")
        bucket = _buckets(made)[0]
        for body in (b"first", b"second"):
            made.client("s3").put_object(Bucket=bucket, Key="raw/data", Body=body)
        made.client("s3").delete_object(Bucket=bucket, Key="raw/data")
        made.written()
        yield made


def _buckets(site: Site) -> list[str]:
    return sorted(bucket["Name"] for bucket in site.client("s3").list_buckets()["Buckets"])


def _certificate(output: str) -> str:
    """What follows the task of this name."""
    return output.split("TASK [Certificate]", 1)[1]


@pytest.mark.weight(60)
@pytest.mark.xdist_group("destroy")
class TestDestroy:
    """In this order, on one environment."""

    @pytest.mark.parametrize("arguments", [(), ("-e", "confirm=prod"), ("-e", "confirm=")])
    def test_nothing_is_touched_unless_somebody_names_the_environment(self, site: Site, arguments) -> None:
        done = site.run(PLAYBOOK, *arguments)
        assert done.returncode != 0
        assert "-e confirm=seed" in done.stdout + done.stderr
        assert site.written() == []

    def test_check_mode_writes_nothing_and_names_everything(self, site: Site) -> None:
        certificate = _certificate(site.playbook(PLAYBOOK, "--check"))
        assert site.written() == []
        assert "Would be removed" in certificate
        for name in ("bench-seed-nat-2", "bench-seed-ml-training-1", "/aws/vpc/bench-seed"):
            assert name in certificate

    def test_what_lost_its_tags_is_found_by_its_id_with_what_it_costs(self, site: Site) -> None:
        """And the run fails, because something that costs money outlives it. Data stays."""
        ec2 = site.client("ec2")
        [instance] = ec2.describe_instances()["Reservations"][0]["Instances"]
        device = instance["RootDeviceName"]
        [volume] = [one["Ebs"]["VolumeId"] for one in instance["BlockDeviceMappings"] if one["DeviceName"] == device]
        ec2.modify_instance_attribute(
            InstanceId=instance["InstanceId"],
            BlockDeviceMappings=[{"DeviceName": device, "Ebs": {"DeleteOnTermination": False}}],
        )
        ec2.delete_tags(Resources=[volume], Tags=[{"Key": "Project"}])
        done = site.run(PLAYBOOK, *CONFIRMED)
        certificate = _certificate(done.stdout)
        kept, left = certificate.split("Left over", 1)
        assert done.returncode != 0
        assert _buckets(site)[0] in kept
        assert "/aws/ec2/bench-seed-ml-training" in kept
        assert f"4.00  volume             bench-seed-ml-training-1 ({volume})" in left
        assert "$4.00/month" in left
        ec2.delete_volume(VolumeId=volume)

    def test_data_stays_until_somebody_says_otherwise(self, site: Site) -> None:
        """Every version, and the log groups."""
        before = _buckets(site)
        certificate = _certificate(site.playbook(PLAYBOOK, *CONFIRMED))
        assert "$0.00/month" in certificate
        assert "-e destroy_data=true" in certificate
        assert _buckets(site) == before
        assert len(before) == 1
        assert len(site.client("s3").list_object_versions(Bucket=before[0], Prefix="raw/data")["Versions"]) == 2
        assert len(site.client("logs").describe_log_groups()["logGroups"]) == 2

    def test_then_all_of_it_goes(self, site: Site) -> None:
        certificate = _certificate(site.playbook(PLAYBOOK, *WITH_DATA))
        assert "Kept" not in certificate
        assert "Residual     $0.00/month" in certificate
        assert _buckets(site) == []
        assert site.client("logs").describe_log_groups()["logGroups"] == []
        site.written()

    def test_what_is_gone_stays_gone(self, site: Site) -> None:
        output = site.playbook(PLAYBOOK, *WITH_DATA)
        assert "changed=0" in output
        assert "Residual     $0.00/month" in output
        assert site.written() == []
