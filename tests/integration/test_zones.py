# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A zone whose subnets can't be used any more: the members of a group come back in the other one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ..depth import thorough
from .conftest import Emulator
from .site import Site, running

SLOT = 36
SETTINGS = ("-e", "scaling_enabled=true", "-e", "scaling_desired=2", "-e", "scaling_max=4")
GROUP = "bench-seed-ml-member"
pytestmark = [pytest.mark.weight(120), thorough]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulator with an environment that has a group of two."""
    with running(SLOT) as made:
        provision(made)
        yield made


def provision(emulator: Emulator) -> str:
    """Make the environment, and return what was said."""
    done = Site(emulator).run("playbooks/provision.yml", *SETTINGS)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    return done.stdout


def group(emulator: Emulator) -> dict[str, Any]:
    """The group as it stands."""
    [found] = emulator.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    return found


def lose(emulator: Emulator, zone: str) -> None:
    """Have the members of a zone fail, one after the other."""
    for member in group(emulator)["Instances"]:
        if member["AvailabilityZone"] == zone:
            gone = {"InstanceId": member["InstanceId"], "ShouldDecrementDesiredCapacity": False}
            emulator.client("autoscaling").terminate_instance_in_auto_scaling_group(**gone)


def test_members_come_back_in_the_other_zone(emulator: Emulator) -> None:
    """And in the first one, too, once it can be used again. A run finds nothing to do meanwhile."""
    ec2 = emulator.client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=group(emulator)["VPCZoneIdentifier"].split(","))["Subnets"]
    first, second = sorted(subnets, key=lambda subnet: subnet["AvailabilityZone"])
    zones = [first["AvailabilityZone"], second["AvailabilityZone"]]
    assert sorted(one["AvailabilityZone"] for one in group(emulator)["Instances"]) == zones

    reserved = ec2.create_subnet_cidr_reservation(SubnetId=first["SubnetId"], Cidr=first["CidrBlock"], ReservationType="prefix")
    lose(emulator, zones[0])
    members = group(emulator)["Instances"]
    assert [one["AvailabilityZone"] for one in members] == [zones[1]] * 2
    assert {one["LifecycleState"] for one in members} == {"InService"}
    emulator.program("calls", "--clear")
    provision(emulator)
    assert emulator.written("module") == []

    identifier = reserved["SubnetCidrReservation"]["SubnetCidrReservationId"]
    ec2.delete_subnet_cidr_reservation(SubnetCidrReservationId=identifier)
    scaling, gone = emulator.client("autoscaling"), group(emulator)["Instances"][0]["InstanceId"]
    scaling.terminate_instance_in_auto_scaling_group(InstanceId=gone, ShouldDecrementDesiredCapacity=False)
    assert sorted(one["AvailabilityZone"] for one in group(emulator)["Instances"]) == zones
