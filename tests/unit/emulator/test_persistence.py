# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state outlives the process, and only a reset clears it."""

from __future__ import annotations

import os
import pickle
import signal
import time
from pathlib import Path

import pytest
from behaviours import TRUST, launch, nat_gateway
from clients import Clients
from emulator import control
from emulator.persistence import BLOB_SIZE, Blobs, Keeper
from emulator.places import Place

LARGE = os.urandom(BLOB_SIZE * 2)


def make(aws: Clients) -> dict[str, str]:
    """Something in each service of the core; returns the ids that must come back."""
    iam, s3, ssm = aws("iam"), aws("s3"), aws("ssm")
    ec2, allocation, gateway = nat_gateway(aws)
    ec2.create_key_pair(KeyName="key")
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="role", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role")
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        s3.put_object(Bucket="kept", Key="small", Body=body)
    s3.put_object(Bucket="kept", Key="large", Body=LARGE)
    ssm.put_parameter(Name="/kept/secret", Type="SecureString", Value="hidden")
    aws("logs").create_log_group(logGroupName="/kept")
    aws("sns").create_topic(Name="kept", Tags=[{"Key": "kept", "Value": "1"}])
    aws("sns").create_topic(Name="kept-too", Tags=[{"Key": "kept", "Value": "2"}])
    # Read half, which leaves a generator in moto.
    assert aws("resourcegroupstaggingapi").get_resources(ResourcesPerPage=1)["PaginationToken"]
    aws("kms").create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
    launched = launch(aws, SubnetId=gateway["SubnetId"], KeyName="key", IamInstanceProfile={"Name": "profile"})
    return {
        "instance": launched["InstanceId"],
        "address": launched["PrivateIpAddress"],
        "allocation": allocation,
        "gateway": gateway["NatGatewayId"],
        "role": iam.get_role(RoleName="role")["Role"]["RoleId"],
    }


def look(aws: Clients) -> dict[str, str]:
    """The same ids, as they are found."""
    ec2 = aws("ec2")
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    return {
        "instance": instance["InstanceId"],
        "address": instance["PrivateIpAddress"],
        "allocation": ec2.describe_addresses()["Addresses"][0]["AllocationId"],
        "gateway": ec2.describe_nat_gateways()["NatGateways"][0]["NatGatewayId"],
        "role": aws("iam").get_role(RoleName="role")["Role"]["RoleId"],
    }


def read(aws: Clients, key: str) -> bytes:
    """The bytes of an object."""
    return aws("s3").get_object(Bucket="kept", Key=key)["Body"].read()


def kill(place: Place) -> None:
    """End the emulator without a chance to save."""
    pid = control.running_pid(place)
    assert pid
    os.kill(pid, signal.SIGKILL)
    while control.running_pid(place):
        time.sleep(0.05)


def test_state_outlives_the_process(spare: Place) -> None:
    control.start(spare)
    aws = Clients(spare)
    made = make(aws)
    time.sleep(2)
    kill(spare)
    control.start(spare)

    assert look(aws) == made
    assert (read(aws, "small"), read(aws, "large")) == (b"second", LARGE)
    assert len(aws("s3").list_object_versions(Bucket="kept", Prefix="small")["Versions"]) == 2
    assert aws("ssm").get_parameter(Name="/kept/secret", WithDecryption=True)["Parameter"]["Value"] == "hidden"
    assert len(list(spare.blobs.iterdir())) == 1
    # It can still be changed: the pieces belong together.
    aws("ec2").terminate_instances(InstanceIds=[made["instance"]])
    aws("ec2").delete_nat_gateway(NatGatewayId=made["gateway"])
    aws("ec2").release_address(AllocationId=made["allocation"])
    large = {"Bucket": "kept", "Key": "large"}
    aws("s3").delete_object(VersionId=aws("s3").head_object(**large)["VersionId"], **large)
    control.stop(spare)
    control.start(spare)

    assert not aws("ec2").describe_addresses()["Addresses"]
    assert not list(spare.blobs.iterdir())
    assert "Traceback" not in spare.log.read_text(encoding="utf-8")
    assert control.reset(spare)
    assert not aws("s3").list_buckets()["Buckets"]
    assert not [path for path in (spare.state, spare.blobs) if path.exists()]


@pytest.mark.parametrize(
    "content", [b"", b"no pickle", pickle.dumps("moto 0.0.0")], ids=["empty", "corrupt", "other version"]
)
def test_unreadable_state_is_moved_aside(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state.pickle"
    state.write_bytes(content)
    Keeper(state, tmp_path / "blobs").load()
    (aside,) = tmp_path.iterdir()
    assert aside != state
    assert aside.read_bytes() == content
    assert str(aside) in capsys.readouterr().err


def test_reset_of_a_stopped_one(spare: Place) -> None:
    spare.blobs.mkdir(parents=True)
    spare.state.touch()
    assert [control.reset(spare), control.reset(spare)] == [True, False]
    assert not spare.blobs.exists()


def test_large_content_is_written_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    assert blobs.put(b"content") == blobs.put(b"content")
    assert blobs.get(blobs.put(b"content")) == b"content"
    Blobs(tmp_path).remove_unused()
    assert not list(tmp_path.iterdir())
