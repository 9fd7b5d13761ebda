# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of an instance is compared, and how, as the role treats it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import compare
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

IDENTITY = Identity("p", {"Project": "p"}, {"key_pair": "p-key", "instance": "p", "instance_profile": "p-ml"})
TAGS = {"Project": "p", "Name": "p-1", "Role": "ml-training", "Index": "1"}
EBS = {
    "VolumeSize": 50,
    "VolumeType": "gp3",
    "Encrypted": True,
    "DeleteOnTermination": True,
    "Iops": 3000,
    "Throughput": 125,
}


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def declared(**attributes: Any) -> dict[str, Any]:
    given = {
        "ImageId": "resolve:ssm:/image",
        "InstanceType": "t3.medium",
        "SubnetId": "subnet-1",
        "SecurityGroupIds": ["sg-1"],
        "IamInstanceProfile": {"Arn": "arn:profile"},
        "KeyName": "",
        "MetadataOptions": {"HttpTokens": "required"},
        "DisableApiTermination": False,
        "DisableApiStop": False,
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": EBS},
        ],
        "State": "running",
        "Tags": TAGS,
    }
    return {"kind": "instance", "name": "p-1", "attributes": {**given, **attributes}}


def instance(**members: Any) -> dict[str, Any]:
    made = {
        "InstanceId": "i-1",
        "LaunchTime": "2026-01-01T00:00:00+00:00",
        "ImageId": "ami-old",
        "InstanceType": "t3.medium",
        "SubnetId": "subnet-1",
        "VpcId": "vpc-1",
        "NetworkInterfaces": [{"Attachment": {"DeviceIndex": 0}, "Groups": [{"GroupId": "sg-1"}]}],
        "IamInstanceProfile": {"Arn": "arn:profile", "Id": "x"},
        "MetadataOptions": {"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
        "DisableApiTermination": False,
        "DisableApiStop": False,
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": True}}],
        "Monitoring": {"State": "disabled"},
        "State": {"Name": "running"},
        "Tags": tag_list({**TAGS, "PatchGroup": "a"}),
    }
    return {**made, **members}


def found(one: dict[str, Any], **volume: Any) -> dict[str, list[dict[str, Any]]]:
    disk = {
        "VolumeId": "vol-1",
        "State": "in-use",
        "Size": 50,
        "VolumeType": "gp3",
        "Encrypted": True,
        "Iops": 3000,
        "Throughput": 125,
        "Tags": tag_list(TAGS),
        **volume,
    }
    subnets = [
        {"SubnetId": f"subnet-{number}", "VpcId": "vpc-1", "Tags": tag_list({"Tier": tier})}
        for number, tier in ((1, "public"), (2, "public"), (3, "private"))
    ]
    return {"instance": [one], "volume": [disk], "subnet": subnets, "vpc": [{"VpcId": "vpc-1"}]}


def said(stands: dict[str, list[dict[str, Any]]], *entries: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    compared = compare({"compute": list(entries) or [declared()]}, stands, IDENTITY)
    return [
        (one.name, one.action, [change.attribute for change in one.attributes if one.action == "modify"])
        for one in compared.differences
    ]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"ImageId": "ami-older-still"},
        {"SubnetId": "subnet-2"},
        {"State": {"Name": "pending"}},
        # EC2 tells it of types that are always optimized only where somebody asked for it.
        {"EbsOptimized": True},
    ],
)
def test_what_the_role_leaves_alone_is_no_difference(members):
    assert said(found(instance(**members))) == []


