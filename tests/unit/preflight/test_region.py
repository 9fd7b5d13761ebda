# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Facts of the account and the settings together make problems, or zones to use."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import region

ZONES = [f"us-east-1{letter}" for letter in "abc"]
SETTINGS = {
    "preflight_roles": ["network", "compute"],
    "preflight_image_parameter": "/aws/service/x",
    "mlinfra_region": "us-east-1",
    "network_availability_zones": [],
    "network_public_subnets": ["10.0.1.0/24", "10.0.2.0/24"],
    "network_private_subnets": ["10.0.11.0/24", "10.0.12.0/24"],
    "compute_instance_type": "t3.medium",
    "compute_architecture": "x86_64",
    "compute_image_id": "",
    "compute_os": "al2023",
    "compute_root_volume_size": 50,
}
FACTS = {
    "account_id": "123456789012",
    "arn": "arn:aws:iam::123456789012:user/ada",
    "errors": [],
    "zones": [{"name": name, "state": "available"} for name in ZONES],
    "offered_zones": ZONES,
    "near_types": [],
    "architectures": ["x86_64"],
    "image": {"id": "ami-1", "architecture": "x86_64", "size": 8, "baked": False},
    "standing_zones": {},
}


def _error(
    code: str, endpoint: str = "https://sts.us-east-1.amazonaws.com", call: str = "sts:GetCallerIdentity"
) -> dict:
    return {"call": call, "code": code, "message": f"{code}!", "endpoint": endpoint}


def test_nothing_wrong() -> None:
    """Settings that the account can serve."""
    assert region.problems(SETTINGS, FACTS) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_error("NoCredentialsError"), ("AWS credentials: NoCredentialsError!", "AWS_PROFILE")),
        (_error("ProfileNotFound"), ("AWS credentials", "AWS_PROFILE")),
        (_error("ExpiredToken"), ("AWS credentials", "expired", "log in again")),
        (_error("InvalidClientTokenId"), ("AWS credentials", "does not accept")),
        (_error("SignatureDoesNotMatch"), ("AWS credentials", "does not accept")),
        (_error("EndpointConnectionError"), ("https://sts.us-east-1.amazonaws.com can't be reached", "mlinfra_region")),
        (_error("EndpointConnectionError", "https://127.0.0.1:4500"), ("https://127.0.0.1:4500", "make local")),
        (_error("ConnectTimeoutError", "http://localhost:4501"), ("http://localhost:4501", "make local")),
        (_error("SSLError"), ("certificate", "AWS_CA_BUNDLE")),
        (_error("NoRegionError"), ("mlinfra_aws_connection: (empty) names no region",)),
        (_error("UnauthorizedOperation", call="ec2:DescribeSubnets"), ("user/ada may not call ec2:DescribeSubnets",)),
        (_error("OptInRequired"), ("enable the region",)),
        (_error("InternalError", call="ec2:DescribeSubnets"), ("ec2:DescribeSubnets failed with InternalError",)),
    ],
)
def test_failed_calls_say_what_to_do(error: dict, words: tuple[str, ...]) -> None:
    """One line for each, without a traceback's words."""
    found = region.problems(SETTINGS, {"errors": [error], "arn": FACTS["arn"]})
    assert len(found) == 1
    assert all(word in found[0] for word in words), found


