# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits for schedule groups, which AWS deletes in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

Sleep = Callable[[float], None]

_DELAY = 5.0


def is_going(group: Mapping[str, Any] | None) -> bool:
    """Whether a group is being deleted: it can still be read, and nothing can be made in it."""
    return bool(group) and group["State"] == "DELETING"


def until_gone(read: Callable[[], Mapping[str, Any] | None], timeout: float, sleep: Sleep = time.sleep) -> None:
    """Waits until a group that is being deleted is gone.

    Args:
        read: reads the group, None where there is none.
        timeout: seconds to wait at most.
        sleep: waits some seconds.

    Raises:
        AnsibleAWSError: where it is still there then.
    """
    waited = 0.0
    while is_going(read()):
        if waited >= timeout:
            raise AnsibleAWSError(message=f"The schedule group is still being deleted after {timeout:g} s")
        sleep(_DELAY)
        waited += _DELAY
