# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What somebody should look after, the worst first, each in a sentence that says what it is. Pure."""

from __future__ import annotations

import typing as t
from datetime import datetime

from . import words

Values = dict[str, t.Any]

BAD, WARN = "bad", "warn"
_FINE_CHECKS = ("", "ok", "initializing", "not-applicable")
_FINE_STATES = ("running", "stopped", "pending", "stopping")
_FINE_NETWORK = ("available", "pending")
# Per cent of a disk from which it is worth a word.
_FULL = 90
# Seconds after its start in which the agent of an instance should have told something.
_AGENT_STARTS = 3600
# Seconds after which a digest of a trail is missing.
_DIGEST_IS_LATE = 3 * 3600


def attention(status: Values, now: datetime) -> list[Values]:
    """What to look after, each with its tone (bad or warn) and text.

    Args:
        status: all that is known, with hosts, jobs and the rest.
        now: when it was asked.
    """
    found = [
        *_of_instances(status["instances"], now),
        *_of_alarms(status["alarms"], now),
        *_of_network(status["network"]),
        *_of_databases(status["databases"]),
        *_of_trails(status["trails"], now),
        *_of_hosts(status["hosts"] or []),
        *_of_jobs(status),
        *_of_models(status),
        *_of_agents(status, now),
        *_of_budget(status["budget"]),
    ]
    told = [{"tone": tone, "text": text} for tone, text in found]
    return sorted(told, key=lambda entry: entry["tone"] != BAD)


Found = t.Iterator[tuple[str, str]]


def _of_instances(instances: t.Sequence[Values], now: datetime) -> Found:
    anything_runs = any(one["state"] == "running" and one["role"] != "nat" for one in instances)
    for instance in instances:
        if instance["role"] == "nat" and instance["state"] in ("stopping", "stopped") and anything_runs:
            yield WARN, f"{instance['name']} is {instance['state']}: private subnets have no way out"
        if instance["state"] not in _FINE_STATES:
            yield BAD, f"{instance['name']} is {instance['state']}"
        failing = [name for name, said in instance["checks"].items() if said not in _FINE_CHECKS]
        if failing and instance["state"] == "running":
            said = ", ".join(f"{name} check {instance['checks'][name]}" for name in failing)
            impaired = "impaired" in (instance["checks"][name] for name in failing)
            yield BAD if impaired else WARN, f"{instance['name']}: {said}"
        for event in instance["events"]:
            when = words.clock(event["not_before"], now)
            yield BAD, f"{instance['name']}: EC2 plans {event['code']} for {when}: {event['description']}"


def _of_alarms(alarms: t.Iterable[Values], now: datetime) -> Found:
    for alarm in alarms:
        if alarm["state"] == "ALARM":
            what = alarm["description"] or alarm["reason"]
            yield BAD, f"{alarm['name']} is in ALARM since {words.clock(alarm['since'], now)}: {what}"
        if not alarm["tells"]:
            yield WARN, f"{alarm['name']} tells nobody: its actions are switched off"


def _of_network(network: Values) -> Found:
    for gateway in network["nat_gateways"]:
        if gateway["state"] not in _FINE_NETWORK:
            yield BAD, f"NAT gateway {gateway['name']} is {gateway['state']}{_because(gateway)}"
    for endpoint in network["endpoints"]:
        if endpoint["state"] not in _FINE_NETWORK:
            yield BAD, f"endpoint {endpoint['service']} is {endpoint['state']}"
    for log in network["flow_logs"]:
        if log["delivery"] == "FAILED":
            yield WARN, f"flow log {log['id']} can't deliver{_because(log)}"


def _of_databases(databases: t.Iterable[Values]) -> Found:
    for database in databases:
        if database["state"].startswith(("failed", "incompatible", "inaccessible", "storage-full", "restore-error")):
            yield BAD, f"database {database['name']} is {database['state']}"


