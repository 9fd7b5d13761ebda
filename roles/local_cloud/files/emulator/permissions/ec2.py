# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What calls of EC2 need. Resources are told by their ids, wherever in the call they stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from emulator.permissions.needs import Need, Parameters, Where, pass_role, tags_context, tags_of

TYPES = {
    "acl": "network-acl",
    "ami": "image",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
ID = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
# What calls make, by the types that their authorization names.
MADE = {
    "AllocateAddress": ("elastic-ip",),
    "CopyImage": ("image", "snapshot"),
    "CreateFlowLogs": ("vpc-flow-log",),
    "CreateImage": ("image", "snapshot"),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateKeyPair": ("key-pair",),
    "CreateLaunchTemplate": ("launch-template",),
    "CreateNatGateway": ("natgateway",),
    "CreateNetworkAcl": ("network-acl",),
    "CreateRouteTable": ("route-table",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSnapshot": ("snapshot",),
    "CreateSubnet": ("subnet",),
    "CreateVolume": ("volume",),
    "CreateVpc": ("vpc",),
    "CreateVpcEndpoint": ("vpc-endpoint",),
    "ImportKeyPair": ("key-pair",),
    "RegisterImage": ("image",),
    "RunInstances": ("instance", "network-interface", "volume"),
}
# The calls' own resource only: what else they name is not asked about.
OWN_ONLY = {
    "AuthorizeSecurityGroupEgress": "security-group",
    "AuthorizeSecurityGroupIngress": "security-group",
    "CreateImage": "instance",
    "CreateRoute": "route-table",
    "ReplaceRoute": "route-table",
    "RevokeSecurityGroupEgress": "security-group",
    "RevokeSecurityGroupIngress": "security-group",
}
# The calls that read and ask about a resource.
NARROW = {"DescribeInstanceAttribute", "DescribeSnapshotAttribute", "DescribeVpcAttribute", "GetConsoleOutput"}
# Images belong to everybody, so their ARN names no account.
NOBODYS = {"image", "snapshot"}
# Words in which no id stands for a resource that the call is about.
IGNORED = {"ClientToken", "Description", "Filters", "TagSpecifications", "Tags", "UserData"}
# Whose authorization a call on an association asks for.
OWNERS = {"rtbassoc": "route-table", "aclassoc": "subnet", "eipassoc": "elastic-ip"}


class Known(Protocol):
    """What is known of the resources that stand."""

    def owner(self, name: str) -> str:
        """The id of what an association is of; any other name as it is."""

    def tags(self, name: str) -> Mapping[str, str]:
        """The tags of a resource, by its id or, for a key pair, its name."""


def needs(operation: str, parameters: Parameters, where: Where, known: Known) -> list[Need]:
    """Return what a call needs.

    Args:
        operation: its name in botocore.
        parameters: what it says, as botocore takes it.
        where: region and account.
        known: tells of the resources that the call names.
    """
    action = f"ec2:{operation}"
    if operation.startswith(("Describe", "Get")) and operation not in NARROW:
        return [Need(action)]
    if operation in ("CreateTags", "DeleteTags"):
        asked = tags_context("RequestTag", tags_of(parameters)) if operation == "CreateTags" else {}
        return [
            Need(action, _arn(where, *_typed(name)), {**tags_context("ResourceTag", known.tags(name)), **asked})
            for name in parameters["Resources"]
        ]
    found = [
        Need(action, _arn(where, kind, known.owner(name)), tags_context("ResourceTag", known.tags(known.owner(name))))
        for kind, name in sorted(set(_named(parameters)))
        if OWN_ONLY.get(operation, kind) == kind and not (kind == "key-pair" and kind in MADE.get(operation, ()))
    ]
    specified = {each["ResourceType"]: tags_of(each) for each in parameters.get("TagSpecifications", [])}
    for kind in MADE.get(operation, ()):
        # A key pair has its name before it is made, everything else gets its id then.
        name = parameters.get("KeyName", "*") if kind == "key-pair" else "*"
        found.append(Need(action, _arn(where, kind, name), tags_context("RequestTag", specified.get(kind, {}))))
    for kind, given in specified.items():
        name = parameters.get("KeyName", "*") if kind == "key-pair" else "*"
        context = {**tags_context("RequestTag", given), "ec2:CreateAction": operation}
        found.append(Need("ec2:CreateTags", _arn(where, kind, name), context))
    return (found or [Need(action)]) + _passed(operation, parameters, where)


def _passed(operation: str, parameters: Parameters, where: Where) -> list[Need]:
    if operation == "CreateFlowLogs" and parameters.get("DeliverLogsPermissionArn"):
        return [pass_role(parameters["DeliverLogsPermissionArn"], "vpc-flow-logs.amazonaws.com")]
    profile = parameters.get("IamInstanceProfile") or {}
    name = profile.get("Name") or profile.get("Arn", "").rpartition("/")[2]
    # The collection's profiles have the names of their roles.
    return [pass_role(where.arn("iam", f"role/{name}", regional=False), "ec2.amazonaws.com")] if name else []


def _typed(name: str) -> tuple[str, str]:
    prefix = name.partition("-")[0]
    return ("key-pair", name) if prefix == "key" else (TYPES.get(prefix, "*"), name)


def _arn(where: Where, kind: str, name: str) -> str:
    owner = Where(where.partition, where.region, "") if kind in NOBODYS else where
    return owner.arn("ec2", f"{kind}/{name}")


def _named(value: Any, word: str = "") -> Iterator[tuple[str, str]]:
    """Yield type and name of all resources that a call names."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in IGNORED:
                yield from _named(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, word)
    elif isinstance(value, str):
        found = ID.fullmatch(value)
        if word in ("KeyName", "KeyPairId"):
            yield "key-pair", value
        elif found and found[1] in TYPES:
            yield TYPES[found[1]], value
        elif word == "AssociationId" and found:
            yield OWNERS[found[1]], value
