# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that stands in an account, in a form in which two accounts that were made alike are equal.

Ids become the names of what they belong to, a key's its alias, or their kind where it has none. Times, and addresses that AWS chose, go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

Client = Callable[[str], Any]
Thing = tuple[str, Any]

ID = re.compile(r"(?<![\w-])([a-z]+(?:-[a-z]+)*)-(?:[0-9a-f]{17}|[0-9a-f]{8})\b")
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# What AWS chooses.
VOLATILE = re.compile(
    r"ResponseMetadata|.*Time|.*Timestamp|.*Date|creationTime|RoleLastUsed|RoleId|InstanceProfileId|VersionId|ETag"
    r"|Id|PrivateIp|PublicIp|.*IpAddress|.*IpAddresses|.*DnsName|MacAddress|KeyFingerprint|ReservationId|ClientToken"
    r"|LastModified|KmsKeyId|State(Value|Reason.*)"
)
EC2 = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_internet_gateways": "InternetGateways",
    "describe_nat_gateways": "NatGateways",
    "describe_addresses": "Addresses",
    "describe_route_tables": "RouteTables",
    "describe_network_acls": "NetworkAcls",
    "describe_vpc_endpoints": "VpcEndpoints",
    "describe_security_groups": "SecurityGroups",
    "describe_flow_logs": "FlowLogs",
    "describe_instances": "Reservations",
    "describe_volumes": "Volumes",
}
BUCKET = (
    "get_bucket_encryption",
    "get_bucket_versioning",
    "get_public_access_block",
    "get_bucket_ownership_controls",
    "get_bucket_policy",
    "get_bucket_lifecycle_configuration",
    "get_bucket_tagging",
    "get_bucket_acl",
)
# The lock says who worked last, and S3 writes down every request.
WRITTEN_BY_EVERY_RUN = re.compile(r"lock\.json|access/.*")
INSTANCE_ATTRIBUTES = ("userData", "disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")
VPC_ATTRIBUTES = ("enableDnsSupport", "enableDnsHostnames")


def snapshot(client: Client) -> list[str]:
    """Everything that stands, one sorted line for each thing.

    Args:
        client: gives the boto3 client of a service by its name.
    """
    things = [
        *_ec2(client("ec2")),
        *_buckets(client("s3")),
        *_iam(client("iam")),
        *_keys(client("kms")),
        *_trails(client("cloudtrail")),
        *_others(client),
    ]
    names = {identifier: name for _kind, thing in things for identifier, name in _named(thing)}
    names |= {thing["TargetKeyId"]: thing["AliasName"] for kind, thing in things if kind == "alias"}
    return sorted(f"{kind} {_text(_plain(thing, names))}" for kind, thing in things)


def _ec2(ec2: Any) -> Iterator[Thing]:
    for operation, member in EC2.items():
        for thing in getattr(ec2, operation)()[member]:
            if _is_gone(thing):
                continue
            yield member, thing
            if member == "Vpcs":
                for attribute in VPC_ATTRIBUTES:
                    yield attribute, ec2.describe_vpc_attribute(VpcId=thing["VpcId"], Attribute=attribute)
            for instance in thing.get("Instances", []):
                for attribute in INSTANCE_ATTRIBUTES:
                    asked = {"InstanceId": instance["InstanceId"], "Attribute": attribute}
                    yield attribute, ec2.describe_instance_attribute(**asked)
    for pair in ec2.describe_key_pairs(IncludePublicKey=True)["KeyPairs"]:
        # The comment is anyone's.
        yield "KeyPairs", {**pair, "PublicKey": pair["PublicKey"].split()[:2]}


def _is_gone(thing: dict[str, Any]) -> bool:
    """Whether EC2 only remembers a thing, as it does for an hour."""
    states = [thing.get("State")] + [instance["State"]["Name"] for instance in thing.get("Instances", [])]
    return "deleted" in states or "terminated" in states


def _buckets(s3: Any) -> Iterator[Thing]:
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for operation in BUCKET:
            try:
                yield f"{name} {operation}", getattr(s3, operation)(Bucket=name)
            except ClientError as error:
                yield f"{name} {operation}", error.response["Error"]["Code"]
        versions = s3.list_object_versions(Bucket=name).get("Versions", [])
        yield name, [version for version in versions if not WRITTEN_BY_EVERY_RUN.fullmatch(version["Key"])]


def _iam(iam: Any) -> Iterator[Thing]:
    details = iam.get_account_authorization_details(Filter=["Role"])
    for role in details["RoleDetailList"]:
        yield "role", {key: value for key, value in role.items() if key != "InstanceProfileList"}
        yield "description", iam.get_role(RoleName=role["RoleName"])["Role"].get("Description")
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        yield "profile", iam.get_instance_profile(InstanceProfileName=profile["InstanceProfileName"])


def _keys(kms: Any) -> Iterator[Thing]:
    for alias in kms.list_aliases()["Aliases"]:
        key = alias.get("TargetKeyId")
        if not key or alias["AliasName"].startswith("alias/aws/"):
            continue
        described = kms.describe_key(KeyId=key)["KeyMetadata"]
        if described["KeyState"] == "PendingDeletion":
            continue
        yield "alias", alias
        yield "key", described
        yield "key's policy", kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        yield "key's rotation", kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
        yield "key's tags", kms.list_resource_tags(KeyId=key)["Tags"]


def _trails(cloudtrail: Any) -> Iterator[Thing]:
    for trail in cloudtrail.describe_trails()["trailList"]:
        name = trail["TrailARN"]
        yield "trail", trail
        yield "trail's logging", cloudtrail.get_trail_status(Name=name)["IsLogging"]
        yield "trail's events", cloudtrail.get_event_selectors(TrailName=name)
        yield "trail's tags", cloudtrail.list_tags(ResourceIdList=[name])["ResourceTagList"]


def _others(client: Client) -> Iterator[Thing]:
    logs, sns, cloudwatch = client("logs"), client("sns"), client("cloudwatch")
    for group in logs.describe_log_groups()["logGroups"]:
        yield "log group", group
        yield group["logGroupName"], logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
    for topic in sns.list_topics()["Topics"]:
        yield "topic", sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
        yield "topic's tags", sns.list_tags_for_resource(ResourceArn=topic["TopicArn"])
        yield "topic's subscriptions", sns.list_subscriptions_by_topic(TopicArn=topic["TopicArn"])
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        yield "alarm", alarm
    for entry in cloudwatch.list_dashboards()["DashboardEntries"]:
        yield "dashboard", cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])
    names = [parameter["Name"] for parameter in client("ssm").describe_parameters()["Parameters"]]
    yield "parameters", names


def _named(thing: Any) -> Iterator[tuple[str, str]]:
    """The ids in a description, each with the tag Name beside it."""
    if isinstance(thing, list):
        for entry in thing:
            yield from _named(entry)
    elif isinstance(thing, dict):
        name = next((tag["Value"] for tag in thing.get("Tags") or [] if tag.get("Key") == "Name"), None)
        own = next((value for key, value in thing.items() if key.endswith("Id") and ID.fullmatch(str(value))), None)
        if name and own:
            yield own, name
        yield from _named(list(thing.values()))


def _plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _plain(member, names) for key, member in value.items() if not VOLATILE.fullmatch(key)}
    if isinstance(value, list):
        return sorted((_plain(entry, names) for entry in value), key=_text)
    if isinstance(value, str):
        if value.startswith("{"):
            return _plain(json.loads(value), names)
        value = UUID.sub(lambda match: names.get(match[0], "uuid"), value)
        return ID.sub(lambda match: f"{match[1]} {names.get(match[0], '')}", value)
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
