# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS answers is turned into facts, and what it refuses into errors, against botocore's own service models."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import account
from botocore import exceptions
from botocore.stub import Stubber

IDENTITY = {"Account": "123456789012", "Arn": "arn:aws-cn:iam::123456789012:user/ada", "UserId": "AIDA"}
REQUEST = account.Request(
    instance_type="t3.medium", image_parameter="/aws/service/x", tags={"Project": "ml", "Environment": "dev"}
)


class Stubs:
    """Clients by service, as account expects them, each with a stub that must be used up."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        self._clients = {service: boto3.client(service, **keys) for service in ("sts", "ec2", "ssm", "elasticache")}
        self.stubs = {service: Stubber(client) for service, client in self._clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def __call__(self, service: str) -> object:
        """Return a client."""
        return self._clients[service]

    def answer(self, service: str, method: str, response: dict) -> Stubs:
        """Expect a call and answer it."""
        self.stubs[service].add_response(method, response)
        return self

    def refuse(self, service: str, method: str, code: str) -> Stubs:
        """Expect a call and refuse it."""
        self.stubs[service].add_client_error(method, code, f"{code}!")
        return self


@pytest.fixture
def stubs() -> Iterator[Stubs]:
    """Yield stubs, and check at the end that every expected call was made."""
    stubs = Stubs()
    yield stubs
    for stub in stubs.stubs.values():
        stub.assert_no_pending_responses()


def test_identity_has_the_partition(stubs: Stubs) -> None:
    """The partition is a part of the ARN."""
    stubs.answer("sts", "get_caller_identity", IDENTITY)
    assert account.identity(stubs) == {"account_id": "123456789012", "arn": IDENTITY["Arn"], "partition": "aws-cn"}


def test_zones_are_sorted_and_not_local(stubs: Stubs) -> None:
    """Local and wavelength zones have no NAT gateways."""
    zones = [
        {"ZoneName": "us-east-1b", "State": "impaired", "ZoneType": "availability-zone"},
        {"ZoneName": "us-east-1-bos-1a", "State": "available", "ZoneType": "local-zone"},
        {"ZoneName": "us-east-1a", "State": "available"},
    ]
    stubs.answer("ec2", "describe_availability_zones", {"AvailabilityZones": zones})
    assert account.zones(stubs)["zones"] == [
        {"name": "us-east-1a", "state": "available"},
        {"name": "us-east-1b", "state": "impaired"},
    ]


def test_offering_reads_all_pages(stubs: Stubs) -> None:
    """The zones of all pages, sorted."""
    for zone, token in (("us-east-1b", {"NextToken": "more"}), ("us-east-1a", {})):
        answer = {"InstanceTypeOfferings": [{"InstanceType": "t3.medium", "Location": zone}], **token}
        stubs.answer("ec2", "describe_instance_type_offerings", answer)
    assert account.offering(stubs, "t3.medium") == {"offered_zones": ["us-east-1a", "us-east-1b"], "near_types": []}


def test_offering_names_what_is_near(stubs: Stubs) -> None:
    """Only a type that isn't offered costs the second call."""
    types = [{"InstanceType": name} for name in ("t3.medium", "t3.large", "p4d.24xlarge")]
    stubs.answer("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": []})
    stubs.answer("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": types})
    assert account.offering(stubs, "t3.mediun")["near_types"][0] == "t3.medium"


def test_types_of_members_come_with_zones_and_architectures(stubs: Stubs) -> None:
    """Of all types at once; one that the region does not have is not there."""
    zones = [{"InstanceType": "t3.medium", "Location": f"us-east-1{zone}"} for zone in "ab"]
    types = [{"InstanceType": "t3.medium", "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]}}]
    stubs.answer("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": zones})
    stubs.answer("ec2", "describe_instance_types", {"InstanceTypes": types})
    known = {"zones": ["us-east-1a", "us-east-1b"], "architectures": ["x86_64"]}
    assert account.members(stubs, ["t3.medium", "t9.huge"]) == {"member_types": {"t3.medium": known}}


@pytest.mark.parametrize("offered", [[{"CacheNodeType": "cache.t4g.micro"}], []])
def test_whether_a_region_has_a_type_of_cache_nodes_its_offers_tell(stubs: Stubs, offered: list) -> None:
    """Where it offers none of the type, it has none."""
    stubs.answer("elasticache", "describe_reserved_cache_nodes_offerings", {"ReservedCacheNodesOfferings": offered})
    assert account.cache_node(stubs, "cache.t4g.micro") == {"cache_node_offered": bool(offered)}


def test_architectures(stubs: Stubs) -> None:
    """Of a type that is there, of one that isn't, and the refusal to say."""
    types = [{"ProcessorInfo": {"SupportedArchitectures": ["arm64"]}}]
    stubs.answer("ec2", "describe_instance_types", {"InstanceTypes": types})
    stubs.refuse("ec2", "describe_instance_types", "InvalidInstanceType")
    stubs.refuse("ec2", "describe_instance_types", "UnauthorizedOperation")
    assert account.architectures(stubs, "t4g.medium") == {"architectures": ["arm64"]}
    assert account.architectures(stubs, "t9.medium") == {"architectures": []}
    with pytest.raises(exceptions.ClientError):
        account.architectures(stubs, "t3.medium")


def test_image_by_its_parameter(stubs: Stubs) -> None:
    """The size is that of the root volume, not of another."""
    image = {
        "ImageId": "ami-1",
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 500}},
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}},
        ],
    }
    stubs.answer("ssm", "get_parameter", {"Parameter": {"Value": "ami-1"}})
    stubs.answer("ec2", "describe_images", {"Images": [image]})
    assert account.image(stubs, account.Request(image_parameter="/x")) == {
        "image": {"id": "ami-1", "architecture": "x86_64", "size": 8, "baked": False}
    }


