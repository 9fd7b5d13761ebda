# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent's JSON configuration: which keys and values the real agent takes, and what follows from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOME = Path("/opt/aws/amazon-cloudwatch-agent")
ACTIVE = HOME / "etc" / "amazon-cloudwatch-agent.d"

# A schema is a type, a list of the one schema of its items, a dict of its keys' schemas, or a tuple of alternatives.
# ANY stands for every key.
ANY = "*"
_INTERVAL = int
_MEASUREMENT = [(str, {"name": str, "rename": str, "unit": str})]
_SECTION = {
    "measurement": _MEASUREMENT,
    "resources": [str],
    "metrics_collection_interval": _INTERVAL,
    "append_dimensions": {ANY: str},
}
_METRICS = {
    "cpu": {**_SECTION, "totalcpu": bool},
    "disk": {**_SECTION, "ignore_file_system_types": [str], "drop_device": bool},
    "diskio": _SECTION,
    "mem": _SECTION,
    "net": _SECTION,
    "netstat": _SECTION,
    "processes": _SECTION,
    "swap": _SECTION,
    "nvidia_gpu": _SECTION,
    "procstat": [{"exe": str, "pattern": str, "pid_file": str, **_SECTION}],
    "statsd": {"service_address": str, "metrics_collection_interval": int, "metrics_aggregation_interval": int},
}
# Days that CloudWatch Logs can keep events; -1 is for ever.
_DAYS = "-1 1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"
_RETENTION = frozenset(map(int, _DAYS.split()))
_TARGET = {
    "log_group_name": str,
    "log_stream_name": str,
    "log_group_class": str,
    "retention_in_days": int,
    "filters": [{"type": str, "expression": str}],
}
_FILE = {
    **_TARGET,
    "file_path": str,
    "auto_removal": bool,
    "timezone": str,
    "timestamp_format": str,
    "multi_line_start_pattern": str,
    "encoding": str,
    "blacklist": str,
    "publish_multi_logs": bool,
}
SCHEMA: dict[str, Any] = {
    "agent": {
        "metrics_collection_interval": _INTERVAL,
        "region": str,
        "credentials": {"role_arn": str},
        "debug": bool,
        "aws_sdk_log_level": str,
        "logfile": str,
        "internal": bool,
        "run_as_user": str,
        "omit_hostname": bool,
        "user_agent": str,
        "quiet": bool,
    },
    "metrics": {
        "namespace": str,
        "append_dimensions": {ANY: str},
        "aggregation_dimensions": [[str]],
        "endpoint_override": str,
        "force_flush_interval": int,
        "credentials": {"role_arn": str},
        "metrics_collected": _METRICS,
    },
    "logs": {
        "logs_collected": {
            "files": {"collect_list": [_FILE]},
            "journald": {"collect_list": [{**_TARGET, "units": [str]}]},
        },
        "log_stream_name": str,
        "force_flush_interval": int,
        "endpoint_override": str,
        "credentials": {"role_arn": str},
    },
}
APPENDABLE = {
    "ImageId": "${aws:ImageId}",
    "InstanceId": "${aws:InstanceId}",
    "InstanceType": "${aws:InstanceType}",
    "AutoScalingGroupName": "${aws:AutoScalingGroupName}",
}
MEASURES = {
    "cpu": {
        "time_active",
        "time_idle",
        "time_iowait",
        "time_system",
        "time_user",
        "usage_active",
        "usage_idle",
        "usage_iowait",
        "usage_steal",
        "usage_system",
        "usage_user",
    },
    "disk": {"free", "inodes_free", "inodes_total", "inodes_used", "total", "used", "used_percent"},
    "diskio": {
        "reads",
        "writes",
        "read_bytes",
        "write_bytes",
        "read_time",
        "write_time",
        "io_time",
        "iops_in_progress",
    },
    "mem": {
        "active",
        "available",
        "available_percent",
        "buffered",
        "cached",
        "free",
        "inactive",
        "shared",
        "total",
        "used",
        "used_percent",
    },
    "net": {"bytes_sent", "bytes_recv", "drop_in", "drop_out", "err_in", "err_out", "packets_sent", "packets_recv"},
    "netstat": {"tcp_established", "tcp_listen", "tcp_time_wait", "udp_socket"},
    "processes": {"blocked", "dead", "idle", "paging", "running", "sleeping", "stopped", "total", "zombies"},
    "swap": {"free", "used", "used_percent"},
    "nvidia_gpu": {
        "utilization_gpu",
        "temperature_gpu",
        "power_draw",
        "utilization_memory",
        "fan_speed",
        "memory_total",
        "memory_used",
        "memory_free",
    },
}
# The real agent names a section's metrics after the section, but for the GPU's.
PREFIXES = {"nvidia_gpu": "nvidia_smi"}


