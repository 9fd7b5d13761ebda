# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each way out of the private subnets can be changed to each other in one run, which leaves nothing behind.

One walk comes to each way and leaves it again, or passes all twenty changes in `make thorough`. At each stop boto3 says
what stands, and it is what the way out needs, no more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ..depth import THOROUGH, extended, thorough
from .by_hand import CHANGES, REPAIRED, TOGETHER, WAYS_OUT, ByHand, Hands
from .conftest import ROOT, Emulator

pytestmark = [extended, pytest.mark.weight(400), pytest.mark.xdist_group("ways out")]
SLOT = 17
NAME = "bench-seed"
WAYS = ["nat_instance", "nat_gateway", "endpoints", "nat_gateway_per_az", "none"]
SERVICES = ["ec2messages", "logs", "monitoring", "ssm", "ssmmessages"]
TERMINATED = {"shutting-down", "terminated"}


def walk(ways: list[str]) -> list[str]:
    """A walk that makes each change from one way to another once, and ends where it began."""
    left = {way: [other for other in reversed(ways) if other != way] for way in ways}
    path, done = [ways[0]], []
    while path:
        onward = left[path[-1]]
        if onward:
            path.append(onward.pop())
        else:
            done.append(path.pop())
    return done[::-1]


WALK = walk(WAYS) if THOROUGH else [*WAYS, WAYS[0]]


