# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits until EFS is done with what it was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

Sleep = Callable[[float], None]

_DELAY = 3.0


def until_done(awaited: Callable[[], str], timeout: float, sleep: Sleep = time.sleep) -> None:
    """Returns once nothing is awaited any more.

    Args:
        awaited: looks, and says what is still awaited; empty for nothing.
        timeout: seconds to wait at most.
        sleep: waits some seconds.

    Raises:
        AnsibleAWSError: where it takes longer.
    """
    waited = 0.0
    while True:
        left = awaited()
        if not left:
            return
        if waited >= timeout:
            raise AnsibleAWSError(message=f"After {timeout:g} s {left}")
        sleep(_DELAY)
        waited += _DELAY
