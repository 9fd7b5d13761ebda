# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits for what AWS spreads late: a role that was just made, a flow log that was just created."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.new_role import once_the_role_is_known

Sleep = Callable[[float], None]

_DELAY = 3.0


def role_is_unknown(error: AnsibleAWSError) -> bool:
    """Whether EC2 says that it can't take on the role: true for some seconds after the role was made."""
    return "unable to assume" in f"{error.message} {error.exception}".lower()


def create_with_new_role(create: Callable[[], str], timeout: float, sleep: Sleep = time.sleep) -> str:
    """Creates, again and again while EC2 doesn't know the role yet.

    Args:
        create: creates the flow log and returns its id.
        timeout: seconds after which EC2's refusal is final.
        sleep: waits some seconds.

    Raises:
        AnsibleAWSError: any other refusal at once, this one at the end.
    """
    return once_the_role_is_known(create, timeout, sleep, role_is_unknown)


def until_listed(
    listed: Callable[[], list[dict[str, Any]]], timeout: float, sleep: Sleep = time.sleep
) -> dict[str, Any]:
    """The new flow log, once EC2 lists it.

    Args:
        listed: lists it, or nothing yet.
        timeout: seconds to wait at most.
        sleep: waits some seconds.

    Raises:
        AnsibleAWSError: where it isn't listed in that time.
    """
    waited = 0.0
    while True:
        found = listed()
        if found:
            return found[0]
        if waited >= timeout:
            raise AnsibleAWSError(message=f"The new flow log is not listed after {timeout:g} s")
        sleep(_DELAY)
        waited += _DELAY
