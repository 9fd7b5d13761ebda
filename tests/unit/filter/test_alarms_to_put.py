# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter alarms_to_put, which leaves out the alarms that stand as declared."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.filter.alarms_to_put import FilterModule

alarms_to_put = FilterModule().filters()["alarms_to_put"]

DECLARED = {
    "name": "ml-1-cpu",
    "attributes": {
        "AlarmName": "ml-1-cpu",
        "Threshold": 80.0,
        "AlarmActions": ["arn:a", "arn:b"],
        "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
    },
}
STANDING = {
    "alarm_name": "ml-1-cpu",
    "threshold": 80,
    "alarm_actions": ["arn:b", "arn:a"],
    "dimensions": [{"name": "InstanceId", "value": "i-1"}],
    "state_value": "OK",
}


def test_an_alarm_as_declared_is_left_out():
    assert alarms_to_put([DECLARED], [STANDING]) == []


@pytest.mark.parametrize(
    "found",
    [
        [],
        [{**STANDING, "alarm_name": "ml-2-cpu"}],
        [{**STANDING, "threshold": 70}],
        [{**STANDING, "alarm_actions": ["arn:a"]}],
        [{**STANDING, "dimensions": [{"name": "InstanceId", "value": "i-2"}]}],
    ],
)
def test_a_missing_or_different_alarm_is_put(found):
    assert alarms_to_put([DECLARED], found) == [DECLARED]
