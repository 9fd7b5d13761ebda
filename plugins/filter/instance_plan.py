# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: instance_plan
short_description: Compare declared EC2 instances with those that stand
version_added: 0.1.0
description:
  - Decides for each instance whether it is launched, changed where it stands, replaced or terminated.
  - Calls nothing and changes nothing.
positional: _input
options:
  _input:
    description: The declared instances, dictionaries of C(name) and C(attributes), the latter in RunInstances' words.
    type: list
    elements: dict
    required: true
  found:
    description:
      - The instances that stand in the environment's VPC, as C(instances) of M(amazon.aws.ec2_instance_info) with the
        attributes V(disableApiTermination) and V(disableApiStop).
    type: list
    elements: dict
    required: true
  identity:
    description:
      - The tags that tell the environment's own instances. An instance that lost one of them is known by its name, or
        by its instance profile, and gets its tags back. It is never terminated for being too many.
      - Without any, all instances are the environment's own.
    type: dict
    default: {}
  volumes:
    description: Their volumes, as C(volumes) of M(amazon.aws.ec2_vol_info).
    type: list
    elements: dict
    required: true
  image:
    description: The image that a new instance would start from, as C(image) of M(mlinfra.aws.machine_image_info).
    type: dict
    required: true
  subnet_ids:
    description: The subnets in which an instance may stand.
    type: list
    elements: str
    required: true
  running:
    description: Whether a stopped instance is to be started.
    type: bool
    default: true
  allow_replacement:
    description: Whether an instance that can't be changed where it stands may be replaced.
    type: bool
    default: false
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Decide what happens to each instance
  ansible.builtin.set_fact:
    compute_plan: >-
      {{ declared | mlinfra.aws.instance_plan(found=found.instances, volumes=volumes.volumes,
                                              image=image.image, subnet_ids=network.public_subnet_ids) }}
"""

RETURN = r"""
_value:
  description: >-
    C(launch), the declared instances to launch; C(change), dictionaries of C(name), C(instance_id), C(changes) and
    C(state); C(volumes), dictionaries of C(name), C(volume_id), C(zone) and C(changes); C(release), the ids that lose
    protection before anything else; C(attributes), the ids of which other attributes differ; C(terminate), the ids to
    terminate; C(standing), the instance that stands for each declared name; C(restarts), the names of those that are
    stopped and started again; C(messages), what happens to running instances; C(problems), what can't be done and what
    to do about it; C(newer_image_id), the newest image where an instance started from an older one, else empty.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

Resource = dict[str, Any]
# As role compute tags its instances.
ROLE_TAG = "ml-training"


def instance_plan(
    declared: list[Resource],
    found: list[Resource],
    volumes: list[Resource],
    image: Resource,
    subnet_ids: list[str],
    identity: dict[str, str] | None = None,
    running: bool = True,
    allow_replacement: bool = False,
) -> dict[str, Any]:
    """Compares declared instances with those that stand: see RETURN."""
    lists = (
        *("launch", "change", "volumes", "release", "attributes", "terminate", "restarts"),
        *("messages", "problems"),
    )
    plan: dict[str, Any] = {key: [] for key in lists}
    plan["newer_image_id"] = ""
    roots = _root_volumes(found, volumes)
    standing, surplus = _matched(declared, found, identity or {})
    plan["standing"] = standing
    for entry in declared:
        instance = standing.get(entry["name"])
        root = roots.get(instance["instance_id"]) if instance else None
        reasons = _reasons_to_replace(entry["attributes"], instance, root, image, subnet_ids) if instance else []
        if instance is None or (reasons and allow_replacement):
            plan["launch"].append(entry)
            plan["problems"] += _launch_problems(entry, image)
        if instance is None:
            continue
        who = f"{entry['name']} ({instance['instance_id']})"
        if reasons and allow_replacement:
            plan["messages"].append(
                f"{who} will be replaced and what its root volume holds will be lost: {'; '.join(reasons)}."
            )
            _terminate(plan, entry["attributes"], instance, who)
        elif reasons:
            plan["problems"].append(
                f"{who} can't be changed where it stands: {'; '.join(reasons)}. Set compute_allow_replacement: true to"
                " terminate it and launch another in its place, which loses what its root volume holds, or undo the"
                " change of the settings."
            )
        else:
            _keep(plan, entry, instance, root, running)
            if instance["image_id"] != image["id"]:
                plan["newer_image_id"] = image["id"]
    for instance in surplus:
        who = f"{_tags(instance).get('Name', '')} ({instance['instance_id']})"
        plan["messages"].append(f"{who} will be terminated: no such instance is declared any more.")
        _terminate(plan, declared[0]["attributes"] if declared else {}, instance, who)
    if len(plan["restarts"]) > 1:
        # One after the other: the next is stopped when the one before has passed its status checks.
        for change in plan["change"]:
            change["state"] = "started" if change["name"] in plan["restarts"] else change["state"]
    return plan


