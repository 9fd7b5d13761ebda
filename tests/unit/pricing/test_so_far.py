# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a month has cost so far, by what stands, since when, and how long it ran."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.so_far import Known, so_far
from hypothesis import given
from hypothesis import strategies as st

from .resources import resource

PRICES = load("us-east-1")
START = datetime(2026, 11, 1, tzinfo=UTC)
# A hundred hours into a month of 720.
NOW = START + timedelta(hours=100)
BEFORE = (START - timedelta(days=20)).isoformat()
# An hour of each.
INSTANCE, ADDRESS, GATEWAY = 0.0416, 0.005, 0.045


def instance(state: str = "running", launched: str = BEFORE, **more: Any) -> dict[str, Any]:
    """An instance as it stands."""
    return resource("instance", "ml-1", "i-1", InstanceType="t3.medium", State={"Name": state}, LaunchTime=launched, **more)


def told(*resources: dict[str, Any], known: Known | None = None, now: datetime = NOW) -> dict[str, Any]:
    return so_far(resources, PRICES, known or Known(), now)


def hour(number: float) -> str:
    return (START + timedelta(hours=number)).isoformat()


def test_what_runs_since_before_the_month_costs_all_of_it():
    """And by its end, if it runs on, what a month of 720 hours costs."""
    month = told(instance(PublicIpAddress="198.51.100.8"))
    assert month["amount"] == round(100 * (INSTANCE + ADDRESS), 2)
    assert month["by_end"] == pytest.approx(720 * (INSTANCE + ADDRESS), abs=0.01)
    assert (month["start"], month["currency"], month["as_of"]) == ("2026-11-01", "USD", PRICES["as_of"])
    assert month["resources"] == [
        {"kind": "instance", "name": "ml-1", "id": "i-1", "area": "Compute", "hours": 100.0, "data": 0.0, "amount": 4.66}
    ]


def test_what_was_made_this_month_costs_from_then_on():
    gateway = resource("nat_gateway", "nat", "nat-1", State="available", CreateTime=hour(60))
    assert told(gateway)["amount"] == round(40 * GATEWAY, 2)


@pytest.mark.parametrize(
    ("known", "hours"),
    [
        ({}, 10),
        ({"hours": {"i-1": 34.5}}, 34.5),
        ({"hours": {"i-1": 9.9}}, 10),
    ],
    ids=["nobody measured", "it ran before, too", "CloudWatch is late"],
)
def test_a_running_instance_ran_at_least_since_its_start(known, hours):
    month = told(instance(launched=hour(90)), known=Known(**known))
    assert month["resources"][0]["hours"] == hours


@pytest.mark.parametrize(
    ("known", "hours"),
    [
        ({"hours": {"i-1": 34.5}}, 34.5),
        ({"stopped": {"i-1": hour(25)}}, 25),
        ({"stopped": {"i-1": BEFORE}}, 0),
        ({}, 0),
    ],
    ids=["measured", "it tells when it stopped", "it stopped before the month", "nobody knows"],
)
def test_a_stopped_instance_costs_what_it_ran(known, hours):
    """And nothing more until the month's end."""
    month = told(instance("stopped"), known=Known(**known))
    assert month["amount"] == round(hours * INSTANCE, 2) == month["by_end"]


def test_a_stopped_instance_had_an_address_in_a_public_subnet():
    public = resource("subnet", "a", "subnet-1", MapPublicIpOnLaunch=True)
    private = resource("subnet", "b", "subnet-2", MapPublicIpOnLaunch=False)
    known = Known(hours={"i-1": 50})
    with_address = told(public, private, instance("stopped", SubnetId="subnet-1"), known=known)
    without = told(public, private, instance("stopped", SubnetId="subnet-2"), known=known)
    assert with_address["amount"] == round(50 * (INSTANCE + ADDRESS), 2)
    assert without["amount"] == round(50 * INSTANCE, 2)


def test_what_does_not_tell_its_age_is_as_old_as_the_environment():
    """Not as old as a bucket that was kept from one before."""
    address = resource("elastic_ip", "nat", "eipalloc-1", PublicIp="198.51.100.7", AssociationId="a")
    bucket = resource("bucket", "data", "arn", CreationDate=BEFORE)
    volume = resource("volume", "ml-1", "vol-1", VolumeType="gp3", Size=1, CreateTime=hour(80))
    [cost] = [entry for entry in told(address, bucket, volume)["resources"] if entry["kind"] == "elastic_ip"]
    assert cost["hours"] == 20
    assert told(address)["resources"][0]["hours"] == 100


def test_what_passed_is_charged_whole_and_what_is_kept_by_the_time():
    """A bucket of a GB a month costs a share of it; a GB that passed costs all of it."""
    gateway = resource("nat_gateway", "nat", "nat-1", State="available", CreateTime=BEFORE)
    group = resource("log_group", "/g", "arn", creationTime=int(START.timestamp() * 1000), storedBytes=0)
    bucket = resource("bucket", "data", "arn:b", CreationDate=BEFORE)
    used = {"nat-1": {"data_gb": 100}, "/g": {"ingested_gb": 2}, "data": {"standard_gb": 7300}}
    month = told(gateway, group, bucket, known=Known(used=used))
    by_kind = {entry["kind"]: entry for entry in month["resources"]}
    assert (by_kind["nat_gateway"]["data"], by_kind["nat_gateway"]["amount"]) == (4.5, 9.0)
    assert by_kind["log_group"]["amount"] == 1.0
    assert by_kind["bucket"]["amount"] == round(7300 * 0.023 * 100 / 730, 2)
    assert {area["area"]: area["amount"] for area in month["areas"]} == {"Network": 9.0, "Storage": 23.0, "Monitoring": 1.0}


def test_what_has_no_price_is_named():
    odd = resource("instance", "odd", "i-2", InstanceType="x9.huge", State={"Name": "running"}, LaunchTime=BEFORE)
    month = told(odd)
    assert month["amount"] == 0
    assert month["unpriced"] == ["instance odd: EC2 x9.huge, running all hours"]


def test_nothing_stands():
    month = told()
    assert (month["amount"], month["by_end"], month["resources"], month["areas"]) == (0, 0, [], [])


def test_the_year_ends_after_december():
    december = datetime(2026, 12, 31, 12, tzinfo=UTC)
    month = told(instance(), now=december)
    assert month["by_end"] - month["amount"] == pytest.approx(12 * INSTANCE, abs=0.01)


@given(hours=st.floats(0, 719.9), ran=st.floats(0, 720))
def test_the_month_never_shrinks(hours, ran):
    """By its end it has cost no less than so far, and no more than running all of it."""
    now = START + timedelta(hours=hours)
    month = told(instance(), known=Known(hours={"i-1": min(ran, hours)}), now=now)
    assert 0 <= month["amount"] <= month["by_end"] + 0.01 <= 720 * INSTANCE + 0.02
