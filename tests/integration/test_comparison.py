# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The comparison of what is declared with what stands misses nothing that somebody changed, and makes nothing up.

The roles make an environment. The declarations come from a run of the action; each comparison after that reads the
account anew, by the same code as the module. Some of the changes are shown to the action itself as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import configurations
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import Comparison, compare
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import BY_DEFAULT, kinds_to_read
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.model import Difference
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery import details
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity

from ..depth import thorough
from . import by_hand, by_hand_audit, by_hand_guards, by_hand_key
from .by_hand import ByHand, Hands
from .site import Site, running

SLOT = 15
SETTINGS = tuple(word for name in ("guards", "trail", "key") for word in ("-e", f"@tests/integration/{name}.yml"))
ROLES = list(BY_DEFAULT)
CHANGES = [*by_hand.CHANGES, *by_hand_audit.CHANGES, *by_hand_guards.CHANGES, *by_hand_key.CHANGES]
TOGETHER = [*by_hand.TOGETHER, by_hand_audit.CHANGES[0], by_hand_guards.CHANGES[0], by_hand_key.CHANGES[0]]
# For lists of rules, routes or subscriptions that are declared empty.
OTHERWISE_EMPTY = [
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "192.0.2.0/24"}], "Protocol": "email", "Endpoint": "somebody@example.org"}
]
Declared = dict[str, list[dict[str, Any]]]
# Those that the action is shown too: one of each role.
# All of them are made at once, too.
ONE_BY_ONE = [pytest.param(change, marks=thorough if at % 4 else ()) for at, change in enumerate(CHANGES)]
# Nothing could differ of these.
NOT_IN_USE = ["scaling", "recovery", "patching"]
SHOWN = {change.role: change for change in CHANGES}.values()


class Environment(Site):
    """An environment that the roles made, with a key, a trail and all guards on, and the declarations of the roles."""

    def playbook(self, name: str, *arguments: str, **environment: str) -> str:
        """Run a playbook on it and return the output."""
        return super().playbook(name, *SETTINGS, *arguments, **environment)

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
        return compare(self.declared, self.read(), self.identity)

    def read(self) -> dict[str, Any]:
        """What stands, with all details."""
        services = ("ec2", "s3", "iam", "logs", "cloudwatch", "sns", "ssm", "scheduler", "budgets", "sts", "kms", "cloudtrail")
        for service in (*services, "autoscaling"):
            self.client(service)  # boto3 sessions can't make clients in several threads
        everything = configurations.ATTRIBUTES + configurations.ADDED_ATTRIBUTES
        answers, refused = details.read(
            self.client, self.identity, kinds_to_read(ROLES, []), ROLES, everything, self.markers, 8
        )
        assert refused == []
        return answers["found"]


def variations(declared: Declared) -> Iterator[tuple[str, int, str, Declared]]:
    """All declarations once for each attribute that could be declared otherwise: where, which one, and all of them."""
    for role, entries in declared.items():
        for at, entry in enumerate(entries):
            for name, value in entry["attributes"].items():
                if str(value).startswith("resolve:"):
                    continue  # an instance stays at the image that it started from
                other = {**entry, "attributes": {**entry["attributes"], name: otherwise(value)}}
                yield role, at, name, {**declared, role: [*entries[:at], other, *entries[at + 1 :]]}


def otherwise(value: Any) -> Any:
    """Another value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return f"otherwise {value}"
    if isinstance(value, list):
        return [otherwise(value[0]), *value[1:]] if value else OTHERWISE_EMPTY
    last = next(reversed(value), "otherwise")
    return {**value, last: otherwise(value[last])} if value else {"Status": "Enabled"}


def expected(change: ByHand) -> tuple[str, ...]:
    """What the comparison is to say of a change."""
    return (change.role, change.kind, change.action, change.attribute if change.action == "modify" else "")


def each_said(difference: Difference) -> Iterator[tuple[str, ...]]:
    """The same, once for each attribute of what is to be modified."""
    names = [change.attribute for change in difference.attributes] if difference.action == "modify" else [""]
    return ((difference.role, difference.kind, difference.action, name) for name in names)


def said(difference: Difference) -> tuple[str, ...]:
    """What it says, the attributes without their members."""
    attributes = sorted({change.attribute for change in difference.attributes})
    return (difference.role, difference.kind, difference.action, ", ".join(attributes) if difference.action == "modify" else "")


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    """An environment that stands as declared, on an emulator of its own."""
    with running(SLOT) as emulator:
        made = Environment(emulator)
        made.playbook("playbooks/provision.yml")
        yield made


@pytest.mark.weight(120)
@pytest.mark.xdist_group("comparison")
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

    @pytest.mark.parametrize("change", ONE_BY_ONE, ids=lambda change: change.title.replace(" ", "-"))
    def test_a_change_by_hand_is_found_and_nothing_else(self, environment: Environment, change: ByHand) -> None:
        """It is found in the right role and attribute; taken back, nothing differs."""
        done = change.do(environment.hands)
        try:
            compared = environment.compare()
        finally:
            change.undo(environment.hands, done)
        [difference] = compared.differences
        assert said(difference) == expected(change), difference
        assert change.role in compared.to_run(ROLES)
        assert compared.converged(ROLES) == [role for role in ROLES if role != change.role]
        assert environment.compare().differences == []

    def test_a_stopped_instance_is_no_difference(self, environment: Environment) -> None:
        """Somebody stopped it on purpose: no role starts it, unless it is told to."""
        environment.hands.ec2.stop_instances(InstanceIds=[environment.hands.instance])
        try:
            assert environment.compare().differences == []
        finally:
            environment.hands.ec2.start_instances(InstanceIds=[environment.hands.instance])

    def test_many_changes_at_once_are_all_found(self, environment: Environment) -> None:
        """Each as if it were the only one."""
        done = [(change, change.do(environment.hands)) for change in TOGETHER]
        try:
            compared = environment.compare()
        finally:
            for change, made in reversed(done):
                change.undo(environment.hands, made)
        found = {line for difference in compared.differences for line in each_said(difference)}
        # The address that came with the gateway.
        assert found == {expected(change) for change in TOGETHER} | {("network", "elastic_ip", "delete", "")}
        assert compared.converged(ROLES) == NOT_IN_USE
        assert environment.compare().differences == []

    def test_every_declared_attribute_is_compared(self, environment: Environment) -> None:
        """Whatever is declared otherwise differs, in this attribute of this resource."""
        found = environment.read()
        for role, at, name, declared in variations(environment.declared):
            compared = compare(declared, found, environment.identity)
            entry = declared[role][at]
            told = [
                one for one in compared.differences if (one.kind, one.role) == (entry["kind"], role) and name in said(one)[3]
            ]
            missing = [one for one in compared.differences if one.action == "create" and one.kind == entry["kind"]]
            assert told or missing, f"{entry['kind']} {entry['name']}: {name}"

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
        """After a destroy every declared resource is named, and nothing else."""
        environment.playbook("playbooks/destroy.yml", "-e", "confirm=seed destroy_data=true")
        told = environment.action()
        named = {(one["kind"], one["name"]) for one in told["differences"]}
        wanted = {(one["kind"], one["name"]) for declared in told["declared"].values() for one in declared}
        # What EBS does by default is a setting of the account, which stands in any case.
        assert [one["kind"] for one in told["differences"] if one["action"] != "create"] == ["ebs_defaults"]
        assert named == wanted
        assert told["converged"] == NOT_IN_USE
        # A group hangs on what other roles make, whether there is one or not.
        assert told["to_run"] == [role for role in ROLES if role not in ("recovery", "patching")]
