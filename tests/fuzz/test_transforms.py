# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A property for each module's pure part: what is as it was asked for is left alone, and what goes over comes back the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.access_analyzer import transform as access_analyzer
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import transform as bucket
from ansible_collections.mlinfra.aws.plugins.module_utils.budget import transform as budget
from ansible_collections.mlinfra.aws.plugins.module_utils.config_recorder import transform as config_recorder
from ansible_collections.mlinfra.aws.plugins.module_utils.config_rule import transform as config_rule
from ansible_collections.mlinfra.aws.plugins.module_utils.dashboard import transform as dashboard
from ansible_collections.mlinfra.aws.plugins.module_utils.database import transform as database
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery import transform as discovery
from ansible_collections.mlinfra.aws.plugins.module_utils.elasticache import transform as elasticache
from ansible_collections.mlinfra.aws.plugins.module_utils.event_rule import transform as event_rule
from ansible_collections.mlinfra.aws.plugins.module_utils.file_system import transform as file_system
from ansible_collections.mlinfra.aws.plugins.module_utils.flow_log import transform as flow_log
from ansible_collections.mlinfra.aws.plugins.module_utils.group_parts import transform as group_parts
from ansible_collections.mlinfra.aws.plugins.module_utils.guardduty import transform as guardduty
from ansible_collections.mlinfra.aws.plugins.module_utils.lifecycle_policy import transform as lifecycle_policy
from ansible_collections.mlinfra.aws.plugins.module_utils.lock import transform as lock
from ansible_collections.mlinfra.aws.plugins.module_utils.log_archive import transform as log_archive
from ansible_collections.mlinfra.aws.plugins.module_utils.member_bundle import transform as member_bundle
from ansible_collections.mlinfra.aws.plugins.module_utils.metric_alarm import transform as metric_alarm
from ansible_collections.mlinfra.aws.plugins.module_utils.metric_filter import transform as metric_filter
from ansible_collections.mlinfra.aws.plugins.module_utils.replication import transform as replication
from ansible_collections.mlinfra.aws.plugins.module_utils.restore import transform as restore
from ansible_collections.mlinfra.aws.plugins.module_utils.route_table import transform as route_table
from ansible_collections.mlinfra.aws.plugins.module_utils.scheduler import transform as scheduler
from ansible_collections.mlinfra.aws.plugins.module_utils.security_group import transform as security_group
from ansible_collections.mlinfra.aws.plugins.module_utils.security_hub import transform as security_hub
from ansible_collections.mlinfra.aws.plugins.module_utils.status import transform as status
from ansible_collections.mlinfra.aws.plugins.module_utils.subnet import transform as subnet
from ansible_collections.mlinfra.aws.plugins.module_utils.systems_manager import transform as systems_manager
from ansible_collections.mlinfra.aws.plugins.module_utils.trail import transform as trail
from ansible_collections.mlinfra.aws.plugins.module_utils.vpc_endpoint import transform as vpc_endpoint
from hypothesis import given
from hypothesis import strategies as st

from .hostile import texts
from .shapes import entries

