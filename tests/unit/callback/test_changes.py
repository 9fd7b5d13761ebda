# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What changed results say: sign, kind, name and id, from results as the modules give them."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.changes import Change, Source, changes, subject
from ansible_collections.mlinfra.aws.plugins.plugin_utils.progress.known import CHANGED, MADE, REMOVED, Known

OLD, NEW = "subnet-0123456789abcdef0", "subnet-0fedcba9876543210"


def known(resources=(), differences=()) -> Known:
    """What discovery and the comparison told: resources are (kind, name, id), differences have an action more."""
    told = Known()
    told.learn(
        {
            "resources": [dict(zip(("kind", "name", "id"), entry, strict=True)) for entry in resources],
            "differences": [dict(zip(("kind", "name", "id", "action"), entry, strict=True)) for entry in differences],
        }
    )
    return told


def asked(result=None, **arguments) -> dict:
    """A changed result with the arguments that it came from."""
    return {"changed": True, "invocation": {"module_args": arguments}, **(result or {})}


def subnet(identifier: str, name: str = "dev-public-1") -> dict:
    return asked({"subnet": {"id": identifier, "vpc_id": "vpc-0123456789abcdef0", "tags": {"Name": name}}}, state="present")


SUBNET = Source("amazon.aws.ec2_vpc_subnet", "Make the subnets")


def test_what_did_not_stand_was_made():
    assert changes(subnet(NEW), SUBNET, known()) == [Change(MADE, "subnet", "dev-public-1", NEW)]


def test_what_stood_was_changed():
    standing = known([("subnet", "dev-public-1", OLD)])
    assert changes(subnet(OLD), SUBNET, standing) == [Change(CHANGED, "subnet", "dev-public-1", OLD)]


def test_what_lost_its_tags_was_changed_too():
    differing = known(differences=[("subnet", "dev-public-1", OLD, "modify")])
    assert changes(subnet(OLD), SUBNET, differing) == [Change(CHANGED, "subnet", "dev-public-1", OLD)]


def test_what_takes_the_place_of_another_was_made():
    standing = known([("subnet", "dev-public-1", OLD)], [("subnet", "dev-public-1", OLD, "modify")])
    assert changes(subnet(NEW), SUBNET, standing) == [Change(MADE, "subnet", "dev-public-1", NEW)]


def test_what_was_made_is_changed_the_next_time():
    told = known(differences=[("subnet", "dev-public-1", "", "create")])
    whats = [changes(subnet(NEW), SUBNET, told)[0].what for _time in range(2)]
    assert whats == [MADE, CHANGED]


def test_nobody_claims_to_know_without_having_looked():
    assert changes(subnet(NEW), SUBNET, Known()) == [Change(CHANGED, "subnet", "dev-public-1", NEW)]


@pytest.mark.parametrize("before", [{}, {"path": "/etc/x", "state": "absent"}])
def test_a_difference_from_nothing_was_made(before):
    result = asked({"diff": {"before": before, "after": {"path": "/etc/x"}}, "dest": "/etc/x"})
    assert changes(result, Source("ansible.builtin.file", "Write"), Known()) == [Change(MADE, "file", "/etc/x")]


def test_what_is_removed_has_the_name_and_the_id_that_discovery_told():
    standing = known([("subnet", "dev-public-1", OLD), ("subnet", "dev-public-2", NEW)])
    source = Source(SUBNET.action, "Remove the subnets", "dev-public-1")
    assert changes(asked(state="absent"), source, standing) == [Change(REMOVED, "subnet", "dev-public-1", OLD)]


def test_arguments_choose_among_what_is_known():
    standing = known([("iam_role", "dev-flow-log", "arn:aws:iam::1:role/a"), ("iam_role", "dev-ml", "arn:aws:iam::1:role/b")])
    source = Source("amazon.aws.iam_role", "Remove the instance role")
    assert changes(asked(name="dev-ml", state="absent"), source, standing) == [Change(REMOVED, "iam_role", "dev-ml")]


def test_arguments_are_never_shown():
    source = Source("amazon.aws.iam_role", "Make the role")
    assert changes(asked(name="s3cret", tags={"Name": "s3cret"}), source, known()) == [
        Change(MADE, "iam_role", "Make the role")
    ]


def test_each_of_several_has_its_line():
    standing = known([("instance", "dev-1", "i-0123456789abcdef0"), ("instance", "dev-2", "i-0123456789abcdef1")])
    result = asked({"terminate_success": ["i-0123456789abcdef0", "i-0123456789abcdef1"]}, state="absent")
    assert changes(result, Source("amazon.aws.ec2_instance", "Terminate"), standing) == [
        Change(REMOVED, "instance", "dev-1", "i-0123456789abcdef0"),
        Change(REMOVED, "instance", "dev-2", "i-0123456789abcdef1"),
    ]


@pytest.mark.parametrize("identifier", ["subnet-00000000000000000", "subnet-xxxxxxxx", "", None])
def test_an_id_that_check_mode_makes_up_is_none(identifier):
    told = known(differences=[("subnet", "dev-public-1", "", "create")])
    assert changes(subnet(identifier), SUBNET, told) == [Change(MADE, "subnet", "dev-public-1")]


def test_a_part_is_made_with_the_whole():
    told = known(differences=[("iam_role", "dev-hosts", "", "create")])
    source = Source("amazon.aws.iam_policy", "Put the policies", "dev-hosts permissions")
    assert changes(asked(name="dev-hosts"), source, told) == [Change(MADE, "role_policy", "dev-hosts permissions")]


