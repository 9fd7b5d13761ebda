# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The training workflow on the real host: local → raw/ → processed/ → train → experiments/, and what is seen of it."""

from __future__ import annotations

import io
import json
import urllib.request
from pathlib import Path

import pytest

from ..waiting import eventually

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.weight(900)]

SECONDS = 90
ROWS = "x,y\n" + "".join(f"{x},{3 * x + 1}\n" for x in range(50)) + ",7\n"


@pytest.fixture(scope="module")
def trained(platform):
    platform.client("s3").put_object(Bucket=platform.bucket("datasets"), Key="raw/points.csv", Body=ROWS.encode())
    script = (Path(__file__).parent / "train.py").read_text(encoding="utf-8")
    return platform.on_host(
        f"export TENSORBOARD_RUN=\"$HOME/runs/e2e\"\n/opt/mlinfra/venv/bin/python - <<'SCRIPT'\n{script}\nSCRIPT\n"
    )


def test_processed_data_lands_in_the_datasets_bucket(platform, trained):
    body = platform.client("s3").get_object(Bucket=platform.bucket("datasets"), Key="processed/points.csv")["Body"]
    lines = io.TextIOWrapper(body, encoding="utf-8").readlines()
    assert trained.splitlines()[-1] == "trained"
    assert len(lines) == 51, "the incomplete row is dropped"


def test_checkpoints_land_in_experiments(platform, trained):
    found = platform.client("s3").list_objects_v2(Bucket=platform.bucket("models"), Prefix="experiments/e2e/")
    assert {entry["Key"].rsplit("/", 1)[-1] for entry in found["Contents"]} == {"model.pt", "model.keras"}
    assert all(entry["Size"] > 500 for entry in found["Contents"])


def test_tensorboard_shows_the_run(platform, trained):
    def runs():
        with urllib.request.urlopen(f"http://{platform.address}:6006/data/runs", timeout=10) as answer:
            return json.load(answer)

    eventually(lambda: "e2e" in runs(), SECONDS)


def test_the_host_reaches_its_buckets_by_its_instance_role_alone(platform, trained):
    arn = platform.on_host(
        '/opt/mlinfra/venv/bin/python -c \'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])\''
    )
    assert ":assumed-role/mlinfra-local-ml-instance/" in arn


def test_logs_of_the_services_are_shipped(platform, trained):
    group = "/aws/ec2/mlinfra-local-ml-training"
    logs = platform.client("logs")

    def jupyter_events():
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        names = [stream["logStreamName"] for stream in streams if "jupyter" in stream["logStreamName"]]
        return [
            event["message"]
            for name in names
            for event in logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        ]

    messages = eventually(jupyter_events, SECONDS)
    assert (
        platform.instance["InstanceId"]
        in logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
    )
    assert not [message for message in messages if platform.token in message]


def test_disk_and_memory_are_measured(platform, trained):
    def metrics():
        found = platform.client("cloudwatch").list_metrics(Namespace="MLInfra/mlinfra-local")["Metrics"]
        return {metric["MetricName"] for metric in found}

    eventually(lambda: {"disk_used_percent", "mem_used_percent"} <= metrics(), 150)


@pytest.mark.parametrize("program", ["git --version", "vim --version", "tmux -V", "aws --version"])
def test_tools_are_there(platform, program):
    assert platform.on_host(program)
