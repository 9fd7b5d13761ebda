# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter instance_plan, which decides what happens to each instance."""

from __future__ import annotations

import copy

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.filter.instance_plan import FilterModule

instance_plan = FilterModule().filters()["instance_plan"]

IMAGE = {"id": "ami-2", "architecture": "x86_64", "root_device_name": "/dev/xvda", "root_volume_size": 8}
ARGUMENTS = {"image": IMAGE, "subnet_ids": ["subnet-1", "subnet-2"]}
LISTS = ("launch", "change", "volumes", "release", "attributes", "terminate", "restarts", "messages", "problems")
IDENTITY = {"Project": "p", "Environment": "dev"}


def declare(number=1, volume=None, **attributes):
    ebs = {"VolumeSize": 50, "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": True, **(volume or {})}
    return {
        "name": f"ml-{number}",
        "attributes": {
            "ImageId": "resolve:ssm:/newest",
            "InstanceType": "t3.medium",
            "SubnetId": "subnet-1",
            "SecurityGroupIds": ["sg-1"],
            "IamInstanceProfile": {"Arn": "arn:profile"},
            "KeyName": "",
            "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "DisableApiTermination": False,
            "DisableApiStop": False,
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": ebs}],
            "Tags": {"Name": f"ml-{number}", "OperatingSystem": "al2023"},
            **attributes,
        },
    }


def stand(number=1, identity=None, **attributes):
    return {
        "instance_id": identity or f"i-{number}",
        "instance_type": "t3.medium",
        "image_id": "ami-2",
        "architecture": "x86_64",
        "subnet_id": "subnet-1",
        "launch_time": f"2026-01-0{number}",
        "state": {"name": "running"},
        "iam_instance_profile": {"arn": "arn:profile"},
        "network_interfaces": [{"groups": [{"group_id": "sg-1"}]}],
        "metadata_options": {"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
        "root_device_name": "/dev/xvda",
        "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": {"volume_id": f"vol-{number}"}}],
        "tags": {"Name": f"ml-{number}", "OperatingSystem": "al2023"},
        "attributes": {"disable_api_termination": {"value": False}, "disable_api_stop": {"value": False}},
        **attributes,
    }


def volume(number=1, **attributes):
    tags = {"Name": f"ml-{number}", "OperatingSystem": "al2023"}
    return {
        "id": f"vol-{number}",
        "size": 50,
        "type": "gp3",
        "encrypted": True,
        "zone": "a",
        "tags": tags,
        **attributes,
    }


def protected(termination=False, stop=False):
    return {"disable_api_termination": {"value": termination}, "disable_api_stop": {"value": stop}}


def plan(declared, found, volumes=None, **arguments):
    return instance_plan(declared, found, [volume()] if volumes is None else volumes, **{**ARGUMENTS, **arguments})


def test_an_instance_as_declared_is_left_alone():
    found = plan([declare()], [stand()])
    assert {key: found[key] for key in LISTS} == dict.fromkeys(LISTS, [])
    assert found["newer_image_id"] == ""


def test_nothing_given_is_altered():
    declared, found = [declare(InstanceType="t3.large")], [stand()]
    before = copy.deepcopy((declared, found))
    plan(declared, found)
    assert (declared, found) == before


def test_a_missing_instance_is_launched():
    assert plan([declare()], [], [])["launch"] == [declare()]


def test_a_newer_image_is_told_and_replaces_nothing():
    found = plan([declare()], [stand(image_id="ami-1")])
    assert (found["newer_image_id"], found["problems"], found["launch"]) == ("ami-2", [], [])


