# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Asks AWS for all kinds side by side, in two rounds: the second needs ids and tags that the first found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from typing import Any

from ..access_analyzer.transform import external
from ..database.transform import described
from ..ebs_defaults.api import READS as EBS_DEFAULTS
from ..guardduty.transform import arn_of
from ..log_archive.transform import stream
from ..security_hub.transform import NOT_ON
from ..trail.transform import covers, told_selectors
from .api import Reader
from .identity import Identity, tags_of
from .kinds import DETECTION_KINDS, EC2_KINDS, ID_FILTERS, Ec2Kind, Scope

Found = dict[str, list[dict[str, Any]]]
Lists = Callable[[], list[dict[str, Any]]]

_PARAMETER_NAMES_A_CALL = 50
_VALUES_A_FILTER = 200
_ARNS_A_CALL = 20
# Names of log groups that only go with something of another kind.
_RARE = {"cache_log_group": "replication_group"}
# What stands in the ARNs of what is asked for only where something carries the environment's tags.
_MARKS = {"patch_baseline": ":patchbaseline/", "ssm_association": ":association/"}


def _filters(**values: list[str]) -> list[dict[str, Any]]:
    return [{"Name": name.replace("_", "-"), "Values": chosen} for name, chosen in values.items()]


class Collector:
    """Collects what belongs to an environment.

    Args:
        reader: makes the calls.
        identity: the environment.
        executor: runs the calls side by side.
        public_keys: whether key pairs come with their public keys.
    """

    def __init__(self, reader: Reader, identity: Identity, executor: Executor, public_keys: bool = False) -> None:
        self._reader = reader
        self._identity = identity
        self._executor = executor
        self._rare_log_groups: list[str] = []
        self._arguments = {"key_pair": {"IncludePublicKey": True}} if public_keys else {}

    def collect(self, kinds: set[str], tagged: bool) -> tuple[Found, dict[str, dict[str, str]]]:
        """Everything of these kinds that may belong to the environment.

        Args:
            kinds: the kinds to ask for.
            tagged: whether to ask the tagging service too, for what no name and no other call shows.

        Returns:
            The described resources by kind, and the tags by ARN of all that the tagging service knows.
        """
        wanted, ec2 = kinds, bool(kinds & EC2_KINDS.keys())
        # Hardly an environment has them: where tags were asked for they lead there.
        rare = {purpose for purpose, kind in _RARE.items() if tagged or kind not in kinds}
        self._rare_log_groups = [name for purpose, name in self._identity.names.items() if purpose in rare]
        first: dict[str, Future] = {}
        if ec2:
            first["vpc"] = self._executor.submit(self._ec2, EC2_KINDS["vpc"], self._identity.ec2_filters())
        if tagged:
            first["tagged"] = self._executor.submit(self._tagged)
        for kind in sorted(kinds & self._independent.keys()):
            first[kind] = self._executor.submit(self._independent[kind], self)
        for kind in sorted(kinds & EC2_KINDS.keys() - {"vpc"}):
            known = EC2_KINDS[kind]
            if known.scope is Scope.ALL:
                first[kind] = self._executor.submit(self._ec2, known, [])
            elif known.scope in (Scope.TAGS, Scope.TAGS_AND_VPC):
                first[kind] = self._executor.submit(self._ec2, known, self._identity.ec2_filters())

        tags: dict[str, dict[str, str]] = first.pop("tagged").result() if tagged else {}
        vpcs = first.pop("vpc").result() if "vpc" in first else []
        if not vpcs and "subnet" in kinds:
            vpcs = self._vpcs_by_subnets()
            if not vpcs:
                kinds = kinds - {"subnet"}  # it was asked by tags, and there is none
        vpc_ids = [vpc["VpcId"] for vpc in vpcs]
        second: dict[str, Future] = {}
        for kind in sorted(kinds & self._dependent.keys()):
            second[kind] = self._executor.submit(self._dependent[kind], self, tags)
        purposes: list[str] = []
        if "schedule_group" in kinds and (not tagged or self._is_guarded(tags)):
            purposes += ["budget_identity", "scheduler_identity"]
            for kind, ask in self._guards.items():
                second[kind] = self._executor.submit(ask, self)
        if "snapshot_policy" in kinds and (not tagged or self._is_recoverable(tags, first["bucket"].result())):
            purposes += ["snapshot_identity", "replication_identity"]
            second["snapshot_policy"] = self._executor.submit(self._snapshot_policies)
        archives = _names_in(tags, ":deliverystream/") | ({self._identity.names.get("log_archive", "")} - {""})
        if "log_archive" in kinds and archives:
            purposes += ["archive_identity", "log_delivery_identity"]
            second["log_archive"] = self._executor.submit(self._log_archives, archives)
        for kind, ask in self._patching.items():
            if kind in kinds and (not tagged or _names_in(tags, _MARKS[kind])):
                second[kind] = self._executor.submit(ask, self)
        if purposes:
            second["iam_role"] = self._executor.submit(self._roles_for, purposes)
        for kind in sorted(kinds & EC2_KINDS.keys()):
            known = EC2_KINDS[kind]
            if known.scope is Scope.VPC and not vpc_ids:
                second[kind] = self._executor.submit(self._ec2, known, self._identity.ec2_filters())
            elif known.scope in (Scope.VPC, Scope.TAGS_AND_VPC) and vpc_ids:
                chosen = [{"Name": known.vpc_filter, "Values": vpc_ids}]
                second[kind] = self._executor.submit(self._ec2, known, chosen)

        # Where everything is asked for, only what may launch members leads to a group.
        if "auto_scaling_group" in kinds and (not tagged or first["launch_template"].result()):
            second["auto_scaling_group"] = self._executor.submit(self._groups)
        if "kms_key" in kinds and (not tagged or _keys_in(tags)):
            second["kms_key"] = self._executor.submit(self._keys, tags)

        if "replication_group" in kinds and (not tagged or _names_in(tags, ":replicationgroup:")):
            second["replication_group"] = self._executor.submit(self._caches)

        # Where nobody asks for what others have, only a tag leads to any of it.
        asked = not tagged or "foreign_detection" in kinds
        for kind, mark in {**DETECTION_KINDS, "config_rule": ":config-rule/", "event_rule": ":events:"}.items():
            if kind in kinds and (asked or any(mark in arn for arn in tags)):
                second[kind] = self._executor.submit(self._detection[kind], self, tags)

        if "file_system" in kinds and (not tagged or any(":elasticfilesystem:" in arn for arn in tags)):
            second["file_system"] = self._executor.submit(self._file_systems, tags)
        of_rds = {arn: carried for arn, carried in tags.items() if ":rds:" in arn}
        for kind, ask in self._databases.items():
            if kind in kinds and (not tagged or of_rds):
                second[kind] = self._executor.submit(ask, self, of_rds)

        third = {kind: self._executor.submit(self._by_ids, EC2_KINDS[kind]) for kind in sorted(wanted & ID_FILTERS.keys())}
        # A load balancer and its target group need a security group that stands for as long as they do.
        if kinds & self._balancing.keys() and self._is_balanced(tags, second):
            for kind, ask in self._balancing.items():
                second[kind] = self._executor.submit(ask, self, vpc_ids)

        found: Found = {**{kind: [] for kind in wanted}, "vpc": vpcs} if ec2 else {kind: [] for kind in wanted}
        for answers in (first, second, third):
            for kind, answer in answers.items():
                found[kind] = _merge(kind, found.get(kind, []), answer.result())
        for kind, ask in self._of_file_systems.items():
            if kind in kinds:
                found[kind] = [entry for system in found["file_system"] for entry in ask(self, system["FileSystemId"])]
        if "foreign_detection" in kinds:
            found["foreign_detection"] = [
                {"Kind": kind, **entry}
                for kind in DETECTION_KINDS
                for entry in found[kind]
                if not self._identity.owns_tags(tags_of(entry))
            ]
        if "volume" in kinds:
            found["volume"] += self._untagged_volumes(found)
        return found, tags

    def _ec2(self, kind: Ec2Kind, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        chosen = filters + [{"Name": name, "Values": values} for name, values in kind.filters.items()]
        arguments: dict[str, Any] = {**kind.arguments, **self._arguments.get(kind.kind, {})}
        if chosen:
            arguments[kind.filter_argument] = chosen
        listed = self._reader.list("ec2", kind.operation, kind.result, **arguments)
        if kind.kind == "instance":
            return [instance for reservation in listed for instance in reservation["Instances"]]
        return listed

    def _by_ids(self, kind: Ec2Kind) -> list[dict[str, Any]]:
        """Those whose ids are known, whatever their tags."""
        name, prefix = ID_FILTERS[kind.kind]
        known = sorted(identifier for identifier in self._identity.ids if identifier.startswith(prefix))
        parts = (known[at : at + _VALUES_A_FILTER] for at in range(0, len(known), _VALUES_A_FILTER))
        return [entry for part in parts for entry in self._ec2(kind, [{"Name": name, "Values": part}])]

    def _vpcs_by_subnets(self) -> list[dict[str, Any]]:
        """The VPC of the subnets that carry the environment's tags, where it lost one itself."""
        subnets = self._ec2(EC2_KINDS["subnet"], self._identity.ec2_filters())
        vpc_ids = sorted({subnet["VpcId"] for subnet in subnets if self._identity.owns_tags(tags_of(subnet))})
        return self._ec2(EC2_KINDS["vpc"], _filters(vpc_id=vpc_ids)) if vpc_ids else []

    def _untagged_volumes(self, found: Found) -> list[dict[str, Any]]:
        """Volumes that hang on the environment's instances without carrying its tags."""
        attached = {
            mapping["Ebs"]["VolumeId"]
            for instance in found.get("instance", [])
            for mapping in instance.get("BlockDeviceMappings", [])
            if "Ebs" in mapping
        }
        missing = sorted(attached - {volume["VolumeId"] for volume in found["volume"]})
        return self._ec2(EC2_KINDS["volume"], _filters(volume_id=missing)) if missing else []

    def _tagged(self) -> dict[str, dict[str, str]]:
        listed = self._reader.list(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            TagFilters=self._identity.tag_filters(),
        )
        return {entry["ResourceARN"]: tags_of(entry) for entry in listed}

    def _buckets(self) -> list[dict[str, Any]]:
        return self._reader.list("s3", "list_buckets", "Buckets")

    def _topics(self) -> list[dict[str, Any]]:
        return self._reader.list("sns", "list_topics", "Topics")

    def _roles(self) -> list[dict[str, Any]]:
        return self._by_name("iam_role", lambda name: self._reader.list("iam", "get_role", "Role", RoleName=name))

    def _profiles(self) -> list[dict[str, Any]]:
        return self._by_name(
            "instance_profile",
            lambda name: self._reader.list(
                "iam", "get_instance_profile", "InstanceProfile", InstanceProfileName=name
            ),
        )

    def _policies(self) -> list[dict[str, Any]]:
        listed = self._reader.list("iam", "list_policies", "Policies", Scope="Local")
        named = [policy for policy in listed if policy["PolicyName"].startswith(f"{self._identity.name}-")]
        return [
            {**policy, "Tags": self._reader.list("iam", "list_policy_tags", "Tags", PolicyArn=policy["Arn"])}
            for policy in named
        ]

    def _groups(self) -> list[dict[str, Any]]:
        filters = self._identity.ec2_filters()
        return self._reader.list("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", Filters=filters)

    def _is_balanced(self, tags: dict[str, dict[str, str]], asked: dict[str, Future]) -> bool:
        """Whether the security group of a load balancer stands, or the tags tell of what it balances."""
        named = self._identity.names.get("balancer_security_group")
        groups = asked["security_group"].result() if "security_group" in asked else []
        return any(group["GroupName"] == named for group in groups) or any(":elasticloadbalancing:" in arn for arn in tags)

    def _load_balancers(self, vpc_ids: list[str]) -> list[dict[str, Any]]:
        return self._balancing_in(vpc_ids, "describe_load_balancers", "LoadBalancers", "LoadBalancerArn")

    def _target_groups(self, vpc_ids: list[str]) -> list[dict[str, Any]]:
        return self._balancing_in(vpc_ids, "describe_target_groups", "TargetGroups", "TargetGroupArn")

    def _balancing_in(self, vpc_ids: list[str], operation: str, member: str, identifier: str) -> list[dict[str, Any]]:
        """Those of the VPC, with their tags, which no list tells."""
        listed = [one for one in self._reader.list("elbv2", operation, member) if one.get("VpcId") in vpc_ids]
        arns = [one[identifier] for one in listed]
        parts = (arns[at : at + _ARNS_A_CALL] for at in range(0, len(arns), _ARNS_A_CALL))
        told = [one for part in parts for one in self._reader.list("elbv2", "describe_tags", "TagDescriptions", ResourceArns=part)]
        carried = {one["ResourceArn"]: one["Tags"] for one in told}
        return [{**one, "Tags": carried.get(one[identifier], [])} for one in listed]

    def _dashboards(self) -> list[dict[str, Any]]:
        return self._by_name(
            "dashboard",
            lambda name: self._reader.list(
                "cloudwatch", "list_dashboards", "DashboardEntries", DashboardNamePrefix=name
            ),
        )

    def _dns_records(self) -> list[dict[str, Any]]:
        """Those of instances, in the zone that the names tell, if they tell one. Zone and name end with a dot there."""
        zone, name = (self._identity.names.get(purpose, "") for purpose in ("dns_zone", "dns_name"))
        if not zone:
            return []
        full = f"{zone.rstrip('.').lower()}."
        by_name = {"DNSName": full, "MaxItems": "1"}
        zones = self._reader.list("route53", "list_hosted_zones_by_name", "HostedZones", whole=False, **by_name)
        of_instance = re.compile(rf"{re.escape(name.lower())}-\d+\.{re.escape(full)}")
        return [
            record
            for found in zones
            if found["Name"] == full
            for record in self._reader.list(
                "route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=found["Id"]
            )
            if record["Type"] == "A" and of_instance.fullmatch(record["Name"])
        ]

    def _trails(self) -> list[dict[str, Any]]:
        return self._reader.list("cloudtrail", "describe_trails", "trailList", includeShadowTrails=False)

    def _covering_trails(self) -> list[dict[str, Any]]:
        """Those of others that record all regions, and so what a trail of the environment would."""
        listed = self._reader.list("cloudtrail", "describe_trails", "trailList", includeShadowTrails=True)
        others = [one for one in listed if one["IsMultiRegionTrail"] and one["Name"] != self._identity.names.get("trail")]
        return [trail for trail in map(self._with_state, others) if covers(trail)]

    def _with_state(self, trail: dict[str, Any]) -> dict[str, Any]:
        arn = trail["TrailARN"]
        status = self._reader.ask("cloudtrail", "get_trail_status", Name=arn) or {}
        custom = trail.get("HasCustomEventSelectors")
        answer = self._reader.ask("cloudtrail", "get_event_selectors", TrailName=arn) if custom else None
        return {**trail, "IsLogging": status.get("IsLogging"), "EventSelectors": told_selectors(answer or {})}

    def _log_groups(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        return self._by_name(
            "log_group",
            lambda name: self._reader.list("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name),
            also=_names_in(tags, ":log-group:"),
            without=self._rare_log_groups,
        )

    def _alarms(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        def alarms(**arguments: Any) -> list[dict[str, Any]]:
            types = ["MetricAlarm", "CompositeAlarm"]
            results = ("MetricAlarms", "CompositeAlarms")
            return self._reader.list("cloudwatch", "describe_alarms", *results, AlarmTypes=types, **arguments)

        named = alarms(AlarmNamePrefix=f"{self._identity.name}-")
        missing = sorted(_names_in(tags, ":alarm:") - {alarm["AlarmName"] for alarm in named})
        return named + (alarms(AlarmNames=missing) if missing else [])

    def _parameters(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        # The ARN doesn't tell the parameter "/a" from "a".
        tagged = {f"{slash}{name}" for name in _names_in(tags, ":parameter/") for slash in ("", "/")}
        names = sorted(tagged | set(self._identity.names_of("ssm_parameter")))
        parts = (names[at : at + _PARAMETER_NAMES_A_CALL] for at in range(0, len(names), _PARAMETER_NAMES_A_CALL))
        return [
            parameter
            for part in parts
            for parameter in self._reader.list(
                "ssm",
                "describe_parameters",
                "Parameters",
                ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": part}],
            )
        ]

    def _is_guarded(self, tags: dict[str, dict[str, str]]) -> bool:
        """Whether something carries the environment's tags that role guardrails makes before all else."""
        return any(mark in arn for arn in tags for mark in (":schedule-group/", ":budget/"))

    def _schedule_groups(self) -> list[dict[str, Any]]:
        name = self._identity.names.get("schedule_group")
        found = self._reader.ask("scheduler", "get_schedule_group", Name=name) if name else None
        return [found] if found else []

    def _schedules(self) -> list[dict[str, Any]]:
        group = self._identity.names.get("schedule_group")
        listed = self._reader.list("scheduler", "list_schedules", "Schedules", GroupName=group) if group else []
        found = [self._reader.ask("scheduler", "get_schedule", GroupName=group, Name=one["Name"]) for one in listed]
        return [schedule for schedule in found if schedule]

    def _budgets(self) -> list[dict[str, Any]]:
        name = self._identity.names.get("budget")
        account = self._reader.ask("sts", "get_caller_identity") if name else None
        if not account:
            return []
        asked = {"AccountId": account["Account"], "BudgetName": name, "ShowFilterExpression": True}
        answer = self._reader.ask("budgets", "describe_budget", "NotFoundException", **asked)
        return [{**answer["Budget"], "AccountId": account["Account"]}] if answer else []

    def _is_recoverable(self, tags: dict[str, dict[str, str]], buckets: list[dict[str, Any]]) -> bool:
        """Whether something stands that role recovery makes."""
        replicas = {self._identity.names.get(f"{purpose}_replica_bucket") for purpose in ("datasets", "models")}
        return any(":dlm:" in arn for arn in tags) or any(bucket["Name"] in replicas for bucket in buckets)

    def _snapshot_policies(self) -> list[dict[str, Any]]:
        """Those that carry the environment's tags, the oldest first."""
        listed = self._reader.list("dlm", "get_lifecycle_policies", "Policies")
        own = [one["PolicyId"] for one in listed if self._identity.owns_tags(tags_of(one))]
        answers = [self._reader.ask("dlm", "get_lifecycle_policy", PolicyId=one) for one in own]
        found = [answer["Policy"] for answer in answers if answer]
        return sorted(found, key=lambda one: (str(one.get("DateCreated", "")), one["PolicyId"]))

    def _patch_baselines(self) -> list[dict[str, Any]]:
        """Those of the account that have the environment's name."""
        name = self._identity.names.get("patch_baseline", "")
        asked = [{"Key": "NAME_PREFIX", "Values": [name]}, {"Key": "OWNER", "Values": ["Self"]}]
        listed = self._reader.list("ssm", "describe_patch_baselines", "BaselineIdentities", Filters=asked) if name else []
        own = sorted(one["BaselineId"] for one in listed if one["BaselineName"] == name)
        answers = [self._reader.ask("ssm", "get_patch_baseline", "DoesNotExistException", BaselineId=one) for one in own]
        return [answer for answer in answers if answer]

    def _associations(self) -> list[dict[str, Any]]:
        """Those that have one of the environment's names, the oldest first."""

        def named(name: str) -> list[dict[str, Any]]:
            asked = [{"key": "AssociationName", "value": name}]
            return self._reader.list("ssm", "list_associations", "Associations", AssociationFilterList=asked)

        own = [one["AssociationId"] for one in self._by_name("ssm_association", named)]
        missing = "AssociationDoesNotExist"
        answers = [self._reader.ask("ssm", "describe_association", missing, AssociationId=one) for one in own]
        found = [answer["AssociationDescription"] for answer in answers if answer]
        return sorted(found, key=lambda one: (str(one.get("Date", "")), one["AssociationId"]))

    def _caches(self) -> list[dict[str, Any]]:
        name = self._identity.names.get("cache", "")
        asked = {"ReplicationGroupId": name}
        found = self._reader.list("elasticache", "describe_replication_groups", "ReplicationGroups", **asked) if name else []
        return [one for one in found if one["Status"] != "deleting"]

    def _roles_for(self, purposes: Iterable[str]) -> list[dict[str, Any]]:
        """The roles that only some of the roles make."""
        names = [self._identity.names.get(purpose) for purpose in purposes]
        return [role for name in names if name for role in self._reader.list("iam", "get_role", "Role", RoleName=name)]

    def _keys(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        """The key that has the environment's alias, and those that carry its tags. One that is being deleted is gone."""
        alias = self._identity.names.get("key_alias", "")
        found = self._key(alias) if alias else None
        if not found and not tags:
            arguments = {"TagFilters": self._identity.tag_filters(), "ResourceTypeFilters": ["kms:key"]}
            listed = self._reader.list("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", **arguments)
            tags = {entry["ResourceARN"]: tags_of(entry) for entry in listed}
        named = [{**found, "AliasName": alias}] if found else []
        others = [self._key(arn) for arn in _keys_in(tags) if not found or arn != found["Arn"]]
        return named + [{**key, "AliasName": ""} for key in others if key]

    def _key(self, identifier: str) -> dict[str, Any] | None:
        answer = self._reader.ask("kms", "describe_key", "NotFoundException", KeyId=identifier)
        key = answer["KeyMetadata"] if answer else None
        return key if key and key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion" else None

    def _detectors(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        listed = self._reader.list("guardduty", "list_detectors", "DetectorIds")
        told = {one: self._reader.ask("guardduty", "get_detector", DetectorId=one) for one in listed}
        found = [{**answer, "DetectorId": one} for one, answer in told.items() if answer]
        return [{**one, "Arn": arn_of(one, self._reader.region("guardduty"))} for one in found]

    def _analyzers(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        found = external(self._reader.list("accessanalyzer", "list_analyzers", "analyzers"))
        return [found] if found else []

    def _hubs(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        found = self._reader.ask("securityhub", "describe_hub", NOT_ON)
        if not found:
            return []
        carried = self._reader.ask("securityhub", "list_tags_for_resource", ResourceArn=found["HubArn"]) or {}
        return [{**found, "Tags": carried.get("Tags", {})}]

    def _recorders(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        listed = self._reader.list("config", "describe_configuration_recorders", "ConfigurationRecorders")
        return [
            {**one, "Tags": self._reader.list("config", "list_tags_for_resource", "Tags", ResourceArn=one["arn"])} for one in listed
        ]

    def _config_rules(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        """Those that are called after the environment, with their tags. One that is being deleted is gone."""
        listed = self._reader.list("config", "describe_config_rules", "ConfigRules")
        named = [
            one
            for one in listed
            if one["ConfigRuleName"].startswith(f"{self._identity.name}-") and not one["ConfigRuleState"].startswith("DELETING")
        ]
        return [
            {**one, "Tags": self._reader.list("config", "list_tags_for_resource", "Tags", ResourceArn=one["ConfigRuleArn"])} for one in named
        ]

    def _event_rules(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        return self._by_name("event_rule", self._event_rule, also=_names_in(tags, ":rule/"))

    def _event_rule(self, name: str) -> list[dict[str, Any]]:
        found = self._reader.ask("events", "describe_rule", Name=name)
        return [found] if found else []

    def _file_systems(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        """The one that was made under the environment's name, and those that carry its tags."""
        name = self._identity.names.get("file_system", "")
        own = self._file_system(CreationToken=name) if name else []
        known = {one["FileSystemId"] for one in own}
        others = sorted(_names_in(tags, ":file-system/") - known)
        found = own + [one for identifier in others for one in self._file_system(FileSystemId=identifier)]
        return [one for one in found if one["LifeCycleState"] not in ("deleting", "deleted")]

    def _file_system(self, **named: str) -> list[dict[str, Any]]:
        answer = self._reader.ask("efs", "describe_file_systems", "FileSystemNotFound", **named)
        return (answer or {}).get("FileSystems", [])

    def _mount_targets(self, file_system: str) -> list[dict[str, Any]]:
        return self._reader.list("efs", "describe_mount_targets", "MountTargets", FileSystemId=file_system)

    def _access_points(self, file_system: str) -> list[dict[str, Any]]:
        return self._reader.list("efs", "describe_access_points", "AccessPoints", FileSystemId=file_system)

    def _log_archives(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """The streams with these names. One that is on its way out is gone."""
        answers = [self._reader.ask("firehose", "describe_delivery_stream", DeliveryStreamName=name) for name in sorted(names)]
        found = [stream(answer["DeliveryStreamDescription"]) for answer in answers if answer]
        return [one for one in found if one["DeliveryStreamStatus"] != "DELETING"]

    def _db_instances(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        """The database by its name, and others that carry the environment's tags. One that is being deleted still stands."""
        return [described(one) for name in self._named("database", tags, ":db:") for one in self._db_instance(name)]

    def _db_instance(self, name: str) -> list[dict[str, Any]]:
        found = self._reader.ask("rds", "describe_db_instances", "DBInstanceNotFound", DBInstanceIdentifier=name)
        return found["DBInstances"] if found else []

    def _db_subnet_groups(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        names, missing = self._named("database_subnet_group", tags, ":subgrp:"), "DBSubnetGroupNotFoundFault"
        answers = [self._reader.ask("rds", "describe_db_subnet_groups", missing, DBSubnetGroupName=name) for name in names]
        return [one for answer in answers if answer for one in answer["DBSubnetGroups"]]

    def _db_parameter_groups(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        """Those that have the environment's name, one for each major version that it ever had, and that carry its tags."""
        prefix, tagged = self._identity.names.get("database_parameters", ""), _names_in(tags, ":pg:")
        own = re.compile(rf"{re.escape(prefix.lower())}-postgres\d+")
        listed = self._reader.list("rds", "describe_db_parameter_groups", "DBParameterGroups") if prefix or tagged else []
        return [one for one in listed if own.fullmatch(one["DBParameterGroupName"]) or one["DBParameterGroupName"] in tagged]

    def _db_snapshots(self, tags: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
        """Those that carry the environment's tags and were not made by RDS itself, whose own come and go with the database."""
        asked = {"SnapshotType": "manual"}
        answers = [
            self._reader.ask("rds", "describe_db_snapshots", "DBSnapshotNotFound", DBSnapshotIdentifier=name, **asked)
            for name in sorted(_names_in(tags, ":snapshot:"))
            if not name.startswith("rds:")
        ]
        return [described(one) for answer in answers if answer for one in answer["DBSnapshots"]]

    def _named(self, purpose: str, tags: dict[str, dict[str, str]], mark: str) -> list[str]:
        """A name of the environment's, and those that follow a mark in the ARNs of what carries its tags. RDS's are lower case."""
        return sorted({self._identity.names.get(purpose, "").lower(), *_names_in(tags, mark)} - {""})

    def _ebs_defaults(self) -> list[dict[str, Any]]:
        """What EBS does by default in the region, as if it were one resource."""
        read = {
            member: (self._reader.ask("ec2", operation) or {}).get(answer)
            for member, (operation, answer) in EBS_DEFAULTS.items()
        }
        return [read]

    def _by_name(
        self,
        kind: str,
        ask: Callable[[str], list[dict[str, Any]]],
        also: Iterable[str] = (),
        without: Iterable[str] = (),
    ) -> list[dict[str, Any]]:
        names = sorted(set(self._identity.names_of(kind)) - set(without) | set(also))
        return [entry for answer in map(ask, names) for entry in answer]

    _independent = {
        "bucket": _buckets,
        "sns_topic": _topics,
        "iam_role": _roles,
        "instance_profile": _profiles,
        "iam_policy": _policies,
        "dashboard": _dashboards,
        "dns_record": _dns_records,
        "ebs_defaults": _ebs_defaults,
        "trail": _trails,
        "covering_trail": _covering_trails,
    }
    _dependent = {"log_group": _log_groups, "alarm": _alarms, "ssm_parameter": _parameters}
    # What role detection makes.
    _detection = {
        "detector": _detectors,
        "analyzer": _analyzers,
        "hub": _hubs,
        "recorder": _recorders,
        "config_rule": _config_rules,
        "event_rule": _event_rules,
    }
    # What role guardrails makes.
    _guards = {
        "schedule_group": _schedule_groups,
        "schedule": _schedules,
        "budget": _budgets,
    }
    # What role shared_storage makes of a file system.
    _of_file_systems = {"mount_target": _mount_targets, "access_point": _access_points}

    # What role database makes.
    _databases = {
        "db_subnet_group": _db_subnet_groups,
        "db_parameter_group": _db_parameter_groups,
        "db_instance": _db_instances,
        "db_snapshot": _db_snapshots,
    }

    # What balances the load of role scaling's members.
    _balancing = {"load_balancer": _load_balancers, "target_group": _target_groups}
    # What role patching makes.
    _patching = {"patch_baseline": _patch_baselines, "ssm_association": _associations}


def _names_in(tags: dict[str, dict[str, str]], marker: str) -> set[str]:
    """The names that follow a marker in those ARNs that have it."""
    return {arn.split(marker, 1)[1].removesuffix(":*") for arn in tags if marker in arn}


def _keys_in(tags: Iterable[str]) -> list[str]:
    """Those of the ARNs that are keys'."""
    return sorted(arn for arn in tags if ":kms:" in arn and ":key/" in arn)


def _merge(kind: str, known: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Both lists, each resource once."""
    if kind not in EC2_KINDS or not known:
        return known + more
    identifier = EC2_KINDS[kind].identifier
    seen = {entry[identifier] for entry in known}
    return known + [entry for entry in more if entry[identifier] not in seen]