def test_tags_are_told_of_what_carries_them():
    told = known(differences=[("elastic_ip", "dev-nat", "", "create")])
    source = Source("amazon.aws.ec2_tag", "Tag the address", "dev-nat")
    result = asked(resource="eipalloc-0123456789abcdef0")
    assert changes(result, source, told) == [Change(MADE, "elastic_ip", "dev-nat")]


def test_of_many_each_is_told_and_what_was_left_is_not():
    standing = known(
        [("vpc_endpoint", "dev-ssm", "vpce-0123456789abcdef0")], [("vpc_endpoint", "dev-s3", "", "create")]
    )
    entry = {"service": "com.amazonaws.us-east-1.s3", "type": "Gateway", "changes": []}
    result = asked(
        {
            "vpc_endpoints": [
                {"vpc_endpoint_id": "vpce-0123456789abcdef1", "action": "create", **entry},
                {"vpc_endpoint_id": "vpce-0123456789abcdef2", "action": "none", **entry},
            ],
            "deleted": ["vpce-0123456789abcdef0"],
        },
        endpoints=[{"service": entry["service"], "tags": {"Name": "dev-s3"}}, {"service": entry["service"]}],
    )
    assert changes(result, Source("mlinfra.aws.vpc_endpoints", "Endpoints"), standing) == [
        Change(MADE, "vpc_endpoint", "dev-s3", "vpce-0123456789abcdef1"),
        Change(REMOVED, "vpc_endpoint", "dev-ssm", "vpce-0123456789abcdef0"),
    ]


def test_of_many_what_has_a_name_keeps_it():
    groups = [
        {"group_id": "sg-0123456789abcdef0", "group_name": "hosts", "action": "modify", "changes": ["Tags"]},
        {"group_id": "", "group_name": "new", "action": "create", "changes": []},
    ]
    result = asked({"groups": groups, "deleted": []}, groups=[{"name": "hosts"}, {"name": "new"}])
    assert changes(result, Source("mlinfra.aws.security_groups", "Groups"), known()) == [
        Change(CHANGED, "security_group", "hosts", "sg-0123456789abcdef0"),
        Change(MADE, "security_group", "new"),
    ]


def test_of_many_that_shall_not_stand_those_that_are_kept_are_not_told():
    buckets = [
        {"name": "dev-data", "action": "keep", "reason": "data", "changed": False},
        {"name": "dev-models", "action": "delete", "reason": "", "changed": True},
    ]
    result = asked({"buckets": buckets}, state="absent", buckets=[{"name": "dev-data"}, {"name": "dev-models"}])
    told = changes(result, Source("mlinfra.aws.buckets", "Remove the buckets"), known())
    assert told == [Change(REMOVED, "bucket", "dev-models")]


def test_of_many_that_are_only_listed_each_is_told():
    result = asked({"created": ["cpu"], "modified": {"disk": ["Threshold"]}, "deleted": ["memory"]})
    assert changes(result, Source("mlinfra.aws.metric_alarms", "Put the alarms"), known()) == [
        Change(MADE, "alarm", "cpu"),
        Change(CHANGED, "alarm", "disk"),
        Change(REMOVED, "alarm", "memory"),
    ]


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("dev-data would be made.", Change(MADE, "bucket", "dev-data")),
        ("The topic dev-alarms would be made.", Change(MADE, "sns_topic", "dev-alarms")),
        ("dev-old would be removed.", Change(REMOVED, "bucket", "dev-old")),
        ("dev-data would get the folders raw/, x/.", Change(MADE, "bucket", "dev-data would get the folders raw/, x/.")),
        ("Something would be done.", Change(CHANGED, "", "Something would be done.")),
    ],
)
def test_messages_stand_in_for_modules_in_check_mode(message, change):
    told = known(
        [("bucket", "dev-old", "arn:aws:s3:::dev-old")],
        [("bucket", "dev-data", "", "create"), ("sns_topic", "dev-alarms", "", "create")],
    )
    assert changes({"changed": True, "msg": message}, Source("ansible.builtin.debug", "Plan"), told) == [change]


def test_a_message_that_does_not_name_its_item_gets_its_name():
    source = Source("ansible.builtin.debug", "Change in place", "dev-1")
    result = {"changed": True, "msg": ["type", "role"]}
    assert changes(result, source, Known()) == [Change(CHANGED, "", "dev-1: type; role")]


@pytest.mark.parametrize(
    ("action", "label", "name"),
    [
        ("ansible.builtin.command", "", "Install"),
        ("ansible.builtin.command", "uv", "Install: uv"),
        ("community.aws.efs", "", "Install"),
    ],
)
def test_what_has_no_name_is_called_as_its_task(action, label, name):
    assert changes(asked(), Source(action, "Install", label), Known())[0].name == name


def test_what_failed_is_found_by_what_it_was_asked_for():
    told = known(differences=[("bucket", "dev-data", "", "create")])
    failed = {"invocation": {"module_args": {"name": "dev-data"}}, "msg": "no"}
    assert subject(failed, Source("amazon.aws.s3_bucket", "Make"), told) == "dev-data"
    assert subject({"msg": "no"}, Source("amazon.aws.s3_bucket", "Make"), told) == ""
