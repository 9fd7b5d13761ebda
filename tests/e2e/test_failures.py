# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong on a host is named with what to do, other hosts go on, and the next run completes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from ..depth import extended, thorough

pytestmark = [extended, pytest.mark.xdist_group("e2e"), pytest.mark.weight(120)]

CONFIGURE = "playbooks/configure.yml"
HOST = "mlinfra-local-ml-training-1"
OTHER = "mlinfra-local-ml-training-2"
JANE = {"user": "jane", "host": "laptop", "command": "site.yml", "pid": 1, "started": "1", "machine": "m", "queue": ""}


def words(output: str) -> str:
    """An output without its line breaks."""
    return " ".join(output.split())


@contextmanager
def full(platform, *folders: str) -> Iterator[None]:
    """Lets folders of the host lie on file systems that have no space left; what lies in them is there all the same."""
    mount = "cp -a {0} /run/full; mount -t tmpfs -o size=1m,mode=1777 tmpfs {0}; cp -a /run/full/. {0}; rm -r /run/full\n"
    fill = "head -c 2M /dev/zero > {0}/full || true\n"
    platform.on_host("".join((mount + fill).format(folder) for folder in folders), user="root")
    try:
        yield
    finally:
        platform.on_host("\n".join(f"umount -l {folder}" for folder in reversed(folders)), user="root")


def completes(platform) -> None:
    """The next run has nothing to do: the one before has left the host as it was."""
    run = platform.playbook(CONFIGURE)
    assert run.total("changed") == 0, run.output[-6000:]


def test_a_full_file_system_is_named_with_what_is_needed_there(platform):
    mount = "mount -t tmpfs -o size=64m tmpfs /opt/mlinfra"
    with full(platform, "/tmp"):
        platform.on_host(mount, user="root")
        try:
            run = platform.attempt(CONFIGURE)
        finally:
            platform.on_host("umount -l /opt/mlinfra", user="root")
    said = words(run.output)
    assert run.returncode != 0
    assert f"{HOST} was left as it is. The file system /opt/mlinfra has 64 MiB left" in said
    assert "/opt/mlinfra/venv takes 4000 MiB there" in said
    assert "/tmp has 0 MiB left, and /tmp takes 10 MiB there: free space there, or raise compute_root_volume_size" in said
    assert run.total("changed") == 0
    completes(platform)


@thorough
def test_a_host_without_any_space_is_told_from_one_that_does_not_answer(platform):
    with full(platform, "/home/ec2-user", "/var/tmp", "/usr/tmp", "/tmp"):
        run = platform.attempt(CONFIGURE, "-e", "ml_host_connection_timeout=5")
    said = words(run.output)
    assert run.returncode != 0
    assert f"{HOST} ({platform.instance['InstanceId']}) answers over ssh" in said
    assert "has no space left to run anything: /tmp 0 MiB, /var/tmp 0 MiB. Free space there" in said
    completes(platform)


@thorough
def test_other_hosts_go_on_where_one_does_not_answer(platform):
    """And the run says which one that is, and what to check."""
    ec2, first = platform.client("ec2"), platform.instance
    names = {"Name": OTHER, "Index": "2"}
    tags = [{**tag, "Value": names.get(tag["Key"], tag["Value"])} for tag in first["Tags"]]
    [second] = ec2.run_instances(
        ImageId=first["ImageId"], InstanceType=first["InstanceType"], KeyName=first["KeyName"], MinCount=1, MaxCount=1,
        SubnetId=first["SubnetId"], SecurityGroupIds=[group["GroupId"] for group in first["SecurityGroups"]],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"]  # fmt: skip
    try:
        platform.playbook("playbooks/start.yml", "-e", "wait=true")
        platform.on_host("systemctl stop ssh.socket ssh.service", "root", platform.address_of(second))
        run = platform.attempt(CONFIGURE, "-e", "ml_host_connection_timeout=5")
    finally:
        ec2.terminate_instances(InstanceIds=[second["InstanceId"]])
    said = words(run.output)
    assert run.returncode != 0
    assert f"{OTHER} ({second['InstanceId']}) does not answer over ssh at {platform.address_of(second)}" in said
    assert "Check that network_allowed_cidrs holds your address" in said
    recap = {line.split()[0]: line for line in run.output.split("PLAY RECAP")[-1].splitlines() if ":" in line}
    assert "failed=0" in recap[HOST]
    assert "failed=1" in recap[OTHER]
    assert f"ok: [{HOST}]" in run.output.split("TASK [mlinfra.aws.ml_host : Tell what stands]")[1]
    platform.playbook(CONFIGURE)  # which takes the other one's host away
    completes(platform)


def test_nobody_changes_a_host_while_somebody_else_works_on_the_environment(platform):
    s3, bucket = platform.client("s3"), platform.bucket("operations")
    lock = {"state": "held", "run": JANE, "since": datetime.now(UTC).isoformat(), "minutes": 30, "id": "x"}
    s3.put_object(Bucket=bucket, Key="lock.json", Body=json.dumps(lock).encode())
    completes(platform)
    platform.on_host("rm /etc/profile.d/mlinfra.sh", user="root")
    run = platform.attempt(CONFIGURE, "-e", "mlinfra_lock_timeout=0")
    assert run.returncode != 0
    assert "jane@laptop works on this environment with site.yml (process 1)" in words(run.output)
    assert run.total("changed") == 0
    platform.playbook(CONFIGURE, "-e", "lock=break")
    assert json.loads(s3.get_object(Bucket=bucket, Key="lock.json")["Body"].read())["state"] == "free"
    completes(platform)
