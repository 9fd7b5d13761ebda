# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole platform again (nothing changes), over Session Manager, and away (nothing stays). Runs last, in this order."""

from __future__ import annotations

import json
import re
import signal

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from ..survival.victim import Victim

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.weight(900)]


def writing_calls(platform) -> list[str]:
    """The writing calls of the operator, not of the host, since the log of calls was cleared."""
    calls = platform.emulator("calls", "--writing", "--caller", "rehearsal").splitlines()
    return [f"{call['service']}:{call['action']}" for call in map(json.loads, calls)]


def test_the_summary_says_where_and_how(platform):
    output = platform.first_run.output
    assert f"http://{platform.address}:8888" in output
    assert f"http://{platform.address}:6006" in output
    assert "aws ssm get-parameter" in output
    assert platform.token not in output


def test_a_first_run_takes_one_trip_to_the_host_for_each_module(platform):
    far = platform.first_run.far
    assert far["put"] + far["fetch"] == 0
    # Twelve and one for each time that a host that is still starting was asked whether it answers.
    assert far["command"] == far["module"] <= 24


def test_a_second_run_changes_nothing_and_writes_nothing(platform):
    platform.emulator("calls", "--clear")
    run = platform.playbook("site.yml")
    assert run.total("changed") == 0, run.output[-6000:]
    assert writing_calls(platform) == []
    assert "TASK [mlinfra.aws.network :" not in run.output, "a role runs that has nothing to do"
    # Whether it answers, and what it has.
    assert (run.far["module"], run.far["command"], run.far["put"]) == (2, 2, 0)


def test_every_role_run_again_all_the_same_changes_nothing_and_writes_nothing(platform):
    platform.emulator("calls", "--clear")
    run = platform.playbook("playbooks/provision.yml", "-e", "verify=full")
    assert "TASK [mlinfra.aws.network : Make the VPC]" in run.output
    assert run.total("changed") == 0, run.output[-6000:]
    assert writing_calls(platform) == []


def test_only_the_role_whose_resources_somebody_changed_runs_and_puts_them_right(platform):
    cloudwatch = platform.client("cloudwatch")
    [before] = cloudwatch.describe_alarms(AlarmNames=["mlinfra-local-ml-training-1-cpu"])["MetricAlarms"]
    cloudwatch.delete_alarms(AlarmNames=[before["AlarmName"]])
    platform.emulator("calls", "--clear")
    run = platform.playbook("playbooks/provision.yml")
    assert set(re.findall(r"TASK \[mlinfra\.aws\.(\w+) :", run.output)) == {"local_cloud", "monitoring"}
    # The lock is taken and given back.
    assert [call for call in writing_calls(platform) if not call.startswith("s3:")] == ["cloudwatch:PutMetricAlarm"]
    [after] = cloudwatch.describe_alarms(AlarmNames=[before["AlarmName"]])["MetricAlarms"]
    assert after["Threshold"] == before["Threshold"]


def test_check_mode_on_what_stands_finds_nothing_to_do(platform):
    platform.emulator("calls", "--clear")
    run = platform.playbook("site.yml", "--check", "--diff")
    assert run.total("changed") == 0, run.output[-6000:]
    assert writing_calls(platform) == []


def test_a_plain_command_reaches_the_host(platform):
    done = platform.command("ansible", "-i", "inventories/local", "ml_hosts", "-m", "ansible.builtin.ping")
    assert "pong" in done.stdout


def test_a_host_is_completed_whose_configuration_was_killed(platform, tmp_path):
    """In the midst of a package, on the host too, and then between packages and the services that need them."""
    output = tmp_path / "output.txt"
    packages = "/opt/mlinfra/venv/lib/python3*/site-packages"
    platform.on_host("rm -r /opt/mlinfra/venv", user="root")
    victim = Victim(platform.call("playbooks/configure.yml"), output, whole=True)
    platform.on_host(f"until ls -d {packages}/torch; do sleep 0.02; done; kill -KILL $(pgrep -x uv)", user="root")
    victim.kill()
    victim.end()
    victim = Victim(platform.call("playbooks/configure.yml"), output, whole=True)
    victim.wait_until_it_says("TASK [mlinfra.aws.ml_host : Restart the services that run on older files]")
    victim.kill()
    assert victim.end()[0] == -signal.SIGKILL
    platform.playbook("playbooks/configure.yml")
    platform.on_host("/opt/mlinfra/venv/bin/python -c 'import torch'")
    run = platform.playbook("playbooks/configure.yml")
    assert run.total("changed") == 0, run.output[-6000:]