@pytest.mark.parametrize(
    ("settings", "facts", "lines"),
    [
        (
            {"network_availability_zones": ["us-east-1a", "us-east-1z"]},
            {},
            [
                "network_availability_zones[1]: us-east-1z is not a zone of us-east-1; choose from us-east-1a, us-east-1b, us-east-1c"
            ],
        ),
        (
            {"network_availability_zones": ["us-east-1a", "us-east-1b"]},
            {"zones": [*FACTS["zones"][1:], {"name": "us-east-1a", "state": "impaired"}]},
            ["network_availability_zones[0]: us-east-1a is impaired now; choose from us-east-1b, us-east-1c"],
        ),
        (
            {"network_availability_zones": ["us-east-1a", "us-east-1b"]},
            {"standing_zones": {"10.0.1.0/24": "us-east-1a", "10.0.2.0/24": "us-east-1c"}},
            [
                "network_availability_zones[1]: us-east-1b is not us-east-1c, where subnets stand; "
                "subnets can't move: name us-east-1c, or choose other ranges for new ones"
            ],
        ),
        (
            {},
            {"zones": FACTS["zones"][:1]},
            ["mlinfra_region: us-east-1 has fewer than 2 zones available; choose another region"],
        ),
        (
            {"compute_instance_type": "t3.mediun"},
            {"offered_zones": [], "near_types": ["t3.medium"], "architectures": []},
            ["compute_instance_type: t3.mediun is not offered in us-east-1; nearest there: t3.medium"],
        ),
        (
            {"network_availability_zones": ["us-east-1a", "us-east-1b"]},
            {"offered_zones": ["us-east-1b", "us-east-1c"]},
            [
                "compute_instance_type: t3.medium is not offered in us-east-1a; choose another type, or zones from us-east-1b, us-east-1c"
            ],
        ),
        (
            {"compute_instance_type": "t4g.medium"},
            {"architectures": ["arm64"]},
            [
                "compute_instance_type: t4g.medium does not run x86_64; set compute_architecture to arm64, or choose another type"
            ],
        ),
        (
            {},
            {"image": {"id": "", "architecture": "", "size": 0, "baked": False}},
            [
                "compute_os: al2023 has no image in us-east-1 (/aws/service/x); choose another system, or set compute_image_id"
            ],
        ),
        (
            {"compute_image_id": "ami-2"},
            {"image": {"id": "", "architecture": "", "size": 0, "baked": False}},
            [
                "compute_image_id: ami-2 is not in us-east-1; give an image of that region, or leave it empty for the newest"
            ],
        ),
        (
            {"compute_image_id": "ami-2"},
            {"image": {"id": "ami-2", "architecture": "arm64", "size": 8, "baked": False}},
            [
                "compute_image_id: ami-2 is not for x86_64; it is for arm64: set compute_architecture to that, or give another image"
            ],
        ),
        (
            {"compute_root_volume_size": 20},
            {"image": {"id": "ami-1", "architecture": "x86_64", "size": 30, "baked": False}},
            ["compute_root_volume_size: 20 is less than the image ami-1 needs; choose 30 (GiB) or more"],
        ),
        (
            {"compute_instance_type": "g5.xlarge", "compute_root_volume_size": 80},
            {"image": {"id": "ami-1", "architecture": "x86_64", "size": 75, "baked": False}},
            [
                "compute_root_volume_size: 80 is less than the image ami-1 needs with PyTorch and CUDA on it; "
                "choose 95 (GiB) or more"
            ],
        ),
        (
            {"compute_instance_type": "g5.xlarge", "compute_root_volume_size": 80},
            {"image": {"id": "ami-1", "architecture": "x86_64", "size": 80, "baked": True}},
            [],
        ),
        (
            {"compute_image": "baked"},
            {"image": {"id": "", "architecture": "", "size": 0, "baked": False}},
            ["compute_image: baked has no image in us-east-1; bake one with playbooks/image.yml, or choose auto"],
        ),
    ],
)
def test_settings_that_the_region_can_not_serve(settings: dict, facts: dict, lines: list[str]) -> None:
    """Each names the setting, what it holds and what the region has."""
    assert region.problems({**SETTINGS, **settings}, {**FACTS, **facts}) == lines


def test_roles_that_were_not_asked_for_are_not_judged() -> None:
    """Nor are roles that are to be removed."""
    facts = {**FACTS, "offered_zones": [], "zones": []}
    assert region.problems({**SETTINGS, "preflight_roles": ["storage"]}, facts) == []
    assert region.problems({**SETTINGS, "network_state": "absent", "compute_state": "absent"}, facts) == []


@pytest.mark.parametrize(
    ("settings", "facts", "zones"),
    [
        ({}, {}, ["us-east-1a", "us-east-1b"]),
        ({"network_availability_zones": ["us-east-1c", "us-east-1a"]}, {}, ["us-east-1c", "us-east-1a"]),
        ({}, {"offered_zones": ["us-east-1b", "us-east-1c"]}, ["us-east-1b", "us-east-1c"]),
        ({}, {"offered_zones": ["us-east-1b"]}, ["us-east-1a", "us-east-1b"]),
        (
            {},
            {"standing_zones": {"10.0.2.0/24": "us-east-1a", "10.0.1.0/24": "us-east-1c", "10.0.9.0/24": "us-east-1b"}},
            ["us-east-1c", "us-east-1a"],
        ),
        ({}, {"standing_zones": {"10.0.1.0/24": "us-east-1c"}}, ["us-east-1c", "us-east-1a"]),
        ({}, {"standing_zones": {"10.0.2.0/24": "us-east-1a"}}, ["us-east-1b", "us-east-1a"]),
        ({}, {"standing_zones": {"10.0.11.0/24": "us-east-1b"}}, ["us-east-1b", "us-east-1a"]),
    ],
)
def test_zones_to_use(settings: dict, facts: dict, zones: list[str]) -> None:
    """What is named, what stands already, what offers the type, what there is: in this order, stable over runs."""
    assert region.availability_zones({**SETTINGS, **settings}, {**FACTS, **facts}) == zones


def test_an_unknown_region_that_answers_is_newer_than_boto3() -> None:
    """Only one that does not answer is a problem, and then the only one."""
    unknown = {"unknown_region": {"name": "us-esat-1", "near": ["us-east-1"]}}
    assert region.problems(SETTINGS, {**FACTS, **unknown}) == []
    found = region.problems(SETTINGS, {**unknown, "errors": [_error("EndpointConnectionError")]})
    assert found == ["mlinfra_region: us-esat-1 is no region that answers; did you mean us-east-1?"]


