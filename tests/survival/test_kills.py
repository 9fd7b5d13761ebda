# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run that is killed at any call leaves nothing that the next one does not complete, or take down.

The emulator has executed a writing call, and its answer is on the way: then the run is killed. The next one begins with
what it left and is killed some calls later, and so on until one comes to its end.
"""

from __future__ import annotations

from itertools import chain, cycle, repeat

import pytest

from .conftest import DESTROY, GUARDS, MAKE, standing
from .kills import Kills, Victim, run_to_the_end

pytestmark = pytest.mark.xdist_group("survival")


@pytest.fixture
def kills(behind):
    """The behaviour of a proxy that stands before the emulator."""
    behaviour = Kills()
    with behind(behaviour) as behaviour.endpoint:
        yield behaviour


@pytest.fixture
def call(site, kills):
    """How a playbook is run behind the proxy."""
    return lambda *arguments: site.call(*arguments, *GUARDS, AWS_ENDPOINT_URL=kills.endpoint)


@pytest.mark.weight(120)
@pytest.mark.parametrize(
    ("first", "step", "whole"),
    [pytest.param(1, 4, True, id="with-its-modules"), pytest.param(3, 6, False, id="without-its-modules")],
)
def test_a_run_completes_what_killed_runs_left(site, stood, kills, call, tmp_path, record_property, first, step, whole):
    """All stands as after a run that nobody killed: nothing twice, nothing that is not declared, nothing missing."""
    done = run_to_the_end(kills, call(MAKE), tmp_path / "output.txt", chain([first], repeat(step)), whole)
    record_property("kills", str(done))
    assert standing(site) == stood.made
    site.learn()
    assert site.compare().differences == []


@pytest.mark.weight(90)
def test_destroy_completes_what_killed_runs_took_down(site, stood, kills, call, tmp_path, record_property):
    site.playbook(MAKE)
    done = run_to_the_end(kills, call(*DESTROY), tmp_path / "output.txt", cycle([1, 2, 2]))
    record_property("kills", str(done))
    assert "Residual     $0.00/month" in done.output
    assert standing(site) == stood.before


@pytest.mark.weight(30)
@pytest.mark.parametrize("last", ["ec2:AllocateAddress", "s3:CreateBucket"])
def test_destroy_finds_what_a_killed_run_has_not_tagged_yet(site, stood, kills, call, tmp_path, last):
    """What gets its tags by a call of its own, or hangs on nothing yet."""
    victim = Victim(call(MAKE), tmp_path / "output.txt", whole=True)
    kills.aim(victim, 1, last)
    victim.end()
    victim.wait_for_the_rest()
    assert kills.at == [last]
    output = site.playbook(*DESTROY)
    assert "Residual     $0.00/month" in output
    assert standing(site) == stood.before
