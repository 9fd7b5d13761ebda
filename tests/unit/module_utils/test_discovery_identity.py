# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tells one environment from the others."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity, tags_of
from hypothesis import given
from hypothesis import strategies as st

TAGS = st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=4)


@given(own=TAGS, more=TAGS)
def test_further_tags_do_not_matter(own, more):
    assert Identity("x", own, {}).owns_tags({**more, **own})


@given(own=TAGS, data=st.data())
def test_every_tag_matters(own, data):
    key = data.draw(st.sampled_from(sorted(own)))
    identity = Identity("x", own, {})
    assert not identity.owns_tags({name: value for name, value in own.items() if name != key})
    assert not identity.owns_tags({**own, key: own[key] + "2"})


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("bucket", ["audit", "data"]),
        ("iam_role", ["role"]),
        ("log_group", ["/aws/vpc/x"]),
        ("instance_profile", []),
    ],
)
def test_the_end_of_a_key_says_what_it_names(kind, names):
    given_names = {
        "datasets_bucket": "data",
        "audit_bucket": "audit",
        "instance_role": "role",
        "flow_log_role": "role",
        "vpc_log_group": "/aws/vpc/x",
        "bucketeer": "no",
    }
    assert Identity("x", {"a": "b"}, given_names).names_of(kind) == names


def test_filters_are_in_the_words_of_each_service():
    identity = Identity("x", {"b": "2", "a": "1"}, {})
    assert identity.ec2_filters() == [{"Name": "tag:a", "Values": ["1"]}, {"Name": "tag:b", "Values": ["2"]}]
    assert identity.tag_filters() == [{"Key": "a", "Values": ["1"]}, {"Key": "b", "Values": ["2"]}]


@pytest.mark.parametrize("member", ["Tags", "TagSet"])
def test_tags_as_a_dictionary(member):
    assert tags_of({member: [{"Key": "a", "Value": "1"}]}) == {"a": "1"}
    assert tags_of({}) == {}
