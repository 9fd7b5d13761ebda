# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role scaling makes: a launch template, and the group that launches its members from it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of
from ansible_collections.mlinfra.aws.plugins.module_utils.machine_image import newest_image

from . import values
from .model import Attribute, Entry, Kind, Standing
from .parts import TAGS, by_member, entries_of, identified_by, implied, labelled_by, owned_by, plain

# How a declaration names the environment's newest image of a system and a processor, or else that of a parameter.
_OWN = "resolve:own:"
# The members of a template's data that the role declares.
_DATA = (
    *("ImageId", "InstanceType", "KeyName", "SecurityGroupIds", "IamInstanceProfile", "MetadataOptions"),
    *("BlockDeviceMappings", "UserData", "TagSpecifications"),
)


def _data(member: str, default: Any = None) -> Callable[[Entry, Standing], Any]:
    return lambda template, standing: template.get("LaunchTemplateData", {}).get(member, default)


def _same_image(declared: str, found: str, standing: Standing) -> bool:
    if not declared.startswith(_OWN):
        return declared == found
    system, processor, parameter = declared.removeprefix(_OWN).split(":", 2)
    wanted = {"Role": "ml-image", "OperatingSystem": system}
    own = [
        image
        for image in standing.found.get("image", [])
        if wanted.items() <= tags_of(image).items() and image.get("Architecture") == processor
    ]
    newest = newest_image(own)
    return found == (newest["ImageId"] if newest else f"resolve:ssm:{parameter}")


def _specified_tags(value: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """By what is tagged."""
    return {one["ResourceType"]: values.tags(tags_of(one)) for one in value or []}


def _devices(value: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The volumes. What a root device is called is the image's choice."""
    return [dict(one.get("Ebs", {})) for one in value or []]


LAUNCH_TEMPLATE = Kind(
    attributes={
        "LaunchTemplateName": plain("LaunchTemplateName"),
        "ImageId": Attribute(_data("ImageId", ""), same=_same_image),
        "InstanceType": Attribute(_data("InstanceType")),
        "KeyName": Attribute(_data("KeyName", "")),
        "SecurityGroupIds": Attribute(_data("SecurityGroupIds", []), values.unordered),
        "IamInstanceProfile": Attribute(_data("IamInstanceProfile", {}), values.members("Arn")),
        "MetadataOptions": Attribute(_data("MetadataOptions", {}), partial=True),
        "BlockDeviceMappings": Attribute(_data("BlockDeviceMappings", []), _devices),
        "UserData": Attribute(_data("UserData", "")),
        "TagSpecifications": Attribute(_data("TagSpecifications", []), _specified_tags),
        # Whatever else somebody has put into it, such as network interfaces with public addresses.
        "OtherData": implied(
            lambda template, standing: sorted(template.get("LaunchTemplateData", {}).keys() - set(_DATA)), []
        ),
        "DefaultVersion": implied(
            lambda template, standing: template.get("DefaultVersionNumber") == template.get("LatestVersionNumber"), True
        ),
        "Tags": TAGS,
    },
    keys=(by_member("LaunchTemplateName"),),
    entries=entries_of("launch_template"),
    owner=owned_by("scaling"),
    identifier=identified_by("LaunchTemplateId"),
    label=labelled_by("LaunchTemplateName"),
)


def _mixed(*members: str) -> Callable[[Entry, Standing], Any]:
    """A member of the policy of mixed instances."""

    def read(group: Entry, standing: Standing) -> Any:
        found: Any = group.get("MixedInstancesPolicy") or {}
        for member in members:
            found = (found or {}).get(member)
        return found or {}

    return read


def _distribution(value: Mapping[str, Any]) -> dict[str, str]:
    """As text: not every endpoint answers with numbers. No price is the price on demand."""
    return {name: str(member) for name, member in {"SpotMaxPrice": "", **value}.items()}


def _subnets(group: Entry, standing: Standing) -> list[str]:
    return [subnet for subnet in group.get("VPCZoneIdentifier", "").split(",") if subnet]


def _own_policies(group: Entry, standing: Standing) -> list[Entry]:
    """Those that the role names after the group. Others' stay."""
    name = group["AutoScalingGroupName"]
    return [policy for policy in group.get("ScalingPolicies") or [] if policy["PolicyName"].startswith(f"{name}-")]


def _policies(value: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What of them the role declares. AWS adds ARNs and alarms, and leaves out that a group may shrink."""
    return values.unordered(
        {
            "PolicyName": policy["PolicyName"],
            "PolicyType": policy["PolicyType"],
            "TargetTrackingConfiguration": {"DisableScaleIn": False, **(policy.get("TargetTrackingConfiguration") or {})},
        }
        for policy in value
    )


def _metrics(group: Entry, standing: Standing) -> list[str]:
    return [one["Metric"] for one in group.get("EnabledMetrics") or []]


def _all_propagated(group: Entry, standing: Standing) -> bool:
    return all(tag.get("PropagateAtLaunch") for tag in group.get("Tags", []))


GROUP = Kind(
    attributes={
        "AutoScalingGroupName": plain("AutoScalingGroupName"),
        "MinSize": plain("MinSize"),
        "MaxSize": plain("MaxSize"),
        "DesiredCapacity": plain("DesiredCapacity"),
        # Once it stands, its policies say how large it is.
        "InitialCapacity": plain("DesiredCapacity", same=lambda declared, found, standing: True),
        "VPCZoneIdentifier": Attribute(_subnets, values.unordered),
        "HealthCheckType": plain("HealthCheckType"),
        "HealthCheckGracePeriod": plain("HealthCheckGracePeriod"),
        "DefaultCooldown": implied("DefaultCooldown", 300),
        "TerminationPolicies": implied("TerminationPolicies", ["Default"]),
        "SuspendedProcesses": implied(
            lambda group, standing: sorted(one["ProcessName"] for one in group.get("SuspendedProcesses", [])), []
        ),
        "LaunchTemplate": Attribute(
            _mixed("LaunchTemplate", "LaunchTemplateSpecification"), values.members("LaunchTemplateName", "Version")
        ),
        "Overrides": Attribute(lambda group, standing: _mixed("LaunchTemplate", "Overrides")(group, standing) or []),
        "InstancesDistribution": Attribute(_mixed("InstancesDistribution"), _distribution, partial=True),
        "EnabledMetrics": Attribute(_metrics, values.unordered),
        "ScalingPolicies": Attribute(_own_policies, _policies),
        "Propagated": implied(_all_propagated, True),
        "Tags": TAGS,
    },
    keys=(by_member("AutoScalingGroupName"),),
    entries=entries_of("auto_scaling_group"),
    owner=owned_by("scaling"),
    identifier=identified_by("AutoScalingGroupARN"),
    label=labelled_by("AutoScalingGroupName"),
)

KINDS = {"launch_template": LAUNCH_TEMPLATE, "auto_scaling_group": GROUP}