NOW = datetime(2026, 1, 1, tzinfo=UTC)
tags = st.dictionaries(texts, texts, max_size=3)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def tag_list(given: dict[str, str]) -> list[dict[str, str]]:
    """Tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in given.items()]


@given(tags, tags)
def test_bucket(there: dict[str, str], identity: dict[str, str]) -> None:
    """A bucket is owned by whoever has tagged it, or could have, and by nobody else."""
    assert bucket.is_owned(there, there)
    assert bucket.is_owned({}, identity)
    assert bucket.is_owned({**there, **identity}, identity)
    assert bucket.is_owned(there, identity) == (not there or identity.items() <= there.items())


@given(entries("s3", "ListObjectVersions", "Versions", always=("Key", "Size")))
def test_bucket_markers(version: dict[str, Any]) -> None:
    """What holds data is no marker."""
    assert not (bucket.is_marker(version) and version["Size"])


@given(texts, texts, texts)
def test_bucket_advice(code: str, operation: str, setting: str) -> None:
    """What nobody knows gets no advice."""
    assert bucket.advice(code, operation, setting) == ""


@given(st.dictionaries(texts, texts, max_size=4))
def test_budget(given: dict[str, str]) -> None:
    """The tags of a filter are those that it was made of, whatever order AWS answers in."""
    expression = budget.filter_expression(given)
    there = {"And": list(reversed(expression["And"]))} if "And" in expression else expression
    assert (budget.cost_tags(there) or {}) == given


@given(st.lists(texts, max_size=4), st.one_of(st.none(), texts))
def test_budget_subscribers(emails: list[str], topic: str | None) -> None:
    """Each is told once, and none is lost."""
    told = budget.subscribers_of(emails, topic)
    assert {one["address"] for one in told if one["type"] == "email"} == set(emails)
    assert len(told) == len(set(emails)) + bool(topic)


@given(entries("budgets", "DescribeBudgets", "Budgets", always=("BudgetName",)))
def test_budget_of_any_form(described: dict[str, Any]) -> None:
    """Whatever filter somebody else made is told from our own, or is it."""
    found = budget.cost_tags(described.get("FilterExpression") or {})
    assert found is None or isinstance(found, dict)


@given(st.dictionaries(texts, json_values, max_size=4))
def test_dashboard(body: dict[str, Any]) -> None:
    """A body is itself again, in whatever order its members came."""
    text = dashboard.render_body(body)
    assert dashboard.same_json(dashboard.parse_body(text), body)
    assert dashboard.render_body(dict(reversed(body.items()))) == text


@given(texts)
def test_dashboard_of_any_text(text: str) -> None:
    """What is no body is refused in words."""
    with pytest.raises(ValueError, match="body is not"):
        dashboard.parse_body(text)


@given(st.dictionaries(texts, st.one_of(json_values, st.datetimes(), st.tuples(json_values, st.datetimes())), max_size=3))
def test_discovery(attributes: dict[str, Any]) -> None:
    """What AWS says fits into JSON, and is the same when it is made so again."""
    plain = discovery.plain(attributes)
    assert discovery.plain(plain) == plain
    json.dumps(plain)


ARN_PART = st.text("abcXYZ019-_.", max_size=8)


@given(ARN_PART, ARN_PART.filter(bool), st.text("abcXYZ019-_./:", max_size=20), st.sampled_from("/:"))
def test_discovery_of_arns(service: str, kind: str, name: str, separator: str) -> None:
    """An ARN is taken apart at its first separator, whichever that is."""
    assert discovery.split_arn(f"arn:aws:{service}:us-east-1:123456789012:{kind}{separator}{name}") == (service, kind, name)


@given(entries("ec2", "DescribeFlowLogs", "FlowLogs", always=("FlowLogId", "ResourceId")))
def test_flow_log(described: dict[str, Any]) -> None:
    """A flow log that is asked for as it stands does not differ, and is found by its id."""
    there = flow_log.normalize(described)
    wanted = {key: there[key] for key in flow_log.IMMUTABLE if there.get(key) is not None}
    assert flow_log.differences(there, wanted) == []
    assert flow_log.find([there], {"flow_log_id": there["flow_log_id"]}, wanted) == there


@given(tags, tags, st.booleans())
def test_flow_log_tags(there: dict[str, str], wanted: dict[str, str], purge: bool) -> None:
    """It ends with all that is wanted, and twice is as once."""
    after = flow_log.tags_after(there, wanted, purge)
    assert wanted.items() <= after.items()
    assert flow_log.tags_after(after, wanted, purge) == after


runs = st.builds(lock.Run, *[st.text(max_size=8)] * 3, st.integers(0, 2**22), *[st.text(max_size=8)] * 3)
LOCK_FIELDS = {"user", "host", "command", "started", "machine", "queue"}


@given(
    st.fixed_dictionaries({**dict.fromkeys(sorted(LOCK_FIELDS), texts), "pid": st.integers(0, 2**22)}),
    texts,
    texts,
    st.integers(1, 1440),
    texts,
)
def test_lock(run: dict[str, Any], state: str, since: str, minutes: int, identifier: str) -> None:
    """A lock is read as it was written."""
    made = lock.Lock(state, lock.Run(**run), since, minutes, identifier)
    assert lock.from_bytes(lock.to_bytes(made)) == made


@given(st.one_of(st.binary(max_size=60), json_values.map(lambda value: json.dumps(value).encode())))
def test_lock_of_anything(content: bytes) -> None:
    """What can't be read is held by somebody unknown, and can be spoken of."""
    read = lock.from_bytes(content)
    assert read == lock.Lock()
    held = lock.told(lock.Standing(etag="x", lock=read))
    assert lock.sentence(held).startswith("Somebody unknown works on this environment")


