# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells CloudWatch how many models do not answer: `python -m mlinfra.serving.watch`, which a timer runs each minute.

From outside the service, as its callers see it: one that has ended, or hangs, could not tell it.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request

from .. import environment
from ..errors import Problem
from ..runs.spot import Metadata
from . import settings

METRIC = "unready_models"
# Longer than an event loop that is busy with large requests is away.
SECONDS = 20
# A busy host may not be told at once which instance it is.
ATTEMPTS = 5


def missing(chosen: settings.Settings) -> list[str]:
    """The models that do not answer; all of them where the service doesn't.

    Args:
        chosen: the service's settings.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{chosen.port}/v2/health/ready", timeout=SECONDS):
            return []
    except urllib.error.HTTPError as answer:
        try:
            return list(json.load(answer)["missing"])
        except (ValueError, KeyError, TypeError):
            return list(chosen.models)
    except OSError:
        return list(chosen.models)


def publish(namespace: str, count: int) -> None:
    """Publish how many, as a metric of this instance.

    Args:
        namespace: of the metric.
        count: how many models do not answer.

    Raises:
        Problem: this is no EC2 instance, or it does not tell.
    """
    import boto3

    metadata = Metadata()
    instance = next(filter(None, (metadata.instance_id() for _attempt in range(ATTEMPTS))), None)
    if not instance:
        raise Problem("EC2 does not tell which instance this is.")
    told = {
        "MetricName": METRIC,
        "Dimensions": [{"Name": "InstanceId", "Value": instance}],
        "Value": count,
        "Unit": "Count",
    }
    boto3.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[told])


def main() -> None:
    """Look, and publish."""
    environment.load()
    names = missing(settings.load())
    if names:
        print(f"No answer from {', '.join(names)}.", file=sys.stderr)
    try:
        publish(os.environ["MLINFRA_METRICS_NAMESPACE"], len(names))
    except Problem as problem:
        sys.exit(problem.text)


if __name__ == "__main__":
    main()
