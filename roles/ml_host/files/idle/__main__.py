# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stops this host once nobody has used it and nothing has run on it for a while.

A timer runs it each minute, where the host is to stop by itself. It reads what goes on, remembers it, says its verdict with
the reason, and acts. With --look it does not act. With --json the verdict is one JSON object. With --status it writes and
remembers nothing, and says all that it reads as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gpu
import jupyter
import serving
import status
from model import FAILURES, Sample, Settings, Verdict
from processes import Processes, host_started
from verdict import decide, kept

CONFIGURATION = Path("/etc/mlinfra/idle.json")
METADATA = "http://169.254.169.254/latest"
# Gone with a restart, as it should be.
MEMORY = Path("/run/mlinfra-idle/history.json")


def sample(configuration: dict[str, Any], running: Callable[[], Processes] = Processes.now) -> Sample:
    """Reads the host. What can't be read is named, and the rest read all the same.

    Args:
        configuration: the program's.
        running: tells the processes that count.
    """
    now, clock = time.monotonic() - host_started(), time.time()
    unread: list[str] = []
    uses, kernels, jobs = [], {}, []
    cpu, share, on_gpu = 0.0, None, set()
    try:
        found = jupyter.read(jupyter.servers(configuration["jupyters"]), now, clock)
        uses, kernels = list(found.uses), found.kernels
    except FAILURES as error:
        unread.append(f"JupyterLab does not tell what it does: {error}")
    if configuration["serving"]:
        try:
            uses.append(serving.use(Path(configuration["serving"]["used"]), now, clock))
        except FAILURES as error:
            unread.append(f"the inference service does not tell what it does: {error}")
    if configuration["gpu"]:
        try:
            share, on_gpu = gpu.read()
        except FAILURES as error:
            unread.append(f"the GPU does not tell what it does: {error}")
    try:
        processes = running()
        cpu = processes.cpu
        uses += processes.sessions(now, clock)
        jobs = processes.jobs(kernels, configuration["ignored"], on_gpu)
    except FAILURES as error:
        unread.append(f"the processes do not tell what they do: {error}")
    return Sample(now, cpu, share, tuple(uses), tuple(jobs), tuple(unread))


def recall(memory: Path, now: float) -> list[Sample]:
    """What was read before. Nothing where it is lost, or of another start: then the host is watched anew."""
    try:
        history = [Sample.load(data) for data in json.loads(memory.read_text(encoding="utf-8"))]
    except FAILURES:
        return []
    return history if all(one.time < now for one in history) else []


def remember(memory: Path, history: Sequence[Sample]) -> None:
    """Keeps what was read, whole or not at all."""
    new = memory.with_suffix(".new")
    new.write_text(json.dumps([asdict(one) for one in history]), encoding="utf-8")
    new.replace(memory)


def own_instance() -> str:
    """The id of this instance, as EC2 tells it.

    Raises:
        OSError: it does not tell.
    """

    def ask(method: str, path: str, **headers: str) -> str:
        request = urllib.request.Request(f"{METADATA}/{path}", headers=headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as answer:
            return answer.read().decode()

    token = ask("PUT", "api/token", **{"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    return ask("GET", "meta-data/instance-id", **{"X-aws-ec2-metadata-token": token})


def publish(configuration: dict[str, Any], stalled: int) -> None:
    """Publishes the number of stalled jobs as a metric, on which an alarm tells somebody."""
    # Late, for it takes longer than all the rest.
    import boto3

    instance_id = own_instance()
    session = boto3.session.Session(region_name=configuration["region"])
    data = {
        "MetricName": "stalled_jobs",
        "Dimensions": [{"Name": "InstanceId", "Value": instance_id}],
        "Value": stalled,
        "Unit": "Count",
    }
    session.client("cloudwatch").put_metric_data(Namespace=configuration["namespace"], MetricData=[data])


def report(configuration: dict[str, Any], before: Verdict | None, verdict: Verdict) -> None:
    """Tells of stalled jobs while there are any, and once when there are none any more."""
    if configuration["namespace"] and (verdict.stalled or (before and before.stalled)):
        try:
            publish(configuration, len(verdict.stalled))
        except Exception as error:  # whatever keeps AWS from being told must not keep the host from its verdict
            print(f"CloudWatch could not be told of stalled jobs: {error}", file=sys.stderr)


def note(log: Path, before: Verdict | None, verdict: Verdict) -> None:
    """Adds the verdict to the log where something is to be known of later: a stop, a job that stalls or goes on."""
    if verdict.stop or verdict.stalled != (before.stalled if before else ()):
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {verdict.sentence()}\n")


def main() -> int:
    """Reads, decides, tells and acts."""
    parser = argparse.ArgumentParser(prog="idle", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look", action="store_true", help="only say what would be done")
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    parser.add_argument("--status", action="store_true", help="say all that is read, as JSON")
    arguments = parser.parse_args()
    configuration = json.loads(CONFIGURATION.read_text(encoding="utf-8"))
    settings = Settings(**configuration["settings"])
    if arguments.status:
        now = sample(configuration, lambda: Processes.now().without_asking())
        print(json.dumps(status.told(configuration, kept([*recall(MEMORY, now.time), now], settings))))
        return 0
    now = sample(configuration)
    past = recall(MEMORY, now.time)
    history = kept([*past, now], settings)
    verdict = decide(history, settings)
    print(json.dumps(asdict(verdict)) if arguments.json else verdict.sentence())
    remember(MEMORY, history)
    if arguments.look:
        return 0
    before = decide(past, settings) if past else None
    note(Path(configuration["log"]), before, verdict)
    report(configuration, before, verdict)
    if verdict.stop:
        # From within, so that no host can stop another: EC2 stops an instance whose system ends.
        subprocess.run(["systemctl", "poweroff"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
