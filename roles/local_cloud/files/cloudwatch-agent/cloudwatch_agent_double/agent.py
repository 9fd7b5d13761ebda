# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service: reads the active configuration, follows logs, measures, and sends both with the instance's own role."""

from __future__ import annotations

import json
import logging
import os
import pwd
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .configuration import HOME, ConfigurationError, active
from .logs import Line, Source, destination, passes, sources
from .metrics import Collector, data

METADATA = "http://169.254.169.254/latest"
LOG_INTERVAL = 1.0
log = logging.getLogger("agent")


def identity() -> dict[str, str]:
    """The instance's identity document, by IMDSv2."""
    request = urllib.request.Request(
        f"{METADATA}/api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "300"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        token = answer.read().decode()
    request = urllib.request.Request(
        f"{METADATA}/dynamic/instance-identity/document", headers={"X-aws-ec2-metadata-token": token}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


class Shipper:
    """Sends log lines and metrics. boto3 of the tree does not read AWS_ENDPOINT_URL itself, so it is told."""

    def __init__(self, config: dict[str, Any], document: dict[str, str]) -> None:
        region = config.get("agent", {}).get("region") or document["region"]
        session = boto3.session.Session(region_name=region)
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or None
        logs, metrics = config.get("logs", {}), config.get("metrics", {})
        self.logs = session.client("logs", endpoint_url=logs.get("endpoint_override") or endpoint)
        self.cloudwatch = session.client("cloudwatch", endpoint_url=metrics.get("endpoint_override") or endpoint)
        self.metrics = metrics
        self.instance = {
            "InstanceId": document["instanceId"],
            "ImageId": document.get("imageId", ""),
            "InstanceType": document.get("instanceType", ""),
        }
        self.hostname = socket.gethostname()
        self.default_stream = logs.get("log_stream_name", "{instance_id}")
        self._made: set[tuple[str, str]] = set()

    def named(self, text: str) -> str:
        """A name with the placeholders that the agent knows filled in."""
        for placeholder, value in (
            ("{instance_id}", self.instance["InstanceId"]),
            ("{hostname}", self.hostname),
            ("{local_hostname}", self.hostname),
            ("{ip_address}", socket.gethostbyname(self.hostname)),
        ):
            text = text.replace(placeholder, value)
        return text

    def ship_log(self, entry: dict[str, Any], source: Source) -> None:
        """Send the new lines of one entry, and only then remember them as read."""
        lines = [line for line in source.read() if passes(line.text, entry.get("filters", []))]
        by_target: dict[tuple[str, str], list[Line]] = {}
        for line in lines:
            by_target.setdefault(destination(entry, line.file, self.default_stream), []).append(line)
        for names, own in by_target.items():
            group, stream = map(self.named, names)
            self._ensure(group, stream, entry.get("retention_in_days", -1))
            own.sort(key=lambda line: line.stamp)
            events = [{"timestamp": line.stamp, "message": line.text} for line in own]
            for start in range(0, len(events), 1000):
                self.logs.put_log_events(
                    logGroupName=group, logStreamName=stream, logEvents=events[start : start + 1000]
                )
        source.keep()

    def _ensure(self, group: str, stream: str, retention: int) -> None:
        if (group, stream) in self._made:
            return
        try:
            self._make(self.logs.create_log_stream, logGroupName=group, logStreamName=stream)
        except self.logs.exceptions.ResourceNotFoundException:
            log.info("log group %s does not exist: making it", group)
            self._make(self.logs.create_log_group, logGroupName=group)
            self._make(self.logs.create_log_stream, logGroupName=group, logStreamName=stream)
        if retention > 0:
            self.logs.put_retention_policy(logGroupName=group, retentionInDays=retention)
        self._made.add((group, stream))

    def _make(self, create: Callable[..., Any], **names: str) -> None:
        """Create something that another host may create at the same moment."""
        with suppress(self.logs.exceptions.ResourceAlreadyExistsException):
            create(**names)

    def ship_metrics(self, collector: Collector) -> None:
        """Measure and send."""
        values = data(collector.samples(), self.metrics, self.instance, self.hostname)
        for start in range(0, len(values), 100):
            self.cloudwatch.put_metric_data(
                Namespace=self.metrics.get("namespace", "CWAgent"), MetricData=values[start : start + 100]
            )


def interval_of(config: dict[str, Any]) -> int:
    """Seconds between two measurements: the shortest that the configuration names."""
    default = config.get("agent", {}).get("metrics_collection_interval", 60)
    sections = config.get("metrics", {}).get("metrics_collected", {}).values()
    return min(
        [s.get("metrics_collection_interval", default) for s in sections if isinstance(s, dict)], default=default
    )


def serve(config: dict[str, Any]) -> None:
    """Collect and send until ended. What could not be sent is sent with the next round."""
    shipper = Shipper(config, identity())
    followed = sources(config.get("logs", {}).get("logs_collected", {}), HOME / "logs" / "state")
    collector = Collector(config.get("metrics", {}).get("metrics_collected", {}))
    for section in collector.unmeasured():
        log.warning("metrics section %s is valid but not measured by this double", section)
    next_metrics = 0.0
    while True:
        for entry, source in followed:
            _attempt("logs", lambda e=entry, s=source: shipper.ship_log(e, s))
        if time.monotonic() >= next_metrics and collector.collected:
            _attempt("metrics", lambda: shipper.ship_metrics(collector))
            next_metrics = time.monotonic() + interval_of(config)
        time.sleep(LOG_INTERVAL)


def _attempt(what: str, action: Any) -> None:
    """One delivery. The service outlives an emulator that is down and a role that lacks a permission, and says so."""
    try:
        action()
    except (BotoCoreError, ClientError, OSError) as error:
        log.error("%s could not be sent: %s", what, error)


def main() -> int:
    """Run the service; a refused configuration ends it at once."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        config = active()
    except ConfigurationError as error:
        log.error("configuration refused: %s", error)
        return 1
    user = config.get("agent", {}).get("run_as_user", "root")
    if user != "root":
        account = pwd.getpwnam(user)
        os.initgroups(user, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.environ["HOME"] = account.pw_dir
    serve(config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