class ConfigurationError(Exception):
    """The configuration is refused; the message lists every fault."""


def faults(config: Any) -> list[str]:
    """Everything that the agent would refuse in a configuration, one line each; empty when it is valid."""
    found = _check(config, SCHEMA, "")
    if found:
        return found
    if not any(section in config for section in ("metrics", "logs")):
        found.append("neither metrics nor logs: nothing to collect")
    metrics = config.get("metrics", {})
    if "metrics" in config and not metrics.get("metrics_collected"):
        found.append("metrics.metrics_collected: is required and must not be empty")
    for name, value in metrics.get("append_dimensions", {}).items():
        if APPENDABLE.get(name) != value:
            found.append(f"metrics.append_dimensions.{name}: only {', '.join(APPENDABLE.values())} under their names")
    for section, settings in metrics.get("metrics_collected", {}).items():
        found += _measurement_faults(section, settings)
    for kind, settings in config.get("logs", {}).get("logs_collected", {}).items():
        for number, entry in enumerate(settings.get("collect_list", [])):
            found += _log_faults(kind, number, entry)
    return found


def _measurement_faults(section: str, settings: Any) -> list[str]:
    if section not in MEASURES:
        return []
    place = f"metrics.metrics_collected.{section}"
    names = [measure_name(section, entry) for entry in settings.get("measurement", [])]
    found = [f"{place}.measurement: '{name}' is unknown" for name in names if name not in MEASURES[section]]
    if not names:
        found.append(f"{place}.measurement: is required and must not be empty")
    if settings.get("metrics_collection_interval", 1) < 1:
        found.append(f"{place}.metrics_collection_interval: must be at least 1")
    return found


def _log_faults(kind: str, number: int, entry: dict[str, Any]) -> list[str]:
    place = f"logs.logs_collected.{kind}.collect_list.{number}"
    found = []
    if kind == "files" and not entry.get("file_path"):
        found.append(f"{place}.file_path: is required")
    if entry.get("retention_in_days", -1) not in _RETENTION:
        found.append(f"{place}.retention_in_days: {entry['retention_in_days']} is not a period of CloudWatch Logs")
    return found


def _check(value: Any, schema: Any, place: str) -> list[str]:
    where = place or "configuration"
    if isinstance(schema, tuple):
        attempts = [_check(value, choice, place) for choice in schema]
        return [] if not all(attempts) else attempts[0]
    if isinstance(schema, list):
        if not isinstance(value, list):
            return [f"{where}: must be a list"]
        return [fault for number, item in enumerate(value) for fault in _check(item, schema[0], f"{place}.{number}")]
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            return [f"{where}: must be an object"]
        found = []
        for key, item in value.items():
            if key not in schema and ANY not in schema:
                found.append(f"{where}: additional property '{key}' is not allowed")
            else:
                found += _check(item, schema.get(key, schema.get(ANY)), f"{place}.{key}".lstrip("."))
        return found
    # In Python a boolean is an integer; in JSON it is not.
    fits = isinstance(value, schema) and (schema is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: must be of type {schema.__name__}"]


def measure_name(section: str, entry: str | dict[str, str]) -> str:
    """A measurement without its section's prefix, which may be given or left out."""
    name = entry if isinstance(entry, str) else entry.get("name", "")
    return name.removeprefix(PREFIXES.get(section, section) + "_")


def metric_name(section: str, entry: str | dict[str, str]) -> str:
    """The metric's name in CloudWatch."""
    if isinstance(entry, dict) and entry.get("rename"):
        return entry["rename"]
    return f"{PREFIXES.get(section, section)}_{measure_name(section, entry)}"


def parse(text: str) -> dict[str, Any]:
    """Read and check one configuration.

    Raises:
        ConfigurationError: it is no JSON or holds faults.
    """
    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"no valid JSON: {error}") from error
    found = faults(config)
    if found:
        raise ConfigurationError("\n".join(found))
    return config


def merged(configs: list[dict[str, Any]]) -> dict[str, Any]:
    """Several configurations as one: sections joined, lists appended, plain values from the last."""
    result: dict[str, Any] = {}
    for config in configs:
        _merge(result, config)
    return result


def _merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif key == "collect_list" and isinstance(into.get(key), list):
            into[key] = into[key] + value
        else:
            into[key] = value


def active(folder: Path = ACTIVE) -> dict[str, Any]:
    """The configuration that the service runs with.

    Raises:
        ConfigurationError: there is none, or one of its files is refused.
    """
    files = sorted(path for path in folder.glob("*") if path.is_file())
    if not files:
        raise ConfigurationError(f"no configuration in {folder}: fetch one first")
    return merged([parse(file.read_text(encoding="utf-8")) for file in files])
