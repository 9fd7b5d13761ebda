# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the two presets of security come to."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml

PROJECT = yaml.safe_load((Path(__file__).parents[2] / "group_vars" / "all.yml").read_text())


def _value(name: str, preset: str) -> str:
    """What a template of the project's defaults comes to with a preset."""
    engine = jinja2.Environment(undefined=jinja2.StrictUndefined)
    strict = engine.from_string(PROJECT["mlinfra_strict"]).render(mlinfra_security_preset=preset) == "True"
    return engine.from_string(PROJECT[name]).render(mlinfra_strict=strict)


@pytest.mark.parametrize(("preset", "days"), [("seed", 7), ("strict", 365)])
def test_strict_keeps_logs_for_a_year(preset: str, days: int) -> None:
    assert int(_value("mlinfra_log_retention_days", preset)) == days
