# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documented policies are enough to provision and to destroy, and not more: IAM's rules are enforced meanwhile."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ..depth import extended
from ..integration.conftest import ROOT
from ..integration.site import Site, running

sys.path.insert(0, str(ROOT / "tools"))
import permissions

SLOT = 67
ACCOUNT = "123456789012"
VALUES = {"project": "bench", "environment": "seed", "account": ACCOUNT, "region": "us-east-1"}
RUNS = ["provision-run", "destroy-run"]
EVERYTHING = ("-e", "@tests/integration/guards.yml", "-e", "@tests/permissions/optional.yml")
ALARM = "bench-seed-ml-training-1-cpu"


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    """A policy that does not allow an action."""
    left = []
    for statement in policy["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        kept = [one for one in actions if one != action]
        left += [{**statement, "Action": kept}] if kept else []
    return {**policy, "Statement": left}


def user(iam: Any, name: str, policies: list[dict[str, Any]]) -> dict[str, str]:
    """Make a user with managed policies, and return its keys as environment variables."""
    iam.create_user(UserName=name)
    for number, policy in enumerate(policies):
        made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=json.dumps(policy))["Policy"]
        iam.attach_user_policy(UserName=name, PolicyArn=made["Arn"])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An account with nothing in it, where permissions are enforced; the tests' own key is the root user's."""
    with running(SLOT) as emulator:
        emulator.permissions("enforced")
        yield Site(emulator)


@pytest.fixture(scope="module")
def policies() -> list[dict[str, Any]]:
    """The documented policies of both runs, for this account."""
    return permissions.filled_in(permissions.policies(permissions.read(), RUNS), **VALUES)


@pytest.fixture(scope="module")
def operator(site: Site, policies: list[dict[str, Any]]) -> dict[str, str]:
    """The keys of a user with these policies."""
    return user(site.client("iam"), "operator", policies)


@extended
@pytest.mark.weight(60)
@pytest.mark.xdist_group("operator's permissions")
class TestOperator:
    """In this order, on one account."""

    def test_they_are_enough_to_provision(self, site: Site, operator: dict[str, str]) -> None:
        site.playbook("playbooks/provision.yml", *EVERYTHING, **operator)
        assert [vpc["CidrBlock"] for vpc in site.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]

    def test_an_action_less_is_named(self, site: Site, policies: list[dict[str, Any]]) -> None:
        """With the resource, and where the policy is to be found."""
        action = "cloudwatch:PutMetricAlarm"
        less = user(site.client("iam"), "less", [without(policy, action) for policy in policies])
        site.client("cloudwatch").delete_alarms(AlarmNames=[ALARM])
        done = site.run("playbooks/provision.yml", *EVERYTHING, **less)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        resource = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{ALARM}"
        assert f"user/less may not call {action} on {resource}; allow it in a policy of yours: docs/permissions.md" in said
        assert site.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"] == []

    def test_neighbours_are_out_of_reach(self, site: Site, operator: dict[str, str]) -> None:
        """The same calls on what another environment has are refused."""
        ec2, session = site.client("ec2"), _Clients(site, operator)
        tags = [{"Key": "Project", "Value": "bench"}, {"Key": "Environment", "Value": "other"}]
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])["Vpc"]["VpcId"]
        ours = [{"Key": "Project", "Value": "bench"}, {"Key": "Environment", "Value": "seed"}]
        session.refused("ec2", "delete_vpc", VpcId=vpc)
        session.refused("ec2", "create_tags", Resources=[vpc], Tags=ours)
        session.refused("ec2", "create_vpc", CidrBlock="10.8.0.0/16")
        session.refused("s3", "create_bucket", Bucket="bench-other-datasets")
        session.refused("iam", "create_role", RoleName="bench-other-ml-instance", AssumeRolePolicyDocument="{}")
        session.refused("iam", "create_access_key", UserName="operator")
        key = site.client("kms").create_key(Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags])["KeyMetadata"]["KeyId"]
        session.refused("kms", "schedule_key_deletion", KeyId=key)
        session.refused("autoscaling", "delete_auto_scaling_group", AutoScalingGroupName="bench-other-ml-member")
        ec2.delete_vpc(VpcId=vpc)

    def test_they_are_enough_to_destroy(self, site: Site, operator: dict[str, str]) -> None:
        told = site.playbook("playbooks/destroy.yml", *EVERYTHING, "-e", "confirm=seed destroy_data=true", **operator)
        assert "Residual     $0.00/month" in told


class _Clients:
    """Calls by a key of a user."""

    def __init__(self, site: Site, keys: dict[str, str]) -> None:
        self._site, self._keys = site, keys

    def refused(self, service: str, call: str, **arguments: Any) -> None:
        """Make a call that must be refused for want of permission."""
        client = boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self._site.emulator.endpoint,
            verify=self._site.emulator.ca_bundle,
            aws_access_key_id=self._keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._keys["AWS_SECRET_ACCESS_KEY"],
        )
        with pytest.raises(ClientError, match="is not authorized to perform"):
            getattr(client, call)(**arguments)