def _tags(instance: Resource) -> dict[str, str]:
    return instance.get("tags") or {}


def _matched(
    declared: list[Resource], found: list[Resource], identity: dict[str, str]
) -> tuple[dict[str, Resource], list[Resource]]:
    """The instance that answers to each declared name, and those that carry all tags and answer to none.

    By its name, the oldest where there are several; else by its index, where it lost its name; else any that lost both.
    What carries the environment's tags is meant before what lost one of them.
    """
    own_tags = {**identity, "Role": ROLE_TAG} if identity else {}
    names = {entry["name"] for entry in declared}
    profiles = {entry["attributes"]["IamInstanceProfile"]["Arn"] for entry in declared}

    def owned(instance: Resource) -> bool:
        tags = _tags(instance)
        return all(tags.get(key) == value for key, value in own_tags.items())

    def known(instance: Resource) -> bool:
        tags = _tags(instance)
        by_profile = (instance.get("iam_instance_profile") or {}).get("arn") in profiles
        return tags.get("Name") in names or (by_profile and tags.get("Role", ROLE_TAG) == ROLE_TAG)

    left = sorted(
        (instance for instance in found if owned(instance) or known(instance)),
        key=lambda instance: (not owned(instance), str(instance["launch_time"]), instance["instance_id"]),
    )
    standing: dict[str, Resource] = {}
    ways: tuple[Callable[[Resource, Resource], bool], ...] = (
        lambda entry, instance: _tags(instance).get("Name") == entry["name"],
        lambda entry, instance: _tags(instance).get("Index") == entry["attributes"]["Tags"].get("Index", entry["name"]),
        lambda entry, instance: bool(identity) and "Index" not in _tags(instance),
    )
    for answers in ways:
        for entry in declared:
            if entry["name"] in standing:
                continue
            chosen = next((instance for instance in left if answers(entry, instance)), None)
            if chosen is not None:
                standing[entry["name"]] = chosen
                left.remove(chosen)
    return standing, [instance for instance in left if owned(instance)]


def _root_volumes(found: list[Resource], volumes: list[Resource]) -> dict[str, Resource]:
    """The root volume of each instance's id."""
    by_id = {volume["id"]: volume for volume in volumes}
    roots = {}
    for instance in found:
        for mapping in instance.get("block_device_mappings", []):
            volume = by_id.get(mapping.get("ebs", {}).get("volume_id"))
            if mapping["device_name"] == instance.get("root_device_name") and volume:
                roots[instance["instance_id"]] = volume
    return roots


def _ebs(attributes: Resource) -> Resource:
    return attributes["BlockDeviceMappings"][0]["Ebs"]


def _launch_problems(entry: Resource, image: Resource) -> list[str]:
    size, least = _ebs(entry["attributes"])["VolumeSize"], image["root_volume_size"]
    if size >= least:
        return []
    return [
        f"{entry['name']}: the image {image['id']} needs a root volume of {least} GiB, compute_root_volume_size is {size}."
    ]