@pytest.mark.parametrize(
    ("endpoint", "loopback"),
    [
        ("https://127.0.0.1:4500", True),
        ("http://127.12.0.1", True),
        ("https://[::1]:4500", True),
        ("https://localhost", True),
        ("https://sts.amazonaws.com", False),
        ("https://192.0.2.1", False),
        ("", False),
    ],
)
def test_loopback(endpoint: str, loopback: bool) -> None:
    """An address of this machine is the rehearsal's."""
    assert region.is_loopback(endpoint) is loopback


@pytest.mark.parametrize(
    ("settings", "lasting", "refused"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"storage_mfa_delete_data": False}, True, False),
        ({"storage_destroy_data": False}, True, False),
        ({"storage_state": "present"}, True, False),
    ],
)
def test_data_that_needs_mfa_is_not_deleted_with_a_lasting_key(settings, lasting, refused) -> None:
    asked = {
        "preflight_roles": ["storage"],
        "storage_state": "absent",
        "storage_destroy_data": True,
        "storage_mfa_delete_data": True,
        **settings,
    }
    found = region.problems({**SETTINGS, **asked}, {**FACTS, "lasting_key": lasting})
    assert [line.split(";")[0] for line in found] == [
        "storage_mfa_delete_data: true lets no data be deleted with an access key, which has no MFA"
    ] * refused


@pytest.mark.parametrize(
    ("roles", "key", "refused"),
    [
        (["storage", "monitoring"], "", True),
        (["storage"], "arn:aws:kms:us-east-1:123456789012:key/k", False),
        (["encryption", "storage"], "", False),
        (["iam"], "", False),
    ],
)
def test_roles_alone_do_not_encrypt_by_a_key_that_does_not_stand(roles, key, refused) -> None:
    found = region.problems({**SETTINGS, "preflight_roles": roles}, {**FACTS, "key_arn": key})
    line = "encryption_key: true has no key yet that storage and monitoring could encrypt by"
    assert [one.split(";")[0] for one in found] == [line] * refused


def test_a_region_to_copy_to_has_to_exist() -> None:
    """S3 would take the name of a bucket there, and fail at it."""
    unknown = {"unknown_replication_region": {"name": "eu-wset-1", "near": ["eu-west-1"]}}
    [line] = region.problems(SETTINGS, {**FACTS, **unknown})
    assert line == "recovery_replication_region: eu-wset-1 is no region that boto3 knows; did you mean eu-west-1?"


_MEMBERS = {
    "preflight_roles": ["scaling"],
    "scaling_enabled": True,
    "scaling_instance_types": ["t3.medium", "m6g.large", "t9.huge", "p5.48xlarge"],
}
_MEMBER_TYPES = {
    "t3.medium": {"zones": ZONES, "architectures": ["x86_64"]},
    "m6g.large": {"zones": ZONES, "architectures": ["arm64"]},
    "p5.48xlarge": {"zones": ["us-east-1f"], "architectures": ["x86_64"]},
}


def test_each_type_that_members_can_not_have_is_named() -> None:
    """Not offered, for another processor, or in no zone of the subnets."""
    assert region.problems({**SETTINGS, **_MEMBERS}, {**FACTS, "member_types": _MEMBER_TYPES}) == [
        "scaling_instance_types[1]: m6g.large does not run x86_64; choose types for x86_64, or set compute_architecture to arm64",
        "scaling_instance_types[2]: t9.huge is not offered in us-east-1; choose types that the region has",
        "scaling_instance_types[3]: p5.48xlarge is not offered in us-east-1a, us-east-1b;"
        " choose another type, or zones from us-east-1f",
    ]


@pytest.mark.parametrize("settings", [{"scaling_enabled": False}, {"scaling_state": "absent"}, {"preflight_roles": ["iam"]}])
def test_types_of_members_are_judged_where_there_are_any(settings: dict) -> None:
    """Not without a group."""
    assert region.problems({**SETTINGS, **_MEMBERS, **settings}, {**FACTS, "member_types": _MEMBER_TYPES}) == []


def test_a_type_of_cache_nodes_that_the_region_lacks_is_named() -> None:
    """Only where there is to be a cache."""
    wanted, facts = {"preflight_roles": ["cache"], "cache_node_type": "cache.x9.micro"}, {**FACTS, "cache_node_offered": False}
    assert region.problems({**SETTINGS, **wanted}, facts) == [
        "cache_node_type: cache.x9.micro is not offered in us-east-1; choose a type that the region has, such as cache.t4g.micro"
    ]
    for more in ({"cache_state": "absent"}, {"preflight_roles": ["iam"]}):
        assert region.problems({**SETTINGS, **wanted, **more}, facts) == []
