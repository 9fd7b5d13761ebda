# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cloudwatch_dashboard calls and returns; in check mode it must call nothing that is not answered here."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.modules import cloudwatch_dashboard as dashboard

ARN = "arn:aws:cloudwatch::123456789012:dashboard/d"
BODY = {"widgets": [{"type": "text", "width": 6}]}
STANDING = {"name": "d", "arn": ARN, "body": {"widgets": []}}


@pytest.mark.parametrize("current", [{}, STANDING])
def test_write(aws, current):
    text = '{"widgets":[{"type":"text","width":6}]}'
    remarks = {"DashboardValidationMessages": [{"DataPath": "/widgets/0", "Message": "no markdown"}]}
    aws.answer("cloudwatch", "put_dashboard", remarks, {"DashboardName": "d", "DashboardBody": text})
    aws.answer("cloudwatch", "get_dashboard", {"DashboardArn": ARN, "DashboardBody": text}, {"DashboardName": "d"})
    assert dashboard.ensure_present(aws("cloudwatch"), "d", BODY, current, check=False) == {
        "changed": True,
        "validation_messages": ["/widgets/0: no markdown"],
        "dashboard": {"name": "d", "arn": ARN, "body": BODY},
    }


@pytest.mark.parametrize("current", [{}, STANDING])
def test_write_in_check_mode_calls_nothing(aws, current):
    result = dashboard.ensure_present(aws("cloudwatch"), "d", BODY, current, check=True)
    assert result["changed"]
    assert result["dashboard"] == {**current, "name": "d", "body": BODY}


@pytest.mark.parametrize("check", [True, False])
def test_the_same_body_is_left_alone(aws, check):
    same = {"widgets": [{"width": 6.0, "type": "text"}]}
    current = {**STANDING, "body": BODY}
    result = dashboard.ensure_present(aws("cloudwatch"), "d", same, current, check)
    assert result == {"changed": False, "validation_messages": [], "dashboard": current}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("current", [{}, STANDING])
def test_absent(aws, current, check):
    if current and not check:
        aws.answer("cloudwatch", "delete_dashboards", {}, {"DashboardNames": ["d"]})
    result = dashboard.ensure_absent(aws("cloudwatch"), "d", current, check)
    assert result == {"changed": bool(current), "validation_messages": [], "dashboard": {}}
