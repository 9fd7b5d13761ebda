# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that fail, and answers that get lost, change nothing in what stands in the end."""

from __future__ import annotations

import pytest

from .conftest import DESTROY, GUARDS, MAKE, standing
from .faults import REFUSED, Faults, LostAnswers

pytestmark = pytest.mark.xdist_group("survival")


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


@pytest.mark.weight(60)
def test_runs_complete_what_was_executed_and_never_answered(site, stood, behind, record_property):
    lost = LostAnswers()
    runs = 0
    with behind(lost) as endpoint:
        while True:
            runs += 1
            done = site.run(MAKE, *GUARDS, AWS_ENDPOINT_URL=endpoint)
            print(runs, done.returncode, lost, done.stdout[-1500:])
            if done.returncode == 0:
                break
    record_property("lost", f"{lost}; {runs} runs")
    site.learn()
    from pathlib import Path
    Path("/tmp/snap/lost.txt").write_text("\n".join(standing(site)))
    Path("/tmp/snap/made.txt").write_text("\n".join(stood.made))
    assert standing(site) == stood.made
    assert site.compare().differences == []