@pytest.mark.parametrize(
    ("attributes", "change"),
    [
        ({"instance_type": "t3.small"}, "instance type t3.small → t3.medium"),
        ({"iam_instance_profile": {"arn": "arn:other"}}, "instance profile arn:other → arn:profile"),
        ({"network_interfaces": [{"groups": [{"group_id": "sg-2"}]}]}, "security groups ['sg-2'] → ['sg-1']"),
        (
            {"metadata_options": {**stand()["metadata_options"], "http_tokens": "optional"}},
            "HttpTokens optional → required",
        ),
        ({"state": {"name": "stopped"}}, "state stopped → running"),
    ],
)
def test_what_can_be_changed_in_place_is(attributes, change):
    [entry] = plan([declare()], [stand(**attributes)])["change"]
    assert entry == {"name": "ml-1", "instance_id": "i-1", "changes": [change], "state": "running"}


def test_tags_of_others_stay():
    found = stand()
    found["tags"]["PatchGroup"] = "theirs"
    assert plan([declare()], [found])["change"] == []


def test_a_stopped_instance_can_stay_stopped_and_still_change():
    stopped = stand(state={"name": "stopped"}, instance_type="t3.small")
    [entry] = plan([declare()], [stopped], running=False)["change"]
    assert entry["state"] == "stopped"
    assert plan([declare()], [stand(state={"name": "stopped"})], running=False)["change"] == []


def test_a_restart_is_announced():
    [message] = plan([declare(InstanceType="t3.large")], [stand()])["messages"]
    assert "stopped to change its type t3.medium → t3.large" in message


def test_a_volume_grows_in_place():
    found = plan([declare(volume={"VolumeSize": 80})], [stand()])
    assert [entry["changes"] for entry in found["volumes"]] == [["size 50 → 80 GiB"]]
    assert "grow 50 → 80 GiB" in found["messages"][0]


@pytest.mark.parametrize(
    ("declared", "found", "root", "reason"),
    [
        (declare(volume={"VolumeSize": 30}), stand(), volume(), "can't shrink"),
        (declare(ImageId="ami-9"), stand(), volume(), "image ami-2 → ami-9"),
        (declare(KeyName="mine"), stand(), volume(), "key pair none → mine"),
        (declare(), stand(subnet_id="subnet-9"), volume(), "subnet subnet-9 is none of"),
        (declare(), stand(architecture="arm64"), volume(), "architecture arm64 → x86_64"),
        (declare(), stand(tags={"Name": "ml-1", "OperatingSystem": "al2"}), volume(), "operating system al2 → al2023"),
        (declare(), stand(), volume(encrypted=False), "not encrypted"),
    ],
)
def test_what_cannot_be_changed_is_replaced_only_where_allowed(declared, found, root, reason):
    refused = plan([declared], [found], [root])
    assert reason in refused["problems"][0]
    assert "compute_allow_replacement: true" in refused["problems"][0]
    assert refused["launch"] == refused["terminate"] == []
    allowed = plan([declared], [found], [root], allow_replacement=True)
    assert (allowed["terminate"], allowed["launch"], allowed["problems"]) == (["i-1"], [declared], [])
    assert reason in allowed["messages"][0]


def test_the_highest_numbers_and_doubles_go():
    found = [stand(1), stand(2), stand(3), stand(1, identity="i-double", launch_time="2026-02-01")]
    result = plan([declare(1)], found)
    assert sorted(result["terminate"]) == ["i-2", "i-3", "i-double"]
    assert len(result["messages"]) == 3


@pytest.mark.parametrize("wanted", ["DisableApiTermination", "DisableApiStop"])
def test_protection_is_gained_and_lost(wanted):
    all_on = stand(attributes=protected(True, True))
    assert plan([declare(**{wanted: True})], [stand()])["attributes"] == ["i-1"]
    assert plan([declare()], [all_on])["release"] == ["i-1"]


def test_what_stays_protected_is_neither_stopped_nor_terminated():
    declared = declare(InstanceType="t3.large", DisableApiStop=True)
    [problem] = plan([declared], [stand(attributes=protected(stop=True))])["problems"]
    assert "compute_stop_protection: false" in problem
    surplus = [stand(1), stand(2, attributes=protected(termination=True))]
    [problem] = plan([declare(DisableApiTermination=True)], surplus)["problems"]
    assert "compute_termination_protection" in problem
    assert plan([declare()], surplus)["release"] == ["i-2"]


