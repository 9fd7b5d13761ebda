# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes calls fail: before the emulator hears of them, or after it has executed them."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from random import Random

from proxy.messages import Answer, Forward, Request, error

from .kills import writes

# How services say that they are asked too often.
THROTTLED = {
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
}
THROTTLED_ELSEWHERE = (400, "Throttling", "Rate exceeded")
REFUSED = {
    "throttled": None,
    "answered 500": (500, "InternalError", "An internal error has occurred."),
    "answered 503": (503, "ServiceUnavailable", "The service is unavailable. Please try again shortly."),
    "reset": None,
    "not answered": None,
}
# Seconds after which a connection that stays silent is closed.
SILENCE = 1.0


class Faults:
    """The behaviour that has a share of all calls fail before they are executed.

    Which ones fails follows from the seed, the call and how often it was made before: it does not hang on the order in
    which calls of several threads come.

    Args:
        seed: another one has other calls fail.
        share: of all calls.

    Attributes:
        calls: how many came.
        injected: how many failed, by kind.
        retried: how many of those that came repeat an earlier one.
    """

    def __init__(self, seed: int, share: float) -> None:
        self._seed, self._share = seed, share
        self.calls = self.retried = 0
        self.injected: Counter[str] = Counter()
        self._made: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        kind = self._choose(request)
        if kind == "not answered":
            time.sleep(SILENCE)
        if kind in ("reset", "not answered"):
            raise ConnectionResetError
        if kind == "throttled":
            return error(request, *THROTTLED.get(request.service, THROTTLED_ELSEWHERE))
        return error(request, *REFUSED[kind]) if kind else forward(request)

    def _choose(self, request: Request) -> str:
        with self._lock:
            self.calls += 1
            self.retried += request.attempt > 1
            self._made[request.name] += 1
            dice = Random(f"{self._seed} {request.name} {self._made[request.name]}")
            if dice.random() >= self._share:
                return ""
            kind = dice.choice(list(REFUSED))
            self.injected[kind] += 1
            return kind

    def __str__(self) -> str:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.injected.items()))
        return f"{self.injected.total()} of {self.calls} calls failed ({kinds}); {self.retried} were repeated"


class LostAnswers:
    """The behaviour that executes calls and cuts the connection where their answer is due.

    Each operation loses the answer to its first call. Who repeats a call with the same client token gets the answer that
    was lost, as from AWS.

    Args:
        of: names of the calls that this happens to; empty for all that write.

    Attributes:
        lost: the calls whose answers were lost, by the id that all attempts at a call have in common.
        refused: the error that the next attempt was answered with, by call; it succeeded where there is none.
    """

    def __init__(self, *of: str) -> None:
        self._of = of
        self.lost: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self._answers: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        if not writes(request) or (self._of and request.name not in self._of):
            return forward(request)
        token = token_of(request)
        if token in self._answers:
            return self._answers[token]
        answer = forward(request)
        with self._lock:
            first = (
                self.lost.setdefault(request.name, request.invocation) if answer.good else self.lost.get(request.name)
            )
        if first == request.invocation and request.attempt == 1:
            if token:
                self._answers[token] = answer
            raise ConnectionResetError
        if first == request.invocation and not answer.good:
            self.refused[request.name] = code_of(answer)
        return answer

    def __str__(self) -> str:
        refused = ", ".join(f"{call} ({code})" for call, code in self.refused.items())
        return f"{len(self.lost)} answers were lost; the repetition was refused by {refused or 'none'}"


def token_of(request: Request) -> str:
    """The client token of a call, by which AWS knows it again; empty where it has none."""
    if request.parameters:
        return request.parameters.get("ClientToken", "")
    found = re.search(rb'"[cC]lientToken": ?"([^"]+)"', request.body)
    return found[1].decode() if found else ""


def code_of(answer: Answer) -> str:
    """The code of an error."""
    found = re.search(rb'<Code>(.*?)</Code>|"__type": ?"([^"]+)"', answer.content)
    return next(filter(None, found.groups()), b"").decode() if found else str(answer.status)
