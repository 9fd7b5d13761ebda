# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a run waits for on AWS, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Seconds from the order of a thing until it can be used, by its kind. A gateway takes one or two minutes; an instance runs
# after some 20 seconds, and has registered with Systems Manager some 40 seconds later.
STEPS = {
    "nat_gateway": (("NAT gateway", 100),),
    "instance": (("instance runs", 20), ("instance answers", 40)),
    "auto_scaling_group": (("members run", 60),),
    "load_balancer": (("load balancer", 150),),
}
# What a run orders and does not wait for: it can be used so many seconds later, with a standby and a first backup.
LATER = {"db_instance": ("database can be used", 600)}

# What the role before the instances waits for.
_BEFORE_INSTANCES = {"mount_target": (("mount targets", 90),)}


def critical_path(changes: Iterable[Mapping[str, Any]], private: bool) -> dict[str, Any]:
    """The longest chain of waits of a run; everything else happens meanwhile. Things of one kind come side by side.

    Args:
        changes: what a run would do, each with kind and action.
        private: whether the instances have no other way out than the gateways, and are launched after them.

    Returns:
        seconds, the sum of steps, and steps, each with name and seconds; later, what the run does not wait for, in the same form.
    """
    made = {change["kind"] for change in changes if change["action"] in ("create", "replace")}
    before = sum((steps for kind, steps in _BEFORE_INSTANCES.items() if kind in made), ())
    links = {kind: steps for kind, steps in STEPS.items() if kind in made}
    beside = [steps if kind == "nat_gateway" else before + steps for kind, steps in links.items()]
    chains = [sum(links.values(), before)] if private else [*beside, before]
    longest = max(chains, key=_seconds, default=())
    return {
        "seconds": _seconds(longest),
        "steps": _told(longest),
        "later": _told(step for kind, step in LATER.items() if kind in made),
    }


def _told(steps: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"name": name, "seconds": seconds} for name, seconds in steps]


def _seconds(chain: tuple[tuple[str, int], ...]) -> int:
    return sum(seconds for _name, seconds in chain)
