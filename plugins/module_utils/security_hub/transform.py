# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security Hub's standards between the module's words and those of AWS. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# A standard as people write it: its name and its version.
STANDARD = r"[a-z0-9-]+/v/\d+(\.\d+)*"
# What Security Hub says of an account that has not turned it on. Of one without the permission it is AccessDeniedException.
NOT_ON = "InvalidAccessException"
# One that ended, or is about to.
_GOING = ("DELETING",)
# The one whose ARN is of another form, and of no region.
_RULESETS = ("cis-aws-foundations-benchmark/v/1.2.0",)


def name_of(arn: str) -> str:
    """The name and the version in the ARN of a standard or of a subscription to one."""
    found = re.search(rf"/({STANDARD})$", arn)
    return found.group(1) if found else arn


def arn_of(standard: str, partition: str, region: str) -> str:
    """The ARN of a standard."""
    if standard in _RULESETS:
        return f"arn:{partition}:securityhub:::ruleset/{standard}"
    return f"arn:{partition}:securityhub:{region}::standards/{standard}"


def subscriptions(listed: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The ARNs of subscriptions by the names of their standards, as GetEnabledStandards lists them."""
    return {
        name_of(one["StandardsArn"]): one["StandardsSubscriptionArn"]
        for one in listed
        if one["StandardsStatus"] not in _GOING
    }
