# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: environment_status
author:
  - The mlinfra.aws authors (!UNKNOWN)
version_added: 0.1.0
short_description: How an environment is, by AWS and by its hosts
description:
  - Puts together what M(mlinfra.aws.status_info) asked AWS and what the hosts say of themselves, names what somebody
    should look after, and adds the words that people read.
positional: _input
options:
  _input:
    description: The result of M(mlinfra.aws.status_info).
    type: dict
    required: true
  hosts:
    description:
      - The results of the task file C(status) of role P(mlinfra.aws.ml_host#role), by the names of the instances.
      - Without it, the hosts were not asked.
    type: dict
"""

EXAMPLES = r"""
- name: Show what to look after
  ansible.builtin.debug:
    msg: "{{ (asked | mlinfra.aws.environment_status).attention | map(attribute='text') }}"
"""

RETURN = r"""
_value:
  description:
    - The return values of M(mlinfra.aws.status_info), and the following ones.
    - Whatever has C(since) has also C(ago), how long that is ago in words, what has C(unused) has C(used_ago), and a bucket
      has C(size).
    - An instance has also C(health), what EC2's checks say in words, C(now), its newest measures of the last quarter of an
      hour, and C(spark), the last day of its processor as a line of blocks.
  type: dict
  contains:
    attention:
      description: What somebody should look after, the worst first, each with C(tone), V(bad) or V(warn), and C(text).
      type: list
      elements: dict
      sample: [{tone: bad, text: "mlinfra-dev-ml-training-1: instance check impaired"}]
    hosts:
      description:
        - What each host says of itself, with C(name), C(answered), C(reason) (why it did not answer), C(uptime) (seconds),
          C(load), C(cores), C(memory), C(disks), C(gpus), C(models), C(nodes) (of the Ray
          cluster that it leads), C(services), C(sessions), C(kernels), C(jobs), C(idle) and
          C(unread). Null where the hosts were not asked.
      type: list
      elements: dict
    connected:
      description:
        - Who is connected, by Session Manager and by the hosts, with C(user), C(way), C(instance), C(since) and C(unused),
          the seconds since the last sign of life.
      type: list
      elements: dict
    jobs:
      description: What runs for somebody, with C(name), C(instance), C(since), C(cpu) (seconds), C(gpu) and C(stalled).
      type: list
      elements: dict
    kernels:
      description: JupyterLab's kernels, with C(id), C(notebook), C(instance), C(busy) and C(unused) (seconds).
      type: list
      elements: dict
    stands:
      description: Whether anything of the environment stands.
      type: bool
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.plugin_utils.status import attention, people, words
from ansible_collections.mlinfra.aws.plugins.plugin_utils.status import hosts as answers

PARTS = (
    *("asked_at", "account", "instances", "network", "buckets", "databases", "trails", "alarms", "metrics", "sessions", "logs", "budget", "cost"),
    "notes",
)
# Older values say nothing of now.
FRESH = timedelta(minutes=15)
SPARK_COLUMNS = 24
CHECKS = {"": "", "not-applicable": "", "ok": "ok", "initializing": "begin", "insufficient-data": "say nothing yet"}
OWN_STOP = "Client.InstanceInitiatedShutdown"


def environment_status(asked: Mapping[str, Any], hosts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """How an environment is: see RETURN."""
    try:
        status = {part: asked[part] for part in PARTS}
        now = datetime.fromisoformat(status["asked_at"])
        told = None if hosts is None else answers.told(status["instances"], hosts)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"environment_status: this is no result of status_info: {error!r}") from error
    status.update(
        stands=any(status[part] for part in ("instances", "buckets", "databases", "alarms")) or any(status["network"].values()),
        hosts=told,
        connected=people.connected(status["sessions"], told or [], now),
        jobs=people.jobs(told or [], now),
        kernels=people.kernels(told or []),
    )
    status["attention"] = attention.attention(status, now)
    for part in ("alarms", "connected", "jobs", "kernels", "buckets", "trails"):
        status[part] = [in_words(entry, now) for entry in status[part]]
    status["instances"] = [in_figures(one, status["metrics"].get(one["id"], {}), now) for one in status["instances"]]
    return status


def in_words(entry: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An entry with what people read of its times and its size."""
    told = dict(entry)
    if "since" in entry:
        told["ago"] = words.ago(entry["since"], now)
    for moment in ("delivered", "digested"):
        if moment in entry:
            told[f"{moment}_ago"] = words.ago(entry[moment], now)
    if "unused" in entry:
        told["used_ago"] = "" if entry["unused"] is None else words.span(entry["unused"])
    if "bytes" in entry:
        told["size"] = words.size(entry["bytes"])
    return told


def in_figures(instance: Mapping[str, Any], measures: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An instance with what people read of it."""
    running = instance["state"] == "running"
    newest = {name: points[-1] for name, points in measures.items() if points and running}
    return {
        **in_words(instance, now),
        "health": health(instance),
        "now": {name: value for name, (at, value) in newest.items() if now - datetime.fromisoformat(at) < FRESH},
        "spark": words.spark(measures.get("cpu", []), now - timedelta(days=1), now, SPARK_COLUMNS, top=100),
    }


def health(instance: Mapping[str, Any]) -> str:
    """What EC2's checks say of an instance, or who stopped it."""
    if instance["stopped_by"] == OWN_STOP:
        return "stopped itself"
    said = {name: state for name, state in instance["checks"].items() if CHECKS.get(state, state)}
    if not said:
        return ""
    different = {name: state for name, state in said.items() if state != "ok"}
    if not different:
        return "checks ok"
    if len(set(different.values())) == 1 and (only := next(iter(different.values()))) in CHECKS:
        return f"checks {CHECKS[only]}"
    return ", ".join(f"{name} check {state}" for name, state in different.items())


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"environment_status": environment_status}
