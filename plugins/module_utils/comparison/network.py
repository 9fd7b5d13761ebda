# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds that role network declares. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

from . import values
from .compute import INSTANCE
from .model import Attribute, Entry, Key, Kind, Standing
from .parts import (
    IN_OWN_VPC,
    OWN_VPC,
    TAGS,
    TAGS_AMONG_OTHERS,
    THE_ONLY_ONE,
    always,
    by_member,
    by_tags,
    entries_of,
    identified_by,
    implied,
    labelled_by_tag,
    owned_by,
    plain,
    vpc_of,
)

_OURS = owned_by("network")
# From here on network ACLs hold rules that EC2 made itself and nobody can change.
_FIRST_DEFAULT_RULE = 32767
_DEFAULT_LOG_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes}"
    " ${start} ${end} ${action} ${log-status}"
)
_LOGGED = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}


def _associated(entry: Entry, member: str, block: str) -> list[str]:
    """The address ranges of a VPC or a subnet that are not on their way out."""
    state = f"{block}State"
    return sorted(
        range_[block]
        for range_ in entry.get(member, [])
        if range_.get(state, {}).get("State") in ("associated", "associating")
    )


def _ipv4_ranges(entry: Entry, standing: Standing) -> list[str]:
    return _associated(entry, "CidrBlockAssociationSet", "CidrBlock")


