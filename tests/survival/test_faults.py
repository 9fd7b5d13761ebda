# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that fail, and answers that get lost, change nothing in what stands in the end."""

from __future__ import annotations

import pytest

from ..depth import extended
from ..integration.test_comparison import SETTINGS
from .conftest import DESTROY, MAKE, standing
from .faults import REFUSED, Faults, LostAnswers

pytestmark = [extended, pytest.mark.xdist_group("survival")]


@pytest.mark.weight(60)
def test_runs_finish_though_one_call_in_ten_fails(site, stood, behind, record_property):
    """Throttled, refused, cut off or left without an answer: what they make and take down is the same as without."""
    faults = Faults(seed=1, share=0.1)
    with behind(faults) as endpoint:
        site.playbook(MAKE, AWS_ENDPOINT_URL=endpoint)
        record_property("faults", str(faults))
        assert standing(site) == stood.made
        output = site.playbook(*DESTROY, AWS_ENDPOINT_URL=endpoint)
    record_property("faults", str(faults))
    assert faults.injected.keys() == REFUSED.keys()
    assert "Residual     $0.00/month" in output
    assert standing(site) == stood.before


# By a client token, by their name, and by nothing at all: that is how AWS knows these calls again.
LOST = {
    "by token": [
        *("ec2:CreateNatGateway", "ec2:CreateRouteTable", "ec2:CreateNetworkAcl", "ec2:RunInstances"),
        *("ec2:CreateVpcEndpoint", "ec2:CreateFlowLogs", "scheduler:CreateScheduleGroup", "scheduler:CreateSchedule"),
    ],
    "by name": [
        *("s3:CreateBucket", "s3:PutBucketPolicy", "sns:CreateTopic", "iam:PutRolePolicy"),
        *("cloudwatch:PutMetricAlarm", "cloudwatch:PutDashboard", "ec2:CreateTags"),
    ],
    "refused and taken for done": ["s3:PutObject"],
    "refused": ["logs:CreateLogGroup", "iam:CreateRole"],
    "made twice": ["ec2:CreateVpc", "ec2:CreateInternetGateway", "ec2:AllocateAddress"],
}


@pytest.mark.weight(60)
def test_what_was_executed_and_never_answered_stands_once(site, stood, behind, record_property):
    """Where AWS refuses to do it again, the run stops, and the next one goes on; what it did again is taken away."""
    lost = LostAnswers(*(call for calls in LOST.values() for call in calls))
    runs = 1
    with behind(lost) as endpoint:
        while (done := site.run(MAKE, *SETTINGS, AWS_ENDPOINT_URL=endpoint)).returncode:
            assert "An error occurred" in done.stdout
            runs += 1
            assert runs <= len(LOST["refused"]) + 1, done.stdout
    record_property("lost", f"{lost}; {runs} runs")
    assert lost.lost.keys() == {call for calls in LOST.values() for call in calls}
    assert lost.refused.keys() == {*LOST["refused and taken for done"], *LOST["refused"]}
    site.playbook(MAKE)
    assert standing(site) == stood.made
    site.learn()
    assert site.compare().differences == []
