# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one resource is charged for: the parts of its price by its kind. Pure.

Attributes are those of AWS, of what stands (Describe calls) as well as of what is declared: where both differ, such as a
State with or without a Name, both are understood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .prices import HOURS_A_MONTH, HOURS_A_WEEK, Prices, price

Resource = Mapping[str, Any]
Usage = Mapping[str, Any]

GIB = 1024**3
_IDLE_STATES = ("stopped", "stopping", "shutting-down", "terminated")
_GONE_STATES = ("deleted", "deleting", "failed")
# io2 becomes cheaper per IOPS above it, in two steps; up to it the price is one.
_IO2_FLAT_IOPS = 32_000
# An alarm that looks more often is of high resolution. Seconds.
_STANDARD_PERIOD = 60


@dataclass(frozen=True)
class Part:
    """One line of a resource's price.

    Attributes:
        what: what is charged.
        words: how much of it, to stand behind a count, such as "running all hours".
        quantity: how many of the price's units a month.
        price: of one unit; None where no price is known.
    """

    what: str
    words: str
    quantity: Decimal
    price: Decimal | None


@dataclass(frozen=True)
class Rate:
    """What use costs on top, where it isn't known how much there will be."""

    what: str
    unit: str
    price: Decimal


@dataclass
class Context:
    """What a rule needs besides the resource.

    Attributes:
        prices: the list.
        usage: measured or assumed quantities by the id or the name of a resource.
        addresses: public addresses that are already counted.
        dashboards: how many were counted: an account's first ones are free.
    """

    prices: Prices
    usage: Mapping[str, Usage] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    dashboards: int = 0

    def used(self, resource: Resource, measure: str) -> Decimal | None:
        """A quantity of a resource's use, None where it isn't known."""
        for key in (resource.get("id"), resource.get("name")):
            value = self.usage.get(key, {}).get(measure) if key else None
            if value is not None:
                return Decimal(str(value))
        return None


Parts = list[Part | Rate]
Rule = Callable[[Resource, Context], Parts]


def _hourly(context: Context, what: str, words: str, *names: str, count: int = 1) -> Part:
    return Part(what, words, Decimal(count) * HOURS_A_MONTH, price(context.prices, *names))


def _used(resource: Resource, context: Context, measure: str, what: str, words: str, name: str) -> Parts:
    """The part that is charged by use, or its rate where the use is not known."""
    each, quantity = price(context.prices, name), context.used(resource, measure)
    if quantity is not None:
        return [Part(what, f"of {quantity.normalize():f} GB {words}".rstrip(), quantity, each)] if quantity else []
    return [Rate(what, "GB", each)] if each is not None else []


def state_of(resource: Resource) -> str:
    """The state in lower case, empty where none is told."""
    state = resource["attributes"].get("State", "")
    return str(state.get("Name", "") if isinstance(state, Mapping) else state).lower()


def _instance(resource: Resource, context: Context) -> Parts:
    attributes = resource["attributes"]
    kind = attributes.get("InstanceType", "")
    spot = attributes.get("InstanceLifecycle") == "spot"
    what = f"EC2 {kind}{' spot' if spot else ''}"
    parts: Parts = []
    if state_of(resource) in _IDLE_STATES:
        parts.append(Part(what, state_of(resource), Decimal(0), Decimal(0)))
    else:
        hours = Decimal(str(resource.get("hours_a_week", HOURS_A_WEEK)))
        words = "running all hours" if hours == HOURS_A_WEEK else f"running {hours.normalize():f} hours a week"
        share = hours / HOURS_A_WEEK
        each = _spot_price(attributes, context) if spot else price(context.prices, "instance_hour", kind)
        parts.append(Part(what, words, share * HOURS_A_MONTH, each))
        if _own_address(attributes, context):
            parts.append(Part("Public IPv4 address", "in use", share * HOURS_A_MONTH, price(context.prices, "public_ipv4_hour")))
    for mapping in attributes.get("BlockDeviceMappings", []):
        if "VolumeSize" in mapping.get("Ebs", {}):
            parts += _volume_parts({**mapping["Ebs"], "Size": mapping["Ebs"]["VolumeSize"]}, context)
    return parts


def _spot_price(attributes: Mapping[str, Any], context: Context) -> Decimal | None:
    """Today's price on spot. Of a member that a group is to have, else, what it usually is, but no more than is to be paid."""
    kind = attributes.get("InstanceType", "")
    today = price(context.prices, "spot_hour", kind)
    on_demand, saved = price(context.prices, "instance_hour", kind), price(context.prices, "spot_discount", "least")
    if today is not None or "SpotMaxPrice" not in attributes or on_demand is None or saved is None:
        return today
    usual, most = on_demand * (1 - saved), attributes["SpotMaxPrice"]
    return min(usual, Decimal(most)) if most else usual


