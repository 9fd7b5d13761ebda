# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways of making the seed's set that are compared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import peers
from bench.emulator import REGION, ROOT, Emulator

PHASES = ("apply", "noop", "destroy")
# What alchemy covers too.
PART = ("network", "storage", "iam")
BIN = Path(sys.executable).parent
INVENTORY = ROOT / "benchmarks" / "inventory"
MAKE = ("playbooks/provision.yml", "playbooks/summary.yml")
PLAYBOOKS = {"apply": MAKE, "noop": MAKE, "destroy": ("playbooks/destroy.yml",)}
LOCAL = ("-e", "mlinfra_controller_connection=ansible.builtin.local", "-e", "verify=full")

Command = Callable[[Emulator, str], list[str]]


@dataclass(frozen=True)
class Way:
    """One way.

    Attributes:
        key: its name in the results.
        title: its name for people.
        command: the program and its arguments, by emulator and phase.
        floor: the key of the floor that it is compared with; empty for a floor.
        slow: whether it takes so long that it runs less often.
        environment: what its program needs in its environment.
        prepare: installs what it needs; called once, unmeasured.
        forget: forgets what it remembers of the last cycle.
    """

    key: str
    title: str
    command: Command
    floor: str = "floor"
    slow: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    forget: Callable[[], None] = lambda: None


def floor(*parts: str) -> Command:
    """The command of a floor, of all parts or some."""

    def command(emulator: Emulator, phase: str) -> list[str]:
        verb = "verify" if phase == "noop" else phase
        where = ["--endpoint-url", emulator.endpoint, "--ca-bundle", emulator.ca_bundle, "--region", REGION]
        chosen = ["--parts", *parts] if parts else []
        return [sys.executable, str(ROOT / "benchmarks" / "floor.py"), verb, *where, *chosen]

    return command


def site(*arguments: str) -> Command:
    """The command of the collection, with further arguments."""

    def command(_emulator: Emulator, phase: str) -> list[str]:
        return [str(BIN / "ansible-playbook"), "-i", str(INVENTORY), *PLAYBOOKS[phase], *arguments]

    return command


def alchemy(_emulator: Emulator, phase: str) -> list[str]:
    """The command of alchemy."""
    return peers.alchemy_command(phase)


WAYS = {
    way.key: way
    for way in (
        Way("floor", "plain boto3, the floor", floor(), floor=""),
        Way("warm", "mlinfra.aws", site()),
        Way("warm_full", "mlinfra.aws, every role run (`verify=full`)", site("-e", "verify=full")),
        Way("local", "mlinfra.aws, plain local connection, every role run", site(*LOCAL), slow=True),
        Way(
            "mitogen",
            "mlinfra.aws, mitogen, every role run",
            site(*LOCAL),
            slow=True,
            environment=peers.MITOGEN_ENVIRONMENT,
            prepare=peers.install_mitogen,
        ),
        Way("floor_part", "plain boto3, network, buckets and role only", floor(*PART), floor=""),
        Way(
            "alchemy",
            "alchemy, network, buckets and role only",
            alchemy,
            floor="floor_part",
            prepare=peers.install_alchemy,
            forget=peers.forget_alchemy,
        ),
    )
}
