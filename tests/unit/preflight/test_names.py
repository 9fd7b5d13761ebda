# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names fit their services, and nothing that a shell or a template would read gets into one."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight.names import RULES, name_problems, names_problems
from hypothesis import given
from hypothesis import strategies as st

GOOD = {
    "bucket": "ml-dev-datasets-89e4e5f1cd",
    "replication_group": "ml-dev",
    "cache_subnet_group": "ml-dev",
    "secret": "ml/dev/cache-token",
    "patching": "ml-dev-patching",
    "role": "ml-dev-flow-log",
    "profile": "ml-dev-ml-instance",
    "log_group": "/aws/ec2/ml-dev-ml-training",
    "alarm": "ml-dev-ml-training-1-status-check",
    "dashboard": "ml-dev",
    "topic": "ml-dev-alarms",
    "key_pair": "ml-dev-ml-training",
    "security_group": "ml-dev-ml-instance",
    "namespace": "MLInfra/ml-dev",
    "parameter": "/ml/dev/jupyter-token",
    "resource": "ml-dev",
    "region": "us-east-1",
    "scaling_group": "ml-dev-ml-member",
    "launch_template": "ml-dev-ml-member",
    "file_system": "ml-dev-shared",
    "database": "ml-dev",
    "database_group": "ml-dev",
    "postgres_name": "ml_admin",
    "analyzer": "ml-dev",
    "balancing": "ml-dev-ml-8080",
    "event_rule": "ml-dev-guardduty",
    "stream": "ml-dev-logs",
    "login": "ec2-user",
    "trail": "ml-dev",
    "budget": "ml-dev",
    "schedule_group": "ml-dev",
    "key_alias": "alias/ml-dev",
}
METACHARACTERS = [
    "$(id)",
    "`id`",
    "a;b",
    "a|b",
    "a&b",
    "a>b",
    'a"b',
    "a'b",
    "{{ x }}",
    "{% x %}",
    "a\\b",
    "a\nb",
    "a\0b",
    "ä",
]


@pytest.mark.parametrize("kind", RULES)
def test_good_names_pass(kind: str) -> None:
    """A name of each kind as the defaults make it."""
    assert name_problems("x", GOOD[kind], kind) == []


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("bad", METACHARACTERS)
def test_metacharacters_are_refused(kind: str, bad: str) -> None:
    """In every kind of name, alone and within a good one."""
    assert name_problems("x", bad, kind)
    assert name_problems("x", f"{GOOD[kind]}{bad}", kind)


@pytest.mark.parametrize("kind", RULES)
@given(letters=st.integers(min_value=0, max_value=1200))
def test_length_is_judged_exactly(kind: str, letters: int) -> None:
    """One character more than allowed is too many, one fewer is not."""
    name = GOOD[kind] + "1" * letters
    too_long = any("at most" in line for line in name_problems("x", name, kind))
    assert too_long == (len(name) > RULES[kind].longest)


@pytest.mark.parametrize(
    ("kind", "name", "fault"),
    [
        ("bucket", "Datasets", "lower-case"),
        ("bucket", "ml_datasets", "hyphens"),
        ("bucket", "-datasets", "both ends"),
        ("bucket", "datasets-", "both ends"),
        ("bucket", "ab", "at least 3"),
        ("bucket", "ml.datasets", "dot"),
        ("bucket", "xn--datasets", "xn--"),
        ("bucket", "datasets-s3alias", "-s3alias"),
        ("role", "a/b", "letters"),
        ("security_group", "sg-ml", "sg-"),
        ("security_group", "default", "default"),
        ("namespace", "AWS/EC2", "AWS/"),
        ("parameter", "/aws/x", "aws"),
        ("parameter", "/SSM-x/y", "ssm"),
        ("parameter", "ml/dev", "slash"),
        ("parameter", "/ml//dev", "slash"),
        ("region", "us-east", "us-east-1"),
        ("region", "us_east_1", "us-east-1"),
        ("role", "", "(empty)"),
        ("role", None, "(empty)"),
    ],
)
def test_what_a_service_refuses(kind: str, name: str | None, fault: str) -> None:
    """The line names the setting, the name and what is allowed."""
    line = name_problems("some_setting", name, kind)[0]
    assert line.startswith(f"some_setting: {name or '(empty)'}")
    assert fault in line


def test_missing_names_are_not_judged_twice() -> None:
    """A setting that could not be read was reported as that."""
    assert names_problems({"a": "ok"}, {"a": "role", "b": "role"}) == []
