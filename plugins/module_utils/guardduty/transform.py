# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Detectors of GuardDuty between the module's words and those of AWS. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# What a detector looks at beyond the basics, each charged for what it reads. A new detector would have all of it.
FEATURES = ("EBS_MALWARE_PROTECTION", "EKS_AUDIT_LOGS", "LAMBDA_NETWORK_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS")
FREQUENCIES = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")


def features(enabled: Iterable[str]) -> list[dict[str, str]]:
    """All features in AWS's words, of which these are on."""
    chosen = set(enabled)
    return [{"Name": name, "Status": "ENABLED" if name in chosen else "DISABLED"} for name in FEATURES]


def feature_states(value: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The states of the features that can be chosen. What a region does not have is off."""
    told = {one["Name"]: one["Status"] for one in value}
    return {name: told.get(name, "DISABLED") for name in FEATURES}


def arn_of(detector: Mapping[str, Any], region: str) -> str:
    """The ARN of a detector, which GuardDuty tells of none. Account and partition are those of its role."""
    _scheme, partition, _service, _region, account, _rest = detector["ServiceRole"].split(":", 5)
    return f"arn:{partition}:guardduty:{region}:{account}:detector/{detector['DetectorId']}"
