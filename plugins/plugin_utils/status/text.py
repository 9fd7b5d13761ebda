# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How an environment is, as text for a terminal: what counts on the first screen, details after it. Pure."""

from __future__ import annotations

import textwrap
import typing as t

Values = dict[str, t.Any]

# The first screen has labels in a column of its own.
_LABEL = 13
_SIGNS = {"bad": "!", "warn": "-"}
_STATES = ("ALARM", "INSUFFICIENT_DATA", "OK")
_MEASURES = {"cpu": "CPU", "memory": "memory", "disk": "disk", "gpu": "GPU"}


class Text:
    """The text.

    Args:
        status: as the filter environment_status returns it.
        name: of the environment, which its instances are named after.
        region: where it stands.
        columns: how wide a line may be.
    """

    def __init__(self, status: Values, name: str, region: str, columns: int) -> None:
        self._status, self._name, self._region, self._columns = status, name, region, columns
        self._hosts: list[Values] = status["hosts"] or []
        self._silent = any(not host["answered"] and not host["reason"].startswith("the instance is") for host in self._hosts)

    def lines(self) -> list[str]:
        """All of it."""
        status = self._status
        head = f"{self._name} in {self._region}, account {status['account']}, {status['asked_at'][:16].replace('T', ' ')} UTC"
        parts = [[head], self._attention(), *map(self._instance, status["instances"]), self._overview()]
        parts += [self._alarms(), *map(self._host, self._hosts), self._logs(), self._costs(), self._how()]
        return [line for part in parts if part for line in ("", *part)][1:]

    def _wrapped(self, text: str, indent: int, first: str | None = None) -> list[str]:
        """A text in as many lines as it takes, all moved in, but for the first where it begins otherwise."""
        moved_in = " " * indent
        begin = moved_in if first is None else first
        return textwrap.wrap(text, self._columns, initial_indent=begin, subsequent_indent=moved_in, break_on_hyphens=False)

    def _listed(self, label: str, entries: t.Iterable[str]) -> list[str]:
        """Entries below each other, the label before the first."""
        begins = [label.ljust(_LABEL)]
        return [line for entry in entries for line in self._wrapped(entry, _LABEL, begins.pop() if begins else None)]

    def _on(self, instance: str) -> str:
        """Where something is; where there is one instance only, nobody needs to hear its name."""
        return f" on {instance.removeprefix(f'{self._name}-')}" if len(self._status["instances"]) > 1 else ""

    def _attention(self) -> list[str]:
        found = self._status["attention"]
        if not self._status["stands"]:
            return ["Nothing stands. ansible-playbook site.yml makes it."]
        if not found:
            return self._listed("Look after", ["nothing: all is well"])
        lines = self._listed("Look after", [f"{len(found)} thing{'s' if len(found) > 1 else ''}:"])
        for entry in found:
            lines += self._wrapped(entry["text"], 4, f"  {_SIGNS[entry['tone']]} ")
        return lines

    def _instance(self, instance: Values) -> list[str]:
        state = f"{instance['state']} {instance['ago']}".rstrip()
        told = [state, instance["health"], instance["type"], "NAT" if instance["role"] == "nat" else ""]
        lines = self._wrapped(f"{instance['name']}  {', '.join(filter(None, told))}", 2, "")
        figures = []
        for measure, label in _MEASURES.items():
            if measure in instance["now"]:
                drawn = f" {instance['spark']}" if measure == "cpu" else ""
                figures.append(f"{label} {instance['now'][measure]:.0f} %{drawn}")
        if figures:
            lines.append(f"  {'  '.join(figures)}")
        elif instance["spark"].strip():
            lines.append(f"  CPU of the last 24 h {instance['spark']}")
        return lines + self._wrapped(", ".join(self._facts(instance)), 2)

    def _facts(self, instance: Values) -> t.Iterator[str]:
        if instance["state"] == "running":
            yield instance["public_ip"] or instance["private_ip"]
        for host in self._hosts:
            if host["name"] != instance["name"] or not host["answered"]:
                continue
            if host["load"]:
                yield f"load {host['load'][0]:.1f} on {host['cores']} cores"
            if host["memory"]:
                free, total = host["memory"]["available"] / 1e9, host["memory"]["total"] / 1e9
                yield f"{free:.1f} of {total:.1f} GB of memory free"
            if host["idle"] and host["idle"]["stops"]:
                yield f"idle {host['idle']['minutes']:.0f} of {host['idle']['limit']:.0f} min"

    def _overview(self) -> list[str]:
        status, asked = self._status, self._status["hosts"] is not None
        lines: list[str] = []
        if status["stands"]:
            nobody = "nobody by Session Manager" if self._silent or not asked else "nobody"
            nothing = ["not known" if self._silent else "none"]
            lines += self._listed("Alarms", [self._counted(status["alarms"])])
            lines += self._listed("Connected", [self._person(one) for one in status["connected"]] or [nobody])
            if asked:
                lines += self._listed("Jobs", [self._job(job) for job in status["jobs"]] or nothing)
                lines += self._listed("Kernels", [self._kernel(kernel) for kernel in status["kernels"]] or nothing)
            lines += self._listed("Network", [_network(status["network"])])
            lines += self._listed("Buckets", [_bucket(bucket) for bucket in status["buckets"]] or ["none"])
            lines += self._listed("Database", [_database(one) for one in status["databases"]])
            lines += self._listed("Trail", [_trail(trail) for trail in status["trails"]] or ["none"])
        lines += self._listed("Cost", _cost(status["cost"], status["stands"]))
        lines += self._listed("Budget", [_budget(status["budget"])] if status["budget"] else [])
        return lines + self._listed("Not seen", [f"{note['part']}: {note['text']}" for note in status["notes"]])

    @staticmethod
    def _counted(alarms: t.Iterable[Values]) -> str:
        states = [alarm["state"] for alarm in alarms]
        return ", ".join(f"{states.count(state)} {state}" for state in _STATES if state in states) or "none stand"

    def _person(self, one: Values) -> str:
        who = f"{one['user']} by {one['way']}" if one["user"] else one["way"]
        times = [one["ago"], f"used {one['used_ago']} ago" if one["used_ago"] else ""]
        return ", ".join(filter(None, [f"{who}{self._on(one['instance'])}", *times]))

    def _job(self, job: Values) -> str:
        more = [job["ago"], "on the GPU" if job["gpu"] else "", "does nothing" if job["stalled"] else ""]
        return ", ".join(filter(None, [f"{job['name']}{self._on(job['instance'])}", *more]))

    def _kernel(self, kernel: Values) -> str:
        name = kernel["notebook"] or f"kernel {kernel['id']}"
        state = "busy" if kernel["busy"] else f"used {kernel['used_ago']} ago"
        return f"{name}{self._on(kernel['instance'])}, {state}"

    def _alarms(self) -> list[str]:
        lines = []
        for alarm in self._status["alarms"]:
            lines.append(f"  {alarm['state']:17} {alarm['ago']:>8}  {alarm['name']}")
            if alarm["state"] == "ALARM":
                lines += self._wrapped(alarm["reason"], 4)
        return ["Alarms", *lines] if lines else []

    def _host(self, host: Values) -> list[str]:
        if not host["answered"]:
            return []
        lines = [host["name"]]
        for disk in host["disks"] or []:
            free, total = disk["free"] / 1e9, disk["total"] / 1e9
            lines += self._listed(f"  {disk['path']}", [f"{free:.1f} of {total:.1f} GB free"])
        for gpu in host["gpus"] or []:
            used = f"{gpu['memory_used']:.0f} of {gpu['memory_total']:.0f} MiB"
            lines += self._listed("  GPU", [f"{gpu['name']}, {gpu['percent']:.0f} %, {used}"])
        services = ", ".join(f"{service['name']} {service['state']}" for service in host["services"] or [])
        lines += self._listed("  Services", [services])
        lines += self._listed("  Models", [_model(model) for model in host["models"] or []])
        lines += self._listed("  Cluster", [_node(node) for node in host["nodes"] or []])
        if host["idle"] and host["idle"]["stops"]:
            verdict = "stops" if host["idle"]["stop"] else "stays"
            lines += self._listed("  Idle stop", [f"{verdict}: {'; '.join(host['idle']['reasons'])}"])
        return lines

    def _logs(self) -> list[str]:
        lines = []
        for stream in self._status["logs"]:
            lines.append(f"  {stream['instance']}, {stream['log']}")
            for line in stream["lines"]:
                # What a program prints may steer a terminal.
                message = "".join(letter if letter.isprintable() else " " for letter in line["message"])
                told = f"    {line['time'][11:19]}  {message}"
                lines.append(told if len(told) <= self._columns else f"{told[: self._columns - 2]} …")
        return ["Last lines of the logs", *lines] if lines else []

    def _costs(self) -> list[str]:
        lines = []
        for entry in self._status["cost"]["resources"]:
            told = [entry["name"] or entry["id"], entry["kind"].replace("_", " "), f"{entry['hours']:.1f} h"]
            told += [f"of it {entry['data']:.2f} for data"] if entry["data"] else []
            lines += self._wrapped(", ".join(told), 12, f"  {entry['amount']:8.2f}  ")
        return [f"Cost by resource, since {self._status['cost']['start']}", *lines] if lines else []

    def _how(self) -> list[str]:
        cost = self._status["cost"]
        untold = f"Cost Explorer: {cost['reason']}" if cost["reason"] and cost["source"] != "none" else ""
        return [*self._wrapped(cost["how"], 0), *self._wrapped(untold, 0)]


