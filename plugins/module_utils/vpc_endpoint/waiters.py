# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits until endpoints are there, and until their network interfaces are gone with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

Sleep = Callable[[float], None]
Listed = Callable[[], list[Mapping[str, Any]]]

_DELAY = 5.0
_BROKEN = {"failed", "rejected", "expired"}


def until_settled(
    listed: Listed, awaited: set[str], gone: set[str], timeout: float, sleep: Sleep = time.sleep
) -> None:
    """Returns once endpoints are available, and others are listed no more.

    Args:
        listed: the endpoints of the VPC, as EC2 describes them.
        awaited: ids of those that are to become available.
        gone: ids of those that are being deleted.
        timeout: seconds to wait at most.
        sleep: waits some seconds.

    Raises:
        AnsibleAWSError: where one fails, or not all are there and gone in that time.
    """
    waited = 0.0
    while awaited or gone:
        states = {one["VpcEndpointId"]: one["State"].lower() for one in listed()}
        broken = sorted(one for one in awaited if states.get(one) in _BROKEN)
        if broken:
            raise AnsibleAWSError(message=f"EC2 could not make the VPC endpoint {', '.join(broken)}")
        awaited = {one for one in awaited if states.get(one) != "available"}
        gone = {one for one in gone if states.get(one, "deleted") != "deleted"}
        if not awaited and not gone:
            return
        if waited >= timeout:
            left = ", ".join(f"{one} is {states.get(one, 'not listed')}" for one in sorted(awaited | gone))
            raise AnsibleAWSError(message=f"After {timeout:g} s {left}")
        sleep(_DELAY)
        waited += _DELAY
