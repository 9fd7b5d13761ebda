# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Recorders of AWS Config and their delivery channels between the module's words and those of AWS. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FREQUENCIES = ("CONTINUOUS", "DAILY")
# The role of AWS's own that lets a recorder look at everything, and no more.
SERVICE = "config.amazonaws.com"
ROLE_NAME = "AWSServiceRoleForConfig"
# What a recorder and a channel are called where none stands, as the console does.
NAME = "default"


def role_arn(partition: str, account: str) -> str:
    """The ARN of that role in an account."""
    return f"arn:{partition}:iam::{account}:role/aws-service-role/{SERVICE}/{ROLE_NAME}"


def channel(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where a channel delivers to."""
    return {name: (value or {}).get(name) or "" for name in ("s3BucketName", "s3KeyPrefix")}


def mode(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """How often a recorder records, where nothing is told as it is then, and for which kinds otherwise."""
    told = value or {}
    return {
        "recordingFrequency": told.get("recordingFrequency", FREQUENCIES[0]),
        "recordingModeOverrides": told.get("recordingModeOverrides") or [],
    }