class Account:
    """The emulator of slot 17, and what stands on it."""

    def __init__(self) -> None:
        self.emulator = Emulator(SLOT)
        self.client = cache(self.emulator.client)

    def run(self, *options: str, **settings: Any) -> list[str]:
        """Apply role network and return the names of the tasks that changed something, or would."""
        [changed, _again] = self._runs(*options, **settings)
        return changed

    def run_twice(self, **settings: Any) -> list[list[str]]:
        """The same for two runs, one after the other."""
        return self._runs(network_again=True, **settings)

    def compared(self, **settings: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Apply role network with what a comparison found, and return that comparison and the one after the run."""
        output = self._playbook("tests/integration/network.yml", "-e", json.dumps({**settings, "network_compare": True}))
        tasks = [task for play in json.loads(output)["plays"] for task in play["tasks"]]
        told = {one["task"]["name"]: one["hosts"][NAME] for one in tasks}
        return told["Compare before"], told["Compare after"]

    def _runs(self, *options: str, **settings: Any) -> list[list[str]]:
        output = self._playbook("tests/integration/network.yml", *options, "-e", json.dumps(settings))
        tasks = [task for play in json.loads(output)["plays"] for task in play["tasks"]]
        names = [one["task"]["name"] for one in tasks]
        second = names.index("Again") if "Again" in names else len(names)
        changed = [any(host.get("changed") for host in one["hosts"].values()) for one in tasks]
        parts = slice(second), slice(second, None)
        return [sorted(name for name, is_so in zip(names[at], changed[at], strict=True) if is_so) for at in parts]

    def refuse(self, **settings: Any) -> str:
        """Apply role network, which fails, and return what it says."""
        with pytest.raises(AssertionError) as failure:
            self.run(**settings)
        return str(failure.value)

    def written(self, caller: str) -> list[str]:
        """The writing calls of the runs of a test: "module", or "again" for the second of two."""
        return self.emulator.written(caller)

    def _playbook(self, name: str, *options: str) -> str:
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", "benchmarks/inventory", name, *options],
            cwd=ROOT,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
                "AWS_ENDPOINT_URL": self.emulator.endpoint,
                "AWS_CA_BUNDLE": self.emulator.ca_bundle,
                "AWS_ACCESS_KEY_ID": "module",
                "AWS_SECRET_ACCESS_KEY": "module",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        return done.stdout

    def instances(self) -> list[dict[str, Any]]:
        """Those that are not terminated."""
        reservations = self.client("ec2").describe_instances()["Reservations"]
        found = [instance for one in reservations for instance in one["Instances"]]
        return [instance for instance in found if instance["State"]["Name"] not in TERMINATED]

    def standing(self) -> dict[str, Any]:
        """What stands that a way out could have made, in a form that `needed` knows."""
        ec2 = self.client("ec2")
        [vpc] = [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]]
        here = [{"Name": "vpc-id", "Values": [vpc]}]
        gateways = [one for one in ec2.describe_nat_gateways(Filter=here)["NatGateways"] if one["State"] != "deleted"]
        tables = [one for one in ec2.describe_route_tables(Filters=here)["RouteTables"] if one["Tags"]]
        interfaces = ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"]
        endpoints = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
        private = [one for one in tables if "-private" in named(one)]
        return {
            "gateways": len(gateways),
            "instances": [(one["InstanceType"], one["SourceDestCheck"]) for one in self.instances()],
            "volumes": len(ec2.describe_volumes()["Volumes"]),
            "addresses": sum("AssociationId" in one for one in ec2.describe_addresses()["Addresses"]),
            "idle addresses": sum("AssociationId" not in one for one in ec2.describe_addresses()["Addresses"]),
            "endpoints": sorted(one["ServiceName"].rpartition(".")[2] for one in endpoints),
            "interfaces": sorted(one["InterfaceType"] for one in interfaces),
            "groups": sorted(one["GroupName"] for one in ec2.describe_security_groups(Filters=here)["SecurityGroups"]),
            "tables": sorted(named(one) for one in tables),
            "subnets of tables": sorted(len(one["Associations"]) for one in private),
            "ways": sorted(way_of(one) for one in private),
            "black holes": sum(route["State"] != "active" for one in tables for route in one["Routes"]),
        }


def said(compared: dict[str, Any]) -> set[tuple[str, ...]]:
    """What a comparison says: kind, action and, where it is to be modified, attribute."""
    return {
        (one["kind"], one["action"], attribute)
        for one in compared["differences"]
        for attribute in ([each["attribute"] for each in one["attributes"]] if one["action"] == "modify" else [""])
    }


def expected(change: ByHand) -> tuple[str, ...]:
    """What it is to say of a change."""
    return (change.kind, change.action, change.attribute if change.action == "modify" else "")


def named(resource: dict[str, Any]) -> str:
    """The tag Name."""
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}["Name"]


def way_of(table: dict[str, Any]) -> str:
    """Where the table's default route leads."""
    for route in table["Routes"]:
        if route.get("DestinationCidrBlock") == "0.0.0.0/0":
            leads = [name for name in ("NatGatewayId", "InstanceId", "GatewayId", "NetworkInterfaceId") if route.get(name)]
            return leads[0]
    return "nowhere"


def needed(way: str) -> dict[str, Any]:
    """What stands with a way out, and nothing else."""
    gateways = {"nat_gateway": 1, "nat_gateway_per_az": 2}.get(way, 0)
    instances = [("t4g.nano", False)] if way == "nat_instance" else []
    services = SERVICES if way == "endpoints" else []
    own_group = {"nat_instance": [f"{NAME}-nat-instance"], "endpoints": [f"{NAME}-endpoints"]}
    private = [f"{NAME}-private-1", f"{NAME}-private-2"] if way == "nat_gateway_per_az" else [f"{NAME}-private"]
    leads = {"nat_gateway": "NatGatewayId", "nat_gateway_per_az": "NatGatewayId", "nat_instance": "InstanceId"}
    return {
        "gateways": gateways,
        "instances": instances,
        "volumes": len(instances),
        "addresses": gateways + len(instances),
        "idle addresses": 0,
        "endpoints": sorted(["s3", *services]),
        "interfaces": sorted(["nat_gateway"] * gateways + ["interface"] * len(instances) + ["vpc_endpoint"] * 2 * len(services)),
        "groups": sorted(["default", f"{NAME}-ml-instance", *own_group.get(way, [])]),
        "tables": sorted([f"{NAME}-public", *private]),
        "subnets of tables": [1, 1] if len(private) == 2 else [2],
        "ways": [leads.get(way, "nowhere")] * len(private),
        "black holes": 0,
    }


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An emulator of its own, on which each test goes on from the one before."""
    account = Account()
    account.emulator.program("start")
    try:
        account.emulator.program("reset")
        yield account
    finally:
        account.emulator.program("stop")


class TestRepairs:
    """Whatever somebody changed by hand is found, and the next run puts it right, all at once."""

    @pytest.mark.parametrize("way", ["nat_gateway", *(pytest.param(way, marks=thorough) for way in WAYS_OUT)])
    def test_repair(self, account: Account, way: str) -> None:
        settings = {"network_egress": way, "network_allowed_cidrs": ["203.0.113.0/24"]}
        _before, stands = account.compared(**settings)
        assert stands["differences"] == []
        before = account.standing()
        changes = WAYS_OUT.get(way) or [one for one in CHANGES + TOGETHER + REPAIRED if one.role == "network"]
        hands = Hands(account.client, stands["outputs"])
        # What is made takes over the tags of what stands, which others then change.
        for change in sorted(changes, key=lambda one: one.action != "delete"):
            change.do(hands)
        found, repaired = account.compared(**settings, network_remove_surplus=True)
        assert {expected(change) for change in changes} - said(found) == set()
        assert repaired["differences"] == []
        assert account.standing() == before
        assert repaired["outputs"]["network"] == stands["outputs"]["network"] or way == "endpoints"

    def test_what_somebody_uses_is_named_and_kept(self, account: Account) -> None:
        """A subnet with a network interface, and its group; without being told, every subnet."""
        settings = {"network_egress": "nat_gateway", "network_allowed_cidrs": ["203.0.113.0/24"]}
        account.run(**settings)
        ec2 = account.client("ec2")
        [vpc] = [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.97.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="used", Description="Used", VpcId=vpc)["GroupId"]
        interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
        assert account.run(**settings) == []
        assert account.run(**settings, network_remove_surplus=True) == []
        ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
        planned = account.run("--check", **settings, network_remove_surplus=True)
        assert len(planned) == 2
        assert account.run(**settings, network_remove_surplus=True) == planned


class TestWaysOut:
    """In this order: the walk, what is special about single ways, and the end."""

    def test_the_walk_passes_every_change_once(self) -> None:
        assert len(set(pairwise(walk(WAYS)))) == len(walk(WAYS)) - 1 == len(WAYS) * (len(WAYS) - 1)

    def test_the_walk_begins(self, account: Account) -> None:
        account.run(network_egress=WALK[0], network_flow_logs=False)
        assert account.standing() == needed(WALK[0])

    @pytest.mark.parametrize(("before", "after"), list(pairwise(WALK)))
    def test_change(self, account: Account, before: str, after: str) -> None:
        """Check mode lists what the run then changes, the run leaves nothing behind, and the next changes nothing."""
        assert account.standing() == needed(before)
        account.emulator.program("calls", "--clear")
        planned = account.run("--check", network_egress=after, network_flow_logs=False)
        assert account.written("module") == []
        first, second = account.run_twice(network_egress=after, network_flow_logs=False)
        assert first == planned
        assert account.standing() == needed(after)
        assert second == account.written("again") == []

    def test_a_stopped_nat_instance_is_started(self, account: Account) -> None:
        """It keeps its address and its routes meanwhile."""
        [before] = account.instances()
        account.client("ec2").stop_instances(InstanceIds=[before["InstanceId"]])
        settings = {"network_egress": "nat_instance", "network_flow_logs": False}
        planned = account.run("--check", **settings)
        assert len(planned) == 1
        assert account.run(**settings) == planned
        assert account.standing() == needed("nat_instance")

    def test_a_nat_instance_is_replaced_only_when_that_is_allowed(self, account: Account) -> None:
        """Its successor takes over the address and the routes."""
        [before] = account.instances()
        address = before["PublicIpAddress"]
        other = {"network_egress": "nat_instance", "network_flow_logs": False, "network_nat_instance_type": "t4g.micro"}
        assert "Set network_allow_replacement: true" in account.refuse(**other)
        assert [one["InstanceId"] for one in account.instances()] == [before["InstanceId"]]
        planned = account.run("--check", network_allow_replacement=True, **other)
        assert account.run(network_allow_replacement=True, **other) == planned
        [after] = account.instances()
        assert (after["InstanceType"], after["PublicIpAddress"]) == ("t4g.micro", address)
        assert account.standing() == {**needed("nat_instance"), "instances": [("t4g.micro", False)]}
        assert account.run(**other) == []

    @pytest.mark.parametrize("way", ["nat_instance", pytest.param("endpoints", marks=thorough)])
    def test_absent_leaves_nothing(self, account: Account, way: str) -> None:
        """Neither the VPC nor anything that stood beside it."""
        account.run(network_egress=way, network_flow_logs=False, network_allow_replacement=True)
        planned = account.run("--check", network_state="absent")
        assert account.run(network_state="absent") == planned
        ec2 = account.client("ec2")
        assert [one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]] == []
        assert account.instances() == []
        assert ec2.describe_addresses()["Addresses"] == []
        assert ec2.describe_volumes()["Volumes"] == []
        assert account.run(network_state="absent") == []