def _reasons_to_replace(
    attributes: Resource, instance: Resource, root: Resource | None, image: Resource, subnet_ids: list[str]
) -> list[str]:
    """Differences that no API call can settle on a standing instance."""
    reasons = []
    chosen = attributes["ImageId"]
    if not chosen.startswith("resolve:") and instance["image_id"] != chosen:
        reasons.append(f"image {instance['image_id']} → {chosen}")
    if image["architecture"] and instance.get("architecture", image["architecture"]) != image["architecture"]:
        reasons.append(f"architecture {instance['architecture']} → {image['architecture']}")
    system = _tags(instance).get("OperatingSystem")
    if system and system != attributes["Tags"]["OperatingSystem"]:
        reasons.append(f"operating system {system} → {attributes['Tags']['OperatingSystem']}")
    if instance["subnet_id"] not in subnet_ids:
        reasons.append(f"subnet {instance['subnet_id']} is none of {', '.join(subnet_ids)}")
    if (instance.get("key_name") or "") != attributes["KeyName"]:
        reasons.append(f"key pair {instance.get('key_name') or 'none'} → {attributes['KeyName'] or 'none'}")
    if root:
        if root["size"] > _ebs(attributes)["VolumeSize"]:
            reasons.append(f"root volume {root['size']} → {_ebs(attributes)['VolumeSize']} GiB, volumes can't shrink")
        if not root["encrypted"]:
            reasons.append("its root volume is not encrypted")
    return reasons


def _keep(plan: dict[str, Any], entry: Resource, instance: Resource, root: Resource | None, running: bool) -> None:
    """Adds what changes on an instance that stays."""
    attributes, instance_id = entry["attributes"], instance["instance_id"]
    who = f"{entry['name']} ({instance_id})"
    changes = _changes(attributes, instance)
    stopped = instance["state"]["name"] in ("stopping", "stopped")
    if running and stopped:
        changes.append(f"state {instance['state']['name']} → running")
    if instance["instance_type"] != attributes["InstanceType"] and not stopped:
        plan["restarts"].append(entry["name"])
        plan["messages"].append(
            f"{who} will be stopped to change its type {instance['instance_type']} → {attributes['InstanceType']},"
            " then started again. What runs on it ends, and its public address changes unless it is an elastic one."
        )
        if attributes["DisableApiStop"] and _protection(instance)[1]:
            plan["problems"].append(
                f"{who} must be stopped to change its type, and is protected against that: set"
                " compute_stop_protection: false for this run."
            )
    if changes:
        state = "stopped" if stopped and not running else "running"
        plan["change"].append({"name": entry["name"], "instance_id": instance_id, "changes": changes, "state": state})
    declared = attributes["DisableApiTermination"], attributes["DisableApiStop"]
    switches = list(zip(_protection(instance), declared, strict=True))
    if (True, False) in switches:
        plan["release"].append(instance_id)
    if (False, True) in switches or _strays(attributes, instance):
        plan["attributes"].append(instance_id)
    if root:
        _keep_volume(plan, entry, root, who)


def _strays(attributes: Resource, instance: Resource) -> bool:
    """Whether attributes differ that are set one by one on a standing instance."""
    root = [
        mapping.get("ebs", {}).get("delete_on_termination", True)
        for mapping in instance.get("block_device_mappings", [])
        if mapping["device_name"] == instance.get("root_device_name")
    ]
    return (
        not instance.get("source_dest_check", True)
        or (instance.get("monitoring") or {}).get("state") in ("enabled", "pending")
        or root not in ([], [_ebs(attributes)["DeleteOnTermination"]])
    )