@pytest.mark.parametrize(
    ("attribute", "members"),
    [
        ("InstanceType", {"InstanceType": "t3.large"}),
        ("SubnetId", {"SubnetId": "subnet-3"}),
        ("SubnetId", {"SubnetId": "subnet-elsewhere"}),
        ("SecurityGroupIds", {"NetworkInterfaces": [{"Groups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}]}]}),
        (
            "NetworkInterfaces",
            {"NetworkInterfaces": [{"Attachment": {"DeviceIndex": 1}}, *instance()["NetworkInterfaces"]]},
        ),
        ("IamInstanceProfile", {"IamInstanceProfile": None}),
        ("KeyName", {"KeyName": "theirs"}),
        ("MetadataOptions.HttpTokens", {"MetadataOptions": {"HttpTokens": "optional"}}),
        ("DisableApiTermination", {"DisableApiTermination": True}),
        ("DisableApiStop", {"DisableApiStop": True}),
        ("SourceDestCheck", {"SourceDestCheck": False}),
        ("Monitoring", {"Monitoring": {"State": "enabled"}}),
        ("State", {"State": {"Name": "stopped"}}),
        (
            "OtherDevices",
            {"BlockDeviceMappings": [*instance()["BlockDeviceMappings"], {"DeviceName": "/dev/sdf", "Ebs": {}}]},
        ),
        (
            "BlockDeviceMappings.DeleteOnTermination",
            {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": False}}]},
        ),
    ],
)
def test_what_differs_of_an_instance_is_named(attribute, members):
    assert said(found(instance(**members))) == [("p-1", "modify", [attribute])]


@pytest.mark.parametrize(
    ("attribute", "members"),
    [
        ("BlockDeviceMappings.VolumeSize", {"Size": 60}),
        ("BlockDeviceMappings.Encrypted", {"Encrypted": False}),
        ("BlockDeviceMappings.Iops", {"Iops": 4000}),
        ("BlockDeviceMappings.Throughput", {"Throughput": 250}),
        ("VolumeTags.Name", {"Tags": tag_list({**TAGS, "Name": "theirs", "Backup": "daily"})}),
    ],
)
def test_what_differs_of_its_root_volume_is_named(attribute, members):
    assert said(found(instance(), **members)) == [("p-1", "modify", [attribute])]


def test_an_image_that_was_chosen_is_compared():
    assert said(found(instance()), declared(ImageId="ami-new")) == [("p-1", "modify", ["ImageId"])]
    assert said(found(instance()), declared(ImageId="ami-old")) == []


def test_a_state_that_is_not_declared_is_not_compared():
    stopped = declared()
    del stopped["attributes"]["State"]
    assert said(found(instance(State={"Name": "stopped"})), stopped) == []


def test_of_two_with_one_name_the_younger_is_too_many():
    stands = found(instance(InstanceId="i-young", LaunchTime="2026-02-01T00:00:00+00:00"))
    stands["instance"].append(instance(InstanceId="i-old"))
    compared = compare({"compute": [declared()]}, stands, IDENTITY)
    assert [(one.id, one.action) for one in compared.differences] == [("i-young", "delete")]


@pytest.mark.parametrize(
    ("tags", "lost"),
    [
        ({"Name": "p-1"}, ["Tags.Index", "Tags.Project", "Tags.Role"]),
        ({**TAGS, "Role": "other"}, ["Tags.Role"]),
        ({**TAGS, "Name": "theirs"}, ["Tags.Name"]),
        ({"Project": "p", "Role": "ml-training"}, ["Tags.Index", "Tags.Name"]),
    ],
)
def test_an_instance_that_lost_tags_is_the_same(tags, lost):
    assert said(found(instance(Tags=tag_list(tags)))) == [("p-1", "modify", lost)]


def test_an_instance_without_a_tag_is_known_by_its_profile():
    profile = {"Arn": "arn:aws:iam::1:instance-profile/p-ml"}
    one = instance(Tags=tag_list({"Owner": "somebody"}), IamInstanceProfile=profile)
    lost = [f"Tags.{name}" for name in sorted(TAGS)]
    assert said(found(one), declared(IamInstanceProfile=profile)) == [("p-1", "modify", lost)]


@pytest.mark.parametrize("tags", [{"Role": "nat", "Project": "p"}, {"Name": "p-2"}, {"Name": "notebook"}])
def test_others_in_the_same_vpc_are_no_difference(tags):
    stands = found(instance())
    stands["instance"].append(instance(InstanceId="i-other", Tags=tag_list(tags)))
    assert said(stands) == []


def address(**members: Any) -> dict[str, Any]:
    made = {"AllocationId": "eipalloc-1", "Domain": "vpc", "InstanceId": "i-1", "Tags": tag_list(TAGS)}
    return {**made, **members}


def declared_address() -> dict[str, Any]:
    return {"kind": "instance_address", "name": "p-1", "attributes": {"Domain": "vpc", "Instance": "p-1", "Tags": TAGS}}


@pytest.mark.parametrize(
    ("standing", "difference"),
    [
        ([], [("p-1", "create", [])]),
        ([address()], []),
        ([address(InstanceId="")], [("p-1", "modify", ["Instance"])]),
        ([address(Tags=[])], [("p-1", "modify", ["Tags"])]),
    ],
)
def test_the_address_of_an_instance(standing, difference):
    assert said({**found(instance()), "elastic_ip": standing}, declared(), declared_address()) == difference


def test_an_address_that_is_not_declared_is_to_go_unless_somebody_put_it_there():
    assert said({**found(instance()), "elastic_ip": [address()]}) == [("p-1", "delete", [])]
    assert said({**found(instance()), "elastic_ip": [address(Tags=[])]}) == []


RECORD = {
    "kind": "dns_record",
    "name": "p-1.example.org.",
    "attributes": {
        "Name": "p-1.example.org.",
        "Type": "A",
        "TTL": 60,
        "Instance": "p-1",
        "Address": "PublicIpAddress",
    },
}


def record(value: str, ttl: int = 60) -> dict[str, Any]:
    return {"Name": "p-1.example.org.", "Type": "A", "TTL": ttl, "ResourceRecords": [{"Value": value}]}


@pytest.mark.parametrize(
    ("public", "standing", "difference"),
    [
        ("198.51.100.1", [], [("p-1.example.org.", "create", [])]),
        ("198.51.100.1", [record("198.51.100.1")], []),
        ("198.51.100.1", [record("198.51.100.1", 300)], [("p-1.example.org.", "modify", ["TTL"])]),
        ("198.51.100.1", [record("203.0.113.9")], [("p-1.example.org.", "modify", ["Instance", "Address"])]),
        # Stopped, without an address of its own: there is to be no record that leads to somebody else.
        (None, [], []),
        (None, [record("203.0.113.9")], [("p-1.example.org.", "modify", ["Instance", "Address"])]),
    ],
)
def test_the_record_of_an_instance(public, standing, difference):
    stands = {**found(instance(**({"PublicIpAddress": public} if public else {}))), "dns_record": standing}
    assert said(stands, declared(), RECORD) == difference


@pytest.mark.parametrize("members", [{"State": {"Name": "shutting-down"}}, {"VpcId": "vpc-2", "Tags": tag_list({"Name": "p-1"})}])
def test_what_is_on_its_way_out_or_not_the_roles_does_not_count(members):
    assert said(found(instance(**members))) == [("p-1", "create", [])]


def test_a_key_pair_of_the_environments_name_that_nobody_declares_is_to_go():
    stands = {**found(instance()), "key_pair": [{"KeyName": "p-key"}, {"KeyName": "theirs"}]}
    assert said(stands) == [("p-key", "delete", [])]