def _of_trails(trails: t.Iterable[Values], now: datetime) -> Found:
    for trail in trails:
        if trail["records"] is False:
            yield BAD, f"the trail {trail['name']} does not record what is done in the account"
        if trail["reason"]:
            yield WARN, f"the trail {trail['name']} can't deliver{_because(trail)}"
        # A digest comes every hour, whether there was anything to record or not.
        if trail["records"] and trail["digested"] and (now - datetime.fromisoformat(trail["digested"])).total_seconds() > _DIGEST_IS_LATE:
            yield WARN, f"the trail {trail['name']} has delivered no digest since {words.clock(trail['digested'], now)}"


def _because(entry: Values) -> str:
    return f": {entry['reason']}" if entry["reason"] else ""


def _of_hosts(hosts: t.Iterable[Values]) -> Found:
    for host in hosts:
        if not host["answered"] and not host["reason"].startswith("the instance is"):
            yield WARN, f"{host['name']} says nothing: {host['reason']}"
        for service in host["services"] or []:
            if service["state"] not in ("active", "activating", "reloading"):
                yield BAD, f"{host['name']}: {service['name']} is {service['state']}"
        for model in host["models"] or []:
            if failed := model["failed"]:
                yield BAD, f"{host['name']}: {model['model']} {failed['version']} failed and is not served: {failed['reason']}"
            elif model["state"] != "serving":
                yield WARN, f"{host['name']}: no version of {model['model']} is served"
        for node in host["nodes"] or []:
            if node["state"] != "alive":
                yield WARN, f"{host['name']}: {node['address']} has left its cluster"
        for disk in host["disks"] or []:
            percent = 100 * (1 - disk["free"] / disk["total"])
            if percent >= _FULL:
                yield WARN, f"{host['name']}: {disk['path']} is {percent:.0f} % full, {words.size(disk['free'])} are free"
        for reason in host["unread"]:
            yield WARN, f"{host['name']}: {reason}"


def _of_jobs(status: Values) -> Found:
    stalled = [job for job in status["jobs"] if job["stalled"]]
    for job in stalled:
        yield WARN, f"{job['instance']}: {job['name']} runs and does nothing"
    told = {job["instance"] for job in stalled}
    for instance in status["instances"]:
        last = status["metrics"].get(instance["id"], {}).get("stalled_jobs", [])
        if last and last[-1][1] > 0 and instance["state"] == "running" and instance["name"] not in told:
            yield WARN, f"{instance['name']}: {last[-1][1]:.0f} of its jobs ran and did nothing"


def _of_models(status: Values) -> Found:
    """What an instance published last, where its host says nothing of its models."""
    told = {host["name"] for host in status["hosts"] or [] if host["models"]}
    for instance in status["instances"]:
        last = status["metrics"].get(instance["id"], {}).get("unready_models", [])
        if last and last[-1][1] > 0 and instance["state"] == "running" and instance["name"] not in told:
            yield WARN, f"{instance['name']}: {last[-1][1]:.0f} of its models did not answer"


def _of_agents(status: Values, now: datetime) -> Found:
    if any(note["part"] == "metrics" for note in status["notes"]):
        return
    for instance in status["instances"]:
        if instance["state"] != "running" or instance["role"] != "ml-training":
            continue
        runs = (now - datetime.fromisoformat(instance["since"])).total_seconds()
        if runs > _AGENT_STARTS and not status["metrics"].get(instance["id"], {}).get("memory"):
            yield WARN, f"{instance['name']}: no figures came from its CloudWatch agent in the last 24 hours"


def _of_budget(budget: Values | None) -> Found:
    if not budget or not budget["limit"]:
        return
    limit = f"{budget['limit']:.2f} {budget['currency']}"
    if budget["actual"] is not None and budget["actual"] >= budget["limit"]:
        yield BAD, f"the budget of {limit} is spent: {budget['actual']:.2f}"
    elif budget["forecast"] is not None and budget["forecast"] > budget["limit"]:
        yield WARN, f"the month will cost {budget['forecast']:.2f}, more than the budget of {limit}"
