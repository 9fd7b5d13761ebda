# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is written of a bucket is what differs, in an order that closes it first, and nothing differs after that."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import configurations, transform
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.transform import Standing, Wanted
from hypothesis import given
from hypothesis import strategies as st

NAME = "target-datasets"
CLOSED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
TLS_ONLY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
RULE = {"ID": "archive", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
BY_KMS = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
ALL = {
    "BucketEncryption": BY_KMS,
    "VersioningConfiguration": {"Status": "Enabled"},
    "PublicAccessBlockConfiguration": CLOSED,
    "OwnershipControls": OWNED,
    "Policy": TLS_ONLY,
    "LifecycleConfiguration": {"Rules": [RULE]},
    "Tags": {"Project": "mlinfra"},
}
NOTHING = dict.fromkeys(ALL, {})
ADDED = dict.fromkeys(configurations.ADDED, {})


@pytest.mark.parametrize(
    ("answered", "read"),
    [
        ({"Filter": {"Prefix": "raw/"}}, {"Filter": {"Prefix": "raw/"}}),
        ({"Filter": {"Prefix": ""}}, {"Filter": {"Prefix": ""}}),
        ({"Filter": {}}, {"Filter": {"Prefix": ""}}),
        ({"Prefix": "raw/"}, {"Filter": {"Prefix": "raw/"}}),
        ({}, {"Filter": {"Prefix": ""}}),
    ],
)
def test_lifecycle_says_all_objects_in_one_form(answered: dict, read: dict) -> None:
    assert configurations.lifecycle([{"ID": "archive", **answered}]) == {"Rules": [{"ID": "archive", **read}]}


def test_encryption_leaves_out_what_aws_adds() -> None:
    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert configurations.encryption([{**by_default, "BucketKeyEnabled": False}]) == {"Rules": [by_default]}


@pytest.mark.parametrize(
    ("attribute", "one", "other"),
    [
        ("BucketEncryption", {}, {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}),
        ("VersioningConfiguration", {}, {"Status": "Suspended"}),
        ("PublicAccessBlockConfiguration", {"BlockPublicAcls": True}, {**dict.fromkeys(CLOSED, False), "BlockPublicAcls": True}),
        ("Policy", {"Statement": {"Action": "s3:*"}}, {"Statement": [{"Action": ["s3:*"]}]}),
        ("LifecycleConfiguration", {"Rules": [{"ID": "a"}, {"ID": "b"}]}, {"Rules": [{"ID": "b", "Filter": {}}, {"ID": "a"}]}),
        ("LifecycleConfiguration", {}, {"Rules": []}),
        (
            "BucketLoggingStatus",
            {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/"}},
            {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/", "TargetObjectKeyFormat": {"SimplePrefix": {}}}},
        ),
        ("Tags", {"a": "1"}, {"aws:cloudformation:stack-id": "x", "a": "1"}),
    ],
)
def test_what_means_the_same_is_equal(attribute: str, one: Any, other: Any) -> None:
    assert transform.FORMS[attribute](one) == transform.FORMS[attribute](other)


def test_a_new_bucket_is_closed_first_and_gets_all_that_is_declared() -> None:
    made = transform.plan(Wanted(NAME, ALL, ("raw/",)), None, purged=tuple(ADDED))
    assert (made.action, made.ownership, made.markers) == ("create", "BucketOwnerEnforced", ("raw/",))
    first, rest = list(made.writes)[:3], list(made.writes)[3:]
    assert first == ["PublicAccessBlockConfiguration", "Policy", "Tags"]
    # Who owns the objects is said as it is made.
    assert sorted(rest) == ["BucketEncryption", "LifecycleConfiguration", "VersioningConfiguration"]
    assert set(made.answer["changes"]) == {*ALL, "Markers"}
    assert transform.result([made])["diff"]["before"] == {}


def test_of_a_new_bucket_only_what_s3_gives_to_all_is_removed() -> None:
    made = transform.plan(Wanted(NAME, NOTHING), None, purged=tuple(ADDED))
    assert made.writes == {"PublicAccessBlockConfiguration": {}, "OwnershipControls": {}}
    assert made.ownership == ""


@pytest.mark.parametrize("purged", [tuple(ADDED), ()])
@pytest.mark.parametrize("attributes", [ALL, NOTHING])
def test_what_stands_as_declared_is_left_alone(attributes: dict, purged: tuple) -> None:
    made = transform.plan(Wanted(NAME, attributes, ("raw/",)), Standing({**attributes, **ADDED}), purged)
    assert made.answer == {"name": NAME, "action": "none", "changed": False, "changes": []}
    assert made.writes == {}
    assert transform.result([made])["diff"] == {"before": {}, "after": {}}


def test_what_is_not_declared_is_left_alone_unless_it_is_purged() -> None:
    added = {**ADDED, "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}}
    standing = Standing({**ALL, **added})
    assert transform.plan(Wanted(NAME, {}), standing, purged=()).action == "none"
    made = transform.plan(Wanted(NAME, {}), standing, purged=tuple(ADDED))
    assert made.writes == {"CORSConfiguration": {}}
    assert transform.result([made])["diff"] == {
        "before": {NAME: {"CORSConfiguration": added["CORSConfiguration"]}},
        "after": {NAME: {"CORSConfiguration": {}}},
    }


def test_only_what_is_compared_is_read() -> None:
    assert transform.to_read({"Policy": {}}, purged=()) == ["Policy"]
    assert set(transform.to_read(ALL, purged=tuple(ADDED))) == {*ALL, *ADDED}


def test_folders_alone_are_a_change() -> None:
    made = transform.plan(Wanted(NAME, {}, ("raw/", "interim/")), Standing({}, ("interim/",)), purged=())
    assert made.answer["changes"] == ["Markers"]
    assert made.difference == ({"Markers": ["raw/"]}, {"Markers": ["raw/", "interim/"]})


def test_tags_of_aws_are_told_again() -> None:
    """S3 refuses to be told tags without them."""
    own = {"aws:cloudformation:stack-id": "x"}
    made = transform.plan(Wanted(NAME, {"Tags": {"a": "1"}}), Standing({"Tags": {**own, "b": "2"}}), purged=())
    assert made.writes == {"Tags": {**own, "a": "1"}}
    assert made.difference == ({"Tags": {"b": "2"}}, {"Tags": {"a": "1"}})


@pytest.mark.parametrize("attribute", configurations.WRITES)
def test_what_says_nothing_is_removed(attribute: str) -> None:
    operation, arguments = configurations.write_call(attribute, {})
    puts_nothing = {
        "VersioningConfiguration": {"VersioningConfiguration": {"Status": "Suspended"}},
        "BucketLoggingStatus": {"BucketLoggingStatus": {}},
        "NotificationConfiguration": {"NotificationConfiguration": {}},
    }
    assert operation.startswith("put_" if attribute in puts_nothing else "delete_")
    assert arguments == puts_nothing.get(attribute, {})


ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "BucketEncryption": st.sampled_from([{}, BY_KMS]),
        "VersioningConfiguration": st.sampled_from([{}, {"Status": "Enabled"}, {"Status": "Suspended"}]),
        "PublicAccessBlockConfiguration": st.just({}) | st.fixed_dictionaries(dict.fromkeys(CLOSED, st.booleans())),
        "OwnershipControls": st.sampled_from([{}, OWNED, {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}]),
        "Policy": st.sampled_from([{}, TLS_ONLY]),
        "LifecycleConfiguration": st.just({})
        | st.lists(st.sampled_from("abc"), unique=True).map(lambda ids: {"Rules": [{**RULE, "ID": one} for one in ids]}),
        "Tags": st.dictionaries(st.sampled_from(["a", "b", "aws:c"]), st.text(max_size=2)),
    },
)
BY_S3 = {**NOTHING, **ADDED, "PublicAccessBlockConfiguration": CLOSED, "OwnershipControls": OWNED}


def carried_out(made: transform.Plan, standing: Standing | None) -> Standing:
    """What stands when a plan was carried out."""
    owned = {"OwnershipControls": {"Rules": [{"ObjectOwnership": made.ownership}]}} if made.ownership else {}
    before = standing.attributes if standing else {**BY_S3, **owned}
    return Standing({**before, **made.writes})


@given(ATTRIBUTES, st.none() | ATTRIBUTES, st.sampled_from([(), tuple(ADDED)]))
def test_nothing_is_left_to_do(declared: dict, there: dict | None, purged: tuple) -> None:
    """Whatever is declared and whatever stands: a plan that was carried out is followed by an empty one."""
    wanted = Wanted(NAME, {name: transform.FORMS[name](value) for name, value in declared.items()})
    standing = None if there is None else Standing({**BY_S3, **there})
    made = transform.plan(wanted, standing, purged)
    after = carried_out(made, standing)
    assert transform.plan(wanted, after, purged).action == "none"
    kept = {name: value for name, value in after.attributes.items() if name not in made.after}
    assert kept.items() <= (standing.attributes if standing else {**BY_S3, **after.attributes}).items()


@given(st.sampled_from(sorted(transform.FORMS)), ATTRIBUTES)
def test_a_form_is_its_own_form(attribute: str, declared: dict) -> None:
    form = transform.FORMS[attribute]
    once = form(declared.get(attribute, {}))
    assert form(once) == once


IDENTITY = {"Project": "mlinfra", "Environment": "dev"}


@pytest.mark.parametrize(
    ("tags", "owned"),
    [
        ({**IDENTITY, "Name": NAME}, True),
        ({}, True),
        ({"aws:cloudformation:stack-id": "x"}, True),
        ({"Project": "mlinfra"}, False),
        ({**IDENTITY, "Environment": "prod"}, False),
    ],
    ids=["its tags", "none", "none but AWS's", "some of them", "another's"],
)
def test_whose_a_bucket_is(tags: dict, owned: bool) -> None:
    assert transform.is_owned(tags, IDENTITY) is owned


def test_what_others_log_into_comes_first() -> None:
    logged = {"BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "access/a/"}}}
    wanted = [Wanted("a", logged), Wanted("logs", {"BucketLoggingStatus": {}}), Wanted("b", logged)]
    assert transform.in_order(wanted) == [[1], [0, 2]]
    assert transform.in_order(wanted[1:2]) == [[0]]


@pytest.mark.parametrize(
    ("statement", "denied"),
    [
        ({"Effect": "Deny", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"]}, True),
        ({"Effect": "Allow", "Action": ["s3:DeleteObject"]}, False),
        ({"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        ({"Effect": "Deny", "Action": ["s3:PutObject"]}, False),
    ],
)
def test_whether_deletion_is_denied(statement: dict, denied: bool) -> None:
    assert transform.denies_deletion({"Statement": [statement]}) is denied
    assert not transform.denies_deletion({})


def test_problems_are_told_together() -> None:
    bare = {"ID": "", "Status": "Enabled"}
    wanted = [Wanted(NAME, {}, ("raw", "/")), Wanted(NAME, {"LifecycleConfiguration": {"Rules": [RULE, bare]}})]
    assert transform.problems(wanted) == [
        f"{NAME}: markers: 'raw', '/' must be a key that ends in a slash, such as 'raw/'",
        f"{NAME} is given twice: give each bucket once",
        f"{NAME}: LifecycleConfiguration: each of the rules needs an ID",
    ]
    assert transform.problems([Wanted(NAME, ALL, ("raw/",)), Wanted("other", NOTHING)]) == []
