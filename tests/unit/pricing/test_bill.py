# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What resources cost a month, by the list of prices that the collection keeps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import KINDS
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.kinds import EC2_KINDS, NAMED_KINDS
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.bill import bill, declared_resources
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.parts import RULES
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load
from hypothesis import given
from hypothesis import strategies as st

from .resources import architecture, declared_instance, resource, standing

PRICES = load("us-east-1")
GIB = 1024**3
USED = {
    "gate": {"data_gb": 100},
    "data": {"standard_gb": 100, "glacier_gb": 1000},
    "logs": {"ingested_gb": 1.5},
    "out": {"out_gb": 10},
    "copied": {"copied_gb": 100},
    "taken": {"snapshot_gb": 100},
}
STOPPED = {"Code": 80, "Name": "stopped"}


def monthly(*resources, usage=None) -> float | None:
    """What one resource costs, or more of them together."""
    return sum(entry["monthly"] for entry in bill(resources, PRICES, usage)["resources"])


@pytest.mark.parametrize(
    ("one", "amount"),
    [
        (resource("instance", InstanceType="t3.medium"), 30.37),
        (resource("instance", InstanceType="t3.medium", State={"Name": "pending"}), 30.37),
        (resource("instance", InstanceType="t3.medium", State="running"), 30.37),
        (resource("instance", InstanceType="t3.medium", State=STOPPED), 0),
        ({**resource("instance", InstanceType="t3.medium"), "hours_a_week": 84}, 15.18),
        (resource("instance", InstanceType="t3.medium", PublicIpAddress="192.0.2.1"), 34.02),
        (declared_instance(), 38.02),
        (declared_instance(State=STOPPED), 4.00),
        (resource("volume", Size=50, VolumeType="gp3", Iops=3000, Throughput=125), 4.00),
        (resource("volume", Size=50, VolumeType="gp3", Iops=4000, Throughput=225), 13.00),
        (resource("volume", Size=50, VolumeType="gp2", Iops=150), 5.00),
        (resource("volume", Size=100, VolumeType="io2", Iops=1000), 77.50),
        (resource("db_instance", DBInstanceClass="db.t4g.small", MultiAZ=True, AllocatedStorage=20, StorageType="gp3"), 51.72),
        (resource("db_instance", DBInstanceClass="db.t4g.small", MultiAZ=False, AllocatedStorage=20, StorageType="gp3"), 26.06),
        (resource("db_instance", DBInstanceClass="db.t4g.small", MultiAZ=True, AllocatedStorage=20, DBInstanceStatus="stopped"), 5.00),
        (resource("db_snapshot", AllocatedStorage=20), 1.90),
        (resource("nat_gateway", State="available"), 32.85),
        (resource("nat_gateway", State="deleted"), 0),
        (resource("nat_gateway", NatGatewayAddresses=[{"PublicIp": "192.0.2.1"}]), 36.50),
        (resource("nat_gateway", "gate"), 37.35),
        (resource("elastic_ip", PublicIp="192.0.2.1", AssociationId="a"), 3.65),
        (resource("elastic_ip", PublicIp="192.0.2.1"), 3.65),
        (resource("network_interface", Association={"PublicIp": "192.0.2.1"}), 3.65),
        (resource("network_interface"), 0),
        (resource("vpc_endpoint", VpcEndpointType="Gateway"), 0),
        (resource("load_balancer", Scheme="internal", Subnets=["a", "b"]), 16.43),
        (resource("load_balancer", Scheme="internet-facing", Subnets=["a", "b"]), 23.73),
        (resource("load_balancer", Scheme="internet-facing", LoadBalancerArn="arn"), 16.43),
        (resource("target_group"), 0),
        (resource("vpc_endpoint", VpcEndpointType="Interface", SubnetIds=["a", "b"]), 14.60),
        (resource("vpc_endpoint", "gate", VpcEndpointType="Interface", Subnets=["a"]), 8.30),
        (resource("snapshot", VolumeSize=50), 2.50),
        (resource("snapshot", VolumeSize=50, FullSnapshotSizeInBytes=10 * GIB), 0.50),
        (resource("bucket", "data"), 5.90),
        (resource("bucket", "empty"), 0),
        (resource("log_group", "logs", storedBytes=10 * GIB), 1.05),
        (resource("alarm"), 0.10),
        (resource("alarm", Period=10), 0.30),
        (resource("alarm", AlarmRule="ALARM(a)"), 0.50),
        (resource("alarm", Metrics=[{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a/b"}]), 0.20),
        (resource("dashboard"), 0),
        (resource("kms:key", KeyManager="CUSTOMER"), 1.00),
        (resource("kms_key", KeyManager="AWS"), 0),
        (resource("ssm_parameter", Tier="Standard"), 0),
        (resource("ssm_parameter", Tier="Advanced"), 0.05),
        (resource("data_transfer", "out"), 0.90),
        (resource("bucket_replication", "copied"), 2.00),
        (resource("snapshot_policy", "taken"), 5.00),
        (resource("file_system"), 0),
        (resource("file_system", SizeInBytes={"ValueInStandard": 100 * GIB, "ValueInIA": 50 * GIB, "ValueInArchive": 10 * GIB}), 30.88),
        (resource("file_system", ThroughputMode="provisioned", ProvisionedThroughputInMibps=10.0), 60.00),
        # With 100 GB in Standard come 5 MiB/s.
        (resource("file_system", ProvisionedThroughputInMibps=10.0, SizeInBytes={"ValueInStandard": 100 * GIB}), 60.00),
        (resource("vpc"), 0),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else str(value),
)
def test_one_resource(one, amount):
    assert monthly(one, usage=USED) == amount


def declared_group(size: int, **distribution: Any) -> dict[str, Any]:
    """A group as role scaling declares it, of t3.medium with 50 GB each, by the role."""
    template = declared_instance()["attributes"]["BlockDeviceMappings"]
    told = {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0, "SpotMaxPrice": "0.05", **distribution}
    group = {
        "MinSize": 1,
        "InitialCapacity": size,
        "Overrides": [{"InstanceType": "t3.medium"}, {"InstanceType": "t3a.medium"}],
        "LaunchTemplate": {"LaunchTemplateName": "members"},
        "InstancesDistribution": told,
    }
    return {
        "scaling": [
            resource("launch_template", "members", BlockDeviceMappings=template),
            resource("auto_scaling_group", "members", **group),
        ]
    }


@pytest.mark.parametrize(
    ("size", "distribution", "public", "amount"),
    [
        (0, {}, True, 0),
        (1, {}, True, 38.02),
        (1, {}, False, 34.37),
        # Half of the price on demand, by the list, but no more than is to be paid.
        (2, {}, False, 34.37 + 15.18 + 4.00),
        (2, {"SpotMaxPrice": ""}, False, 34.37 + 15.18 + 4.00),
        (2, {"SpotMaxPrice": "0.01"}, False, 34.37 + 7.30 + 4.00),
        (3, {"OnDemandPercentageAboveBaseCapacity": 50}, False, 2 * 34.37 + 15.18 + 4.00),
    ],
)
def test_a_declared_group_costs_what_its_members_would(size, distribution, public, amount):
    listed = declared_resources(declared_group(size, **distribution), public)
    assert bill(listed, PRICES)["total"] == pytest.approx(amount)
    assert [entry["monthly"] for entry in bill(listed, PRICES)["resources"]] == [0, pytest.approx(amount)]


def test_a_standing_group_costs_nothing_beside_its_members():
    assert monthly(resource("auto_scaling_group", DesiredCapacity=2, Instances=[{"InstanceId": "i-1"}])) == 0


def test_every_kind_that_roles_declare_or_discovery_finds_is_known():
    """Nothing that the collection makes or finds by itself is unpriced for want of a rule."""
    assert {*KINDS, *EC2_KINDS, *NAMED_KINDS} - RULES.keys() == set()


def test_the_architecture_costs_the_same_declared_and_standing():
    """In the words of the roles and in those of AWS."""
    assert bill(architecture(), PRICES)["total"] == bill(standing(), PRICES)["total"] == 74.92
    assert bill(standing(), PRICES)["unpriced"] == []


def test_the_table_of_the_architecture_that_the_project_started_from():
    """Its figures are those of the list, to the dollar, but for gp3, of which it has gp2's price."""
    seed = {"EC2 t3.medium": 30, "EBS gp3": 5, "NAT gateway": 32}
    priced = {line["resource"]: line["monthly"] for line in bill(architecture(), PRICES)["lines"]}
    assert {name: priced[name] for name in seed} == {"EC2 t3.medium": 30.37, "EBS gp3": 4.00, "NAT gateway": 32.85}
    assert sum(seed.values()) == 67
    assert round(sum(priced[name] for name in seed), 2) == 67.22
    rates = {
        rate["what"]: rate["price"]
        for entry in bill([*architecture(), resource("data_transfer")], PRICES)["resources"]
        for rate in entry["rates"]
    }
    assert rates["S3 Standard"] == 0.023
    assert rates["Data transfer out"] == 0.09
    assert rates["NAT gateway data"] == 0.045
    # What it leaves out.
    assert priced.keys() - seed.keys() == {"Public IPv4 address", "CloudWatch alarm"}
    assert (priced["Public IPv4 address"], priced["CloudWatch alarm"]) == (7.30, 0.40)


def test_stopped_instances_cost_their_volumes_and_addresses():
    """And nothing else."""
    stopped = [
        {**entry, "attributes": {**entry["attributes"], "State": STOPPED, "PublicIpAddress": ""}}
        if entry["kind"] == "instance"
        else entry
        for entry in standing()
        if entry["id"] != "eni-2"  # the interface loses the address with the instance
    ]
    assert bill(standing(), PRICES)["total"] - bill(stopped, PRICES)["total"] == pytest.approx(30.37 + 3.65)


def test_an_address_is_counted_once():
    """However many resources show it, and for what it was given to."""
    priced = {entry["id"]: entry["monthly"] for entry in bill(standing(), PRICES)["resources"]}
    assert (priced["eipalloc-1"], priced["nat-1"], priced["eni-1"], priced["eni-2"]) == (3.65, 32.85, 0, 0)


def test_an_archive_of_logs_is_charged_by_what_it_takes():
    [told] = bill([resource("log_archive")], PRICES)["resources"]
    assert [(rate["what"], rate["unit"], rate["price"]) for rate in told["rates"]] == [("Firehose", "GB archived", 0.029)]


def test_what_looks_for_threats_is_charged_by_what_it_sees():
    told = bill([resource("detector"), resource("hub"), resource("analyzer"), resource("event_rule")], PRICES)["resources"]
    assert [entry["monthly"] for entry in told] == [0, 0, 0, 0]
    assert {entry["kind"]: [rate["what"] for rate in entry["rates"]] for entry in told if entry["rates"]} == {
        "detector": ["GuardDuty, events", "GuardDuty, flow and DNS logs"],
        "hub": ["Security Hub"],
    }
    [judging] = bill([resource("config_rule")], PRICES)["resources"]
    assert [(rate["what"], rate["unit"]) for rate in judging["rates"]] == [("AWS Config rule", "evaluation")]
    [daily] = bill([resource("recorder", recordingMode={"recordingFrequency": "DAILY"})], PRICES)["resources"]
    assert [(rate["what"], rate["unit"]) for rate in daily["rates"]] == [("AWS Config", "recorded change")]
    features = [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]
    [looking] = bill([resource("detector", Features=features)], PRICES)["resources"]
    assert looking["rates"][-1]["what"] == "GuardDuty, S3 data events"


def test_a_cache_is_charged_by_its_nodes():
    told = {"CacheNodeType": "cache.t4g.micro", "Engine": "valkey"}
    standing_one = resource("replication_group", **told, MemberClusters=["a", "b"], AuthSecret={}, SnapshotRetentionLimit=7)
    assert monthly(standing_one) == pytest.approx(2 * 730 * 0.0128, abs=0.01)
    [snapshots] = bill([standing_one], PRICES)["resources"][0]["rates"]
    assert (snapshots["what"], snapshots["price"]) == ("ElastiCache snapshot", 0.085)
    declared = resource("replication_group", **told, NumCacheClusters=3, AuthSecret="token", SnapshotRetentionLimit=1)
    assert monthly(declared) == pytest.approx(3 * 730 * 0.0128 + 0.40, abs=0.01)
    assert monthly(resource("secretsmanager:secret")) == 0.40
    assert bill([resource("replication_group", CacheNodeType="cache.x9.huge", Engine="redis")], PRICES)["unpriced"]


def test_the_first_dashboards_are_free():
    """Three of an account."""
    assert monthly(*(resource("dashboard", str(number)) for number in range(5))) == 6.00


def test_what_has_no_price_is_named_and_not_guessed():
    """And is not in the total."""
    resources = [
        resource("instance", "huge", InstanceType="x9.huge"),
        resource("volume", "odd", Size=10, VolumeType="gp9"),
        resource("sqs", "queue"),
        resource("snapshot", "old", StorageTier="archive"),
        resource("volume", "fast", Size=1, VolumeType="io2", Iops=64000),
        resource("alarm"),
    ]
    told = bill(resources, PRICES)
    assert told["unpriced"] == [
        "instance huge: EC2 x9.huge, running all hours",
        "volume odd: EBS gp9, 10 GB",
        "sqs queue",
        "snapshot old: EBS snapshot, archived",
        "volume fast: EBS io2, 1 GB; EBS io2 performance, 64000 IOPS more",
    ]
    assert [entry["monthly"] for entry in told["resources"]] == [None] * 5 + [0.10]


def test_nothing_costs_nothing():
    expected = {"resources": [], "lines": [], "total": 0, "currency": "USD", "as_of": PRICES["as_of"], "unpriced": []}
    assert bill([], PRICES) == expected


def test_without_a_list_only_what_is_free_has_a_price():
    told = bill(architecture(), {})
    assert (told["total"], told["as_of"]) == (0, "")
    free = {entry["kind"] for entry in told["resources"] if entry["monthly"] == 0}
    assert free == {"vpc", "subnet", "internet_gateway", "bucket", "iam_role", "log_group"}


@given(st.lists(st.sampled_from([*architecture(), *standing()]), max_size=20))
def test_the_total_is_the_sum_of_the_resources_and_of_the_lines(resources):
    """To the cent, in whatever order."""
    told = bill(resources, PRICES)
    for parts in (told["resources"], told["lines"]):
        assert Decimal(str(told["total"])) == sum(Decimal(str(part["monthly"])) for part in parts)
    assert [entry["kind"] for entry in told["resources"]] == [entry["kind"] for entry in resources]


def test_declared_instances_get_the_address_of_their_subnet():
    """Which only the caller knows; those of other roles say so themselves."""
    entry = resource("instance", InstanceType="t3.nano")
    declared = {"compute": [entry], "network": [entry]}
    [compute, network] = declared_resources(declared, public_instances=True)
    assert (compute["role"], network["role"]) == ("compute", "network")
    assert monthly(compute) - monthly(network) == pytest.approx(3.65)
    assert monthly(*declared_resources(declared)) == 2 * monthly(network)
    assert entry["attributes"] == {"InstanceType": "t3.nano"}
    address = resource("instance_address", "instance", Instance="instance")
    with_address = declared_resources({"compute": [entry, address]}, public_instances=True)
    assert monthly(*with_address) == pytest.approx(monthly(compute))


def test_a_file_system_tells_what_its_use_costs():
    told = {"LifecyclePolicies": [{"TransitionToIA": "AFTER_30_DAYS"}], "BackupPolicy": {"Status": "ENABLED"}, "ThroughputMode": "elastic"}
    [entry] = bill([resource("file_system", **told)], PRICES)["resources"]
    assert {rate["what"]: rate["price"] for rate in entry["rates"]} == {
        "EFS standard": 0.30,
        "EFS infrequent access": 0.016,
        "EFS reads": 0.03,
        "EFS writes": 0.06,
        "EFS backup": 0.05,
    }
