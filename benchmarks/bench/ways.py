# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways of making the seed's set that are compared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import peers
from bench.emulator import ROOT, Emulator

PHASES = ("apply", "noop", "destroy")
# Playbooks that only look, and the phase of the floor that they are compared with.
LOOKS = dict.fromkeys(("plan", "drift", "status", "cost"), "noop")
BIN = Path(sys.executable).parent
INVENTORY = ROOT / "benchmarks" / "inventory"
MAKE = ("playbooks/provision.yml", "playbooks/summary.yml")
DESTROY = ("playbooks/destroy.yml", "-e", "confirm=seed destroy_data=true")
PLAYBOOKS = {
    "apply": MAKE,
    "noop": MAKE,
    "destroy": DESTROY,
    **{look: (f"playbooks/{look}.yml",) for look in LOOKS},
}
WARM = ("-e", "mlinfra_controller_connection=mlinfra.aws.warm")
FULL = ("-e", "verify=full")
LOCAL = ("-e", "mlinfra_controller_connection=ansible.builtin.local", *FULL)
# mitogen takes the place of the connection `local` under this name only.
MITOGEN = ("-e", "mlinfra_controller_connection=local mlinfra_strategy=mitogen_free", *FULL)

Command = Callable[[str], list[str]]


@dataclass(frozen=True)
class Way:
    """One way.

    Attributes:
        key: its name in the results.
        title: its name for people.
        command: the program and its arguments, by phase; where AWS answers stands in the environment.
        floor: the key of the floor that it is compared with; empty for a floor.
        phases: what it runs, one after the other.
        slow: whether it takes so long that it runs less often.
        environment: what its program needs in its environment.
        folder: where its program runs.
        prepare: installs what it needs; called once, unmeasured.
        forget: forgets what it remembers of the last cycle.
    """

    key: str
    title: str
    command: Command
    floor: str = "floor"
    phases: tuple[str, ...] = PHASES
    slow: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    prepare: Callable[[Emulator], None] = lambda _emulator: None
    forget: Callable[[], None] = lambda: None


def floor(*arguments: str) -> Command:
    """The command of a floor."""

    def command(phase: str) -> list[str]:
        verb = "verify" if phase == "noop" else phase
        return [sys.executable, str(ROOT / "benchmarks" / "floor.py"), verb, *arguments]

    return command


def site(*arguments: str) -> Command:
    """The command of the collection, with further arguments."""

    def command(phase: str) -> list[str]:
        return [str(BIN / "ansible-playbook"), "-i", str(INVENTORY), *PLAYBOOKS[phase], *arguments]

    return command


WAYS = {
    way.key: way
    for way in (
        Way("floor", "plain boto3, the floor", floor(), floor=""),
        Way("warm", "mlinfra.aws", site(*WARM), phases=("apply", "noop", *LOOKS, "destroy")),
        Way("warm_full", "mlinfra.aws, all roles", site(*WARM, *FULL)),
        Way("local", "mlinfra.aws, plain local, all roles", site(*LOCAL), slow=True),
        Way(
            "mitogen",
            "mlinfra.aws, mitogen, all roles",
            site(*MITOGEN),
            slow=True,
            environment=peers.MITOGEN_ENVIRONMENT,
            prepare=peers.install_mitogen,
        ),
        Way("floor_core", "plain boto3, only what alchemy makes too", floor("--core"), floor=""),
        Way(
            "alchemy",
            "alchemy: network, bare buckets, role",
            peers.alchemy_command,
            floor="floor_core",
            environment=peers.ALCHEMY_ENVIRONMENT,
            folder=peers.ALCHEMY_HOME,
            prepare=peers.install_alchemy,
            forget=peers.forget_alchemy,
        ),
    )
}
