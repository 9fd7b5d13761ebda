# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stopping, starting and scaling an environment: what is changed, what is refused, and that it is done once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ..depth import extended, thorough
from .conftest import Emulator
from .site import Site, running

SLOT = 18
NAMES = [f"bench-seed-ml-training-{number}" for number in (1, 2, 3)]
REACHED = ("-e", "compute_elastic_ip=true", "-e", "compute_dns_zone=example.org", "-e", "compute_dns_name=ml")
NAMED = ("-e", "compute_dns_zone=example.org", "-e", "compute_dns_name=ml")
pytestmark = [extended, pytest.mark.weight(240), pytest.mark.xdist_group("power")]


class Environment:
    """An environment of one instance, and the playbooks that change it."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._site = Site(emulator)
        self.ec2 = emulator.client("ec2")
        self.route53 = emulator.client("route53")

    def run(self, name: str, *arguments: str, check: bool = True) -> str:
        """Run a playbook and return its output."""
        done = self._site.run(f"playbooks/{name}.yml", *arguments)
        assert (done.returncode == 0) == check, done.stdout[-6000:] + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def settled(self, name: str, *arguments: str) -> str:
        """Plan a run, make it, make it again: the plan tells the changes, and the second run has none, nor writing calls."""
        self.emulator.program("calls", "--clear")
        planned = changes(self.run(name, "--check", *arguments))
        assert self.emulator.written("module") == []
        said = self.run(name, *arguments)
        assert changes(said) == planned > 0
        self.emulator.program("calls", "--clear")
        assert changes(self.run(name, *arguments)) == 0
        assert self.emulator.written("module") == []
        return said

    def instances(self) -> dict[str, dict[str, Any]]:
        """The instances by name."""
        states = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
        found = [one for part in self.ec2.describe_instances(Filters=states)["Reservations"] for one in part["Instances"]]
        return {tag["Value"]: one for one in found for tag in one["Tags"] if tag["Key"] == "Name"}

    def states(self) -> list[str]:
        """Their states, by name."""
        return [one["State"]["Name"] for _name, one in sorted(self.instances().items())]

    def records(self) -> dict[str, str]:
        """Where the records of the zone lead."""
        [zone] = self.route53.list_hosted_zones()["HostedZones"]
        listed = self.route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        return {one["Name"]: one["ResourceRecords"][0]["Value"] for one in listed if one["Type"] == "A"}

    def gateways(self) -> int:
        """How many NAT gateways stand."""
        return len(self.ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": ["available"]}])["NatGateways"])

    def protect(self, name: str, **attribute: Any) -> None:
        """Change a protection by hand."""
        self.ec2.modify_instance_attribute(InstanceId=self.instances()[name]["InstanceId"], **attribute)


def changes(said: str) -> int:
    """The changes of a run."""
    return sum(map(int, re.findall(r"changed=(\d+)", said.split("PLAY RECAP")[-1])))


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    """An environment that stands, and a zone for its records."""
    with running(SLOT) as emulator:
        made = Environment(emulator)
        made.route53.create_hosted_zone(Name="example.org", CallerReference="test")
        made.run("provision")
        yield made


class TestPower:
    """In this order, on one environment."""

    def test_what_somebody_changed_is_put_right_where_it_stands(self, environment: Environment) -> None:
        ec2, before = environment.ec2, environment.instances()[NAMES[0]]
        instance, root = before["InstanceId"], before["BlockDeviceMappings"][0]
        [pair] = ec2.describe_key_pairs()["KeyPairs"]
        ec2.delete_tags(Resources=[instance], Tags=[{"Key": key} for key in ("Name", "Index", "Environment")])
        ec2.delete_tags(Resources=[pair["KeyPairId"]], Tags=[{"Key": "Project"}])
        ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
        ec2.monitor_instances(InstanceIds=[instance])
        kept = {"DeviceName": root["DeviceName"], "Ebs": {"DeleteOnTermination": False}}
        ec2.modify_instance_attribute(InstanceId=instance, BlockDeviceMappings=[kept])
        ec2.modify_volume(VolumeId=root["Ebs"]["VolumeId"], Throughput=250, Iops=4000)
        environment.settled("provision")
        after = environment.instances()[NAMES[0]]
        [volume] = ec2.describe_volumes(VolumeIds=[root["Ebs"]["VolumeId"]])["Volumes"]
        assert (after["InstanceId"], len(environment.instances())) == (instance, 1)
        assert {tag["Key"]: tag["Value"] for tag in after["Tags"]} == {tag["Key"]: tag["Value"] for tag in before["Tags"]}
        assert (after["SourceDestCheck"], after["Monitoring"]["State"]) == (True, "disabled")
        assert after["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"]
        assert (volume["Throughput"], volume["Iops"]) == (125, 3000)
        tagged = ec2.describe_key_pairs()["KeyPairs"][0]["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in tagged} == {tag["Key"]: tag["Value"] for tag in pair["Tags"]}

    def test_stopped_with_its_way_out_and_left_so(self, environment: Environment) -> None:
        said = environment.settled("stop", "-e", "include_nat=true")
        assert (environment.states(), environment.gateways()) == (["stopped"], 0)
        # t3.medium and its address, the gateway and its own.
        assert re.search(r"Saves 70\.\d\d USD", said), said[-1500:]
        environment.run("provision")
        assert environment.states() == ["stopped"], "a run that applies everything starts what somebody stopped"

    def test_started_with_its_way_out(self, environment: Environment) -> None:
        environment.run("stop", "-e", "include_nat=true")
        said = environment.settled("start")
        assert (environment.states(), environment.gateways()) == (["running"], 1)
        assert environment.instances()[NAMES[0]]["PublicIpAddress"] in said

    @thorough
    def test_an_address_of_its_own_stays_and_the_record_with_it(self, environment: Environment) -> None:
        environment.settled("provision", *REACHED)
        before = environment.instances()[NAMES[0]]["PublicIpAddress"]
        assert environment.records() == {"ml-1.example.org.": before}
        environment.run("stop", *REACHED)
        assert environment.records() == {"ml-1.example.org.": before}
        environment.run("start", *REACHED)
        assert environment.instances()[NAMES[0]]["PublicIpAddress"] == before

    @thorough
    def test_without_one_the_record_goes_while_it_is_stopped(self, environment: Environment) -> None:
        environment.settled("provision", *NAMED)
        assert [address for address in environment.ec2.describe_addresses()["Addresses"] if address.get("InstanceId")] == []
        environment.settled("stop", *NAMED)
        assert environment.records() == {}
        environment.settled("start", *NAMED)
        assert environment.records() == {"ml-1.example.org.": environment.instances()[NAMES[0]]["PublicIpAddress"]}

    def test_more_and_larger_with_new_ones_first(self, environment: Environment) -> None:
        environment.emulator.program("calls", "--clear")
        refused = environment.run("scale", "-e", "type=t3.large", "-e", "count=3", check=False)
        assert "-e confirm=seed" in refused
        assert environment.emulator.written("module") == []
        said = environment.settled("scale", "-e", "type=t3.large", "-e", "count=3", "-e", "confirm=seed")
        assert {one["InstanceType"] for one in environment.instances().values()} == {"t3.large"}
        assert sorted(environment.instances()) == NAMES
        assert f"stop {NAMES[0]}" in said
        assert "compute_instance_count: 3" in said

    def test_those_that_are_named_stop_and_no_others(self, environment: Environment) -> None:
        environment.run("stop", "-e", f"only=[{NAMES[1]}]")
        assert environment.states() == ["running", "stopped", "running"]
        unknown = environment.run("stop", "-e", "only=other", check=False)
        assert "has no instance other" in unknown

    def test_protection_is_respected(self, environment: Environment) -> None:
        environment.protect(NAMES[0], DisableApiStop={"Value": True})
        refused = environment.run("stop", check=False)
        assert f"{NAMES[0]}: protected against being stopped" in refused
        assert environment.states() == ["running", "stopped", "running"]
        environment.protect(NAMES[0], DisableApiStop={"Value": False})
        environment.protect(NAMES[2], DisableApiTermination={"Value": True})
        fewer = ("-e", "type=t3.large", "-e", "count=1", "-e", "confirm=seed")
        refused = environment.run("scale", *fewer, check=False)
        assert "the first to go" in refused
        assert sorted(environment.instances()) == NAMES
        environment.protect(NAMES[2], DisableApiTermination={"Value": False})
        environment.settled("scale", *fewer)
        assert sorted(environment.instances()) == NAMES[:1]
        alarms = environment.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
        assert {alarm["AlarmName"].rpartition("-training-")[2][0] for alarm in alarms} == {"1"}
