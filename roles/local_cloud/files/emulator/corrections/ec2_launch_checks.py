# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RunInstances refuses an instance type, a zone for it, a key pair or an instance profile that does not exist.

Moto takes any key pair, finds a type by part of its name, and has another error for a profile.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidKeyPairNameError
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.iam.exceptions import NotFoundException

from emulator.patching import around


def require_type(region: str, instance_type: str, zone: str | None = None) -> None:
    """Refuse an instance type that the region, or the zone if one is given, does not offer."""
    offered = INSTANCE_TYPE_OFFERINGS["region"].get(region, [])
    if instance_type not in {offer["InstanceType"] for offer in offered}:
        raise EC2ClientError("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
    here = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, [])
    if zone and not any(offer["InstanceType"] == instance_type and offer["Location"] == zone for offer in here):
        raise EC2ClientError(
            "Unsupported",
            f"Your requested instance type ({instance_type}) is not supported in your requested Availability Zone ({zone}).",
        )


def _run_instances(original: Any, self: Any, image_id: str, count: int, *args: Any, **kwargs: Any) -> Any:
    if kwargs.get("instance_type") and not kwargs.get("is_instance_type_default"):
        subnets = [kwargs.get("subnet_id"), *(nic.get("SubnetId") for nic in kwargs.get("nics") or [])]
        subnet = next(filter(None, subnets), None)
        zone = self.get_subnet(subnet).availability_zone if subnet else kwargs.get("placement")
        require_type(self.region_name, kwargs["instance_type"], zone)
    key = kwargs.get("key_name")
    if key and key not in self.key_pairs:
        raise InvalidKeyPairNameError(key)
    return original(self, image_id, count, *args, **kwargs)


def _answer_run_instances(original: Any, self: Any) -> Any:
    try:
        return original(self)
    except NotFoundException:
        name = self._get_param("IamInstanceProfile.Name") or self._get_param("IamInstanceProfile.Arn")
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
        ) from None


def apply() -> None:
    """Check before moto launches."""
    around(InstanceBackend, "run_instances", _run_instances)
    around(InstanceResponse, "run_instances", _answer_run_instances)