def _ipv6_ranges(entry: Entry, standing: Standing) -> list[str]:
    return _associated(entry, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock")


VPC = Kind(
    attributes={
        "CidrBlock": plain("CidrBlock"),
        "CidrBlockAssociationSet": Attribute(_ipv4_ranges, implied=lambda attributes: [attributes["CidrBlock"]]),
        "Ipv6CidrBlockAssociationSet": implied(_ipv6_ranges, []),
        "InstanceTenancy": implied("InstanceTenancy", "default"),
        "EnableDnsSupport": plain("EnableDnsSupport"),
        "EnableDnsHostnames": plain("EnableDnsHostnames"),
        "Tags": TAGS,
    },
    keys=(by_tags("Name"), Key(always(True), lambda entry, standing: True)),
    entries=entries_of("vpc"),
    owner=_OURS,
    identifier=identified_by("VpcId"),
    label=labelled_by_tag("VpcId"),
)

SUBNET = Kind(
    attributes={
        "VpcId": IN_OWN_VPC,
        "CidrBlock": plain("CidrBlock"),
        "Ipv6CidrBlockAssociationSet": implied(_ipv6_ranges, []),
        "AvailabilityZone": plain("AvailabilityZone"),
        "MapPublicIpOnLaunch": plain("MapPublicIpOnLaunch"),
        "AssignIpv6AddressOnCreation": implied("AssignIpv6AddressOnCreation", False),
        "Tags": TAGS,
    },
    keys=(by_member("CidrBlock"),),
    entries=entries_of("subnet"),
    owner=_OURS,
    identifier=identified_by("SubnetId"),
    label=labelled_by_tag("SubnetId"),
)


def _attachments(entry: Entry, standing: Standing) -> list[str]:
    return [vpc_of(attachment, standing) for attachment in entry.get("Attachments", [])]


INTERNET_GATEWAY = Kind(
    attributes={"Attachments": implied(_attachments, [OWN_VPC]), "Tags": TAGS},
    keys=(Key(always(True), lambda entry, standing: OWN_VPC in _attachments(entry, standing) or None), by_tags("Name")),
    entries=entries_of("internet_gateway"),
    owner=_OURS,
    identifier=identified_by("InternetGatewayId"),
    label=labelled_by_tag("InternetGatewayId"),
)


def _subnet_name(entry: Entry, standing: Standing) -> str:
    return standing.name(entry.get("SubnetId", ""))


def _subnet_zone(entry: Entry, standing: Standing) -> str:
    return standing.entry("subnet", "SubnetId", entry.get("SubnetId")).get("AvailabilityZone", "")


NAT_GATEWAY = Kind(
    attributes={
        "State": implied("State", "available"),
        "ConnectivityType": plain("ConnectivityType", default="public"),
        "Subnet": Attribute(_subnet_name),
        "AvailabilityZone": Attribute(_subnet_zone),
        "Addresses": implied(lambda entry, standing: len(entry.get("NatGatewayAddresses", [])), 1),
        "Tags": TAGS,
    },
    keys=(Key(lambda attributes: attributes.get("Subnet"), _subnet_name),),
    # One that failed is looked at last: where another stands in its subnet, that one is meant.
    entries=lambda standing: sorted(
        entries_of("nat_gateway", lambda gateway: gateway["State"] != "deleting")(standing),
        key=lambda gateway: gateway["State"] == "failed",
    ),
    owner=_OURS,
    identifier=identified_by("NatGatewayId"),
    label=labelled_by_tag("NatGatewayId"),
)


_ROLE_TAG = "nat"


def _is_nat(instance: Entry) -> bool:
    return tags_of(instance).get("Role") == _ROLE_TAG


def _group_names(entry: Entry, standing: Standing) -> list[str]:
    groups = entry.get("SecurityGroups") or entry.get("Groups") or []
    return [standing.name(group["GroupId"]) for group in groups]


def _interface_of(instance: Entry) -> str:
    """The first network interface of an instance."""
    interfaces = instance.get("NetworkInterfaces", [])
    ordered = sorted(interfaces, key=lambda one: one.get("Attachment", {}).get("DeviceIndex", 0))
    return ordered[0]["NetworkInterfaceId"] if ordered else ""


_SHARED = (
    "ImageId", "Architecture", "InstanceType", "NetworkInterfaces", "SourceDestCheck", "KeyName", "MetadataOptions",
    "DisableApiTermination", "DisableApiStop", "Monitoring", "OtherDevices", "VolumeTags", "State",
    "Tags",
)  # fmt: skip

NAT_INSTANCE = Kind(
    attributes={
        **{name: INSTANCE.attributes[name] for name in _SHARED},
        "IamInstanceProfile": plain("IamInstanceProfile", values.members("Arn"), default={}),
        "Subnet": Attribute(_subnet_name),
        "SecurityGroups": Attribute(_group_names, values.unordered),
        "BlockDeviceMappings": replace(INSTANCE.attributes["BlockDeviceMappings"], partial=True),
    },
    keys=(Key(lambda attributes: attributes["Name"], lambda entry, standing: tags_of(entry).get("Name")),),
    # The oldest first: the others are too many.
    entries=lambda standing: sorted(
        entries_of("instance", lambda one: _is_nat(one) and one["State"]["Name"] != "shutting-down")(standing),
        key=lambda one: (str(one["LaunchTime"]), one["InstanceId"]),
    ),
    owner=_OURS,
    identifier=identified_by("InstanceId"),
    label=labelled_by_tag("InstanceId"),
)


def _gateway_of(address: Entry, standing: Standing) -> str | None:
    """The name of the NAT gateway that has an address."""
    for gateway in standing.found.get("nat_gateway", []):
        allocations = [used.get("AllocationId") for used in gateway.get("NatGatewayAddresses", [])]
        if address.get("AllocationId") in allocations:
            return standing.name(gateway["NatGatewayId"])
    return None


def _instance_of(address: Entry, standing: Standing) -> str | None:
    """The name of the NAT instance that has an address."""
    instance = standing.entry("instance", "InstanceId", address.get("InstanceId"))
    return standing.name(instance["InstanceId"]) if _is_nat(instance) else None


def _addresses(standing: Standing) -> list[Entry]:
    """Those of gateways and NAT instances, and those of nobody. Other instances' are not the network's."""

    def keep(address: Entry) -> bool:
        holder = standing.entry("instance", "InstanceId", address.get("InstanceId"))
        return tags_of(holder or address).get("Role", _ROLE_TAG) == _ROLE_TAG

    return list(entries_of("elastic_ip", keep)(standing))


ELASTIC_IP = Kind(
    attributes={
        "Domain": plain("Domain"),
        "NatGateway": Attribute(_gateway_of),
        "NatInstance": Attribute(_instance_of),
        "Tags": TAGS_AMONG_OTHERS,
    },
    keys=(
        Key(lambda attributes: attributes.get("NatGateway"), _gateway_of),
        Key(lambda attributes: attributes.get("NatInstance"), _instance_of),
        # Of an instance that lost it: the role gives it back.
        Key(
            lambda attributes: attributes["Name"] if "NatInstance" in attributes else None,
            lambda address, standing: None if address.get("AssociationId") else tags_of(address).get("Name"),
        ),
    ),
    entries=_addresses,
    owner=_OURS,
    identifier=identified_by("AllocationId"),
    label=labelled_by_tag("AllocationId"),
)


# The members that say where a route leads, and how declarations call them.
_TARGETS = {"GatewayId": "InternetGateway", "NatGatewayId": "NatGateway"}
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_NO_TARGET = {*_DESTINATIONS, "Origin", "State", "InstanceOwnerId"}


def _leads(route: Entry, standing: Standing) -> dict[str, str]:
    """Where a route leads. To an instance it leads by an interface, whose first one stands for the instance."""
    leads = {name: route[name] for name in route if name not in _NO_TARGET}
    for instance in standing.found.get("instance", []):
        if _interface_of(instance) == leads.get("NetworkInterfaceId", "") != "":
            return {"NatInstance": standing.name(instance["InstanceId"])}
    return {_TARGETS.get(name, name): standing.name(identifier) for name, identifier in leads.items()}


def _made_by_ec2(route: Entry) -> bool:
    """Whether a route came with the table, or with a gateway endpoint, which says itself which tables it serves."""
    gateway = route.get("GatewayId", "")
    return gateway == "local" or gateway.startswith("vpce-")


def _routes(entry: Entry, standing: Standing) -> list[dict[str, str]]:
    routes = []
    for route in entry.get("Routes", []):
        if _made_by_ec2(route):
            continue
        broken = {"State": route["State"]} if route.get("State", "active") != "active" else {}
        routes.append({**{name: route[name] for name in _DESTINATIONS if name in route}, **_leads(route, standing), **broken})
    return routes


def _table_subnets(entry: Entry, standing: Standing) -> list[str]:
    return [_subnet_name(place, standing) for place in entry.get("Associations", []) if place.get("SubnetId")]


def _is_main(entry: Entry, standing: Standing) -> bool:
    return any(place.get("Main") for place in entry.get("Associations", []))


def _propagating(entry: Entry, standing: Standing) -> list[str]:
    return [gateway["GatewayId"] for gateway in entry.get("PropagatingVgws", [])]


def _no_default_table(table: Entry) -> bool:
    """The table that comes with every VPC carries no tags."""
    return bool(tags_of(table)) or not any(place.get("Main") for place in table.get("Associations", []))


def _by_subnet(at: int) -> Key:
    """What lost the tags that say its place is known by a subnet that it still serves: the first or the last one."""

    def served(table: Entry, standing: Standing) -> str | None:
        subnets = sorted(_table_subnets(table, standing))
        return None if tags_of(table).keys() >= {"Tier", "Index"} or not subnets else subnets[at]

    return Key(lambda attributes: attributes["Subnets"][at] if attributes.get("Subnets") else None, served)


ROUTE_TABLE = Kind(
    attributes={
        "VpcId": IN_OWN_VPC,
        "Main": implied(_is_main, False),
        "Subnets": Attribute(_table_subnets, values.unordered),
        "Routes": Attribute(_routes, values.unordered),
        "PropagatingVgws": implied(_propagating, []),
        "Tags": TAGS,
    },
    keys=(by_tags("Tier", "Index"), by_tags("Name"), _by_subnet(0), _by_subnet(-1)),
    entries=entries_of("route_table", _no_default_table),
    owner=_OURS,
    identifier=identified_by("RouteTableId"),
    label=labelled_by_tag("RouteTableId"),
)


def _acl_subnets(entry: Entry, standing: Standing) -> list[str]:
    return [_subnet_name(place, standing) for place in entry.get("Associations", [])]


def _entries(value: list[Entry]) -> list[dict[str, Any]]:
    return values.unordered(dict(rule) for rule in value if rule["RuleNumber"] < _FIRST_DEFAULT_RULE)


NETWORK_ACL = Kind(
    attributes={
        "VpcId": IN_OWN_VPC,
        "Subnets": Attribute(_acl_subnets, values.unordered),
        "Entries": plain("Entries", _entries, default=[]),
        "Tags": TAGS,
    },
    keys=(by_tags("Name"), THE_ONLY_ONE),
    # The one that comes with every VPC lets everything through and serves no subnet here.
    entries=entries_of("network_acl", lambda acl: not acl["IsDefault"]),
    owner=_OURS,
    identifier=identified_by("NetworkAclId"),
    label=labelled_by_tag("NetworkAclId"),
)


def _endpoint_policy(value: Any) -> list[Any]:
    """The statements: EC2 writes its default, which allows everything, under an old version of the language."""
    return values.policy(value).get("Statement", [])


_FULL_ACCESS = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}