@given(texts)
def test_lock_clock(time: str) -> None:
    """What is no time stays as it is."""
    assert lock.clock(time)[: len(time)] == time or datetime.fromisoformat(time)


@given(st.lists(texts, unique=True, max_size=4), st.lists(texts, unique=True, max_size=4))
def test_metric_alarm(wanted: list[str], others: list[str]) -> None:
    """What is wanted and stands is left, what is not wanted goes where its name says so, and nothing else."""
    entries_of = [{"AlarmName": name} for name in wanted]
    standing = [{"AlarmName": name} for name in dict.fromkeys([*wanted, *others])]
    assert not metric_alarm.plan(entries_of, standing, "").changed
    everything = metric_alarm.plan(entries_of, standing, "(?s).*")
    assert everything.delete == sorted(set(others) - set(wanted))
    assert [entry["AlarmName"] for entry in metric_alarm.plan(entries_of, [], "").put] == wanted


@given(st.lists(entries("logs", "DescribeMetricFilters", "metricFilters", always=("filterName", "metricTransformations")), max_size=3))
def test_metric_filter(standing: list[dict[str, Any]]) -> None:
    """Only what is unwanted goes, each once."""
    names = sorted({entry["filterName"] for entry in standing})
    assert not metric_filter.plan([], standing, []).changed
    assert metric_filter.plan([], standing, names).delete == names


_ALWAYS = ("Key", "VersionId", "LastModified", "IsLatest")


@given(
    st.lists(entries("s3", "ListObjectVersions", "Versions", always=_ALWAYS), max_size=4),
    st.lists(entries("s3", "ListObjectVersions", "DeleteMarkers", always=_ALWAYS), max_size=3),
)
def test_restore(versions: list[dict[str, Any]], markers: list[dict[str, Any]]) -> None:
    """Every version is listed once, under its key, and what is current is as it shall be."""
    found = list(restore.by_key([{"Versions": versions, "DeleteMarkers": markers}]))
    assert sum(map(len, found)) == len(versions) + len(markers)
    assert [each[0].key for each in found] == sorted({one["Key"] for one in versions + markers})
    for each in found:
        assert {one.key for one in each} == {each[0].key}
        assert restore.step_to(each[0], each[0]) is None
        target = restore.as_of(each, NOW)
        assert target is None or target.modified <= NOW


@given(entries("ec2", "DescribeRouteTables", "RouteTables", "Routes"))
def test_route_table(route: dict[str, Any]) -> None:
    """A route that came with the table is nobody's."""
    route = {**route, "DestinationCidrBlock": "0.0.0.0/0"}
    assert route_table.is_own({**route, "GatewayId": "igw-1", "Origin": "CreateRoute"})
    assert not route_table.is_own({**route, "GatewayId": "local"})
    assert route_table.destination_of(route)[1]


@given(texts, st.sampled_from(sorted(route_table.DESTINATIONS)), st.sampled_from(sorted(route_table.TARGETS)))
def test_route_table_words(text: str, destination: str, target: str) -> None:
    """A route says in EC2's words what it said, and nothing that was empty."""
    words = route_table.in_words_of_ec2({destination: "10.0.0.0/8", target: text})
    assert set(words.values()) == {"10.0.0.0/8", text} - {""}


@given(entries("scheduler", "GetSchedule", always=("Arn", "Name", "GroupName", "ScheduleExpression", "Target")))
def test_scheduler(described: dict[str, Any]) -> None:
    """A schedule that is asked for as it stands is the same after the call."""
    described = {**described, "ScheduleExpressionTimezone": "UTC"}
    there = scheduler.normalize(described)
    again = scheduler.normalize({**scheduler.request(there), "Arn": there["arn"]})
    assert again == there


