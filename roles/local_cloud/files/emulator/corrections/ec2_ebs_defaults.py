# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The key that EBS encrypts by is told and gone back to, and snapshots can be kept from being shared with everyone."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from emulator.patching import around

AWS_KEY = "alias/aws/ebs"
UNBLOCKED = "unblocked"


def _kept(response: EC2Response) -> dict[str, str]:
    """What these calls keep with moto's backend of the region."""
    return response.ec2_backend.__dict__.setdefault("ebs_defaults", {})


def _modify_key(original: Any, self: EC2Backend, kms_key_id: str) -> str:
    key = original(self, kms_key_id)
    self.__dict__.setdefault("ebs_defaults", {})["key"] = key
    return key


def _get_key(response: EC2Response) -> ActionResult:
    return ActionResult({"KmsKeyId": _kept(response).get("key", AWS_KEY)})


def _reset_key(response: EC2Response) -> ActionResult:
    response.ec2_backend.modify_ebs_default_kms_key_id("")
    del _kept(response)["key"]
    return _get_key(response)


def _get_state(response: EC2Response) -> ActionResult:
    return ActionResult({"State": _kept(response).get("state", UNBLOCKED)})


def _enable(response: EC2Response) -> ActionResult:
    _kept(response)["state"] = response._get_param("State")
    return _get_state(response)


def _disable(response: EC2Response) -> ActionResult:
    _kept(response).pop("state", None)
    return _get_state(response)


def apply() -> None:
    """Add the operations, and have the key remembered."""
    around(EC2Backend, "modify_ebs_default_kms_key_id", _modify_key)
    EC2Response.get_ebs_default_kms_key_id = _get_key
    EC2Response.reset_ebs_default_kms_key_id = _reset_key
    EC2Response.get_snapshot_block_public_access_state = _get_state
    EC2Response.enable_snapshot_block_public_access = _enable
    EC2Response.disable_snapshot_block_public_access = _disable
