# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which alarms differ, which are to go, and what CloudWatch is asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.metric_alarm import api, transform

WANT: dict[str, Any] = {
    "AlarmName": "ml-1-cpu",
    "Threshold": 80.0,
    "AlarmActions": ["arn:a", "arn:b"],
    "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
}
STANDS = {
    **WANT,
    "AlarmActions": ["arn:b", "arn:a"],
    "ActionsEnabled": True,
    "OKActions": [],
    "InsufficientDataActions": [],
    "StateValue": "OK",
}


def test_one_that_stands_as_wanted_needs_nothing():
    assert not transform.plan([WANT], [STANDS], "ml-.*").changed


def test_one_that_does_not_stand_is_put():
    made = transform.plan([WANT], [{**STANDS, "AlarmName": "ml-2-cpu"}], "")
    assert (made.create, made.put, made.delete) == (["ml-1-cpu"], [WANT], [])


@pytest.mark.parametrize(
    ("differs", "names"),
    [
        ({"Threshold": 70.0}, ["Threshold"]),
        ({"AlarmActions": ["arn:a"]}, ["AlarmActions"]),
        ({"OKActions": ["arn:c"]}, ["OKActions"]),
        ({"ActionsEnabled": False}, ["ActionsEnabled"]),
        ({"Dimensions": [{"Name": "InstanceId", "Value": "i-2"}], "Unit": "Percent"}, ["Dimensions", "Unit"]),
    ],
)
def test_what_differs_is_named_and_put(differs, names):
    """What nobody wants is put right too, where CloudWatch's default is another."""
    made = transform.plan([WANT], [{**STANDS, **differs}], "")
    assert (made.modify, made.put) == ({"ml-1-cpu": names}, [WANT])


def test_what_the_comparison_does_not_know_is_compared_as_it_is():
    want = {**WANT, "ThresholdMetricId": "band", "Tags": [{"Key": "a", "Value": "b"}]}
    assert transform.plan([want], [STANDS], "").modify == {"ml-1-cpu": ["ThresholdMetricId"]}
    assert not transform.plan([want], [{**STANDS, "ThresholdMetricId": "band"}], "").changed


def test_only_whole_names_go_and_nothing_that_is_wanted():
    standing = [STANDS, *({**STANDS, "AlarmName": name} for name in ("ml-2-cpu", "ml-2-cpu-mine", "my-ml-2-cpu"))]
    assert transform.plan([WANT], standing, r"ml-\d+-cpu").delete == ["ml-2-cpu"]


def test_names_are_asked_for_and_deleted_by_the_hundred(aws):
    names = [f"ml-{number}" for number in range(150)]
    for part in (names[:100], names[100:]):
        aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": []}, {"AlarmTypes": ["MetricAlarm"], "AlarmNames": part})
    for part in (names[:100], names[100:]):
        aws.answer("cloudwatch", "delete_alarms", {}, {"AlarmNames": part})
    assert api.list_alarms(aws("cloudwatch"), "", names) == []
    api.delete_alarms(aws("cloudwatch"), names)
    assert api.list_alarms(aws("cloudwatch"), "", []) == []


def test_a_prefix_finds_all_pages(aws):
    question = {"AlarmTypes": ["MetricAlarm"], "AlarmNamePrefix": "ml-"}
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [STANDS], "NextToken": "next"}, question)
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [STANDS]}, {**question, "NextToken": "next"})
    assert len(api.list_alarms(aws("cloudwatch"), "ml-", [])) == 2
