# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role scaling makes: a launch template, the group that launches its members from it, and what balances their load. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of
from ansible_collections.mlinfra.aws.plugins.module_utils.group_parts import transform as parts
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


def _same_groups(declared: Iterable[str], found: Iterable[str], standing: Standing) -> bool:
    """Whether they are the same security groups, each by its id or by its name."""
    return sorted(map(standing.name, declared)) == sorted(map(standing.name, found))


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
        "SecurityGroupIds": Attribute(_data("SecurityGroupIds", []), values.unordered, same=_same_groups),
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


def _target_group_names(group: Entry, standing: Standing) -> list[str]:
    return [_name_in(arn) for arn in group.get("TargetGroupARNs") or []]


def _name_in(arn: str) -> str:
    """The name of a target group, which is in its ARN."""
    return arn.split("/")[1] if "/" in arn else arn


def _metrics(group: Entry, standing: Standing) -> list[str]:
    return [one["Metric"] for one in group.get("EnabledMetrics") or []]


def _own_parts(member: str, name: str) -> Callable[[Entry, Standing], list[Entry]]:
    """Those scheduled actions or hooks that the role names after the group. Others' stay."""
    return lambda group, standing: parts.own(group["AutoScalingGroupName"], group.get(member), name)


# As long as a refresh is in one of these states, it sees to the members.
_REFRESHING = {"Pending", "InProgress", "Baking", "RollbackInProgress"}


def _outdated(group: Entry, standing: Standing) -> list[str]:
    """The members that were launched from another version of the template than its default, where nothing replaces them yet."""
    if any(refresh.get("Status") in _REFRESHING for refresh in group.get("InstanceRefreshes") or []):
        return []
    found = []
    for member in group.get("Instances") or []:
        told = member.get("LaunchTemplate") or {}
        template = standing.entry("launch_template", "LaunchTemplateId", told.get("LaunchTemplateId"))
        if template and str(told.get("Version")) != str(template.get("DefaultVersionNumber")):
            found.append(member["InstanceId"])
    return found


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
        "TargetGroups": Attribute(_target_group_names, values.unordered),
        "EnabledMetrics": Attribute(_metrics, values.unordered),
        "ScalingPolicies": Attribute(_own_policies, _policies),
        "ScheduledActions": Attribute(_own_parts("ScheduledActions", parts.ACTION), parts.actions),
        "LifecycleHooks": Attribute(_own_parts("LifecycleHooks", parts.HOOK), parts.hooks),
        "WarmPool": Attribute(lambda group, standing: group.get("WarmPoolConfiguration") or {}, parts.pool),
        "OutdatedMembers": Attribute(_outdated, values.unordered),
        "Propagated": implied(_all_propagated, True),
        "Tags": TAGS,
    },
    keys=(by_member("AutoScalingGroupName"),),
    entries=entries_of("auto_scaling_group"),
    owner=owned_by("scaling"),
    identifier=identified_by("AutoScalingGroupARN"),
    label=labelled_by("AutoScalingGroupName"),
)


def _told_attributes(entry: Entry, standing: Standing) -> dict[str, str]:
    """Attributes of a load balancer or a target group, by their keys."""
    return {one["Key"]: one["Value"] for one in entry.get("Attributes") or []}


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(text) for key, text in value.items()}


TARGET_GROUP = Kind(
    attributes={
        "TargetGroupName": plain("TargetGroupName"),
        "Protocol": plain("Protocol"),
        "Port": plain("Port"),
        "TargetType": plain("TargetType"),
        "HealthCheckProtocol": plain("HealthCheckProtocol"),
        "HealthCheckPath": plain("HealthCheckPath"),
        "HealthCheckPort": plain("HealthCheckPort", str),
        "HealthCheckIntervalSeconds": plain("HealthCheckIntervalSeconds"),
        "HealthCheckTimeoutSeconds": plain("HealthCheckTimeoutSeconds"),
        "HealthyThresholdCount": plain("HealthyThresholdCount"),
        "UnhealthyThresholdCount": plain("UnhealthyThresholdCount"),
        "Matcher": plain("Matcher", partial=True),
        "Attributes": Attribute(_told_attributes, _texts, partial=True),
        "Tags": TAGS,
    },
    keys=(by_member("TargetGroupName"),),
    entries=entries_of("target_group"),
    owner=owned_by("scaling"),
    identifier=identified_by("TargetGroupArn"),
    label=labelled_by("TargetGroupName"),
)

# What a redirection keeps of what was asked for unless it is told otherwise.
_KEPT = {"Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    if action["Type"] == "redirect":
        return {"Type": "redirect", "RedirectConfig": {**_KEPT, **action["RedirectConfig"]}}
    if action["Type"] == "forward":
        several = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
        arns = [one["TargetGroupArn"] for one in several] or [action.get("TargetGroupArn", "")]
        return {"Type": "forward", "TargetGroups": [action["TargetGroupName"]] if "TargetGroupName" in action else [_name_in(arn) for arn in arns]}
    return {"Type": action["Type"]}


def _listeners(value: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By port, what each takes and where it leads. A policy for TLS is told of HTTPS only."""
    told = []
    for one in value or []:
        secure = {
            "SslPolicy": one.get("SslPolicy"),
            "Certificates": sorted(certificate["CertificateArn"] for certificate in one.get("Certificates") or []),
        }
        actions = [_action(action) for action in one.get("DefaultActions") or []]
        plainly = {"Port": one["Port"], "Protocol": one["Protocol"], "DefaultActions": actions}
        told.append({**plainly, **(secure if one["Protocol"] == "HTTPS" else {})})
    return sorted(told, key=lambda one: one["Port"])


def _balancer_subnets(balancer: Entry, standing: Standing) -> list[str]:
    return [zone["SubnetId"] for zone in balancer.get("AvailabilityZones") or []]


LOAD_BALANCER = Kind(
    attributes={
        "LoadBalancerName": plain("LoadBalancerName"),
        "Type": plain("Type"),
        "Scheme": plain("Scheme"),
        "Subnets": Attribute(_balancer_subnets, values.unordered),
        "SecurityGroups": plain("SecurityGroups", values.unordered, default=[], same=_same_groups),
        "Attributes": Attribute(_told_attributes, _texts, partial=True),
        "Listeners": plain("Listeners", _listeners, default=[]),
        "Tags": TAGS,
    },
    keys=(by_member("LoadBalancerName"),),
    entries=entries_of("load_balancer"),
    owner=owned_by("scaling"),
    identifier=identified_by("LoadBalancerArn"),
    label=labelled_by("LoadBalancerName"),
)

KINDS = {
    "target_group": TARGET_GROUP,
    "load_balancer": LOAD_BALANCER,
    "launch_template": LAUNCH_TEMPLATE,
    "auto_scaling_group": GROUP,
}
