# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles, their policies and the instance profile."""

from __future__ import annotations

import json
from typing import Any

from plain import documents
from plain.aws import Aws, found, tag_list, tags_of
from plain.settings import Settings

MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def apply(aws: Aws, settings: Settings) -> str:
    """Make the role of the instances and its profile; returns the profile's ARN."""
    iam = aws.client("iam")
    ensure_instance_role(iam, settings)
    return _ensure_profile(iam, settings.instance_role, settings.tags)


def ensure_instance_role(iam: Any, settings: Settings) -> None:
    """Make the role of the instances."""
    name = settings.instance_role
    new = ensure_role(iam, name, description(settings), documents.instance_trust(), settings.tags)
    attached = [] if new else iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    arns = {policy["PolicyArn"] for policy in attached}
    if MANAGED not in arns:
        iam.attach_role_policy(RoleName=name, PolicyArn=MANAGED)
    for surplus in arns - {MANAGED}:
        iam.detach_role_policy(RoleName=name, PolicyArn=surplus)
    ensure_policy(iam, name, "permissions", documents.instance_permissions(settings), new)
    for surplus in [] if new else iam.list_role_policies(RoleName=name)["PolicyNames"]:
        if surplus != "permissions":
            iam.delete_role_policy(RoleName=name, PolicyName=surplus)


def description(settings: Settings) -> str:
    """What the role says of itself."""
    return f"What the ML instances of {settings.name} may do"


def ensure_role(iam: Any, name: str, description: str, trust: documents.Document, tags: dict[str, str]) -> bool:
    """Make a role as it should be; returns whether it is new."""
    answer = found(iam.get_role, "NoSuchEntity", RoleName=name)
    if answer is None:
        iam.create_role(
            RoleName=name,
            Description=description,
            AssumeRolePolicyDocument=json.dumps(trust),
            Tags=tag_list(tags),
        )
        return True
    role = answer["Role"]
    if role["AssumeRolePolicyDocument"] != trust:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    if role.get("Description") != description:
        iam.update_role(RoleName=name, Description=description)
    if "PermissionsBoundary" in role:
        iam.delete_role_permissions_boundary(RoleName=name)
    if tags.items() - tags_of(role).items():
        iam.tag_role(RoleName=name, Tags=tag_list(tags))
    if surplus := tags_of(role).keys() - tags.keys():
        iam.untag_role(RoleName=name, TagKeys=list(surplus))
    return False


def ensure_policy(iam: Any, role: str, name: str, document: documents.Document, new: bool) -> None:
    """Give a role an inline policy; `new` says that the role has none yet."""
    current = None if new else found(iam.get_role_policy, "NoSuchEntity", RoleName=role, PolicyName=name)
    if current is None or current["PolicyDocument"] != document:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _ensure_profile(iam: Any, name: str, tags: dict[str, str]) -> str:
    answer = found(iam.get_instance_profile, "NoSuchEntity", InstanceProfileName=name)
    if answer is None:
        answer = iam.create_instance_profile(InstanceProfileName=name, Tags=tag_list(tags))
    profile = answer["InstanceProfile"]
    roles = [role["RoleName"] for role in profile["Roles"]]
    for surplus in set(roles) - {name}:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=surplus)
    if name not in roles:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    if tags.items() - tags_of(profile).items():
        iam.tag_instance_profile(InstanceProfileName=name, Tags=tag_list(tags))
    if surplus := tags_of(profile).keys() - tags.keys():
        iam.untag_instance_profile(InstanceProfileName=name, TagKeys=list(surplus))
    return profile["Arn"]


def destroy(aws: Aws, settings: Settings) -> None:
    """Remove the profile, the role and what the hosts kept by it."""
    iam, name = aws.client("iam"), settings.instance_role
    answer = found(iam.get_instance_profile, "NoSuchEntity", InstanceProfileName=name)
    if answer:
        for role in answer["InstanceProfile"]["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
        iam.delete_instance_profile(InstanceProfileName=name)
    delete_role(iam, name)
    aws.client("ssm").delete_parameters(Names=[settings.token_parameter])


def delete_role(iam: Any, name: str) -> None:
    """Delete a role with its policies."""
    attached = found(iam.list_attached_role_policies, "NoSuchEntity", RoleName=name)
    if attached is None:
        return
    for policy in attached["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
