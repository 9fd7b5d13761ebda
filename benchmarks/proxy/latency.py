# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the emulator as slow as AWS."""

from __future__ import annotations

import time

from bench.states import States

from proxy.messages import Answer, Forward, Request


class Latency:
    """Makes calls and creations slow.

    Args:
        delay: seconds that are added to each call.
        states: what knows how long things take to become ready.
    """

    def __init__(self, delay: float, states: States) -> None:
        self._delay, self._states = delay, states

    def __call__(self, request: Request, forward: Forward) -> Answer:
        time.sleep(self._delay)
        answer = forward(request)
        if answer.status == 200 and request.parameters:
            answer.content = self._states.rewrite(request.parameters, answer.content)
        return answer
