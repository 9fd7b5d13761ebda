# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds that role compute declares, and what its instances leave behind. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

from . import values
from .model import Attribute, Attributes, Entry, Key, Kind, Standing
from .parts import (
    TAGS,
    TAGS_AMONG_OTHERS,
    by_member,
    entries_of,
    identified_by,
    implied,
    labelled_by,
    labelled_by_tag,
    plain,
)

_ROLE_TAG = "ml-training"
# What can be bought for a gp3 volume.
_GP3 = ("Iops", "Throughput")


def _is_training(entry: Entry, standing: Standing) -> bool:
    found = tags_of(entry)
    return found.get("Role") == _ROLE_TAG and standing.identity.owns_tags(found)


def _lost_tags(instance: Entry, standing: Standing) -> bool:
    """Whether an instance in the environment's VPC is one of the role's by its name, or by its instance profile."""
    tags, names = tags_of(instance), standing.identity.names
    if not standing.entry("vpc", "VpcId", instance.get("VpcId")):
        return False
    by_name = re.fullmatch(re.escape(names.get("instance", "")) + r"-\d+", tags.get("Name", ""))
    profile = (instance.get("IamInstanceProfile") or {}).get("Arn", "").rpartition("/")[2]
    by_profile = profile == names.get("instance_profile") and tags.get("Role", _ROLE_TAG) == _ROLE_TAG
    return bool(by_name) or by_profile


def _instances(standing: Standing) -> Iterable[Entry]:
    """The oldest first: of several with one name the others are too many."""
    kept = [
        instance
        for instance in standing.found.get("instance", [])
        if (_is_training(instance, standing) or _lost_tags(instance, standing))
        and instance["State"]["Name"] != "shutting-down"
    ]
    return sorted(
        kept,
        key=lambda one: (not _is_training(one, standing), str(one["LaunchTime"]), one["InstanceId"]),
    )


def _same_image(declared: str, found: str, standing: Standing) -> bool:
    """An instance stays at the image that it started from: a newer one is taken by new instances only."""
    return declared.startswith("resolve:") or declared == found


def _same_subnet(declared: str, found: str, standing: Standing) -> bool:
    """Any subnet of the same tier will do: an instance can't move to another."""

    def place(subnet_id: str) -> tuple[Any, Any]:
        subnet = standing.entry("subnet", "SubnetId", subnet_id)
        return subnet.get("VpcId", subnet_id), tags_of(subnet).get("Tier")

    return place(declared) == place(found)


def _interfaces(instance: Entry) -> list[Entry]:
    return sorted(
        instance.get("NetworkInterfaces", []), key=lambda one: one.get("Attachment", {}).get("DeviceIndex", 0)
    )


def _groups(instance: Entry, standing: Standing) -> list[str]:
    interfaces = _interfaces(instance)
    groups = interfaces[0].get("Groups") if interfaces else []
    return [group["GroupId"] for group in groups or instance.get("SecurityGroups", [])]


def _root(instance: Entry, standing: Standing) -> tuple[Entry, Entry]:
    """The mapping of the root device, and its volume."""
    for mapping in instance.get("BlockDeviceMappings", []):
        if mapping["DeviceName"] == instance.get("RootDeviceName") and "Ebs" in mapping:
            return mapping["Ebs"], standing.entry("volume", "VolumeId", mapping["Ebs"]["VolumeId"])
    return {}, {}


def _devices(instance: Entry, standing: Standing) -> list[dict[str, Any]]:
    """In the form that RunInstances takes."""
    mapping, volume = _root(instance, standing)
    root = {
        "VolumeSize": volume.get("Size"),
        "VolumeType": volume.get("VolumeType"),
        "Encrypted": volume.get("Encrypted"),
        "DeleteOnTermination": mapping.get("DeleteOnTermination"),
    }
    if volume.get("VolumeType") == "gp3":
        root.update({name: volume[name] for name in _GP3 if volume.get(name) is not None})
    return [{"Ebs": root}]


def _ebs(value: list[dict[str, Any]]) -> dict[str, Any]:
    """The root volume. What its device is called is the image's choice; under which key it is, that of its launch."""
    return {name: member for name, member in value[0]["Ebs"].items() if name != "KmsKeyId"}


def _other_devices(instance: Entry, standing: Standing) -> list[str]:
    root = instance.get("RootDeviceName")
    return sorted(one["DeviceName"] for one in instance.get("BlockDeviceMappings", []) if one["DeviceName"] != root)


def _volume_tags(instance: Entry, standing: Standing) -> dict[str, str]:
    _mapping, volume = _root(instance, standing)
    return tags_of(volume)


def _state(instance: Entry, standing: Standing) -> str:
    """One that starts is as good as one that runs."""
    name = instance["State"]["Name"]
    return "running" if name == "pending" else name


