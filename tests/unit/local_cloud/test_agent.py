# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The CloudWatch agent's double: refuses what the real agent refuses, and names metrics and dimensions as it does."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from cloudwatch_agent_double import configuration, logs, metrics
from cloudwatch_agent_double.agent import Shipper, interval_of

CONFIG: dict[str, Any] = {
    "agent": {"metrics_collection_interval": 60, "region": "us-east-1", "run_as_user": "cwagent"},
    "metrics": {
        "namespace": "MLInfra/x",
        "append_dimensions": {"InstanceId": "${aws:InstanceId}"},
        "aggregation_dimensions": [["InstanceId"]],
        "metrics_collected": {
            "disk": {"measurement": ["used_percent"], "resources": ["/"], "drop_device": True},
            "mem": {"measurement": ["mem_used_percent"]},
            "nvidia_gpu": {"measurement": ["utilization_gpu"]},
        },
    },
    "logs": {
        "logs_collected": {
            "files": {"collect_list": [{"file_path": "/var/log/a", "log_group_name": "g", "retention_in_days": 7}]}
        }
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The configuration with another value at a path; None takes the key away."""
    config = copy.deepcopy(CONFIG)
    section: Any = config
    *parents, key = path.split("/")
    for parent in parents:
        section = section[int(parent) if isinstance(section, list) else parent]
    if value is None:
        del section[key]
    else:
        section[key] = value
    return config


def test_a_right_configuration_has_no_faults() -> None:
    assert configuration.faults(CONFIG) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("metrics/namespaces", "x", "metrics: additional property 'namespaces' is not allowed"),
        ("agent/metrics_collection_interval", "60", "agent.metrics_collection_interval: must be of type int"),
        ("agent/metrics_collection_interval", True, "agent.metrics_collection_interval: must be of type int"),
        ("metrics/aggregation_dimensions", ["InstanceId"], "metrics.aggregation_dimensions.0: must be a list"),
        ("metrics/append_dimensions/InstanceId", "i-1", "metrics.append_dimensions.InstanceId: only"),
        ("metrics/metrics_collected", {}, "metrics.metrics_collected: is required"),
        ("metrics/metrics_collected/mem/measurement", ["used_precent"], "'used_precent' is unknown"),
        ("metrics/metrics_collected/mem/measurement", [], "mem.measurement: is required"),
        ("metrics/metrics_collected/memory", {}, "additional property 'memory' is not allowed"),
        ("logs/logs_collected/files/collect_list/0/file_path", None, "collect_list.0.file_path: is required"),
        ("logs/logs_collected/files/collect_list/0/retention_in_days", 8, "8 is not a period"),
        ("logs/logs_collected/files/collect_list/0/file", "x", "additional property 'file' is not allowed"),
    ],
)
def test_a_fault_is_named(path: str, value: Any, fault: str) -> None:
    [found] = configuration.faults(changed(path, value))
    assert fault in found


def test_nothing_to_collect_and_no_json_are_refused() -> None:
    assert configuration.faults({"agent": {}}) == ["neither metrics nor logs: nothing to collect"]
    with pytest.raises(configuration.ConfigurationError, match="no valid JSON"):
        configuration.parse("127.0.0.1 localhost")


def test_the_configuration_that_the_service_runs_with(tmp_path: Path) -> None:
    with pytest.raises(configuration.ConfigurationError, match="fetch one first"):
        configuration.active(tmp_path)
    (tmp_path / "file_a").write_text(json.dumps(CONFIG))
    more = {"logs": {"logs_collected": {"files": {"collect_list": [{"file_path": "/var/log/b"}]}}}}
    (tmp_path / "file_b").write_text(json.dumps(more))
    merged = configuration.active(tmp_path)
    entries = merged["logs"]["logs_collected"]["files"]["collect_list"]
    assert [entry["file_path"] for entry in entries] == ["/var/log/a", "/var/log/b"]
    assert merged["metrics"] == CONFIG["metrics"]


def names(config: dict[str, Any]) -> set[tuple[str, tuple[str, ...]]]:
    """The metrics that a configuration leads to, with the names of their dimensions."""
    samples = [
        metrics.Sample("disk", "used_percent", 10.0, "Percent", (("path", "/"), ("fstype", "ext4"))),
        metrics.Sample("mem", "used_percent", 20.0, "Percent"),
    ]
    sent = metrics.data(samples, config["metrics"], {"InstanceId": "i-1"}, "somewhere")
    return {(datum["MetricName"], tuple(d["Name"] for d in datum["Dimensions"])) for datum in sent}


def test_alarms_on_the_instance_alone_get_data() -> None:
    assert names(CONFIG) == {
        ("disk_used_percent", ("path", "fstype", "InstanceId")),
        ("disk_used_percent", ("InstanceId",)),
        ("mem_used_percent", ("InstanceId",)),
    }


def test_a_configuration_that_does_not_aggregate_leaves_the_disk_alarm_without_data() -> None:
    assert ("disk_used_percent", ("InstanceId",)) not in names(changed("metrics/aggregation_dimensions", None))


def test_without_appended_dimensions_there_is_only_the_host() -> None:
    assert names(changed("metrics/append_dimensions", None)) == {
        ("disk_used_percent", ("path", "fstype", "host")),
        ("mem_used_percent", ("host",)),
    }


def test_names_renamed_and_prefixed() -> None:
    assert configuration.metric_name("mem", "used_percent") == "mem_used_percent"
    assert configuration.metric_name("mem", {"name": "mem_used_percent", "rename": "Memory"}) == "Memory"
    assert configuration.metric_name("nvidia_gpu", "utilization_gpu") == "nvidia_smi_utilization_gpu"


def test_what_is_measured_is_within_reason() -> None:
    collector = metrics.Collector(
        {
            "disk": {"measurement": ["used_percent", "total"], "resources": ["/"]},
            "mem": {"measurement": ["used_percent"]},
            "swap": {"measurement": ["used_percent"]},
            "cpu": {"measurement": ["usage_active"]},
            "nvidia_gpu": {"measurement": ["utilization_gpu"]},
        }
    )
    samples = collector.samples()
    assert {sample.section for sample in samples} == {"disk", "mem", "swap", "cpu"}
    assert all(0 <= sample.value <= 100 for sample in samples if sample.unit == "Percent")
    assert collector.unmeasured() == ["nvidia_gpu"]


def test_the_shortest_interval_counts() -> None:
    assert interval_of(CONFIG) == 60
    assert interval_of(changed("metrics/metrics_collected/mem/metrics_collection_interval", 10)) == 10


def test_a_file_is_followed_line_by_line(tmp_path: Path) -> None:
    file, state = tmp_path / "a.log", tmp_path / "state"
    state.mkdir()
    source = logs.FileSource(str(tmp_path / "*.log"), state)
    assert source.read() == []
    file.write_text("one\ntwo\nhal")
    assert [line.text for line in source.read()] == ["one", "two"]
    # What was not delivered comes again, also to a new process.
    assert [line.text for line in logs.FileSource(str(tmp_path / "*.log"), state).read()] == ["one", "two"]
    assert [line.text for line in source.read()] == ["one", "two"]
    source.keep()
    file.write_text("one\ntwo\nhalf\n")
    later = logs.FileSource(str(tmp_path / "*.log"), state)
    assert [line.text for line in later.read()] == ["half"]
    later.keep()
    # Rotated: shorter than what was read.
    file.write_text("new\n")
    assert [line.text for line in later.read()] == ["new"]


def test_of_many_files_the_newest_is_followed_or_all(tmp_path: Path) -> None:
    for age, name in enumerate(("new.log", "old.log", "older.log.gz")):
        (tmp_path / name).write_text(f"{name}\n")
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    pattern = str(tmp_path / "*.log*")
    assert [line.text for line in logs.FileSource(pattern, tmp_path).read()] == ["new.log"]
    assert [line.text for line in logs.FileSource(pattern, tmp_path, many=True).read()] == ["new.log", "old.log"]


@pytest.mark.parametrize(
    ("entry", "group", "stream"),
    [
        ({"log_group_name": "g", "log_stream_name": "{instance_id}/x"}, "g", "{instance_id}/x"),
        ({"file_path": "/var/log/a b.log"}, "a b.log", "{instance_id}"),
        ({"log_group_name": "g", "log_stream_name": "s", "publish_multi_logs": True}, "g", "s__var_log_a_b.log"),
        ({"publish_multi_logs": True}, "/var/log/a_b.log", "{instance_id}"),
    ],
)
def test_where_lines_go(entry: dict[str, Any], group: str, stream: str) -> None:
    assert logs.destination(entry, "/var/log/a b.log", "{instance_id}") == (group, stream)


def test_each_of_many_files_has_a_stream_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "rehearsal")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rehearsal")
    for name in "ab":
        (tmp_path / f"{name}.log").write_text(f"of {name}\n")
    entry = {"log_group_name": "g", "log_stream_name": "{instance_id}/run", "publish_multi_logs": True}
    shipper = Shipper(CONFIG, {"region": "us-east-1", "instanceId": "i-1"})
    folder = str(tmp_path).replace("/", "_")
    with Stubber(shipper.logs) as stub:
        for name in "ab":
            stream = {"logGroupName": "g", "logStreamName": f"i-1/run_{folder}_{name}.log"}
            stub.add_response("create_log_stream", {}, stream)
            events = [{"timestamp": ANY, "message": f"of {name}"}]
            stub.add_response("put_log_events", {}, stream | {"logEvents": events})
        shipper.ship_log(entry, logs.FileSource(str(tmp_path / "*.log"), tmp_path, many=True))
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(("message", "passed"), [("an ERROR", True), ("fine", False), ("an ERROR in a test", False)])
def test_filters(message: str, passed: bool) -> None:
    filters = [{"type": "include", "expression": "ERROR"}, {"type": "exclude", "expression": "test"}]
    assert logs.passes(message, filters) is passed


def test_a_group_that_another_host_makes_at_the_same_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "rehearsal")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rehearsal")
    (tmp_path / "a").write_text("a line\n")
    shipper = Shipper(CONFIG, {"region": "us-east-1", "instanceId": "i-1"})
    group = {"logGroupName": "g"}
    stream = group | {"logStreamName": "i-1"}
    with Stubber(shipper.logs) as stub:
        stub.add_client_error("create_log_stream", "ResourceNotFoundException", expected_params=stream)
        stub.add_client_error("create_log_group", "ResourceAlreadyExistsException", expected_params=group)
        stub.add_response("create_log_stream", {}, stream)
        stub.add_response("put_log_events", {}, stream | {"logEvents": ANY})
        shipper.ship_log({"log_group_name": "g"}, logs.FileSource(str(tmp_path / "a"), tmp_path))
        stub.assert_no_pending_responses()