def _group(resource: Resource, context: Context) -> Parts:
    """A group that stands costs nothing beside its members, which stand for themselves."""
    return [part for member in resource["attributes"].get("Members", []) for part in _instance({"attributes": member}, context)]


def _load_balancer(resource: Resource, context: Context) -> Parts:
    """What it takes on top is by its busiest measure, which nobody knows before. Of one that stands its addresses are interfaces'."""
    attributes = resource["attributes"]
    parts: Parts = [_hourly(context, "Application Load Balancer", "running", "load_balancer_hour")]
    if attributes.get("Scheme") == "internet-facing" and "LoadBalancerArn" not in attributes:
        zones = len(attributes.get("Subnets") or [])
        parts += [_hourly(context, "Public IPv4 address", "in use", "public_ipv4_hour") for _zone in range(zones)]
    return parts + _rates(context, ("Application Load Balancer, load", "LCU hour", "load_balancer_lcu_hour"))


def _own_address(attributes: Mapping[str, Any], context: Context) -> bool:
    """Whether an instance has a public address that no other resource is charged for."""
    address = attributes.get("PublicIpAddress")
    if not address:
        return bool(attributes.get("AssociatePublicIpAddress"))
    return _counts(address, context)


def _counts(address: str, context: Context) -> bool:
    """Whether an address is not counted yet; from now on it is."""
    new = address not in context.addresses
    context.addresses.add(address)
    return new


def _volume(resource: Resource, context: Context) -> Parts:
    return _volume_parts(resource["attributes"], context)


def _volume_parts(volume: Mapping[str, Any], context: Context) -> Parts:
    kind, size = volume.get("VolumeType", "gp2"), Decimal(str(volume.get("Size", 0)))
    what = f"EBS {kind}"
    parts: Parts = [Part(what, f"of {size.normalize():f} GB", size, price(context.prices, "volume_gb_month", kind))]
    for member, group, words in (("Iops", "volume_iops_month", "IOPS"), ("Throughput", "volume_mibps_month", "MiB/s")):
        amount = volume.get(member)
        each = price(context.prices, group, kind)
        if not amount or each is None:
            continue
        further = Decimal(str(amount)) - (price(context.prices, group.replace("month", "included"), kind) or 0)
        if further > 0:
            known = not (kind == "io2" and member == "Iops" and amount > _IO2_FLAT_IOPS)
            parts.append(Part(f"{what} performance", f"of {further:f} {words} more", further, each if known else None))
    return parts


def _nat_gateway(resource: Resource, context: Context) -> Parts:
    attributes = resource["attributes"]
    if state_of(resource) in _GONE_STATES:
        return []
    parts: Parts = [_hourly(context, "NAT gateway", "running", "nat_gateway_hour")]
    addresses = [address.get("PublicIp") for address in attributes.get("NatGatewayAddresses", [])]
    for address in filter(None, addresses):
        if _counts(address, context):
            parts.append(_hourly(context, "Public IPv4 address", "in use", "public_ipv4_hour"))
    return parts + _used(resource, context, "data_gb", "NAT gateway data", "", "nat_gb")


def _elastic_ip(resource: Resource, context: Context) -> Parts:
    attributes = resource["attributes"]
    standing = "PublicIp" in attributes
    idle = standing and not attributes.get("AssociationId") and not attributes.get("NetworkInterfaceId")
    return [_hourly(context, "Public IPv4 address", "idle" if idle else "in use", "public_ipv4_hour")]


def _network_interface(resource: Resource, context: Context) -> Parts:
    address = resource["attributes"].get("Association", {}).get("PublicIp")
    if address and _counts(address, context):
        return [_hourly(context, "Public IPv4 address", "in use", "public_ipv4_hour")]
    return []


def _vpc_endpoint(resource: Resource, context: Context) -> Parts:
    attributes = resource["attributes"]
    kind = attributes.get("VpcEndpointType", "Gateway")
    if kind == "Gateway" or state_of(resource) in _GONE_STATES:
        return []
    zones = len(attributes.get("SubnetIds") or attributes.get("Subnets") or [None])
    name = "endpoint_hour" if kind == "Interface" else f"endpoint_hour_{kind}"
    words = f"in {zones} zone{'s' if zones > 1 else ''}"
    part = _hourly(context, f"{kind} endpoint", words, name, count=zones)
    return [part, *_used(resource, context, "data_gb", f"{kind} endpoint data", "", "endpoint_gb")]