INSTANCE = Kind(
    attributes={
        "ImageId": plain("ImageId", same=_same_image),
        "Architecture": plain("Architecture"),
        "InstanceType": plain("InstanceType"),
        "SubnetId": plain("SubnetId", same=_same_subnet),
        "SecurityGroupIds": Attribute(_groups, values.unordered),
        "NetworkInterfaces": implied(lambda instance, standing: len(_interfaces(instance)), 1),
        "SourceDestCheck": implied("SourceDestCheck", True),
        "IamInstanceProfile": Attribute(
            lambda instance, standing: instance.get("IamInstanceProfile"), values.members("Arn")
        ),
        "KeyName": plain("KeyName", default=""),
        "MetadataOptions": plain("MetadataOptions", default={}, partial=True),
        "DisableApiTermination": plain("DisableApiTermination"),
        "DisableApiStop": plain("DisableApiStop"),
        "Monitoring": implied(lambda instance, standing: instance["Monitoring"]["State"], "disabled"),
        "BlockDeviceMappings": Attribute(_devices, _ebs),
        "OtherDevices": implied(_other_devices, []),
        "VolumeTags": Attribute(_volume_tags, values.tags, lambda attributes: attributes["Tags"], partial=True),
        "State": Attribute(_state),
        "Tags": TAGS_AMONG_OTHERS,
    },
    # As the role finds it: by its name, or else its index, or else as one that lost both.
    keys=(
        Key(lambda attributes: attributes["Name"], lambda entry, standing: tags_of(entry).get("Name")),
        Key(lambda attributes: attributes["Tags"].get("Index"), lambda entry, standing: tags_of(entry).get("Index")),
        Key(lambda attributes: True, lambda entry, standing: "Index" not in tags_of(entry) or None),
    ),
    entries=_instances,
    # One that lost its tags may be somebody's: it is nobody's to terminate.
    owner=lambda entry, standing: "compute" if _is_training(entry, standing) else "",
    identifier=identified_by("InstanceId"),
    label=labelled_by_tag("InstanceId"),
)


def _holder(address: Entry, standing: Standing) -> str:
    """The declared name of the instance that an address belongs to."""
    return standing.name(address["InstanceId"]) if address.get("InstanceId") else ""


def _addresses(standing: Standing) -> Iterable[Entry]:
    """Those of instances. Gateways' are the network's."""
    return [
        address
        for address in standing.found.get("elastic_ip", [])
        if _is_training(address, standing) or address.get("InstanceId")
    ]


ADDRESS = Kind(
    attributes={
        "Domain": plain("Domain"),
        "Instance": Attribute(_holder),
        "Tags": TAGS_AMONG_OTHERS,
    },
    keys=(
        Key(lambda attributes: attributes["Instance"], _holder),
        Key(lambda attributes: attributes["Name"], lambda entry, standing: tags_of(entry).get("Name")),
    ),
    entries=_addresses,
    # One that somebody put on an instance stays there.
    owner=lambda entry, standing: "compute" if _is_training(entry, standing) else "",
    identifier=identified_by("AllocationId"),
    label=labelled_by_tag("AllocationId"),
)


def _leads_to(record: Entry, standing: Standing) -> tuple[str, str]:
    """The declared name of the instance that a record leads to, and by which of its addresses."""
    addresses = [value["Value"] for value in record.get("ResourceRecords", [])]
    for instance in standing.found.get("instance", []):
        for member in ("PublicIpAddress", "PrivateIpAddress"):
            if addresses == [instance.get(member)]:
                return standing.name(instance["InstanceId"]), member
    return ", ".join(addresses), ""


def _has_no_address(attributes: Attributes, standing: Standing) -> bool:
    """Whether the instance that a record is to lead to has no address to lead to, because it is stopped."""
    return any(
        standing.name(instance["InstanceId"]) == attributes["Instance"] and not instance.get(attributes["Address"])
        for instance in standing.found.get("instance", [])
    )


RECORD = Kind(
    attributes={
        "Name": plain("Name"),
        "Type": plain("Type"),
        "TTL": plain("TTL"),
        "Instance": Attribute(lambda record, standing: _leads_to(record, standing)[0]),
        "Address": Attribute(lambda record, standing: _leads_to(record, standing)[1]),
    },
    keys=(by_member("Name"),),
    entries=entries_of("dns_record"),
    owner=lambda entry, standing: "compute",
    identifier=identified_by("Name"),
    label=labelled_by("Name"),
    left_out=_has_no_address,
)

KEY_PAIR = Kind(
    attributes={
        "KeyName": plain("KeyName"),
        "PublicKeyMaterial": Attribute(lambda entry, standing: entry.get("PublicKey"), values.public_key),
        "Tags": TAGS,
    },
    keys=(by_member("KeyName"),),
    entries=entries_of("key_pair"),
    owner=lambda entry, standing: "compute" if entry["KeyName"] == standing.identity.names.get("key_pair") else "",
    identifier=identified_by("KeyPairId"),
    label=labelled_by("KeyName"),
)

# Root volumes that outlived their instances.
VOLUME = Kind(
    attributes={"State": plain("State"), "Size": plain("Size")},
    keys=(),
    entries=entries_of("volume", lambda volume: volume["State"] == "available"),
    owner=lambda entry, standing: "compute" if _is_training(entry, standing) else "",
    identifier=identified_by("VolumeId"),
    label=labelled_by_tag("VolumeId"),
    only_absent=True,
)

KINDS = {
    "key_pair": KEY_PAIR,
    "instance": INSTANCE,
    "instance_address": ADDRESS,
    "dns_record": RECORD,
    "volume": VOLUME,
}
