# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the listing calls do not tell of the environment's own resources, read side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from ..lock import api as lock
from ..log_archive.transform import delivering
from ..security_hub.transform import subscriptions
from ..trail.transform import told_selectors
from . import outputs
from .api import CallError, Reader
from .collect import Collector, Found
from .identity import Identity
from .transform import claim, flatten, plain

Entry = dict[str, Any]
# Members to add to an entry, by their names, and how to read each of them.
Reads = dict[str, Callable[[], Any]]
# One page of a bucket's keys tells of most markers whether they are there.
_KEYS_A_PAGE = 200


class Details:
    """Adds to discovered resources what only a call for each of them tells.

    Args:
        reader: makes the calls; it keeps those that AWS refused.
        executor: runs the calls side by side.
        attributes: calls about a bucket, as `ATTRIBUTES` of the module utilities about buckets.
        markers: by the bucket's name, the keys of marker objects to look for.
        partition: of ARNs.
        names: the environment's names by their purpose.
    """

    def __init__(
        self,
        reader: Reader,
        executor: Executor,
        attributes: Iterable[tuple],
        markers: dict[str, list[str]],
        partition: str = "aws",
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._partition = partition
        self._names = names or {}
        self._reader = reader
        self._executor = executor
        self._attributes = tuple(attributes)
        self._markers = markers
        self._log_groups: list[str] = []

    def add(self, claimed: Found) -> Found:
        """The same resources with more members: see the methods below for their names."""
        self._log_groups = [group["logGroupName"] for group in claimed.get("log_group", [])]
        futures = [
            (kind, at, {member: self._executor.submit(read) for member, read in self._reads[kind](self, entry).items()})
            for kind in sorted(claimed.keys() & self._reads.keys())
            for at, entry in enumerate(claimed[kind])
        ]
        detailed = {kind: list(entries) for kind, entries in claimed.items()}
        for kind, at, members in futures:
            read = {member: future.result() for member, future in members.items()}
            detailed[kind][at] = {**detailed[kind][at], **read}
        return detailed

    def _vpc(self, vpc: Entry) -> Reads:
        def attribute(name: str, member: str) -> Callable[[], bool]:
            return lambda: self._first("ec2", "describe_vpc_attribute", member, VpcId=vpc["VpcId"], Attribute=name)

        return {
            "EnableDnsSupport": attribute("enableDnsSupport", "EnableDnsSupport"),
            "EnableDnsHostnames": attribute("enableDnsHostnames", "EnableDnsHostnames"),
        }

    def _instance(self, instance: Entry) -> Reads:
        def attribute(name: str, member: str) -> Callable[[], bool]:
            asked = {"InstanceId": instance["InstanceId"], "Attribute": name}
            return lambda: self._first("ec2", "describe_instance_attribute", member, **asked)

        return {
            "DisableApiTermination": attribute("disableApiTermination", "DisableApiTermination"),
            "DisableApiStop": attribute("disableApiStop", "DisableApiStop"),
        }

    def _first(self, service: str, operation: str, member: str, **arguments: Any) -> Any:
        """The value of a member of the form {"Value": …}."""
        answer = self._reader.ask(service, operation, **arguments) or {}
        return answer.get(member, {}).get("Value")

    def _log_group(self, group: Entry) -> Reads:
        arn = group.get("logGroupArn") or group["arn"].removesuffix(":*")

        def tags() -> list[dict[str, str]]:
            answer = self._reader.ask("logs", "list_tags_for_resource", resourceArn=arn) or {}
            return [{"Key": key, "Value": value} for key, value in answer.get("tags", {}).items()]

        reads: Reads = {"Tags": tags}
        if group.get("metricFilterCount"):
            named = {"logGroupName": group["logGroupName"]}
            reads["MetricFilters"] = lambda: self._reader.list("logs", "describe_metric_filters", "metricFilters", **named)
        return reads

    def _role(self, role: Entry) -> Reads:
        named = {"RoleName": role["RoleName"]}

        def policies() -> dict[str, Any]:
            names = self._reader.list("iam", "list_role_policies", "PolicyNames", **named)
            answers = {name: self._reader.ask("iam", "get_role_policy", PolicyName=name, **named) for name in names}
            return {name: answer["PolicyDocument"] for name, answer in answers.items() if answer}

        def attached() -> list[str]:
            listed = self._reader.list("iam", "list_attached_role_policies", "AttachedPolicies", **named)
            return [policy["PolicyArn"] for policy in listed]

        return {"InlinePolicies": policies, "ManagedPolicyArns": attached}

    def _topic(self, topic: Entry) -> Reads:
        arn = topic["TopicArn"]

        def attributes() -> dict[str, str]:
            return (self._reader.ask("sns", "get_topic_attributes", TopicArn=arn) or {}).get("Attributes", {})

        return {
            "Attributes": attributes,
            "Subscriptions": lambda: self._reader.list(
                "sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn
            ),
            "Tags": lambda: self._reader.list("sns", "list_tags_for_resource", "Tags", ResourceArn=arn),
        }

    def _trail(self, trail: Entry) -> Reads:
        arn = trail["TrailARN"]

        def selectors() -> list[Any]:
            return told_selectors(self._reader.ask("cloudtrail", "get_event_selectors", TrailName=arn) or {})

        def tags() -> list[dict[str, str]]:
            listed = self._reader.list("cloudtrail", "list_tags", "ResourceTagList", ResourceIdList=[arn])
            return [tag for resource in listed for tag in resource["TagsList"]]

        return {
            "EventSelectors": selectors,
            "IsLogging": lambda: (self._reader.ask("cloudtrail", "get_trail_status", Name=arn) or {}).get("IsLogging"),
            "Tags": tags,
        }

    def _launch_template(self, template: Entry) -> Reads:
        asked = {"LaunchTemplateId": template["LaunchTemplateId"], "Versions": ["$Default"]}

        def data() -> dict[str, Any]:
            answer = self._reader.list("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", **asked)
            return answer[0]["LaunchTemplateData"] if answer else {}

        return {"LaunchTemplateData": data}

    def _group(self, group: Entry) -> Reads:
        asked = {"AutoScalingGroupName": group["AutoScalingGroupName"]}

        def listed(operation: str, member: str) -> Callable[[], list[Entry]]:
            return lambda: self._reader.list("autoscaling", operation, member, **asked)

        return {
            "ScalingPolicies": listed("describe_policies", "ScalingPolicies"),
            "ScheduledActions": listed("describe_scheduled_actions", "ScheduledUpdateGroupActions"),
            "LifecycleHooks": listed("describe_lifecycle_hooks", "LifecycleHooks"),
            "InstanceRefreshes": listed("describe_instance_refreshes", "InstanceRefreshes"),
        }

    def _load_balancer(self, balancer: Entry) -> Reads:
        named = {"LoadBalancerArn": balancer["LoadBalancerArn"]}
        return {
            "Attributes": lambda: self._reader.list("elbv2", "describe_load_balancer_attributes", "Attributes", **named),
            "Listeners": lambda: self._reader.list("elbv2", "describe_listeners", "Listeners", **named),
        }

    def _target_group(self, group: Entry) -> Reads:
        named = {"TargetGroupArn": group["TargetGroupArn"]}
        return {"Attributes": lambda: self._reader.list("elbv2", "describe_target_group_attributes", "Attributes", **named)}

    def _of_systems_manager(self, kind: str, identifier: str) -> Reads:
        asked = {"ResourceType": kind, "ResourceId": identifier}
        return {"Tags": lambda: (self._reader.ask("ssm", "list_tags_for_resource", **asked) or {}).get("TagList", [])}

    def _patch_baseline(self, baseline: Entry) -> Reads:
        return self._of_systems_manager("PatchBaseline", baseline["BaselineId"])

    def _association(self, association: Entry) -> Reads:
        return self._of_systems_manager("Association", association["AssociationId"])

    def _hub(self, hub: Entry) -> Reads:
        def standards() -> dict[str, str]:
            return subscriptions(self._reader.list("securityhub", "get_enabled_standards", "StandardsSubscriptions"))

        return {"Standards": standards}

    def _recorder(self, recorder: Entry) -> Reads:
        def recording() -> bool:
            told = self._reader.list("config", "describe_configuration_recorder_status", "ConfigurationRecordersStatus")
            return any(one.get("recording") for one in told)

        def channel() -> Entry:
            listed = self._reader.list("config", "describe_delivery_channels", "DeliveryChannels")
            return listed[0] if listed else {}

        return {"recording": recording, "deliveryChannel": channel}

    def _event_rule(self, rule: Entry) -> Reads:
        named, arn = {"Rule": rule["Name"]}, rule["Arn"]
        return {
            "Targets": lambda: self._reader.list("events", "list_targets_by_rule", "Targets", **named),
            "Tags": lambda: self._reader.list("events", "list_tags_for_resource", "Tags", ResourceARN=arn),
        }

    def _replication_group(self, group: Entry) -> Reads:
        members = set(group.get("MemberClusters") or [])
        asked = {"ResourceName": group["ARN"]}

        def nodes() -> list[Entry]:
            listed = self._reader.list("elasticache", "describe_cache_clusters", "CacheClusters")
            return [one for one in listed if one["CacheClusterId"] in members]

        def subnet_group() -> Entry:
            name = self._names.get("cache_subnet_group", "")
            listed = self._reader.list("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", CacheSubnetGroupName=name)
            carried = [self._reader.ask("elasticache", "list_tags_for_resource", ResourceName=one["ARN"]) or {} for one in listed]
            return {**listed[0], "Tags": carried[0].get("TagList", [])} if listed else {}

        return {
            "Tags": lambda: (self._reader.ask("elasticache", "list_tags_for_resource", **asked) or {}).get("TagList", []),
            "CacheClusters": nodes,
            "CacheSubnetGroup": subnet_group,
            "AuthSecret": lambda: self._reader.ask("secretsmanager", "describe_secret", SecretId=self._names["cache_secret"]) or {},
        }

    def _log_archive(self, archive: Entry) -> Reads:
        named = {"DeliveryStreamName": archive["DeliveryStreamName"]}

        def filters() -> list[Entry]:
            asked = "describe_subscription_filters"
            listed = (self._reader.list("logs", asked, "subscriptionFilters", logGroupName=group) for group in self._log_groups)
            return delivering((one for filters in listed for one in filters), archive["DeliveryStreamARN"])

        return {
            "Subscriptions": filters,
            "Tags": lambda: self._reader.list("firehose", "list_tags_for_delivery_stream", "Tags", **named),
        }

    def _tags_of_rds(self, arn: str) -> Callable[[], list[dict[str, str]]]:
        return lambda: self._reader.list("rds", "list_tags_for_resource", "TagList", ResourceName=arn)

    def _db_subnet_group(self, group: Entry) -> Reads:
        return {"Tags": self._tags_of_rds(group["DBSubnetGroupArn"])}

    def _db_parameter_group(self, group: Entry) -> Reads:
        asked = {"DBParameterGroupName": group["DBParameterGroupName"], "Source": "user"}
        return {
            "Parameters": lambda: self._reader.list("rds", "describe_db_parameters", "Parameters", **asked),
            "Tags": self._tags_of_rds(group["DBParameterGroupArn"]),
        }

    def _schedule_group(self, group: Entry) -> Reads:
        asked = {"ResourceArn": group["Arn"]}
        return {"Tags": lambda: self._reader.list("scheduler", "list_tags_for_resource", "Tags", **asked)}

    def _key(self, key: Entry) -> Reads:
        named = {"KeyId": key["KeyId"]}

        def policy() -> str:
            return (self._reader.ask("kms", "get_key_policy", PolicyName="default", **named) or {}).get("Policy", "")

        def rotates() -> bool | None:
            return (self._reader.ask("kms", "get_key_rotation_status", **named) or {}).get("KeyRotationEnabled")

        def tags() -> list[dict[str, str]]:
            listed = self._reader.list("kms", "list_resource_tags", "Tags", **named)
            return [{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in listed]

        return {"KeyPolicy": policy, "KeyRotationEnabled": rotates, "Tags": tags}

    def _budget(self, budget: Entry) -> Reads:
        named = {"AccountId": budget["AccountId"], "BudgetName": budget["BudgetName"]}

        def listed(operation: str, member: str, **arguments: Any) -> list[Any]:
            return self._reader.list("budgets", operation, member, **named, **arguments)

        def subscribed() -> list[Entry]:
            notifications = listed("describe_notifications_for_budget", "Notifications")
            asked = "describe_subscribers_for_notification"
            return [{"Notification": one, "Subscribers": listed(asked, "Subscribers", Notification=one)} for one in notifications]

        def tags() -> list[dict[str, str]]:
            arn = f"arn:{self._partition}:budgets::{named['AccountId']}:budget/{named['BudgetName']}"
            return self._reader.list("budgets", "list_tags_for_resource", "ResourceTags", ResourceARN=arn)

        return {
            "NotificationsWithSubscribers": subscribed,
            "Actions": lambda: listed("describe_budget_actions_for_budget", "Actions"),
            "Tags": tags,
        }

    def _dashboard(self, dashboard: Entry) -> Reads:
        name = dashboard["DashboardName"]

        def body() -> str:
            answer = self._reader.ask("cloudwatch", "get_dashboard", "ResourceNotFound", DashboardName=name)
            return (answer or {}).get("DashboardBody", "")

        return {"DashboardBody": body}

    def _file_system(self, system: Entry) -> Reads:
        named = {"FileSystemId": system["FileSystemId"]}

        def told(operation: str, member: str) -> Callable[[], Any]:
            return lambda: (self._reader.ask("efs", operation, "PolicyNotFound", **named) or {}).get(member)

        return {
            "LifecyclePolicies": told("describe_lifecycle_configuration", "LifecyclePolicies"),
            "BackupPolicy": told("describe_backup_policy", "BackupPolicy"),
            "FileSystemPolicy": told("describe_file_system_policy", "Policy"),
        }

    def _mount_target(self, target: Entry) -> Reads:
        asked = {"MountTargetId": target["MountTargetId"]}
        return {"SecurityGroups": lambda: self._reader.list("efs", "describe_mount_target_security_groups", "SecurityGroups", **asked)}

    def _bucket(self, bucket: Entry) -> Reads:
        name = bucket["Name"]

        def attribute(operation: str, missing: str, take: Callable[[dict[str, Any]], Any]) -> Callable[[], Any]:
            def read() -> Any:
                answer = self._reader.ask("s3", operation, missing, Bucket=name)
                return {} if answer is None else take(answer)

            return read

        reads: Reads = {
            member: attribute(operation, missing, take) for member, operation, missing, take in self._attributes
        }
        if self._markers.get(name):
            reads["Markers"] = lambda: self._standing_markers(name, self._markers[name])
        return reads

    def _standing_markers(self, bucket: str, keys: list[str]) -> list[str]:
        """Those of the keys that have an object. A bucket with few objects takes one call, one with many a call a key."""
        page = self._reader.ask("s3", "list_objects_v2", whole=False, Bucket=bucket, MaxKeys=_KEYS_A_PAGE) or {}
        listed = [entry["Key"] for entry in page.get("Contents", [])]
        told = [key for key in keys if key in listed]
        if not page.get("IsTruncated"):
            return told
        # S3 lists keys in the order of their UTF-8 bytes: of those behind the last one the page says nothing.
        unknown = [key for key in keys if key.encode() > listed[-1].encode()]
        return told + [key for key in unknown if self._reader.ask("s3", "head_object", "404", Bucket=bucket, Key=key)]

    _reads: dict[str, Callable[[Details, Entry], Reads]] = {
        "vpc": _vpc,
        "instance": _instance,
        "log_group": _log_group,
        "iam_role": _role,
        "sns_topic": _topic,
        "dashboard": _dashboard,
        "trail": _trail,
        "launch_template": _launch_template,
        "auto_scaling_group": _group,
        "load_balancer": _load_balancer,
        "target_group": _target_group,
        "hub": _hub,
        "recorder": _recorder,
        "event_rule": _event_rule,
        "replication_group": _replication_group,
        "log_archive": _log_archive,
        "db_subnet_group": _db_subnet_group,
        "db_parameter_group": _db_parameter_group,
        "schedule_group": _schedule_group,
        "budget": _budget,
        "kms_key": _key,
        "patch_baseline": _patch_baseline,
        "ssm_association": _association,
        "file_system": _file_system,
        "mount_target": _mount_target,
        "bucket": _bucket,
    }


def read(
    clients: Callable[[str], Any],
    identity: Identity,
    kinds: set[str],
    roles: list[str],
    attributes: Iterable[tuple],
    markers: dict[str, list[str]],
    threads: int,
) -> tuple[dict[str, Any], list[CallError]]:
    """What stands of an environment with all details, the outputs of roles, a flat list, its lock, and what AWS refused to tell.

    Args:
        clients: gives the client of a service by its name.
        identity: the environment.
        kinds: what to look for.
        roles: whose outputs to make.
        attributes: see `Details`.
        markers: see `Details`.
        threads: how many calls to make side by side.
    """
    reader = Reader(clients)
    with ThreadPoolExecutor(threads) as executor:
        seen = executor.submit(lock.look, reader, identity.names)
        partition = clients("ec2").meta.partition  # made meanwhile
        locked = seen.result()
        found, tags = Collector(reader, identity, executor, public_keys=True).collect(kinds, tagged=False)
        claimed = claim(found, tags, identity, partition)
        detailed = Details(reader, executor, attributes, markers, partition, identity.names).add(claimed)
    handed_on = {role: outputs.of_role(role, claimed, identity, partition) for role in roles}
    resources = flatten(claimed, {}, identity, partition)
    return {"found": plain(detailed), "outputs": handed_on, "resources": resources, "lock": locked}, reader.errors
