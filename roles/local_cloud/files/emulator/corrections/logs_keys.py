# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A log group is encrypted by a KMS key, and no more, after it was made. Moto knows the key of new ones only."""

from __future__ import annotations

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse


def _group(response: LogsResponse) -> LogGroup:
    groups, name = response.logs_backend.groups, response._get_param("logGroupName")
    if name not in groups:
        raise ResourceNotFoundException()
    return groups[name]


def _associate(response: LogsResponse) -> str:
    group, key = _group(response), response._get_param("kmsKeyId")
    if not key.startswith("arn:") or ":key/" not in key:
        raise InvalidParameterException("1 validation error detected: kmsKeyId must be the ARN of a key")
    group.kms_key_id = key
    return "{}"


def _disassociate(response: LogsResponse) -> str:
    _group(response).kms_key_id = None
    return "{}"


def apply() -> None:
    """Add both operations."""
    LogsResponse.associate_kms_key = _associate
    LogsResponse.disassociate_kms_key = _disassociate
