# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The key pair and the instance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plain.aws import Aws, Difference, differs, ensure_ec2_tags, filters, found, specification, when_known
from plain.settings import Settings

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
USER_DATA = Path(__file__).parents[2] / "roles" / "compute" / "files" / "user_data.sh"
STANDING = ["pending", "running", "stopping", "stopped"]
METADATA = {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1}


def apply(aws: Aws, settings: Settings, subnet: str, group: str, profile: str) -> str:
    """Make the key pair and the instance, and wait until it runs; returns its id.

    Raises:
        Difference: where the instance can't be put right where it stands.
    """
    ec2 = aws.client("ec2")
    _ensure_key_pair(ec2, settings)
    instance = _instance(ec2, settings)
    if instance is None:
        instance_id = _launch(aws, settings, subnet, group, profile)
    else:
        instance_id = instance["InstanceId"]
        _check_fixed(instance, settings, subnet)
        _ensure_changeable(ec2, instance, settings, group, profile)
    if instance is None or instance["State"]["Name"] != "running":
        ec2.get_waiter("instance_running").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 5})
    return instance_id


def _tags(settings: Settings) -> dict[str, str]:
    own = {"Name": f"{settings.host}-1", "Role": "ml-training", "Index": "1", "OperatingSystem": "al2023"}
    return {**settings.tags, **own}


def _instance(ec2: Any, settings: Settings) -> dict[str, Any] | None:
    chosen = filters({"tag:Name": f"{settings.host}-1", "instance-state-name": STANDING})
    reservations = ec2.describe_instances(Filters=chosen)["Reservations"]
    return next((instance for reservation in reservations for instance in reservation["Instances"]), None)


def _ensure_key_pair(ec2: Any, settings: Settings) -> None:
    name, key = settings.host, settings["compute_public_key"]
    pairs = ec2.describe_key_pairs(Filters=filters({"key-name": name}), IncludePublicKey=True)["KeyPairs"]
    if pairs and pairs[0]["PublicKey"].split()[:2] == key.split()[:2]:
        ensure_ec2_tags(ec2, pairs[0]["KeyPairId"], pairs[0], settings.tags)
        return
    if pairs:
        ec2.delete_key_pair(KeyName=name)
    ec2.import_key_pair(
        KeyName=name, PublicKeyMaterial=key.encode(), TagSpecifications=specification("key-pair", settings.tags)
    )


def _launch(aws: Aws, settings: Settings, subnet: str, group: str, profile: str) -> str:
    ec2 = aws.client("ec2")
    image = aws.client("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"]
    device = ec2.describe_images(ImageIds=[image])["Images"][0]["RootDeviceName"]
    answer = when_known(
        ec2.run_instances,
        "InvalidParameterValue",
        MinCount=1,
        MaxCount=1,
        ImageId=image,
        InstanceType=settings["compute_instance_type"],
        KeyName=settings.host,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        IamInstanceProfile={"Arn": profile},
        MetadataOptions=METADATA,
        DisableApiTermination=False,
        DisableApiStop=False,
        UserData=USER_DATA.read_text(encoding="utf-8"),
        BlockDeviceMappings=[
            {
                "DeviceName": device,
                "Ebs": {
                    "VolumeSize": settings["compute_root_volume_size"],
                    "VolumeType": "gp3",
                    "Encrypted": True,
                    "DeleteOnTermination": True,
                },
            }
        ],
        TagSpecifications=specification("instance", _tags(settings)) + specification("volume", _tags(settings)),
    )
    return answer["Instances"][0]["InstanceId"]


def _check_fixed(instance: dict[str, Any], settings: Settings, subnet: str) -> None:
    """What no call changes on an instance."""
    standing = (instance["SubnetId"], instance.get("KeyName"), instance["Architecture"])
    if standing != (subnet, settings.host, "x86_64"):
        raise Difference(f"{instance['InstanceId']} has to be replaced: {standing}")


