# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each correction works, and is still needed."""

from __future__ import annotations

from typing import Any

import pytest
from behaviours import BEHAVIOURS, Behaviour
from clients import Clients
from emulator import corrections

every_behaviour = pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=[one.aspect for one in BEHAVIOURS])


def test_every_correction_is_tested() -> None:
    assert {one.correction for one in BEHAVIOURS} == set(corrections.names())


@every_behaviour
def test_emulator_does_as_aws(behaviour: Behaviour, aws: Clients) -> None:
    assert behaviour.holds(aws), behaviour.aspect


@every_behaviour
def test_moto_needs_correction(behaviour: Behaviour, by_itself: dict[str, Any]) -> None:
    where = f"roles/local_cloud/files/emulator/corrections/{behaviour.correction}.py"
    assert not by_itself[behaviour.aspect], f"moto does this itself now ({behaviour.aspect}): delete it from {where}"
