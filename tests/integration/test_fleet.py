# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many environments in one run: each costs what one alone costs, and one that fails holds up no other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..depth import extended
from .conftest import ROOT
from .site import CALLER, Site, running

SLOT = 80
PROVISION, DESTROY = "playbooks/provision.yml", "playbooks/destroy.yml"
TEAMS = ["first", "second", "third"]


class Fleet(Site):
    """Environments of several teams, with the settings of the benchmark's.

    Args:
        emulator: it runs already.
        folder: where their inventory goes.
    """

    def __init__(self, emulator: Any, folder: Path) -> None:
        super().__init__(emulator)
        self.folder = folder
        shared = ROOT / "benchmarks" / "inventory" / "group_vars" / "bench"
        settings: dict[str, Any] = {}
        for name in ("settings", "connection"):
            settings |= yaml.safe_load((shared / f"{name}.yml").read_text())
        settings |= yaml.safe_load((ROOT / "inventories" / "fleet" / "group_vars" / "fleet.yml").read_text())
        self.write("group_vars/fleet.yml", settings | {
            "network_allowed_cidrs": [],
            "ml_host_connection": "ssm",
            "guardrails_idle_stop": False,
        })
        generator = yaml.safe_load((ROOT / "inventories" / "fleet" / "fleet.yml").read_text())
        self.write("fleet.yml", generator | {"layers": {"team": TEAMS, "stage": ["dev"]}})

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a file of the inventory."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content))

    def call(self, name: str, *arguments: str, **environment: str) -> dict[str, Any]:
        """How a playbook is run on the fleet."""
        output = {"ANSIBLE_STDOUT_CALLBACK": "mlinfra.aws.progress", "LANG": "C.UTF-8"}
        called = super().call(name, *arguments, **output, **environment)
        called["args"][2] = self.folder
        return called

    def calls(self) -> Counter[str]:
        """The calls of playbooks since the last look."""
        told = map(json.loads, self.emulator.program("calls", "--caller", CALLER).splitlines())
        self.emulator.program("calls", "--clear")
        return Counter(f"{call['service']}:{call['action']}" for call in told)

    def vpcs(self) -> list[str]:
        """The projects that have a VPC."""
        vpcs = self.client("ec2").describe_vpcs(Filters=[{"Name": "tag:ManagedBy", "Values": ["mlinfra.aws"]}])["Vpcs"]
        return sorted(tag["Value"] for vpc in vpcs for tag in vpc["Tags"] if tag["Key"] == "Project")


def summary(output: str) -> dict[str, str]:
    """What a run says at its end of each environment."""
    end = re.search(r"^(Done in|Failed after) .*\n((  \S+-dev .*\n)+)", output, re.MULTILINE)
    assert end, output
    return dict(line.split(maxsplit=1) for line in end[2].splitlines())


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """No environment yet, on an emulator of its own."""
    with running(SLOT) as emulator:
        yield Fleet(emulator, tmp_path_factory.mktemp("fleet"))


@extended
@pytest.mark.weight(120)
@pytest.mark.xdist_group("fleet")
class TestFleet:
    """In this order, on one account."""

    def test_two_cost_twice_what_one_costs(self, fleet: Fleet) -> None:
        """An environment makes the same calls, with neighbours and without."""
        fleet.playbook(PROVISION, "-l", "first-dev")
        alone = fleet.calls()
        output = fleet.playbook(PROVISION, "-l", "second-dev,third-dev")
        both = fleet.calls()
        assert fleet.vpcs() == TEAMS
        # What waits asks again: the describing calls are no fixed number.
        writing = {call: number for call, number in alone.items() if not re.search(":(Describe|Get|List|Head)", call)}
        assert {call: both[call] for call in writing} == {call: 2 * number for call, number in writing.items()}
        assert both.total() <= 2.1 * alone.total()
        assert re.fullmatch(r"\d+ made, \d+ changed", summary(output)["second-dev"])
        # Each is in another role: there is no one place to show.
        assert "▸" not in output

    def test_one_that_fails_holds_up_no_other_and_is_named(self, fleet: Fleet) -> None:
        """A bad setting stops one environment; the next one is mended all the same, and the run fails."""
        fleet.write("group_vars/team_second.yml", {"network_cidr": "300.0.0.0/16"})
        alarms = [f"{environment}-dev-ml-training-1-cpu" for environment in ("second", "third")]
        fleet.client("cloudwatch").delete_alarms(AlarmNames=alarms)
        done = fleet.run(PROVISION)
        assert done.returncode == 2, done.stdout
        assert summary(done.stdout) == {
            "first-dev": "nothing changed",
            "second-dev": "1 failed",
            "third-dev": "1 made",
        }
        told = done.stdout[done.stdout.index("\nFailed after") :]
        assert "on second-dev" in told
        assert "network_cidr" in told
        assert "300.0.0.0/16" in told

    def test_the_one_that_failed_goes_on_in_the_next_run(self, fleet: Fleet) -> None:
        """The others have nothing to do, and nothing is written for them."""
        (fleet.folder / "group_vars" / "team_second.yml").unlink()
        fleet.calls()
        assert summary(fleet.playbook(PROVISION)) == {
            "first-dev": "nothing changed",
            "second-dev": "1 made",
            "third-dev": "nothing changed",
        }
        assert fleet.calls()["cloudwatch:PutMetricAlarm"] == 1

    def test_one_is_destroyed_and_the_others_stand(self, fleet: Fleet) -> None:
        """The stage that all of them have is no answer: each is asked for by its whole name."""
        refused = fleet.run(DESTROY, "-e", "confirm=dev destroy_data=true")
        assert refused.returncode == 2, refused.stdout
        answer = 'third-dev in us-east-1 was not touched: to destroy it, answer "third-dev"'
        assert answer in " ".join(refused.stdout.split())
        assert fleet.vpcs() == TEAMS
        done = fleet.run(DESTROY, "-e", "confirm=second-dev destroy_data=true")
        assert re.fullmatch(r"\d+ removed", summary(done.stdout)["second-dev"])
        assert fleet.vpcs() == ["first", "third"]