def _endpoint_tables(entry: Entry, standing: Standing) -> list[str]:
    return [standing.name(table) for table in entry.get("RouteTableIds") or []]


def _endpoint_subnets(entry: Entry, standing: Standing) -> list[str]:
    return [standing.name(subnet) for subnet in entry.get("SubnetIds") or []]


VPC_ENDPOINT = Kind(
    attributes={
        "VpcId": IN_OWN_VPC,
        "State": implied("State", "available"),
        "ServiceName": plain("ServiceName"),
        "VpcEndpointType": plain("VpcEndpointType"),
        "RouteTables": Attribute(_endpoint_tables, values.unordered, always([])),
        "Subnets": Attribute(_endpoint_subnets, values.unordered, always([])),
        "SecurityGroups": Attribute(_group_names, values.unordered, always([])),
        "PrivateDnsEnabled": Attribute(lambda entry, standing: bool(entry.get("PrivateDnsEnabled")), implied=always(False)),
        "PolicyDocument": plain("PolicyDocument", _endpoint_policy, default=_FULL_ACCESS, implied=always(_FULL_ACCESS)),
        "Tags": TAGS,
    },
    keys=(
        Key(
            lambda attributes: (attributes.get("ServiceName"), attributes.get("VpcEndpointType")),
            lambda entry, standing: (entry["ServiceName"], entry["VpcEndpointType"]),
        ),
    ),
    # Services such as GuardDuty make endpoints of their own in every VPC.
    entries=entries_of("vpc_endpoint", lambda one: one["State"] != "deleting" and not one.get("RequesterManaged")),
    owner=_OURS,
    identifier=identified_by("VpcEndpointId"),
    label=labelled_by_tag("VpcEndpointId"),
)