def _changes(attributes: Resource, instance: Resource) -> list[str]:
    """Differences of an instance that API calls settle, for people to read."""
    compared: list[tuple[str, Any, Any]] = [
        ("instance type", instance["instance_type"], attributes["InstanceType"]),
        (
            "instance profile",
            instance.get("iam_instance_profile", {}).get("arn"),
            attributes["IamInstanceProfile"]["Arn"],
        ),
        ("security groups", _security_groups(instance), sorted(attributes["SecurityGroupIds"])),
    ]
    options = instance.get("metadata_options", {})
    names: dict[str, Callable[[Resource], Any]] = {
        "HttpEndpoint": lambda found: found.get("http_endpoint"),
        "HttpTokens": lambda found: found.get("http_tokens"),
        "HttpPutResponseHopLimit": lambda found: found.get("http_put_response_hop_limit"),
    }
    compared += [(name, names[name](options), value) for name, value in attributes["MetadataOptions"].items()]
    changes = [f"{what} {old} → {new}" for what, old, new in compared if old != new]
    return changes + _tag_changes(attributes["Tags"], instance["tags"])


def _security_groups(instance: Resource) -> list[str]:
    interfaces = instance.get("network_interfaces") or [{}]
    groups = interfaces[0].get("groups") or instance.get("security_groups", [])
    return sorted(group["group_id"] for group in groups)


def _tag_changes(declared: dict[str, str], found: dict[str, str] | None) -> list[str]:
    # Tags that others put there, such as a patch group or a cost category, stay.
    found = found or {}
    return [
        f"tag {key} {found.get(key, 'none')} → {value}" for key, value in declared.items() if found.get(key) != value
    ]


def _keep_volume(plan: dict[str, Any], entry: Resource, root: Resource, who: str) -> None:
    ebs = _ebs(entry["attributes"])
    changes = _tag_changes(entry["attributes"]["Tags"], root["tags"])
    if root["type"] != ebs["VolumeType"]:
        changes.append(f"type {root['type']} → {ebs['VolumeType']}")
    for name, key in (("Iops", "iops"), ("Throughput", "throughput")):
        # Of a volume that is no gp3 yet there is nothing to compare with; it gets them with its type.
        if name in ebs and root.get(key) and root[key] != ebs[name]:
            changes.append(f"{key} {root[key]} → {ebs[name]}")
    if root["size"] < ebs["VolumeSize"]:
        changes.append(f"size {root['size']} → {ebs['VolumeSize']} GiB")
        plan["messages"].append(
            f"The root volume of {who} will grow {root['size']} → {ebs['VolumeSize']} GiB while it runs. Its file system"
            " follows at the next start, or with growpart; EC2 takes the next change of this volume in six hours."
        )
    if changes:
        plan["volumes"].append(
            {"name": entry["name"], "volume_id": root["id"], "zone": root["zone"], "changes": changes}
        )


def _protection(instance: Resource) -> tuple[bool, bool]:
    """Termination and stop protection. Attributes are absent where the reader did not ask for them."""
    attributes = instance.get("attributes")
    if attributes is None:
        raise AnsibleFilterError(f"{instance['instance_id']} comes without its protection attributes")
    return tuple(
        str(attributes.get(name, {}).get("value", False)).lower() == "true"
        for name in ("disable_api_termination", "disable_api_stop")
    )


def _terminate(plan: dict[str, Any], attributes: Resource, instance: Resource, who: str) -> None:
    plan["terminate"].append(instance["instance_id"])
    protected = _protection(instance)
    declared = attributes.get("DisableApiTermination", False), attributes.get("DisableApiStop", False)
    if any(both == (True, True) for both in zip(protected, declared, strict=True)):
        plan["problems"].append(
            f"{who} would be terminated, and is protected: set compute_termination_protection and"
            " compute_stop_protection to false for this run."
        )
    elif any(protected):
        plan["release"].append(instance["instance_id"])


class FilterModule:
    """Filters about EC2 instances."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"instance_plan": instance_plan}
