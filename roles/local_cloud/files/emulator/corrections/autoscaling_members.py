# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A group launches its members as its launch template says, spread over its subnets, on demand and on spot.

Moto launches the default version, all in the first subnet and on demand, without profile, metadata options and tags of volumes,
and knows no image that a parameter names.
"""

from __future__ import annotations

import math
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, InstanceState
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.utils import convert_tag_spec
from moto.ssm.models import ssm_backends

from emulator.patching import around

BY_PARAMETER = "resolve:ssm:"


def _launch(original: Any, self: FakeAutoScalingGroup, count_needed: int, propagated_tags: dict[str, str]) -> None:
    if not self.ec2_launch_template or not self.vpc_zone_identifier:
        original(self, count_needed, propagated_tags)
        return
    version = self.ec2_launch_template.get_version(self.launch_template_version)
    for _each in range(count_needed):
        if not _subnets(self):
            return
        instance = _member(self, version, {**propagated_tags, ASG_NAME_TAG: self.name})
        instance.autoscaling_group = self
        state = InstanceState(instance, protected_from_scale_in=self.new_instances_protected_from_scale_in)
        state.template_version = str(version.number)
        self.instance_states.append(state)


def _member(group: FakeAutoScalingGroup, version: LaunchTemplateVersion, tags: dict[str, str]) -> Any:
    data, ec2 = version.data, group.ec2_backend
    of_template = convert_tag_spec(data.get("TagSpecifications", []))
    reservation = ec2.run_instances(
        _image(group, version.image_id),
        1,
        version.user_data,
        version.security_groups,
        instance_type=_type(group, version),
        is_instance_type_default=False,
        tags={"instance": {**tags, **of_template.get("instance", {})}, "volume": of_template.get("volume", {})},
        launch_template={"LaunchTemplateId": version.template.id, "Version": version.number},
        block_device_mappings=data.get("BlockDeviceMappings", []),
        metadata_options=data.get("MetadataOptions", {}),
        instance_market_options={"MarketType": "spot"} if _on_spot(group) else None,
        associate_public_ip=None,
        subnet_id=_subnet(group),
        region_name=group.region,
    )
    [instance] = reservation.instances
    profile = data.get("IamInstanceProfile", {})
    if profile:
        ec2.associate_iam_instance_profile(instance.id, profile.get("Name"), profile.get("Arn"))
    return instance


def _image(group: FakeAutoScalingGroup, image: str) -> str:
    if not image.startswith(BY_PARAMETER):
        return image
    return ssm_backends[group.account_id][group.region].get_parameter(image.removeprefix(BY_PARAMETER)).value


def _type(group: FakeAutoScalingGroup, version: LaunchTemplateVersion) -> str:
    overrides = (group.mixed_instances_policy or {}).get("LaunchTemplate", {}).get("Overrides", [])
    return overrides[0]["InstanceType"] if overrides else version.instance_type


def _subnets(group: FakeAutoScalingGroup) -> list[str]:
    """Those that have an address left."""
    listed = group.vpc_zone_identifier.split(",")
    return [one for one in listed if group.ec2_backend.get_subnet(one).available_ip_address_count > 0]


def _subnet(group: FakeAutoScalingGroup) -> str:
    """The one with the fewest members."""
    taken = [state.instance.subnet_id for state in group.active_instances()]
    return min(_subnets(group), key=taken.count)


def _on_spot(group: FakeAutoScalingGroup) -> bool:
    """Whether so many stand on demand as are to."""
    told = (group.mixed_instances_policy or {}).get("InstancesDistribution", {})
    base = int(told.get("OnDemandBaseCapacity", 0))
    share = int(told.get("OnDemandPercentageAboveBaseCapacity", 100))
    wanted = base + math.ceil(max(group.desired_capacity - base, 0) * share / 100)
    return sum(state.instance.lifecycle != "spot" for state in group.active_instances()) >= wanted


def _launched_from(self: InstanceState, told: Any) -> dict[str, Any] | None:
    """The template, and the version of it that was the default when the member was launched."""
    template = told(self)
    version = getattr(self, "template_version", "")
    return {**template, "Version": version} if template and version else template


def apply() -> None:
    """Launch members one by one, and remember by what."""
    told = InstanceState.launch_template.fget
    InstanceState.launch_template = property(lambda self: _launched_from(self, told))
    around(FakeAutoScalingGroup, "replace_autoscaling_group_instances", _launch)