def _snapshot(resource: Resource, context: Context) -> Parts:
    attributes = resource["attributes"]
    if attributes.get("StorageTier") == "archive":
        return [Part("EBS snapshot", "archived", Decimal(1), None)]
    exact = attributes.get("FullSnapshotSizeInBytes")
    size = Decimal(exact) / GIB if exact else Decimal(str(attributes.get("VolumeSize", 0)))
    # AWS charges only the blocks that differ from the snapshot before: this is the most that it can be.
    size = round(size, 2)
    return [Part("EBS snapshot", f"of {size.normalize():f} GB at most", size, price(context.prices, "snapshot_gb_month"))]


def _snapshot_policy(resource: Resource, context: Context) -> Parts:
    """What it takes, where nobody knows how many blocks change from one to the next."""
    return _used(resource, context, "snapshot_gb", "EBS snapshot", "kept", "snapshot_gb_month")


def _bucket_replication(resource: Resource, context: Context) -> Parts:
    """What goes to the other region; what it takes there is the other bucket's."""
    return _used(resource, context, "copied_gb", "S3 copy to another region", "", "transfer_region_gb")


def _bucket(resource: Resource, context: Context) -> Parts:
    return [
        *_used(resource, context, "standard_gb", "S3 Standard", "kept", "bucket_gb_month"),
        *_used(resource, context, "glacier_gb", "S3 Glacier", "kept", "glacier_gb_month"),
    ]


def _log_group(resource: Resource, context: Context) -> Parts:
    stored = Decimal(str(resource["attributes"].get("storedBytes", 0))) / GIB
    parts = _used(resource, context, "ingested_gb", "CloudWatch Logs", "taken in", "log_gb")
    if round(stored, 2):
        kept = round(stored, 2)
        words = f"of {kept.normalize():f} GB kept"
        parts.append(Part("CloudWatch Logs archive", words, kept, price(context.prices, "log_stored_gb_month")))
    return parts


def _log_archive(resource: Resource, context: Context) -> Parts:
    return _rates(context, ("Firehose", "GB archived", "archived_gb"))


def _alarm(resource: Resource, context: Context) -> Parts:
    attributes = resource["attributes"]
    if "AlarmRule" in attributes:
        return [Part("CloudWatch composite alarm", "standing", Decimal(1), price(context.prices, "composite_alarm_month"))]
    queries = attributes.get("Metrics", [])
    metrics = len([query for query in queries if "MetricStat" in query]) or 1
    # Its upper and its lower bound are metrics, too.
    metrics += 2 * any("ANOMALY_DETECTION_BAND" in query.get("Expression", "") for query in queries)
    fine = attributes.get("Period", _STANDARD_PERIOD) < _STANDARD_PERIOD
    name = "alarm_high_resolution_month" if fine else "alarm_month"
    return [Part("CloudWatch alarm", "standing", Decimal(metrics), price(context.prices, name))]


def _dashboard(resource: Resource, context: Context) -> Parts:
    context.dashboards += 1
    free = context.dashboards <= (price(context.prices, "dashboards_free") or 0)
    words = "standing, free" if free else "standing"
    return [Part("CloudWatch dashboard", words, Decimal(not free), price(context.prices, "dashboard_month"))]


def _kms_key(resource: Resource, context: Context) -> Parts:
    if resource["attributes"].get("KeyManager") == "AWS":
        return []
    return [Part("KMS key", "standing", Decimal(1), price(context.prices, "kms_key_month"))]


def _ssm_parameter(resource: Resource, context: Context) -> Parts:
    if resource["attributes"].get("Tier", "Standard") == "Standard":
        return []
    return [Part("SSM parameter", "advanced", Decimal(1), price(context.prices, "advanced_parameter_month"))]


def _rates(context: Context, *asked: tuple[str, str, str]) -> Parts:
    """What only use is charged for, and nobody knows how much of it there will be: what, for which unit, and the price's name."""
    known = ((what, unit, price(context.prices, name)) for what, unit, name in asked)
    return [Rate(what, unit, each) for what, unit, each in known if each is not None]


