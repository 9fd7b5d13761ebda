# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudWatch is asked, and how long instances ran, by the number of their status checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.status import metrics

NOW = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
HOUR = timedelta(hours=1)
GB = 1024**3
RESOURCES = [
    {"kind": "bucket", "name": "data", "id": "arn:aws:s3:::data", "attributes": {}},
    {"kind": "nat_gateway", "name": "nat-2", "id": "nat-1", "attributes": {}},
    {"kind": "vpc", "name": "net", "id": "vpc-1", "attributes": {}},
]


def test_each_instance_is_asked_for_each_measure():
    """In the namespace that publishes it, and by the instance alone."""
    queries = metrics.day_queries(["i-1", "i-2"], "MLInfra/x")
    assert len(queries) == 2 * len(metrics.MEASURES) == len({query["Id"] for query in queries})
    stats = {query["Id"]: query["MetricStat"] for query in queries}
    assert stats["d1_memory"] == {
        "Metric": {
            "Namespace": "MLInfra/x",
            "MetricName": "mem_used_percent",
            "Dimensions": [{"Name": "InstanceId", "Value": "i-2"}],
        },
        "Period": 300,
        "Stat": "Average",
    }
    assert stats["d0_cpu"]["Metric"]["Namespace"] == "AWS/EC2"


def test_without_a_namespace_only_ec2_s_own_are_asked():
    queries = metrics.day_queries(["i-1"], "")
    assert {query["MetricStat"]["Metric"]["Namespace"] for query in queries} == {"AWS/EC2"}


def test_the_month_asks_for_checks_objects_and_use():
    names = [query["MetricStat"]["Metric"]["MetricName"] for query in metrics.month_queries(["i-1"], RESOURCES)]
    assert names[:2] == ["StatusCheckFailed", "NumberOfObjects"]
    assert sorted(names[2:]) == ["BucketSizeBytes", "BucketSizeBytes", "BytesInFromDestination", "BytesInFromSource"]


def test_the_day_begins_on_a_step():
    assert metrics.day_start(NOW) == datetime(2026, 11, 19, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "since"), [(20, (11, 1)), (2, (10, 30))])
def test_the_month_is_asked_from_its_first_day_on_or_from_three_days_ago(day, since):
    """At its beginning S3 has not told anything of it."""
    assert metrics.month_ask_from(NOW.replace(day=day)) == datetime(2026, *since, tzinfo=UTC)


def test_pages_that_tell_of_one_query_in_parts():
    later, sooner = NOW, NOW - HOUR
    results = [{"Id": "a", "Timestamps": [later], "Values": [2.0]}, {"Id": "a", "Timestamps": [sooner], "Values": [1.0]}]
    assert metrics.by_id(results) == {"a": [(sooner, 1.0), (later, 2.0)]}


def test_values_of_the_day():
    """Bytes of a step become bytes a second; what has no values is left out."""
    day = {"d0_cpu": [(NOW, 12.345)], "d0_network_in": [(NOW, 3000.0)], "d0_disk": []}
    assert metrics.of_day(["i-1", "i-2"], day) == {
        "i-1": {"cpu": [[NOW.isoformat(), 12.35]], "network_in": [[NOW.isoformat(), 10.0]]},
        "i-2": {},
    }


def test_how_long_an_instance_ran():
    """A check a minute; hours that follow each other are one span; the month before does not count."""
    at = NOW.replace(minute=0, second=0)
    checks = [(at.replace(month=10), 60.0), (at - 5 * HOUR, 60.0), (at - 4 * HOUR, 30.0), (at, 15.0)]
    assert metrics.ran(["i-1", "i-2"], {"m0": checks}, NOW) == {
        "i-1": {
            "hours": 1.75,
            "spans": [
                [(at - 5 * HOUR).isoformat(), (at - 3 * HOUR).isoformat()],
                [at.isoformat(), (at + HOUR).isoformat()],
            ],
        }
    }


def test_more_checks_than_minutes_are_an_hour():
    """Detailed monitoring may tell of more."""
    assert metrics.ran(["i-1"], {"m0": [(NOW, 120.0)]}, NOW)["i-1"]["hours"] == 1.0


def test_what_was_used_this_month():
    """Of what passed, all of the month; of a bucket, what S3 told last, in the month before too."""
    before = NOW.replace(month=10)
    month = {
        "q0": [(before, 5.0 * GB)],
        "q1": [],
        "q2": [(before, 7.0 * GB), (NOW, 2.0 * GB)],
        "q3": [(NOW, 1.0 * GB)],
        "o0": [(before, 41.0), (NOW, 42.0)],
    }
    assert metrics.used(RESOURCES, month, NOW) == {"data": {"standard_gb": 5.0}, "nat-1": {"data_gb": 3.0}}
    assert metrics.objects(RESOURCES, month) == {"data": 42}
    assert metrics.objects(RESOURCES, {}) == {}
