# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudWatch is asked of the use of resources, and spot prices; botocore checks both against the real services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ansible_collections.mlinfra.aws.plugins.module_utils.cost import api, usage

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
GB = 1024**3


def resource(kind, name, identifier="", **attributes):
    return {"kind": kind, "name": name, "id": identifier, "attributes": attributes}


RESOURCES = [
    resource("nat_gateway", "nat-2", "nat-1"),
    resource("bucket", "data", "arn:aws:s3:::data"),
    resource("log_group", "/aws/vpc/net", "arn"),
    resource("vpc_endpoint", "ssm", "vpce-1", VpcEndpointType="Interface"),
    resource("vpc_endpoint", "s3", "vpce-2", VpcEndpointType="Gateway"),
    resource("vpc", "net", "vpc-1"),
]


def test_what_is_measured_by_resource():
    """Both directions of a gateway are charged; a bucket's newest size counts, of all else the sum."""
    queries, asked = usage.queries(RESOURCES)
    assert [(query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"]) for query in queries] == [
        ("BytesInFromSource", "Sum"),
        ("BytesInFromDestination", "Sum"),
        ("BucketSizeBytes", "Average"),
        ("BucketSizeBytes", "Average"),
        ("IncomingBytes", "Sum"),
        ("BytesProcessed", "Sum"),
    ]
    values = {"q0": [GB, 2 * GB], "q1": [GB], "q2": [5 * GB, 4 * GB], "q4": [], "q5": [GB / 2]}
    results = [{"Id": name, "Values": listed} for name, listed in values.items()]
    assert usage.measured(asked, results) == {
        "nat-1": {"data_gb": 4.0},
        "data": {"standard_gb": 5.0},
        "vpce-1": {"data_gb": 0.5},
    }


def test_cloudwatch_is_asked_for_thirty_days(aws):
    """The newest values come first, over all pages."""
    queries, _asked = usage.queries(RESOURCES[:1])
    request = {
        "MetricDataQueries": queries,
        "StartTime": NOW - timedelta(days=30),
        "EndTime": NOW,
        "ScanBy": "TimestampDescending",
    }
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": [{"Id": "q0", "Values": [GB]}], "NextToken": "m"}, request)
    more = {"MetricDataResults": [{"Id": "q1", "Values": [GB]}]}
    aws.answer("cloudwatch", "get_metric_data", more, {**request, "NextToken": "m"})
    assert api.measured(aws("cloudwatch"), RESOURCES[:1], NOW) == ({"nat-1": {"data_gb": 2.0}}, "")


def test_many_resources_take_more_calls(aws):
    """A call takes five hundred queries."""
    for _call in range(2):
        aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})
    groups = [resource("log_group", f"/{number}") for number in range(501)]
    assert api.measured(aws("cloudwatch"), groups, NOW) == ({}, "")
    assert api.measured(aws("cloudwatch"), [], NOW) == ({}, "")


def test_metrics_that_may_not_be_read(aws):
    aws.refuse("cloudwatch", "get_metric_data", "AccessDenied", "no")
    assert api.measured(aws("cloudwatch"), RESOURCES, NOW) == ({}, "AccessDenied: no")


def test_spot_prices_of_now(aws):
    """The one in the middle of the zones; a price that EC2 can't have kept is none."""
    def entry(kind, amount, at=NOW):
        return {"InstanceType": kind, "SpotPrice": amount, "Timestamp": at, "AvailabilityZone": "us-east-1a"}

    old = datetime(2006, 1, 2, tzinfo=UTC)
    history = [entry("t3.medium", amount) for amount in ("0.0130", "0.0125", "0.0190")] + [entry("t3.large", "0.00001", old)]
    request = {"InstanceTypes": ["t3.large", "t3.medium"], "ProductDescriptions": ["Linux/UNIX"], "StartTime": NOW}
    aws.answer("ec2", "describe_spot_price_history", {"SpotPriceHistory": history}, request)
    assert api.spot_hours(aws("ec2"), {"t3.medium", "t3.large"}, NOW) == {"t3.medium": 0.013}


def test_spot_prices_that_are_not_told(aws):
    aws.refuse("ec2", "describe_spot_price_history", "UnauthorizedOperation")
    assert api.spot_hours(aws("ec2"), {"t3.medium"}, NOW) == {}
    assert api.spot_hours(aws("ec2"), [], NOW) == {}