def _db_instance(resource: Resource, context: Context) -> Parts:
    """A database with its storage, twice where it has a standby, and the secret that RDS keeps of it."""
    attributes = resource["attributes"]
    kind, copies = attributes.get("DBInstanceClass", ""), 2 if attributes.get("MultiAZ") else 1
    standby = " with standby" if copies > 1 else ""
    size, storage = Decimal(str(attributes.get("AllocatedStorage", 0))), attributes.get("StorageType", "gp2")
    stopped = attributes.get("DBInstanceStatus") in _IDLE_STATES
    running = Part(f"RDS {kind}{standby}", "stopped", Decimal(0), Decimal(0))
    if not stopped:
        running = _hourly(context, f"RDS {kind}{standby}", "running", "db_instance_hour", kind, count=copies)
    return [
        running,
        Part(f"RDS {storage}{standby}", f"of {size.normalize():f} GB", size * copies, price(context.prices, "db_storage_gb_month", storage)),
        Part("Secrets Manager secret", "kept", Decimal(1), price(context.prices, "secret_month")),
        *_rates(context, ("RDS backups beyond as much as the storage", "GB", "db_backup_gb_month")),
    ]


def _db_snapshot(resource: Resource, context: Context) -> Parts:
    """AWS charges only what is in it: this is the most that it can be."""
    size = Decimal(str(resource["attributes"].get("AllocatedStorage", 0)))
    return [Part("RDS snapshot", f"of {size.normalize():f} GB at most", size, price(context.prices, "db_backup_gb_month"))]


def _detector(resource: Resource, context: Context) -> Parts:
    told = {one["Name"]: one["Status"] for one in resource["attributes"].get("Features", [])}
    objects = [("GuardDuty, S3 data events", "million", "guardduty_s3_events_million")] if told.get("S3_DATA_EVENTS") == "ENABLED" else []
    basics = ("GuardDuty, events", "million", "guardduty_events_million"), ("GuardDuty, flow and DNS logs", "GB", "guardduty_log_gb")
    return _rates(context, *basics, *objects)


def _hub(resource: Resource, context: Context) -> Parts:
    return _rates(context, ("Security Hub", "check", "security_hub_check"))


def _recorder(resource: Resource, context: Context) -> Parts:
    frequency = (resource["attributes"].get("recordingMode") or {}).get("recordingFrequency", "CONTINUOUS")
    each = price(context.prices, "config_item", frequency)
    return [Rate("AWS Config", "recorded change", each)] if each is not None else []


# What the classes of EFS are called in its sizes, and in the list.
_EFS_CLASSES = {"ValueInStandard": "standard", "ValueInIA": "infrequent_access", "ValueInArchive": "archive"}
# With each 20 GB in Standard comes a MiB a second of provisioned throughput.
_EFS_GB_A_MIBPS = 20


def _file_system(resource: Resource, context: Context) -> Parts:
    """What it keeps by class, what was ordered, and what passes; a class that nothing is known to be kept in is a rate."""
    attributes = resource["attributes"]
    size = attributes.get("SizeInBytes") or {}
    kept = {name: round(Decimal(str(size.get(member) or 0)) / GIB, 2) for member, name in _EFS_CLASSES.items()}
    used = ["standard"]
    rules = {name: rule for one in attributes.get("LifecyclePolicies") or [] for name, rule in one.items() if rule}
    used += ["infrequent_access"] if "TransitionToIA" in rules else []
    used += ["archive"] if "TransitionToArchive" in rules else []
    parts: Parts = []
    for name, quantity in kept.items():
        what, each = f"EFS {name.replace('_', ' ')}", price(context.prices, "efs_gb_month", name)
        if quantity:
            parts.append(Part(what, f"of {quantity.normalize():f} GB kept", quantity, each))
        elif name in used and each is not None:
            parts.append(Rate(what, "GB", each))
    ordered = Decimal(str(attributes.get("ProvisionedThroughputInMibps") or 0))
    further = max(ordered - kept["standard"] / _EFS_GB_A_MIBPS, Decimal(0))
    if further:
        words = f"of {round(further, 2).normalize():f} MiB/s"
        parts.append(Part("EFS throughput", words, further, price(context.prices, "efs_mibps_month")))
    if attributes.get("ThroughputMode") == "elastic":
        parts += _rates(context, ("EFS reads", "GB", "efs_read_gb"), ("EFS writes", "GB", "efs_write_gb"))
    if (attributes.get("BackupPolicy") or {}).get("Status") == "ENABLED":
        parts += _rates(context, ("EFS backup", "GB", "efs_backup_gb_month"))
    return parts