def _ensure_changeable(ec2: Any, instance: dict[str, Any], settings: Settings, group: str, profile: str) -> None:
    instance_id = instance["InstanceId"]
    ensure_ec2_tags(ec2, instance_id, instance, _tags(settings))
    if instance["InstanceType"] != settings["compute_instance_type"]:
        _change_type(ec2, instance_id, settings["compute_instance_type"])
    elif instance["State"]["Name"] in ("stopping", "stopped"):
        ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance_id])
        ec2.start_instances(InstanceIds=[instance_id])
    if [entry["GroupId"] for entry in instance["SecurityGroups"]] != [group]:
        ec2.modify_instance_attribute(InstanceId=instance_id, Groups=[group])
    if differs(instance["MetadataOptions"], METADATA):
        ec2.modify_instance_metadata_options(InstanceId=instance_id, **METADATA)
    if instance.get("IamInstanceProfile", {}).get("Arn") != profile:
        _change_profile(ec2, instance_id, profile)
    for attribute in ("disableApiTermination", "disableApiStop"):
        member = attribute[0].upper() + attribute[1:]
        if ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=attribute)[member]["Value"]:
            ec2.modify_instance_attribute(InstanceId=instance_id, **{member: {"Value": False}})
    _ensure_root_volume(ec2, instance, settings)


def _change_type(ec2: Any, instance_id: str, instance_type: str) -> None:
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance_id])
    ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": instance_type})
    ec2.start_instances(InstanceIds=[instance_id])


def _change_profile(ec2: Any, instance_id: str, profile: str) -> None:
    chosen = filters({"instance-id": instance_id, "state": "associated"})
    associations = ec2.describe_iam_instance_profile_associations(Filters=chosen)["IamInstanceProfileAssociations"]
    if associations:
        ec2.replace_iam_instance_profile_association(
            AssociationId=associations[0]["AssociationId"], IamInstanceProfile={"Arn": profile}
        )
    else:
        ec2.associate_iam_instance_profile(InstanceId=instance_id, IamInstanceProfile={"Arn": profile})


def _ensure_root_volume(ec2: Any, instance: dict[str, Any], settings: Settings) -> None:
    attached = filters({"attachment.instance-id": instance["InstanceId"]})
    volumes = ec2.describe_volumes(Filters=attached)["Volumes"]
    root, size = _root(instance), settings["compute_root_volume_size"]
    volume = next(volume for volume in volumes if volume["VolumeId"] == root["VolumeId"])
    if not volume["Encrypted"] or volume["Size"] > size:
        raise Difference(f"{volume['VolumeId']} has to be replaced")
    if (volume["Size"], volume["VolumeType"]) != (size, "gp3"):
        ec2.modify_volume(VolumeId=volume["VolumeId"], Size=size, VolumeType="gp3")
    ensure_ec2_tags(ec2, volume["VolumeId"], volume, _tags(settings))
    if not root["DeleteOnTermination"]:
        mapping = {"DeviceName": instance["RootDeviceName"], "Ebs": {"DeleteOnTermination": True}}
        ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], BlockDeviceMappings=[mapping])


def _root(instance: dict[str, Any]) -> dict[str, Any]:
    mappings = instance["BlockDeviceMappings"]
    return next(entry["Ebs"] for entry in mappings if entry["DeviceName"] == instance["RootDeviceName"])


def destroy(aws: Aws, settings: Settings) -> None:
    """Terminate the instance, wait until it is gone, and remove the key pair."""
    ec2 = aws.client("ec2")
    instance = _instance(ec2, settings)
    if instance:
        ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
        ec2.get_waiter("instance_terminated").wait(
            InstanceIds=[instance["InstanceId"]], WaiterConfig={"Delay": 5, "MaxAttempts": 120}
        )
    found(ec2.delete_key_pair, "InvalidKeyPair.NotFound", KeyName=settings.host)
