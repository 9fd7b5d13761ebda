# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The comparison of what is declared with what stands misses nothing that somebody changed, and makes nothing up.

The roles make an environment. The declarations come from a run of the action; each comparison after that reads the
account anew, by the same code as the module. Some of the changes are shown to the action itself as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils import bucket
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import Comparison, compare
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import INPUTS, kinds_to_read
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery import details
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

from .by_hand import CHANGES, ByHand, Hands
from .conftest import ROOT, Emulator

ROLES = list(INPUTS)
# Those that the action is shown too: one of each role.
SHOWN = {change.role: change for change in CHANGES}.values()


class Environment:
    """An environment that the roles made, and the declarations of the roles."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A boto3 client, made once."""
        if service not in self._clients:
            self._clients[service] = self.emulator.client(service)
        return self._clients[service]

    def playbook(self, name: str, **environment: str) -> str:
        """Run a playbook on the environment of the benchmarks and return its output."""
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", "benchmarks/inventory", name],
            cwd=ROOT,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "AWS_ENDPOINT_URL": self.emulator.endpoint,
                "AWS_CA_BUNDLE": self.emulator.ca_bundle,
                "AWS_ACCESS_KEY_ID": "module",
                "AWS_SECRET_ACCESS_KEY": "module",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def action(self) -> dict[str, Any]:
        """What the action returns."""
        output = self.playbook("tests/integration/compare.yml", ANSIBLE_STDOUT_CALLBACK="ansible.posix.json")
        tasks = json.loads(output)["plays"][0]["tasks"]
        return tasks[-1]["hosts"]["bench-seed"]

    def learn(self) -> dict[str, Any]:
        """Take the declarations, and what tells the environment, from a run of the action."""
        told = self.action()
        self.declared = told["declared"]
        asked = told["invocation"]["module_args"]
        self.identity = Identity(asked["name"], asked["tags"], asked["names"])
        self.markers = asked["markers"]
        self.hands = Hands(self.client, told["outputs"])
        return told

    def compare(self) -> Comparison:
        """Read the account and compare."""
        for service in ("ec2", "s3", "iam", "logs", "cloudwatch", "sns", "ssm"):
            self.client(service)  # boto3 sessions can't make clients in several threads
        everything = bucket.ATTRIBUTES + bucket.ADDED_ATTRIBUTES
        answers, refused = details.read(
            self.client, self.identity, kinds_to_read(ROLES, []), ROLES, everything, self.markers, 8
        )
        assert refused == []
        return compare(self.declared, answers["found"], self.identity)


@pytest.fixture(scope="module")
def environment(running_emulator: Emulator) -> Iterator[Environment]:
    """An environment that stands as declared."""
    running_emulator.program("reset")
    made = Environment(running_emulator)
    made.playbook("playbooks/provision.yml")
    yield made
    running_emulator.program("reset")


@pytest.mark.weight(90)
@pytest.mark.xdist_group("targets")
class TestComparison:
    """In this order: on nothing, on what stands, and on what somebody changed."""

    def test_what_stands_as_declared_is_converged(self, environment: Environment) -> None:
        """No role has anything to do, and the comparison knows all that the roles declare."""
        told = environment.learn()
        assert (told["differences"], told["unknown"], told["to_run"]) == ([], {}, [])
        assert told["converged"] == ROLES
        assert environment.compare().differences == []

    def test_there_are_thirty_changes_and_more(self) -> None:
        """Each of another thing."""
        assert len({change.title for change in CHANGES}) == len(CHANGES) >= 30

    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.title.replace(" ", "-"))
    def test_a_change_by_hand_is_found_and_nothing_else(self, environment: Environment, change: ByHand) -> None:
        """It is found in the right role and attribute; taken back, nothing differs."""
        done = change.do(environment.hands)
        try:
            compared = environment.compare()
        finally:
            change.undo(environment.hands, done)
        [difference] = [one for one in compared.differences if one.action == change.action and one.kind == change.kind]
        assert difference.role == change.role
        assert any(f"{one.attribute}.".startswith(f"{change.attribute}.") for one in difference.attributes), difference
        assert change.role in compared.to_run(ROLES)
        strangers = [
            one for one in compared.differences if one is not difference and one.role not in ("compute", "monitoring")
        ]
        assert strangers == []
        assert environment.compare().differences == []

    @pytest.mark.parametrize("change", SHOWN, ids=lambda change: change.role)
    def test_the_action_says_the_same(self, environment: Environment, change: ByHand) -> None:
        """It names the resource and the attribute, and which roles are to run."""
        done = change.do(environment.hands)
        try:
            told = environment.action()
        finally:
            change.undo(environment.hands, done)
        same = {"role": change.role, "kind": change.kind, "action": change.action}
        [_difference] = [one for one in told["differences"] if same.items() <= one.items()]
        assert change.role not in told["converged"]
        assert change.role in told["to_run"]
        assert told["diff"]["before"] != told["diff"]["after"]

    def test_what_is_not_there_is_to_be_created(self, environment: Environment) -> None:
        """On an empty account every declared resource is named, and nothing else."""
        environment.emulator.program("reset")
        told = environment.action()
        named = {(one["kind"], one["name"]) for one in told["differences"]}
        wanted = {(one["kind"], one["name"]) for declared in told["declared"].values() for one in declared}
        assert {one["action"] for one in told["differences"]} == {"create"}
        assert named == wanted
        assert told["converged"] == []
        assert told["to_run"] == ROLES
