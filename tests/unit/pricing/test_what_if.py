# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else the same environment would cost."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load, merged
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.what_if import Assumptions, WhatIfs, types_to_price

from .resources import architecture, declared_instance, resource, standing

PRICES = load("us-east-1")
DATASETS = {"data": {"standard_gb": 1000, "glacier_gb": 10}}


def what_ifs(resources, prices=PRICES, usage=None, **assumed):
    return {answer["name"]: answer for answer in WhatIfs(resources, prices, usage or {}, Assumptions(**assumed)).all()}


@pytest.mark.parametrize("resources", [architecture(), standing()], ids=["declared", "standing"])
def test_what_each_saves(resources):
    """By hand: an hour of t3.medium is 0.0416, an address 0.005, a GB in S3 0.023, in Glacier 0.0036."""
    usage = {name: {"standard_gb": 1000} for name in {"data", "bucket"} & {entry["name"] for entry in resources}}
    savings = {name: answer["saving"] for name, answer in what_ifs(resources, usage=usage).items()}
    assert savings == pytest.approx(
        {
            "stopped": 730 * (0.0416 + 0.005),
            "office_hours": 730 * (0.0416 + 0.005) * 118 / 168,
            "spot": 730 * 0.0416 / 2,
            "smaller": 730 * 0.0208,
            "arm": 730 * (0.0416 - 0.0336),
            "glacier": 1000 * (0.023 - 0.0036),
            "nat_instance": 730 * (0.045 - 0.0042) - 8 * 0.08,
            "endpoints": 730 * (0.045 + 0.005 - 10 * 0.01),
            "no_egress": 730 * (0.045 + 0.005),
        },
        abs=0.011,
    )


def test_office_hours_are_chosen():
    assert what_ifs(architecture(), hours_a_week=84)["office_hours"]["saving"] == pytest.approx(17.01, abs=0.011)
    short = [{**declared_instance(), "hours_a_week": 40}]
    assert not what_ifs(short)["office_hours"]["applies"]


def test_nothing_applies_to_nothing():
    """And each says why."""
    for answer in what_ifs([resource("vpc")]).values():
        assert (answer["applies"], answer["after"], answer["saving"]) == (False, None, None)
        assert answer["reason"]


def test_stopped_instances_save_nothing():
    stopped = [resource("instance", InstanceType="t3.medium", State={"Name": "stopped"})]
    answers = what_ifs(stopped)
    assert not any(answers[name]["applies"] for name in ("stopped", "office_hours", "spot", "smaller", "arm"))


def test_a_nat_instance_is_left_alone():
    """It runs for the others."""
    nat = declared_instance("t3.micro", "nat", SourceDestCheck=False)
    assert not what_ifs([nat])["stopped"]["applies"]


def test_spot_at_the_price_of_today():
    """The usual discount stands in only where no price is known."""
    told = what_ifs([declared_instance()], merged(PRICES, {"spot_hour": {"t3.medium": 0.0116}}))["spot"]
    assert (told["saving"], told["note"]) == (21.90, "at today's spot price")
    assert "50% to 70% is usual" in what_ifs([declared_instance()])["spot"]["note"]
    assert not what_ifs([declared_instance(InstanceLifecycle="spot")])["spot"]["applies"]


def test_a_part_of_the_datasets_goes_to_glacier():
    told = what_ifs([resource("bucket", "data")], usage=DATASETS, archive_gb=500)["glacier"]
    assert (told["saving"], told["title"]) == (9.70, "Old datasets in S3 Glacier instead of S3 Standard: 500 GB")
    assert "100 GB would save 1.94" in what_ifs([resource("bucket", "data")])["glacier"]["reason"]


def test_data_through_the_gateway_is_saved_too():
    """What it costs for each GB is what a NAT instance does not take."""
    usage = {"nat-1": {"data_gb": 2000}}
    dry, wet = what_ifs(standing()), what_ifs(standing(), usage=usage)
    assert wet["nat_instance"]["saving"] - dry["nat_instance"]["saving"] == pytest.approx(90)
    assert wet["endpoints"]["saving"] - dry["endpoints"]["saving"] == pytest.approx(2000 * (0.045 - 0.01))


def test_what_has_no_price_is_not_promised():
    """Without the price of the other type there is no saving."""
    told = what_ifs(architecture(), nat_instance_type="x9.huge")["nat_instance"]
    assert not told["applies"]
    assert "x9.huge" in told["reason"]
    assert not what_ifs([declared_instance("g5.xlarge")])["smaller"]["applies"]


def test_the_types_whose_prices_are_needed():
    assert types_to_price({"t3.medium"}, Assumptions()) == {"t3.medium", "t3.small", "t4g.medium", "t4g.nano"}
    assert types_to_price({"g5.xlarge"}, Assumptions()) == {"g5.xlarge", "g5.large", "t4g.nano"}
