# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which metric filters differ, which are to go, and what CloudWatch Logs is asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.metric_filter import api, transform

WANT: dict[str, Any] = {
    "name": "rejected",
    "pattern": "[action = REJECT]",
    "metric": "RejectedFlows",
    "namespace": "ml",
    "value": "1",
    "default": 0,
    "unit": "None",
    "dimensions": {},
}
METRIC = {"metricName": "RejectedFlows", "metricNamespace": "ml", "metricValue": "1", "defaultValue": 0.0}
STANDS = {
    "filterName": "rejected",
    "filterPattern": "[action = REJECT]",
    "metricTransformations": [METRIC],
    "creationTime": 1,
    "logGroupName": "/g",
}
PUT = {
    "filterName": "rejected",
    "filterPattern": "[action = REJECT]",
    "metricTransformations": [{**METRIC, "unit": "None"}],
}


@pytest.mark.parametrize("told", [{}, {"applyOnTransformedLogs": False, "fieldSelectionCriteria": ""}])
def test_one_that_stands_as_wanted_needs_nothing(told):
    made = transform.plan([WANT], [{**STANDS, **told}], ["rejected"])
    assert (made.changed, made.before, made.after) == (False, {}, {})


def test_one_that_does_not_stand_is_put():
    made = transform.plan([WANT], [{**STANDS, "filterName": "other"}], [])
    assert (made.create, made.put, made.delete) == (["rejected"], [PUT], [])


@pytest.mark.parametrize(
    ("differs", "named"),
    [
        ({"filterPattern": "x"}, "filterPattern"),
        ({"metricTransformations": [{**METRIC, "metricValue": "2"}]}, "metricTransformations"),
        ({"metricTransformations": [{**METRIC, "unit": "Count"}]}, "metricTransformations"),
        ({"applyOnTransformedLogs": True}, "applyOnTransformedLogs"),
        ({"fieldSelectionCriteria": '@aws.region = "us-east-1"'}, "fieldSelectionCriteria"),
    ],
)
def test_what_differs_is_named_and_put(differs, named):
    """What nobody asked for is put right too, where the default is another."""
    made = transform.plan([WANT], [{**STANDS, **differs}], [])
    assert (made.modify, made.put) == ({"rejected": [named]}, [PUT])
    assert made.before["rejected"] != made.after["rejected"] == transform.normal(PUT)


def test_only_what_stands_and_is_not_wanted_goes():
    standing = [STANDS, {**STANDS, "filterName": "old"}, {**STANDS, "filterName": "other"}]
    made = transform.plan([WANT], standing, ["old", "older", "rejected"])
    assert (made.delete, list(made.before), made.after) == (["old"], ["old"], {})


def test_dimensions_take_the_place_of_a_default():
    made = transform.request({**WANT, "default": None, "dimensions": {"Source": "$source"}})
    expected = {**METRIC, "unit": "None", "dimensions": {"Source": "$source"}}
    del expected["defaultValue"]
    assert made["metricTransformations"] == [expected]


def test_all_pages_are_read(aws):
    aws.answer("logs", "describe_metric_filters", {"metricFilters": [STANDS], "nextToken": "n"}, {"logGroupName": "/g"})
    aws.answer("logs", "describe_metric_filters", {"metricFilters": [STANDS]}, {"logGroupName": "/g", "nextToken": "n"})
    assert len(api.list_filters(aws("logs"), "/g")) == 2


def test_what_is_gone_already_is_no_error(aws):
    aws.refuse("logs", "describe_metric_filters", "ResourceNotFoundException")
    aws.refuse("logs", "delete_metric_filter", "ResourceNotFoundException")
    assert api.list_filters(aws("logs"), "/g") == []
    api.delete_filter(aws("logs"), "/g", "rejected")


def test_a_filter_is_put_into_its_log_group(aws):
    aws.answer("logs", "put_metric_filter", {}, {"logGroupName": "/g", **PUT})
    aws.refuse("logs", "put_metric_filter", "LimitExceededException")
    api.put_filter(aws("logs"), "/g", PUT)
    with pytest.raises(AnsibleAWSError, match="put a metric filter"):
        api.put_filter(aws("logs"), "/g", PUT)