PORTS = st.sampled_from([(22, 22), (0, 65535), (8888, 8899)])
PEERS = st.sampled_from(["10.0.0.0/8", "203.0.113.0/24", "0.0.0.0/0"])


@given(st.lists(st.tuples(PORTS, PEERS, texts), max_size=5), texts, st.randoms(use_true_random=False))
def test_security_group(rules: list[Any], name: str, order: Any) -> None:
    """A group that stands as it is wanted is left alone, in whatever order EC2 tells of its rules."""
    ingress = [
        {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": cidr, "Description": said}]}
        for (first, last), cidr, said in {(ports, cidr): (ports, cidr, said) for ports, cidr, said in rules}.values()
    ]
    want = {"name": name, "description": "d", "ingress": ingress, "egress": [], "tags": None}
    shuffled = list(ingress)
    order.shuffle(shuffled)
    there = {"GroupId": "sg-1", "GroupName": name, "Description": "d", "IpPermissions": shuffled, "IpPermissionsEgress": []}
    assert not security_group.plan("vpc-1", [want], [there], []).changed
    made = security_group.plan("vpc-1", [want], [], [])
    assert made.create[0]["GroupName"] == name


@given(st.lists(entries("ec2", "DescribeInstances", "Reservations", "Instances", always=("InstanceId",)), max_size=2))
def test_status(found: list[dict[str, Any]]) -> None:
    """An instance is called by its tag Name, or else by nothing that it has not got."""
    for entry in found:
        assert status.name_of(entry) in {tag["Value"] for tag in entry.get("Tags", [])} | {"", entry["InstanceId"]}


@given(st.dictionaries(texts, st.lists(st.fixed_dictionaries({"message": texts, "timestamp": st.integers(0, 2**41)}), max_size=2), max_size=2))
def test_status_logs(events: dict[str, Any]) -> None:
    """What hosts log is taken whole, whatever it is."""
    told = status.logs({group: [{**event, "logStreamName": "s"} for event in listed] for group, listed in events.items()}, {})
    assert sum(len(entry.get("lines", [entry])) for entry in told) == sum(map(len, events.values())) or told


CIDRS = st.sampled_from(["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"])


@given(st.lists(CIDRS, unique=True), tags, st.booleans())
def test_subnet(ranges: list[str], given: dict[str, str], public: bool) -> None:
    """Subnets that stand as they are wanted are left alone, and others only go where they are unwanted."""
    wanted = [{"cidr_block": cidr, "map_public_ip_on_launch": public, "tags": given} for cidr in ranges]
    standing = [
        {
            "SubnetId": f"subnet-{at}",
            "CidrBlock": cidr,
            "AvailabilityZone": "us-east-1a",
            "MapPublicIpOnLaunch": public,
            "Tags": tag_list(given),
        }
        for at, cidr in enumerate(ranges)
    ]
    assert not subnet.plan("vpc-1", wanted, standing, []).changed
    ids = [entry["SubnetId"] for entry in standing]
    assert subnet.plan("vpc-1", [], standing, ids).delete == sorted(ids)
    assert len(subnet.plan("vpc-1", wanted, [], []).create) == len(ranges)


@given(entries("cloudtrail", "GetEventSelectors"))
def test_trail(answer: dict[str, Any]) -> None:
    """Selectors have one order, whatever order CloudTrail tells them in, and put in order twice are as once."""
    told = trail.told_selectors(answer)
    assert trail.selectors(told) == trail.selectors(reversed(told))
    assert trail.selectors(trail.selectors(told)) == trail.selectors(told)
    assert trail.records_management(told) == trail.records_management(list(reversed(told)))


@given(texts, tags, st.dictionaries(texts, json_values, max_size=2), st.booleans())
def test_vpc_endpoint(service: str, given: dict[str, str], policy: dict[str, Any], private: bool) -> None:
    """What it is created with is what was wanted: tags and policy come back as they were given."""
    want = {"service": service, "type": "Interface", "private_dns": private, "policy": policy, "tags": given}
    request = vpc_endpoint.creation("vpc-1", want)
    assert request["ServiceName"] == service
    assert json.loads(request.get("PolicyDocument", "{}")) == policy
    [listed] = [spec["Tags"] for spec in request.get("TagSpecifications", [{"Tags": []}])]
    assert {tag["Key"]: tag["Value"] for tag in listed} == given


@given(st.lists(entries("s3", "GetBucketReplication", "ReplicationConfiguration", "Rules"), max_size=3))
def test_replication(told: list[dict[str, Any]]) -> None:
    """Rules have one form, whatever order S3 tells them in, and what is in it stays as it is."""
    formed = replication.rules(told)
    assert replication.rules(formed) == formed == replication.rules(reversed(told))
    assert all(isinstance(line, str) for line in replication.problems(told))


@given(entries("dlm", "GetLifecyclePolicy", "Policy"))
def test_lifecycle_policy(told: dict[str, Any]) -> None:
    """What a policy does has one form, whatever order its lists have, and what is in it stays as it is."""
    form = lifecycle_policy.details(told.get("PolicyDetails", {}))
    turned = {**form, "Schedules": form["Schedules"][::-1], "TargetTags": form["TargetTags"][::-1]}
    assert lifecycle_policy.details(form) == form == lifecycle_policy.details(turned)
    lines = lifecycle_policy.problems("Snapshots", [{"Key": "a", "Value": "b"}], form["Schedules"], "VOLUME")
    assert all(isinstance(line, str) for line in lines)


@given(entries("ssm", "GetPatchBaseline"), texts)
def test_systems_manager_baseline(told: dict[str, Any], name: str) -> None:
    """Its rules in one form stay as they are, and whatever is wrong is told, not raised."""
    form = systems_manager.rules(told.get("ApprovalRules"))
    assert systems_manager.rules({"PatchRules": form}) == form
    want = {**systems_manager.BASELINE, **told, "ApprovalRules": {"PatchRules": form}}
    assert all(": " in line or " is empty" in line for line in systems_manager.baseline_problems(name, want))


@given(entries("ssm", "DescribeAssociation", "AssociationDescription"), texts)
def test_systems_manager_association(told: dict[str, Any], name: str) -> None:
    """Its targets and parameters in one form stay as they are, and whatever is wrong is told, not raised."""
    targets, parameters = systems_manager.targets(told.get("Targets")), systems_manager.parameters(told.get("Parameters"))
    assert systems_manager.targets(targets) == targets
    assert systems_manager.parameters(parameters) == parameters
    want = {**systems_manager.ASSOCIATION, **told, "Targets": targets, "Parameters": parameters}
    assert all(": " in line for line in systems_manager.association_problems(name, want))


@given(st.lists(entries("accessanalyzer", "ListAnalyzers", "analyzers")))
def test_access_analyzer(told: list[dict[str, Any]]) -> None:
    """The account's own is chosen before that of its organization, in whatever order they come."""
    chosen, turned = access_analyzer.external(told), access_analyzer.external(told[::-1])
    kinds = [one["type"] for one in told if one["type"] in access_analyzer.TYPES]
    assert (chosen is None) == (turned is None) == (not kinds)
    assert not chosen or chosen["type"] == turned["type"] == min(kinds, key=access_analyzer.TYPES.index)


@given(entries("config", "DescribeDeliveryChannels", "DeliveryChannels"), entries("config", "DescribeConfigurationRecorders", "ConfigurationRecorders"))
def test_config_recorder(channel: dict[str, Any], recorder: dict[str, Any]) -> None:
    """Channels and modes in one form stay as they are."""
    form, mode = config_recorder.channel(channel), config_recorder.mode(recorder.get("recordingMode"))
    assert config_recorder.channel(form) == form
    assert config_recorder.mode(mode) == mode


@given(st.dictionaries(texts, json_values), entries("config", "DescribeConfigRules", "ConfigRules"))
def test_config_rule(given_to_it: dict[str, Any], told: dict[str, Any]) -> None:
    """What a rule is given means the same as text and as what it is, and stays as it is once it is in one form."""
    form = config_rule.parameters(given_to_it)
    assert config_rule.parameters(json.dumps(given_to_it)) == form == config_rule.parameters(form)
    assert config_rule.source(config_rule.source(told.get("Source"))) == config_rule.source(told.get("Source"))


@given(json_values)
def test_event_rule(value: Any) -> None:
    """A pattern means the same as text and as what it is."""
    pattern = {"detail": value}
    assert event_rule.pattern(json.dumps(pattern)) == event_rule.pattern(pattern) == pattern


@given(
    entries("firehose", "DescribeDeliveryStream", "DeliveryStreamDescription"),
    st.lists(entries("logs", "DescribeSubscriptionFilters", "subscriptionFilters", always=("logGroupName",))),
)
def test_log_archive(told: dict[str, Any], filters: list[dict[str, Any]]) -> None:
    """What Firehose tells of a destination and of encryption stays as it is once it is in one form, and only its own filters count."""
    read = log_archive.stream(told)
    form, key = log_archive.destination(read["Destination"]), log_archive.encryption(told.get("DeliveryStreamEncryptionConfiguration"))
    assert log_archive.destination(form) == form
    assert log_archive.encryption(key) == key
    assert log_archive.delivering(filters, "arn") == [one for one in filters if one.get("destinationArn") == "arn"]
    assert log_archive.subscriptions(filters).keys() == {one["logGroupName"] for one in filters}


@given(st.lists(st.sampled_from(guardduty.FEATURES), unique=True), st.lists(entries("guardduty", "GetDetector", "Features", always=("Name", "Status"))))
def test_guardduty(enabled: list[str], told: list[dict[str, Any]]) -> None:
    """What is asked for is on and all else off, and what AWS tells beside makes no other feature."""
    states = guardduty.feature_states(guardduty.features(enabled))
    assert {name for name, state in states.items() if state == "ENABLED"} == set(enabled)
    assert guardduty.feature_states(told).keys() == states.keys()


_VERSIONS = st.tuples(st.integers(10, 99), st.integers(0, 30)).map(lambda pair: f"{pair[0]}.{pair[1]}")


@given(_VERSIONS, _VERSIONS, st.dictionaries(st.sampled_from(["MultiAZ", "StorageType", "BackupRetentionPeriod"]), st.integers(0, 35)))
def test_database(declared: str, found: str, pending: dict[str, int]) -> None:
    """A version is as good as itself, no two are later than each other, and what RDS is about to do counts as done."""
    assert database.same_version(found, found)
    assert database.same_version(database.major(found), found)
    one, other = declared, found
    assert one == other or not (database.same_version(one, other) and database.same_version(other, one))
    before = {"MultiAZ": None, "StorageType": None, "BackupRetentionPeriod": None}
    told = database.standing({**before, "PendingModifiedValues": pending})
    assert {name: told[name] for name in before} == {**before, **pending}


@given(st.from_regex(security_hub.STANDARD, fullmatch=True))
def test_security_hub(standard: str) -> None:
    """A standard's ARN has its name."""
    assert security_hub.name_of(security_hub.arn_of(standard, "aws", "us-east-1")) == standard


@given(st.lists(entries("efs", "DescribeMountTargets", "MountTargets")), st.lists(texts, unique=True))
def test_mount_target(told: list[dict[str, Any]], subnets: list[str]) -> None:
    """Each subnet has one that stays or is made, and each that stands stays, goes, or is on its way out."""
    plan = file_system.target_plan([{"subnet_id": one, "security_groups": ["sg-1"]} for one in subnets], told)
    assert sorted([*plan.kept, *(one["SubnetId"] for one in plan.create)]) == sorted(subnets)
    known = [*plan.kept.values(), *plan.delete, *plan.leaving]
    assert sorted(known) == sorted(one["MountTargetId"] for one in told)


@given(st.lists(entries("efs", "DescribeAccessPoints", "AccessPoints")))
def test_access_point(told: list[dict[str, Any]]) -> None:
    """In one form they stay as they are; where none is wanted, all go; those that are as wanted stay."""
    standing = [{**one, "AccessPointId": f"fsap-{at}"} for at, one in enumerate(told)]
    forms = [file_system.point_form(one) for one in standing]
    assert [file_system.point_form(one) for one in forms] == forms
    left = [one for one in standing if one.get("LifeCycleState") not in ("deleting", "deleted")]
    assert file_system.point_plan({}, standing).delete == [one["AccessPointId"] for one in left]


@given(st.lists(entries("efs", "DescribeLifecycleConfiguration", "LifecyclePolicies")))
def test_file_system(told: list[dict[str, Any]]) -> None:
    """What is asked for is read as it was told."""
    assert file_system.lifecycle(file_system.lifecycle_request(told)) == file_system.lifecycle(told)


@given(
    st.lists(entries("autoscaling", "DescribeScheduledActions", "ScheduledUpdateGroupActions", always=("ScheduledActionName",))),
    st.lists(entries("autoscaling", "DescribeLifecycleHooks", "LifecycleHooks", always=("LifecycleHookName",))),
    entries("autoscaling", "DescribeWarmPool", "WarmPoolConfiguration"),
)
def test_group_parts(actions: list[dict[str, Any]], hooks: list[dict[str, Any]], pool: dict[str, Any]) -> None:
    """Parts in one form stay as they are, and where nothing differs nothing is called."""
    parts = {"ScheduledActions": group_parts.actions(actions), "LifecycleHooks": group_parts.hooks(hooks), "WarmPool": group_parts.pool(pool)}
    assert group_parts.actions(parts["ScheduledActions"]) == parts["ScheduledActions"]
    assert group_parts.hooks(parts["LifecycleHooks"]) == parts["LifecycleHooks"]
    assert group_parts.pool(parts["WarmPool"]) == parts["WarmPool"]
    assert group_parts.calls(["ScheduledActions", "LifecycleHooks"], parts, parts) == []


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from(["AWSCURRENT", "AWSPENDING", "since-1", "since-2", "rotated-2"]), unique=True)),
    st.sampled_from(["1", "2", ""]),
)
def test_elasticache(versions: dict[str, list[str]], changed: str) -> None:
    """Whatever the labels of a secret's versions say, what is left to do is in order, and comes to its end."""
    order = ["rotate", "note", "promote", "set", "tidy"]
    secret, group = {"VersionIdsToStages": versions}, {"AuthTokenLastModifiedDate": changed}
    left = elasticache.steps(secret, group)
    assert left == [step for step in order if step in left]
    assert not left or left[-1] == "tidy"
    assert bool(left) == bool(elasticache.pending(secret) or elasticache.notes(secret, elasticache.current(secret)))