def _model(model: Values) -> str:
    version = f"version {model['version']} " if model["version"] else ""
    return f"{model['model']} {version}{model['state']}"


def _node(node: Values) -> str:
    gives = f"{node['cpus']:g} cores" + (f", {node['gpus']:g} GPUs" if node["gpus"] else "")
    return f"{node['address']}{' (head)' if node['head'] else ''} {node['state']}, {gives}"


def _network(network: Values) -> str:
    named = {"NAT gateway": network["nat_gateways"], "endpoint": network["endpoints"], "flow log": network["flow_logs"]}
    told = [f"{len(there)} {what}{'s' if len(there) > 1 else ''}" for what, there in named.items() if there]
    return ", ".join(told) or ("a VPC" if network["vpc_ids"] else "none")


def _trail(trail: Values) -> str:
    whose = trail["name"] if trail["own"] else f"{trail['name']}, somebody else's"
    state = {True: "records all regions", False: "does not record"}.get(trail["records"], "not known whether it records")
    last = {"events": trail["delivered_ago"], "digest": trail["digested_ago"]}
    delivered = [f"{what} {ago} ago" for what, ago in last.items() if ago]
    return ", ".join([whose, f"{state} {trail['ago']}".rstrip(), *delivered])


def _database(one: Values) -> str:
    told = [f"{one['name']} {one['state']}", f"{one['class']}{' with standby' if one['standby'] else ''}", f"PostgreSQL {one['version']}"]
    if one["state"] in ("stopping", "stopped"):
        when = f" at {one['restarts'][:16].replace('T', ' ')} UTC" if one["restarts"] else " after seven days"
        told.append(f"RDS starts it again by itself{when}")
    return ", ".join([*told, *filter(None, [one["address"]])])


def _bucket(bucket: Values) -> str:
    if bucket["objects"] is None:
        return bucket["name"]
    return f"{bucket['name']}, {bucket['size']} in {bucket['objects']:,} objects"


def _cost(cost: Values, stands: bool) -> list[str]:
    if cost["source"] == "none":
        return [f"not known: {cost['reason']}"]
    if not stands and not cost["amount"]:
        return []
    about = "about " if cost["source"] == "estimate" else ""
    end = "" if cost["by_end"] is None else f", {cost['by_end']:.2f} by its end"
    return [f"{about}{cost['amount']:.2f} {cost['currency']} so far this month{end}"]


def _budget(budget: Values) -> str:
    told = [f"{budget['limit']:.2f} {budget['currency']}" if budget["limit"] is not None else "without a limit"]
    told += [f"{budget[part]:.2f} {word}" for part, word in (("actual", "spent"), ("forecast", "foreseen")) if budget[part] is not None]
    return ", ".join(told)
