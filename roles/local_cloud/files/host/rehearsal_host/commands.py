# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program's verbs and arguments."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import controller, images, network, trees
from .machine import Machine, mounts
from .model import LAST_SLOT, LOGIN_USERS, HostError, HostSpec, Slot
from .processes import marked
from .trees import locked

# States of an instance in which its host is stopped, and in which it is no more. In all others it runs.
STOPPED = ("stopped", "stopping")
GONE = ("terminated", "shutting-down")
EPILOG = """
Every verb prints one JSON object. `changed` says whether something was done, or with --check would be.

  host check                                   can hosts be made here? {"possible": true, "reason": ""}
  host packages                                {"package_environment": {...}, "has_local_torch": ...}
  host tree --distribution debian              make the root tree (once; kept in ~/.cache/mlinfra.aws/trees)
  host up --slot 8 --directory D --name debian --distribution debian --private-ip 10.0.1.11 --public-key D/id.pub
                                               a host without an instance: SSH at 127.18.1.11:2222 as admin
  host up ... --instance-id i-0123             with metadata service and instance role from the slot's emulator
  host list --slot 8 --directory D
  host announce --slot 8 --directory D --name debian --what interruption --seconds 120
                                               its metadata service says that EC2 takes the spot instance back
  host stop --slot 8 --directory D --name debian      stop it, keep its disk
  host down --slot 8 --directory D --name debian      remove it; without --name all hosts of the slot
  host apply --slot 8 --directory D < hosts.json      make exactly the hosts of a JSON list, remove others:
      [{"name": "a", "private_ip": "10.0.1.4", "distribution": "amazon", "instance_id": "i-1", "state": "running"}]
  host bake --slot 8 --directory D --name a --image ami-1     make it an image, which hosts with "image": "ami-1" begin with
"""


def _slot(arguments: argparse.Namespace) -> Slot:
    return Slot(arguments.slot, Path(arguments.directory).absolute())


def _public_key(text_or_file: str) -> str:
    path = Path(text_or_file)
    return (
        path.read_text(encoding="utf-8").strip()
        if text_or_file.startswith(("/", ".")) or path.is_file()
        else text_or_file
    )


def check(_arguments: argparse.Namespace) -> dict[str, Any]:
    """Whether hosts can be made here."""
    reason = controller.obstacle()
    return {"changed": False, "possible": not reason, "reason": reason, "installable": controller.installable()}


def packages(_arguments: argparse.Namespace) -> dict[str, Any]:
    """What a guest's package tools need in order to see what this machine sees."""
    return {
        "changed": False,
        "package_environment": controller.package_environment(),
        "has_local_torch": controller.has_local_torch(),
    }