@given(entries("elasticache", "DescribeReplicationGroups", "ReplicationGroups"))
def test_elasticache_group(told: dict[str, Any]) -> None:
    """Whatever ElastiCache tells of a group is read, and logs in one form stay as they are."""
    assert isinstance(elasticache.port(told), int)
    assert all(isinstance(name, str) for name in elasticache.endpoints(told))
    delivered = [one for one in told.get("LogDeliveryConfigurations") or [] if one.get("LogType")]
    form = elasticache.logs(delivered)
    assert form == elasticache.logs(delivered[::-1]) or len({one["LogType"] for one in form}) < len(form)


@given(st.dictionaries(texts, json_values, max_size=4), st.dictionaries(st.sampled_from(["a", "b/c", "d"]), st.binary(max_size=9)))
def test_member_bundle(settings: dict[str, Any], files: dict[str, bytes]) -> None:
    """The order of what goes in says nothing, and what is told as secret is a setting of the host's."""
    packed = member_bundle.bundle(files, settings)
    turned = {name: settings[name] for name in reversed(settings)}
    assert member_bundle.bundle({name: files[name] for name in reversed(files)}, turned) == packed
    assert member_bundle.key_of(member_bundle.digest(packed)).startswith(member_bundle.PREFIX)
    assert all(path.startswith("ml_host_") for path in member_bundle.secrets({f"ml_host_{name}": told for name, told in settings.items()}))