def test_the_host_is_configured_over_session_manager_with_ssh_stopped(platform):
    platform.playbook("playbooks/provision.yml", "-e", "ml_host_connection=ssm")
    platform.on_host("systemctl stop ssh.socket ssh.service", user="root")
    run = platform.playbook("playbooks/configure.yml", "-e", "ml_host_connection=ssm")
    assert run.total("changed") == 0, run.output[-6000:]
    assert "PLAY [Configure the ML hosts]" in run.output
    assert (run.far["module"], run.far["command"], run.far["put"]) == (2, 2, 0)
    kept = platform.client("s3").list_objects_v2(Bucket=platform.bucket("operations"))["Contents"]
    assert [entry["Key"] for entry in kept] == ["lock.json"], "module files stay behind"


def test_a_host_that_does_not_answer_is_named_before_anything_changes_on_it(platform):
    run = platform.attempt("playbooks/configure.yml", "-e", "ml_host_connection_timeout=5")
    assert run.returncode != 0
    message = " ".join(run.output.split())
    assert f"mlinfra-local-ml-training-1 ({platform.instance['InstanceId']}) does not answer over ssh" in message
    assert "Nothing was changed on the host" in message
    assert run.total("changed") == 0


def test_plain_http_is_refused_by_the_buckets(platform):
    s3 = boto3.client(
        "s3",
        endpoint_url=platform.endpoint.replace("https", "http").replace("4502", "4503"),
        region_name="us-east-1",
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
        config=Config(s3={"addressing_style": "path"}),
    )
    for kind in ("datasets", "models"):
        with pytest.raises(ClientError) as refused:
            s3.list_objects_v2(Bucket=platform.bucket(kind))
        assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_state_survives_a_restart_of_the_emulator(platform):
    before = platform.client("ec2").describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    platform.emulator("stop")
    try:
        with pytest.raises(EndpointConnectionError):
            platform.client("sts").get_caller_identity()
    finally:
        platform.emulator("start")
    assert platform.client("ec2").describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"] == before


def test_destroy_keeps_data_unless_told_and_then_leaves_nothing(platform):
    kept = platform.playbook("playbooks/destroy.yml", "-e", "confirm=local")
    assert platform.bucket("datasets") in kept.output
    run = platform.playbook("playbooks/destroy.yml", "-e", "confirm=local destroy_data=true")
    assert "$0.00/month" in run.output
    assert platform.client("s3").list_buckets()["Buckets"] == []
    for operation, key in (
        ("describe_vpcs", "Vpcs"),
        ("describe_subnets", "Subnets"),
        ("describe_security_groups", "SecurityGroups"),
        ("describe_volumes", "Volumes"),
        ("describe_vpc_endpoints", "VpcEndpoints"),
        ("describe_key_pairs", "KeyPairs"),
    ):
        assert platform.tagged(operation, key) == []
    ec2 = platform.client("ec2")
    assert ec2.describe_addresses()["Addresses"] == []
    assert ec2.describe_flow_logs()["FlowLogs"] == []
    assert platform.client("logs").describe_log_groups()["logGroups"] == []
    assert platform.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert platform.client("cloudtrail").describe_trails()["trailList"] == []
    assert platform.client("cloudwatch").list_dashboards()["DashboardEntries"] == []
    assert platform.client("sns").list_topics()["Topics"] == []
    roles = platform.client("iam").list_roles()["Roles"]
    assert [role["RoleName"] for role in roles if role["RoleName"].startswith("mlinfra-")] == []
    again = platform.playbook("playbooks/destroy.yml", "-e", "confirm=local destroy_data=true")
    assert again.total("changed") == 0, again.output[-6000:]
