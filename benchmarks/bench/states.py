# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes EC2's answers say that new NAT gateways and instances are still pending, for as long as they take on AWS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

# Seconds from the order to the state in which the thing can be used, as measured on AWS.
CREATION_SECONDS = {"natgateway": 100.0, "instance": 20.0}


@dataclass(frozen=True)
class Kind:
    """How EC2 tells of one kind.

    Attributes:
        name: its name in CREATION_SECONDS.
        identifier: the element that holds the id.
        state: the path to the element that holds the state, from the element around the id.
        code: the same of the state's number, where there is one.
        ready: the state that is held back.
        state_filter: the filter by which a client asks for states.
    """

    name: str
    identifier: str
    state: str
    code: str
    ready: str
    state_filter: str


GATEWAY = Kind("natgateway", "natGatewayId", "state", "", "available", "state")
INSTANCE = Kind("instance", "instanceId", "instanceState/name", "instanceState/code", "running", "instance-state-name")
ORDERS = {"CreateNatGateway": GATEWAY, "RunInstances": INSTANCE}
QUESTIONS = {"DescribeNatGateways": GATEWAY, "DescribeInstances": INSTANCE, "DescribeInstanceStatus": INSTANCE}


class States:
    """Remembers what was ordered when.

    Args:
        seconds: how long each kind takes, by its name in CREATION_SECONDS.
        clock: the time in seconds.
    """

    def __init__(self, seconds: dict[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._ready: dict[str, float] = {}
        self._lock = threading.Lock()

    def rewrite(self, request: dict[str, str], answer: bytes) -> bytes:
        """The answer with the states that AWS would show.

        Args:
            request: the parameters of the call.
            answer: the body that the emulator answers with.
        """
        action = request.get("Action", "")
        kind = ORDERS.get(action) or QUESTIONS.get(action)
        if kind is None:
            return answer
        root = ElementTree.fromstring(answer)
        namespace = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
        wanted = requested_states(request, kind.state_filter)
        for parent, thing, identifier in list(things(root, namespace, kind)):
            if action in ORDERS:
                with self._lock:
                    self._ready[identifier] = self._clock() + self._seconds[kind.name]
            if (
                self._is_pending(identifier)
                and _hold_back(thing, namespace, kind)
                and wanted
                and "pending" not in wanted
            ):
                parent.remove(thing)
        ElementTree.register_namespace("", namespace.strip("{}"))
        return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)

    def _is_pending(self, identifier: str) -> bool:
        with self._lock:
            return self._clock() < self._ready.get(identifier, 0.0)


def requested_states(request: dict[str, str], state_filter: str) -> set[str]:
    """The states that a call asks for by a filter; empty where it takes all."""
    states: set[str] = set()
    for key, value in request.items():
        if key.startswith("Filter.") and key.endswith(".Name") and value == state_filter:
            prefix = key.removesuffix("Name") + "Value."
            states |= {other for name, other in request.items() if name.startswith(prefix)}
    return states


def path_to(namespace: str, path: str) -> str:
    """A path of plain names as ElementTree takes it."""
    return "/".join(f"{namespace}{part}" for part in path.split("/"))


def things(
    root: ElementTree.Element, namespace: str, kind: Kind
) -> Iterator[tuple[ElementTree.Element, ElementTree.Element, str]]:
    """Each thing of the answer with the element around it and its id."""
    for parent in root.iter():
        for child in parent:
            identifier = child.findtext(f"{namespace}{kind.identifier}")
            if identifier and child.find(path_to(namespace, kind.state)) is not None:
                yield parent, child, identifier


def _hold_back(thing: ElementTree.Element, namespace: str, kind: Kind) -> bool:
    """Make a thing pending that says it is ready; returns whether it is pending now."""
    state = thing.find(path_to(namespace, kind.state))
    if state is None or state.text not in (kind.ready, "pending"):
        return False
    state.text = "pending"
    code = thing.find(path_to(namespace, kind.code)) if kind.code else None
    if code is not None:
        code.text = "0"
    return True
