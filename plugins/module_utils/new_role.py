# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits for IAM to spread a role that was just made, before another service can work under it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

Sleep = Callable[[float], None]

_DELAY = 3.0


def role_is_unknown(error: AnsibleAWSError) -> bool:
    """Whether a service says that it can't work under the role: true for some seconds after the role was made."""
    said = f"{error.message} {error.exception}".lower()
    return "role" in said and "assum" in said


def once_the_role_is_known(
    write: Callable[[], Any],
    timeout: float,
    sleep: Sleep = time.sleep,
    unknown: Callable[[AnsibleAWSError], bool] = role_is_unknown,
) -> Any:
    """Writes, again and again while the service doesn't know the role yet, and returns what the write returned.

    Args:
        write: makes the call.
        timeout: seconds after which the refusal is final.
        sleep: waits some seconds.
        unknown: tells by a service's error whether it is that.

    Raises:
        AnsibleAWSError: any other refusal at once, this one at the end.
    """
    waited = 0.0
    while True:
        try:
            return write()
        except AnsibleAWSError as error:
            if not unknown(error) or waited >= timeout:
                raise
        sleep(_DELAY)
        waited += _DELAY