def test_protection_comes_after_the_change():
    result = plan([declare(InstanceType="t3.large", DisableApiStop=True)], [stand()])
    assert (result["problems"], result["release"], result["attributes"]) == ([], [], ["i-1"])


def test_new_instances_come_first_and_then_one_restart_at_a_time():
    types = [declare(number, InstanceType="t3.large") for number in (1, 2, 3)]
    result = plan(types, [stand(1), stand(2, subnet_id="subnet-2")], [volume(1), volume(2)])
    assert result["restarts"] == ["ml-1", "ml-2"]
    assert [change["state"] for change in result["change"]] == ["started", "started"]
    [alone] = plan([declare(InstanceType="t3.large")], [stand()])["change"]
    assert alone["state"] == "running"


@pytest.mark.parametrize(
    "attributes",
    [
        {"source_dest_check": False},
        {"monitoring": {"state": "enabled"}},
        {
            "block_device_mappings": [
                {"device_name": "/dev/xvda", "ebs": {"volume_id": "vol-1", "delete_on_termination": False}}
            ]
        },
    ],
)
def test_attributes_that_stray_are_set(attributes):
    result = plan([declare()], [stand(**attributes)])
    assert (result["attributes"], result["change"], result["restarts"]) == (["i-1"], [], [])


def test_what_was_bought_for_a_volume_is_given_back():
    declared = declare(volume={"Iops": 3000, "Throughput": 125})
    result = plan([declared], [stand()], [volume(iops=4000, throughput=250)])
    assert [entry["changes"] for entry in result["volumes"]] == [["iops 4000 → 3000", "throughput 250 → 125"]]


def tagged(number=1, without=(), **tags):
    """The tags of an instance, but for those that it lost."""
    own = {"Name": f"ml-{number}", "Role": "ml-training", "Index": str(number), "OperatingSystem": "al2023", **IDENTITY}
    return {key: value for key, value in {**own, **tags}.items() if key not in without}


@pytest.mark.parametrize(
    "tags",
    [
        tagged(without=["Project"]),
        tagged(without=["Name"]),
        tagged(without=["Index"]),
        tagged(without=["Name", "Index"]),
        tagged(without=["Name", "Index", "Environment"]),
        tagged(Name="theirs"),
        tagged(Role="other"),
        {},
    ],
)
def test_an_instance_that_lost_tags_gets_them_back(tags):
    declared = declare(Tags=tagged())
    result = plan([declared], [stand(tags=tags)], identity=IDENTITY)
    assert (result["launch"], result["terminate"], result["problems"]) == ([], [], [])
    [change] = result["change"]
    assert change["instance_id"] == "i-1"
    assert len(change["changes"]) == sum(tags.get(key) != value for key, value in tagged().items())


def test_what_carries_all_tags_is_meant_before_what_lost_some():
    lost = stand(1, identity="i-lost", launch_time="2025-01-01", tags=tagged(without=["Project"]))
    result = plan([declare(Tags=tagged())], [lost, stand(tags=tagged())], identity=IDENTITY)
    assert result["standing"]["ml-1"]["instance_id"] == "i-1"
    assert result["terminate"] == []


@pytest.mark.parametrize("tags", [{"Role": "nat", **IDENTITY}, {"Name": "notebook", "Index": "7"}, {"Role": "nat"}])
def test_others_in_the_same_vpc_are_left_alone(tags):
    result = plan([declare(Tags=tagged())], [stand(tags=tagged()), stand(2, tags=tags)], identity=IDENTITY)
    assert (result["terminate"], result["change"], result["launch"]) == ([], [], [])


def test_an_image_larger_than_the_volume_is_refused():
    [problem] = plan([declare()], [], [], image={**IMAGE, "root_volume_size": 75})["problems"]
    assert "needs a root volume of 75 GiB, compute_root_volume_size is 50" in problem


def test_instances_without_their_protection_are_refused():
    found = stand()
    del found["attributes"]
    with pytest.raises(AnsibleFilterError, match="without its protection"):
        plan([declare()], [found])
