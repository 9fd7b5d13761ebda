# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run that is killed at any call leaves nothing that the next one does not complete, or take down.

The emulator has executed a writing call, and its answer is on the way: then the run is killed. The next one begins with
what it left and is killed some calls later, and so on until one comes to its end.
"""

from __future__ import annotations

from itertools import chain, repeat
from math import inf

import pytest
from bench.states import CREATION_SECONDS, States
from proxy import messages
from proxy.latency import Latency

from ..depth import THOROUGH, extended, thorough
from ..integration.test_comparison import SETTINGS
from .conftest import DESTROY, MAKE, standing
from .kills import Kills, run_to_the_end
from .removals import Removals
from .victim import Victim

pytestmark = pytest.mark.xdist_group("survival")


# What would be lost most easily, and what takes its time: the next run finds it on its way.
HARDEST = ("ec2:AllocateAddress", "ec2:CreateNatGateway", "ec2:TerminateInstances", "ec2:DeleteNatGateway")
# How much further apart kills are in the suite than in `make thorough`.
APART = 1 if THOROUGH else 3
# Seconds that NAT gateways and instances take to come and to go.
SECONDS = 8.0


@pytest.fixture
def kills(behind, request):
    """The behaviour of a proxy that stands before the emulator, which takes its time for what AWS takes its time for."""
    behaviour = Kills(*getattr(request, "param", HARDEST))
    slow = messages.chain(Latency(0.0, States(dict.fromkeys(CREATION_SECONDS, SECONDS))), Removals(SECONDS))
    with behind(messages.chain(behaviour, slow)) as behaviour.endpoint:
        yield behaviour


@pytest.fixture
def call(site, kills):
    """How a playbook is run behind the proxy."""
    return lambda *arguments: site.call(*arguments, *SETTINGS, AWS_ENDPOINT_URL=kills.endpoint)


@pytest.mark.weight(120)
@pytest.mark.parametrize(
    ("first", "step", "whole"),
    [
        pytest.param(1, 7, True, id="with-its-modules"),
        pytest.param(3, 6, False, id="without-its-modules", marks=thorough),
    ],
)
def test_a_run_completes_what_killed_runs_left(site, stood, kills, call, tmp_path, record_property, first, step, whole):
    """All stands as after a run that nobody killed: nothing twice, nothing that is not declared, nothing missing."""
    done = run_to_the_end(kills, call(MAKE), tmp_path / "output.txt", chain([first], repeat(step * APART)), whole)
    record_property("kills", str(done))
    assert standing(site) == stood.made
    site.learn()
    assert site.compare().differences == []


@extended
@pytest.mark.weight(90)
def test_destroy_completes_what_killed_runs_took_down(site, stood, kills, call, tmp_path, record_property):
    """Each run takes the lock first: the kills grow rarer in the end, where nothing else is left but what keeps it."""
    site.playbook(MAKE)
    done = run_to_the_end(kills, call(*DESTROY), tmp_path / "output.txt", chain(repeat(2 * APART, 20 // APART), repeat(6 * APART)))
    record_property("kills", str(done))
    assert "Residual     $0.00/month" in done.output
    assert standing(site) == stood.before


@thorough
@pytest.mark.weight(30)
@pytest.mark.parametrize("kills", [["ec2:AllocateAddress"], ["s3:CreateBucket"]], ids=" ".join, indirect=True)
def test_destroy_finds_what_a_killed_run_left(site, stood, kills, call, tmp_path):
    """What hangs on nothing yet, and what gets its tags by a call of its own."""
    victim = Victim(call(MAKE), tmp_path / "output.txt", whole=True)
    kills.aim(victim, after=inf)
    victim.end()
    victim.wait_for_the_rest()
    assert len(kills.at) == 1
    output = site.playbook(*DESTROY)
    assert "Residual     $0.00/month" in output
    assert standing(site) == stood.before
