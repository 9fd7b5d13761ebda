# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits until subnets are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

_DELAY = 1.0


def until_available(
    listed: Callable[[], list[Mapping[str, Any]]],
    awaited: set[str],
    timeout: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Returns once subnets are available.

    Args:
        listed: the subnets of the VPC, as EC2 describes them.
        awaited: ids of those that are to become available.
        timeout: seconds to wait at most.
        sleep: waits some seconds.

    Raises:
        AnsibleAWSError: where they are not in that time.
    """
    waited = 0.0
    while awaited:
        awaited = awaited - {one["SubnetId"] for one in listed() if one["State"] == "available"}
        if awaited and waited >= timeout:
            raise AnsibleAWSError(message=f"After {timeout:g} s {', '.join(sorted(awaited))} is not available")
        if awaited:
            sleep(_DELAY)
            waited += _DELAY
