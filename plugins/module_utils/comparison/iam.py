# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds of IAM that roles declare, and what the hosts keep by them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from . import values
from .model import Attribute, Entry, Key, Kind, Standing
from .parts import (
    TAGS,
    always,
    by_member,
    entries_of,
    identified_by,
    implied,
    labelled_by,
    owned_by,
    owner_by_name,
    plain,
)

_OWNER = owner_by_name(
    "RoleName",
    instance_role="iam",
    flow_log_role="network",
    trail_role="audit",
    budget_identity="guardrails",
    scheduler_identity="guardrails",
    snapshot_identity="recovery",
    replication_identity="recovery",
    archive_identity="monitoring",
    log_delivery_identity="monitoring",
)
_HOUR = 3600


def _boundary(entry: Entry, standing: Standing) -> str:
    return entry.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")


ROLE = Kind(
    attributes={
        "RoleName": plain("RoleName"),
        "Path": implied("Path", "/"),
        "Description": plain("Description", default=""),
        "AssumeRolePolicyDocument": plain("AssumeRolePolicyDocument", values.policy),
        "ManagedPolicyArns": plain("ManagedPolicyArns", values.unordered, default=[], implied=always([])),
        "PermissionsBoundary": Attribute(_boundary, implied=always("")),
        "MaxSessionDuration": implied("MaxSessionDuration", _HOUR),
        "Tags": TAGS,
    },
    keys=(by_member("RoleName"),),
    entries=entries_of("iam_role"),
    owner=_OWNER,
    identifier=identified_by("Arn"),
    label=labelled_by("RoleName"),
)


def _policies(standing: Standing) -> Iterable[Entry]:
    """The inline policies of all roles."""
    return [
        {"RoleName": role["RoleName"], "PolicyName": name, "PolicyDocument": document}
        for role in standing.found.get("iam_role", [])
        for name, document in role.get("InlinePolicies", {}).items()
    ]


ROLE_POLICY = Kind(
    attributes={
        "RoleName": plain("RoleName"),
        "PolicyName": plain("PolicyName"),
        "PolicyDocument": plain("PolicyDocument", values.policy),
    },
    keys=(
        Key(
            lambda attributes: (attributes["RoleName"], attributes["PolicyName"]),
            lambda entry, standing: (entry["RoleName"], entry["PolicyName"]),
        ),
    ),
    entries=_policies,
    owner=_OWNER,
    identifier=lambda entry: f"{entry['RoleName']}/{entry['PolicyName']}",
    label=labelled_by("PolicyName"),
)


def _role_names(entry: Entry, standing: Standing) -> list[str]:
    return [role["RoleName"] for role in entry.get("Roles", [])]


INSTANCE_PROFILE = Kind(
    attributes={
        "InstanceProfileName": plain("InstanceProfileName"),
        "Path": implied("Path", "/"),
        "Roles": Attribute(_role_names),
        "Tags": TAGS,
    },
    keys=(by_member("InstanceProfileName"),),
    entries=entries_of("instance_profile"),
    owner=owner_by_name("InstanceProfileName", instance_profile="iam"),
    identifier=identified_by("Arn"),
    label=labelled_by("InstanceProfileName"),
)

# The hosts make them, by the role; they go with it.
PARAMETER = Kind(
    attributes={"Name": plain("Name")},
    keys=(by_member("Name"),),
    entries=entries_of("ssm_parameter"),
    owner=owned_by("iam"),
    identifier=identified_by("Name"),
    label=labelled_by("Name"),
    only_absent=True,
)

KINDS = {
    "iam_role": ROLE,
    "role_policy": ROLE_POLICY,
    "instance_profile": INSTANCE_PROFILE,
    "ssm_parameter": PARAMETER,
}