BAKED = account.Request(image_parameter="/x", image_tags={"Role": "ml-image"}, image_architecture="x86_64")


def test_the_newest_image_with_the_tags(stubs: Stubs) -> None:
    """No parameter is asked for where the account has an image of its own."""
    images = [
        {
            "ImageId": f"ami-{day}",
            "CreationDate": f"2026-11-0{day}T00:00:00.000Z",
            "Architecture": "x86_64",
            "RootDeviceName": "/dev/xvda",
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50 + day}}],
        }
        for day in (1, 3, 2)
    ]
    stubs.answer("ec2", "describe_images", {"Images": images})
    assert account.image(stubs, BAKED)["image"] == {"id": "ami-3", "architecture": "x86_64", "size": 53, "baked": True}


def test_without_an_image_with_the_tags_the_parameter_names_it(stubs: Stubs) -> None:
    stubs.answer("ec2", "describe_images", {"Images": []})
    stubs.answer("ssm", "get_parameter", {"Parameter": {"Value": "ami-1"}})
    stubs.answer("ec2", "describe_images", {"Images": [{"ImageId": "ami-1", "Architecture": "x86_64"}]})
    assert account.image(stubs, BAKED)["image"] == {"id": "ami-1", "architecture": "x86_64", "size": 0, "baked": False}


def test_no_image_with_the_tags_and_no_parameter(stubs: Stubs) -> None:
    stubs.answer("ec2", "describe_images", {"Images": []})
    assert account.image(stubs, BAKED._replace(image_parameter=""))["image"]["id"] == ""


@pytest.mark.parametrize(
    "arrange",
    [
        lambda stubs: stubs.refuse("ec2", "describe_images", "InvalidAMIID.NotFound"),
        lambda stubs: stubs.answer("ec2", "describe_images", {"Images": []}),
    ],
)
def test_image_that_is_not_there(arrange: Callable[[Stubs], Stubs], stubs: Stubs) -> None:
    """AWS says it in two ways."""
    arrange(stubs)
    assert account.image(stubs, account.Request(image_id="ami-1"))["image"]["id"] == ""


def test_parameter_that_is_not_there(stubs: Stubs) -> None:
    """No image is asked for then."""
    stubs.refuse("ssm", "get_parameter", "ParameterNotFound")
    assert account.image(stubs, account.Request(image_parameter="/x"))["image"]["id"] == ""


def test_only_what_the_request_needs_is_asked() -> None:
    """Roles without zones and types cost one call, to STS."""
    assert account.questions(account.Request(zones=False)) == {}
    assert set(account.questions(account.Request())) == {"ec2:DescribeAvailabilityZones"}
    assert len(account.questions(REQUEST)) == 5


def test_gather_stops_where_the_credentials_do_not_work(stubs: Stubs) -> None:
    """Every other call would fail alike: one error, with the address that was asked."""
    stubs.refuse("sts", "get_caller_identity", "ExpiredToken")
    facts = account.gather(stubs, REQUEST)
    assert facts["errors"] == [
        {
            "call": "sts:GetCallerIdentity",
            "code": "ExpiredToken",
            "message": "ExpiredToken!",
            "endpoint": "https://sts.us-east-1.amazonaws.com",
        }
    ]


def test_gather_keeps_every_answer_and_every_error(stubs: Stubs) -> None:
    """One refusal hides no other answer."""
    stubs.answer("sts", "get_caller_identity", IDENTITY)
    stubs.refuse("ec2", "describe_availability_zones", "UnauthorizedOperation")
    facts = account.gather(stubs, account.Request())
    assert facts["account_id"] == "123456789012"
    assert [error["call"] for error in facts["errors"]] == ["ec2:DescribeAvailabilityZones"]


def test_standing_subnets(stubs: Stubs) -> None:
    """The environment's own subnets, by their tags."""
    subnets = [{"CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1c"}]
    stubs.answer("ec2", "describe_subnets", {"Subnets": subnets})
    assert account.standing_subnets(stubs, {"Project": "ml"}) == {"standing_zones": {"10.0.1.0/24": "us-east-1c"}}


def test_errors_of_botocore_have_their_name() -> None:
    """What isn't an answer of AWS has no code of AWS's."""
    error = account.error_of(exceptions.EndpointConnectionError(endpoint_url="https://x"), "sts:GetCallerIdentity")
    assert error["code"] == "EndpointConnectionError"
    assert "https://x" in error["message"]


@pytest.mark.parametrize(("region", "near"), [("us-esat-1", "us-east-1"), ("us-east-1", None), (None, None)])
def test_unknown_region(region: str | None, near: str | None) -> None:
    """A region is unknown only where boto3 has never heard of it."""
    unknown = account.unknown_region(region, ["us-east-1", "eu-central-1"])
    assert (near in unknown["near"]) if near else unknown == {}
