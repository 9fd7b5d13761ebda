# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes NAT gateways and terminates instances as slowly as AWS, which keeps what they use in use until they are gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from bench.states import GATEWAY, INSTANCE, QUESTIONS, Kind, path_to, requested_states, things
from proxy.messages import Answer, Forward, Request

# By the call that orders it: what goes, and the state and its number while it does.
ORDERS = {"DeleteNatGateway": (GATEWAY, "deleting", ""), "TerminateInstances": (INSTANCE, "shutting-down", "32")}
LEAVING = {kind.name: (state, code) for kind, state, code in ORDERS.values()}


@dataclass(frozen=True)
class Order:
    """A deletion that was asked for and is not carried out yet."""

    request: Request
    due: float


class Removals:
    """The behaviour that lets things take their time to go.

    Args:
        seconds: how long it takes.
        clock: the time in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._orders: dict[str, Order] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        with self._lock:
            for identifier, order in list(self._orders.items()):
                if self._clock() >= order.due:
                    forward(order.request)
                    del self._orders[identifier]
        if request.service == "ec2" and request.action in ORDERS:
            return self._take(request)
        answer = forward(request)
        if request.service == "ec2" and request.action in QUESTIONS and answer.good:
            answer.content = self._show(request, answer.content)
        return answer

    def _take(self, request: Request) -> Answer:
        """Answer as EC2 does when it begins to delete."""
        kind, state, code = ORDERS[request.action]
        ids = [value for name, value in request.parameters.items() if name.startswith(("NatGatewayId", "InstanceId."))]
        with self._lock:
            for identifier in ids:
                self._orders.setdefault(identifier, Order(request, self._clock() + self._seconds))
        return Answer(200, [("Content-Type", "text/xml")], _answer(request.action, ids, state, code))

    def _show(self, request: Request, content: bytes) -> bytes:
        """The answer in which what is going says so."""
        kind = QUESTIONS[request.action]
        root = ElementTree.fromstring(content)
        namespace = root.tag.partition("}")[0] + "}"
        wanted = requested_states(request.parameters, kind.state_filter)
        state, code = LEAVING[kind.name]
        for parent, thing, identifier in list(things(root, namespace, kind)):
            with self._lock:
                if identifier not in self._orders:
                    continue
            if wanted and state not in wanted:
                parent.remove(thing)
            _set(thing, namespace, kind, state, code)
        ElementTree.register_namespace("", namespace.strip("{}"))
        return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _set(thing: ElementTree.Element, namespace: str, kind: Kind, state: str, code: str) -> None:
    for path, text in ((kind.state, state), (kind.code, code)):
        found = thing.find(path_to(namespace, path)) if path else None
        if found is not None:
            found.text = text


def _answer(action: str, ids: Iterable[str], state: str, code: str) -> bytes:
    if action == "DeleteNatGateway":
        content = "".join(f"<natGatewayId>{identifier}</natGatewayId>" for identifier in ids)
    else:
        shown = f"<currentState><code>{code}</code><name>{state}</name></currentState>"
        items = (f"<item><instanceId>{identifier}</instanceId>{shown}</item>" for identifier in ids)
        content = f"<instancesSet>{''.join(items)}</instancesSet>"
    text = f'<{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{content}</{action}Response>'
    return text.encode()