def tree(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make a root tree."""
    if arguments.check:
        path = trees.path_of(arguments.distribution)
        return {"changed": not path.is_dir(), "path": str(path)}
    path, made = trees.ensure(arguments.distribution)
    return {"changed": made, "path": str(path)}


def up(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make and start one host."""
    spec = HostSpec(
        arguments.name,
        arguments.private_ip,
        arguments.distribution,
        arguments.instance_id,
        _public_key(arguments.public_key),
        arguments.region,
    )
    machine = Machine(_slot(arguments), spec.name)
    done = machine.plan(spec).words if arguments.check else machine.up(spec)
    return machine.describe(spec, done)


def _all_names(slot: Slot) -> list[str]:
    """The hosts of a slot of which anything is left, whether its folder still knows them or not."""
    machines = [
        *network.namespaces(slot.prefix),
        *marked(slot.prefix).values(),
        *(device for device, _place in mounts()),
    ]
    return sorted(
        {folder.name for folder in slot.hosts.glob("*") if folder.is_dir()}
        | {name.removeprefix(slot.prefix) for name in machines if name.startswith(slot.prefix)}
    )


def down(arguments: argparse.Namespace) -> dict[str, Any]:
    """Remove one host, or all of the slot."""
    slot = _slot(arguments)
    machines = [Machine(slot, name) for name in ([arguments.name] if arguments.name else _all_names(slot))]
    removed = [machine.name for machine in machines if (machine.exists() if arguments.check else machine.down())]
    if not arguments.check and not arguments.name:
        _clear_runtime(slot)
    return {"changed": bool(removed), "removed": removed}


def _clear_runtime(slot: Slot) -> None:
    (slot.runtime / "hosts").unlink(missing_ok=True)
    if slot.runtime.is_dir() and not any(slot.runtime.iterdir()):
        slot.runtime.rmdir()


def stop(arguments: argparse.Namespace) -> dict[str, Any]:
    """Stop one host and keep its disk."""
    machine = Machine(_slot(arguments), arguments.name)
    running = machine.process("machine") is not None
    return {"changed": running if arguments.check else machine.halt(), "name": arguments.name}


def announce(arguments: argparse.Namespace) -> dict[str, Any]:
    """Have EC2 announce something to a host, which is a spot instance from then on."""
    machine = Machine(_slot(arguments), arguments.name)
    if not machine.record:
        raise HostError(f"there is no host '{arguments.name}'")
    moment = (datetime.now(UTC) + timedelta(seconds=arguments.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    what: dict[str, dict[str, Any]] = {
        "nothing": {},
        "spot": {"spot": True},
        "rebalance": {"spot": True, "rebalance": {"noticeTime": moment}},
        "interruption": {"spot": True, "interruption": {"action": "terminate", "time": moment}},
    }
    told = what[arguments.what]
    before = json.loads(machine.announcements.read_text(encoding="utf-8")) if machine.announcements.exists() else {}
    if not arguments.check and told != before:
        new = machine.announcements.with_suffix(".new")
        new.write_text(json.dumps(told), encoding="utf-8")
        new.replace(machine.announcements)
    return {"changed": told != before, "name": arguments.name, "announced": told}


def list_hosts(arguments: argparse.Namespace) -> dict[str, Any]:
    """The hosts of the slot."""
    slot = _slot(arguments)
    machines = [Machine(slot, name) for name in _all_names(slot)]
    return {"changed": False, "hosts": [m.describe(m.record.spec, []) for m in machines if m.record]}


def apply(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make exactly the hosts of the list on standard input: started, stopped or gone, as their instances are."""
    slot = _slot(arguments)
    wanted = [item for item in json.load(sys.stdin) if item.get("state", "running") not in GONE]
    specs = [_spec(slot, item) for item in wanted]
    stopped = {item["name"] for item in wanted if item.get("state") in STOPPED}
    removed = [name for name in _all_names(slot) if name not in {spec.name for spec in specs}]
    for name in removed:
        if not arguments.check:
            Machine(slot, name).down()
    hosts = [_settle(Machine(slot, spec.name), spec, spec.name in stopped, arguments.check) for spec in specs]
    actions = [f"{name}: remove the host" for name in removed]
    actions += [f"{host['name']}: {action}" for host in hosts for action in host["actions"]]
    return {"changed": bool(actions), "actions": actions, "removed": removed, "hosts": hosts}


def _spec(slot: Slot, item: dict[str, Any]) -> HostSpec:
    """The host of an entry. An image that was not baked here is Amazon's, for which the tree stands."""
    image = item.get("image", "")
    named = {key: value for key, value in item.items() if key not in ("state", "image")}
    return HostSpec(**named, image=image if images.is_there(slot, image) else "")


def bake(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make an image of one host, which is removed, and remove the images that are not to be kept."""
    slot = _slot(arguments)
    if arguments.check:
        return {"changed": True, "image": arguments.image, "removed": []}
    Machine(slot, arguments.name).bake(arguments.image)
    return {"changed": True, "image": arguments.image, "removed": images.prune(slot, {arguments.image, *arguments.keep})}


def _settle(machine: Machine, spec: HostSpec, stopped: bool, only_say: bool) -> dict[str, Any]:
    """Bring one host into its state."""
    if stopped:
        running = machine.process("machine") is not None
        if running and not only_say:
            machine.halt()
        done = ["stop the host"] if running else []
    else:
        done = machine.plan(spec).words if only_say else machine.up(spec)
    return machine.describe(spec, done)


VERBS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "check": check,
    "packages": packages,
    "tree": tree,
    "up": up,
    "stop": stop,
    "down": down,
    "announce": announce,
    "list": list_hosts,
    "apply": apply,
    "bake": bake,
}
ON_A_SLOT = ("up", "stop", "down", "announce", "list", "apply", "bake")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="host",
        description="Real hosts for a rehearsal, on this machine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, function in VERBS.items():
        sub = verbs.add_parser(verb, help=function.__doc__)
        sub.add_argument("--check", action="store_true", help="only say what would be done")
        if verb in ON_A_SLOT:
            sub.add_argument("--slot", type=int, required=True, help=f"the rehearsal's number, 0 to {LAST_SLOT}")
            sub.add_argument("--directory", required=True, help="the slot's folder of state")
        if verb in ("up", "stop", "down", "announce", "bake"):
            sub.add_argument("--name", required=verb != "down", default="", help="the host's name")
        if verb in ("up", "tree"):
            sub.add_argument("--distribution", choices=sorted(LOGIN_USERS), default="amazon")
        if verb == "announce":
            sub.add_argument("--what", choices=("nothing", "spot", "rebalance", "interruption"), required=True)
            sub.add_argument("--seconds", type=int, default=120, help="until then")
        if verb == "bake":
            sub.add_argument("--image", required=True, help="the image's id")
            sub.add_argument("--keep", action="append", default=[], help="an image to keep; all others go that no host is on")
        if verb == "up":
            sub.add_argument("--private-ip", required=True, help="decides the address: 127.(10+slot).third.fourth")
            sub.add_argument(
                "--instance-id", default="", help="the instance behind it; without one no metadata service"
            )
            sub.add_argument("--region", default="us-east-1", help="the instance's region")
            sub.add_argument("--public-key", default="", help="SSH public key that it accepts, or a file with it")
    return parser


def _writes(arguments: argparse.Namespace) -> bool:
    """Whether the verb may change something of the slot, and so has to be alone."""
    if arguments.check or arguments.verb not in ON_A_SLOT:
        return False
    # Where nothing is left there is no folder either, and a lock would make one.
    return arguments.verb != "down" or bool(_all_names(_slot(arguments)))


def main() -> int:
    """Run one verb; an error is one line on standard error."""
    arguments = _parser().parse_args()
    os.umask(0o022)
    try:
        if _writes(arguments):
            with locked(_slot(arguments).directory / "hosts.lock"):
                answer = VERBS[arguments.verb](arguments)
        else:
            answer = VERBS[arguments.verb](arguments)
    except (HostError, OSError) as error:
        print(f"host {arguments.verb}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0