def _group_called(identifier: str, standing: Standing) -> str:
    """The name of a security group, also where nothing declared answers to it; what names none, as it is."""
    return standing.entry("security_group", "GroupId", identifier).get("GroupName", identifier)


def _named_permissions(member: str) -> Attribute:
    def read(entry: Entry, standing: Standing) -> list[dict[str, Any]]:
        def named(pair: Entry) -> dict[str, Any]:
            return {**pair, "GroupId": _group_called(pair.get("GroupId", ""), standing)}

        return [
            {**permission, "UserIdGroupPairs": [named(pair) for pair in permission.get("UserIdGroupPairs") or []]}
            for permission in entry.get(member, [])
        ]

    def same(wanted: list[dict[str, Any]], there: list[dict[str, Any]], standing: Standing) -> bool:
        """A rule may name its group by the name that is declared, or by its id."""
        named = [{**rule, **({"GroupId": _group_called(rule["GroupId"], standing)} if "GroupId" in rule else {})} for rule in wanted]
        return values.unordered(named) == there

    return Attribute(read, values.permissions, same=same)


def _vpc_of_group(entry: Entry, standing: Standing) -> str:
    """The database's group is compared without the network, too: then the tags of the VPC say whose it is."""
    vpcs = standing.found.get("vpc", [])
    if any(vpc["VpcId"] in standing.names for vpc in vpcs):
        return vpc_of(entry, standing)
    own = {vpc["VpcId"] for vpc in vpcs if standing.identity.owns_tags(tags_of(vpc))}
    return OWN_VPC if entry.get("VpcId") in own else vpc_of(entry, standing)


