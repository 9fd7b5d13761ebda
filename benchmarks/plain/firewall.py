# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security groups and the network ACL."""

from __future__ import annotations

from typing import Any

from plain.aws import ensure_ec2_tags, filters, specification
from plain.settings import Settings

PORTS = {22: "SSH", 8888: "Jupyter", 6006: "TensorBoard"}
OUTBOUND = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
RULE = {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
# AWS's own last rule, which refuses everything.
LAST_RULE = 32767


def apply(ec2: Any, settings: Settings, vpc: str, subnets: list[str]) -> str:
    """Make the network ACL and the security groups; returns the id of the instances' group."""
    inside = filters({"vpc-id": vpc})
    _ensure_acl(ec2, settings, vpc, subnets, ec2.describe_network_acls(Filters=inside)["NetworkAcls"])
    groups = ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
    by_name = {group["GroupName"]: group for group in groups}
    default = by_name["default"]
    _ensure_rules(ec2, default, [], [])
    ensure_ec2_tags(ec2, default["GroupId"], default, {**settings.tags, "Name": f"{settings.name}-default"})
    return ensure_group(ec2, settings, vpc, by_name.get(settings.instance_role))


def ensure_group(ec2: Any, settings: Settings, vpc: str, standing: dict[str, Any] | None) -> str:
    """Make the security group of the instances; returns its id."""
    name, group = settings.instance_role, standing
    tags = {**settings.tags, "Name": name}
    if group is None:
        answer = ec2.create_security_group(
            GroupName=name,
            Description="Training instances",
            VpcId=vpc,
            TagSpecifications=specification("security-group", tags),
        )
        # As AWS makes it.
        group = {"GroupId": answer["GroupId"], "IpPermissions": [], "IpPermissionsEgress": OUTBOUND}
    else:
        ensure_ec2_tags(ec2, group["GroupId"], group, tags)
    _ensure_rules(ec2, group, _inbound(settings), OUTBOUND)
    return group["GroupId"]


def _inbound(settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": cidr, "Description": what} for cidr in settings["network_allowed_cidrs"]],
        }
        for port, what in PORTS.items()
    ]


def _ensure_rules(
    ec2: Any, group: dict[str, Any], inbound: list[dict[str, Any]], outbound: list[dict[str, Any]]
) -> None:
    for wanted, member, authorize, revoke in (
        (inbound, "IpPermissions", ec2.authorize_security_group_ingress, ec2.revoke_security_group_ingress),
        (outbound, "IpPermissionsEgress", ec2.authorize_security_group_egress, ec2.revoke_security_group_egress),
    ):
        standing = [{key: value for key, value in rule.items() if value != []} for rule in group[member]]
        surplus = [rule for rule in standing if rule not in wanted]
        missing = [rule for rule in wanted if rule not in standing]
        if surplus:
            revoke(GroupId=group["GroupId"], IpPermissions=surplus)
        if missing:
            authorize(GroupId=group["GroupId"], IpPermissions=missing)


def _ensure_acl(ec2: Any, settings: Settings, vpc: str, subnets: list[str], standing: list[dict[str, Any]]) -> None:
    tags = {**settings.tags, "Name": settings.name}
    acl = next((entry for entry in standing if not entry["IsDefault"]), None)
    if acl is None:
        answer = ec2.create_network_acl(VpcId=vpc, TagSpecifications=specification("network-acl", tags))
        acl = answer["NetworkAcl"]
    else:
        ensure_ec2_tags(ec2, acl["NetworkAclId"], acl, tags)
    identifier = acl["NetworkAclId"]
    own = [entry for entry in acl["Entries"] if entry["RuleNumber"] != LAST_RULE]
    wanted = [{**RULE, "Egress": egress} for egress in (False, True)]
    for entry in own:
        if entry not in wanted:
            ec2.delete_network_acl_entry(
                NetworkAclId=identifier, RuleNumber=entry["RuleNumber"], Egress=entry["Egress"]
            )
    for entry in wanted:
        if entry not in own:
            ec2.create_network_acl_entry(NetworkAclId=identifier, **entry)
    places = {place["SubnetId"]: place for entry in standing for place in entry["Associations"]}
    for subnet in subnets:
        if places[subnet]["NetworkAclId"] != identifier:
            association = places[subnet]["NetworkAclAssociationId"]
            ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=identifier)


def destroy(ec2: Any, inside: list[dict[str, Any]]) -> None:
    """Remove the security groups and the network ACL, but for those that go with the VPC."""
    delete_groups(ec2, inside)
    acls = ec2.describe_network_acls(Filters=inside)["NetworkAcls"]
    default = next(acl["NetworkAclId"] for acl in acls if acl["IsDefault"])
    for acl in acls:
        if not acl["IsDefault"]:
            for place in acl["Associations"]:
                association = place["NetworkAclAssociationId"]
                ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=default)
            ec2.delete_network_acl(NetworkAclId=acl["NetworkAclId"])


def delete_groups(ec2: Any, inside: list[dict[str, Any]]) -> None:
    """Delete the security groups of a VPC, but for its own."""
    for group in ec2.describe_security_groups(Filters=inside)["SecurityGroups"]:
        if group["GroupName"] != "default":
            ec2.delete_security_group(GroupId=group["GroupId"])