def _cache(resource: Resource, context: Context) -> Parts:
    """Its nodes, and its daily snapshots but for the first one. The secret of one that stands stands for itself."""
    attributes = resource["attributes"]
    if str(attributes.get("Status", "")) in _GONE_STATES:
        return []
    kind, engine = attributes.get("CacheNodeType", ""), attributes.get("Engine", "")
    members = attributes.get("MemberClusters")
    count = len(members) if members is not None else int(attributes.get("NumCacheClusters", 1))
    words = f"{count} node{'s' if count > 1 else ''} running all hours"
    parts: Parts = [_hourly(context, f"ElastiCache {kind} {engine}".rstrip(), words, "cache_node_hour", engine, kind, count=count)]
    if isinstance(attributes.get("AuthSecret"), str):
        parts += _secret(resource, context)
    if attributes.get("SnapshotRetentionLimit", 0) > 1:
        parts += _cache_snapshot(resource, context)
    return parts


def _cache_snapshot(resource: Resource, context: Context) -> Parts:
    return _used(resource, context, "snapshot_gb", "ElastiCache snapshot", "kept", "cache_snapshot_gb_month")


def _secret(_resource: Resource, context: Context) -> Parts:
    return [Part("Secret", "standing", Decimal(1), price(context.prices, "secret_month"))]


def _config_rule(_resource: Resource, context: Context) -> Parts:
    return _rates(context, ("AWS Config rule", "evaluation", "config_evaluation"))


def _data_transfer(resource: Resource, context: Context) -> Parts:
    return _used(resource, context, "out_gb", "Data transfer out", "", "transfer_out_gb")


def _free(_resource: Resource, _context: Context) -> Parts:
    return []


# In the order in which they are priced: an address counts for what it was given to, not for the interface that has it.
RULES: dict[str, Rule] = {
    "instance": _instance,
    "nat_instance": _instance,
    "auto_scaling_group": _group,
    "load_balancer": _load_balancer,
    "nat_gateway": _nat_gateway,
    "elastic_ip": _elastic_ip,
    "instance_address": _elastic_ip,
    "network_interface": _network_interface,
    "vpc_endpoint": _vpc_endpoint,
    "volume": _volume,
    "snapshot": _snapshot,
    "snapshot_policy": _snapshot_policy,
    "bucket": _bucket,
    "bucket_replication": _bucket_replication,
    "log_group": _log_group,
    "alarm": _alarm,
    "dashboard": _dashboard,
    "kms_key": _kms_key,
    "kms:key": _kms_key,
    "ssm_parameter": _ssm_parameter,
    "db_instance": _db_instance,
    "db_snapshot": _db_snapshot,
    "detector": _detector,
    "hub": _hub,
    "recorder": _recorder,
    "file_system": _file_system,
    "replication_group": _cache,
    "elasticache:snapshot": _cache_snapshot,
    "secretsmanager:secret": _secret,
    "config_rule": _config_rule,
    "log_archive": _log_archive,
    "data_transfer": _data_transfer,
    # What AWS asks nothing for while it only stands there.
    **dict.fromkeys(
        (
            *("vpc", "subnet", "internet_gateway", "route_table", "network_acl", "security_group", "flow_log", "target_group"),
            # The snapshots of an image are charged for themselves.
            *("image", "key_pair", "launch_template", "object"),
            *("iam_role", "role_policy", "instance_profile", "iam_policy"),
            # An account's first copy of management events; data events and further copies are charged by use.
            "trail",
            *("sns_topic", "budget", "budget_action", "schedule", "schedule_group", "ssm_document", "lambda_function"),
            *("dns_record", "ebs_defaults"),
            # An analyzer of external access, and rules for events of AWS.
            *("analyzer", "event_rule"),
            # The ways to a file system.
            *("mount_target", "access_point"),
            *("cache_security_group", "elasticache:subnetgroup"),
            # What Systems Manager does with instances of EC2.
            *("patch_baseline", "ssm_association"),
            *("db_subnet_group", "db_parameter_group"),
            # As the emulator names what AWS calls vpc-flow-log.
            "ec2:flow-logs",
            *("ec2:security-group-rule", "ec2:vpc-block-public-access-exclusion", "scheduler:schedule-group"),
            *("budgets:budget", "ssm:document", "lambda:function", "events:rule", "iam:role", "iam:instance-profile"),
        ),
        _free,
    ),
}


def parts_of(resource: Resource, context: Context) -> Parts | None:
    """What a resource is charged for, nothing for what is free; None for a kind that nothing is known of."""
    rule = RULES.get(resource["kind"])
    return None if rule is None else rule(resource, context)