def _group_owner(entry: Entry, standing: Standing) -> str:
    """A default group comes and goes with its VPC, and other roles have groups, too."""
    names = standing.identity.names
    owners = {
        "default": "",
        names.get("shared_storage_group"): "shared_storage",
        names.get("database_security_group"): "database",
        names.get("balancer_security_group"): "scaling",
        names.get("member_security_group"): "scaling",
    }
    return owners.get(entry["GroupName"], "network")


# Purposes of names of groups that other roles make for themselves.
_OTHERS_GROUPS = ("cache_security_group",)


def _groups(standing: Standing) -> list[Entry]:
    names = {standing.identity.names.get(purpose) for purpose in _OTHERS_GROUPS}
    return [group for group in standing.found.get("security_group", []) if group["GroupName"] not in names]


SECURITY_GROUP = Kind(
    attributes={
        "VpcId": implied(_vpc_of_group, OWN_VPC),
        "GroupName": plain("GroupName"),
        "Description": plain("Description"),
        "IpPermissions": _named_permissions("IpPermissions"),
        "IpPermissionsEgress": _named_permissions("IpPermissionsEgress"),
        "Tags": TAGS,
    },
    keys=(by_member("GroupName"),),
    entries=_groups,
    owner=_group_owner,
    identifier=identified_by("GroupId"),
    label=lambda group: group["GroupName"],
)


def _logged_type(entry: Entry, standing: Standing) -> str:
    return _LOGGED.get(entry["ResourceId"].partition("-")[0], "")


FLOW_LOG = Kind(
    attributes={
        "ResourceType": Attribute(_logged_type),
        "FlowLogStatus": implied("FlowLogStatus", "ACTIVE"),
        "TrafficType": plain("TrafficType"),
        "LogDestinationType": plain("LogDestinationType", default="cloud-watch-logs"),
        "LogGroupName": plain("LogGroupName"),
        "LogFormat": implied("LogFormat", _DEFAULT_LOG_FORMAT),
        "DeliverLogsPermissionArn": plain("DeliverLogsPermissionArn"),
        "MaxAggregationInterval": plain("MaxAggregationInterval"),
        "Tags": TAGS,
    },
    keys=(by_tags("Name"), by_member("LogGroupName")),
    entries=entries_of("flow_log"),
    owner=_OURS,
    identifier=identified_by("FlowLogId"),
    label=labelled_by_tag("FlowLogId"),
)

# In the order in which they refer to each other.
KINDS = {
    "vpc": VPC,
    "subnet": SUBNET,
    "internet_gateway": INTERNET_GATEWAY,
    "nat_gateway": NAT_GATEWAY,
    "nat_instance": NAT_INSTANCE,
    "elastic_ip": ELASTIC_IP,
    "route_table": ROUTE_TABLE,
    "network_acl": NETWORK_ACL,
    "vpc_endpoint": VPC_ENDPOINT,
    "security_group": SECURITY_GROUP,
    "flow_log": FLOW_LOG,
}
