# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measuring the host, and turning measurements into CloudWatch's data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .configuration import measure_name, metric_name

# File systems that hold no data of the host; the real agent leaves out what the configuration names, and these always.
PSEUDO = {
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "ramfs",
    "securityfs",
    "sysfs",
    "tracefs",
}


@dataclass(frozen=True)
class Sample:
    """One measured value with the dimensions of the thing measured."""

    section: str
    measure: str
    value: float
    unit: str
    dimensions: tuple[tuple[str, str], ...] = ()


def _unit(measure: str) -> str:
    if measure.endswith("percent") or measure.startswith("usage_"):
        return "Percent"
    return "Count" if measure.startswith("inodes") else "Bytes"


def memory(text: str) -> dict[str, float]:
    """Memory and swap from /proc/meminfo: section and measure joined by a dot, in bytes or percent."""
    raw = {line.split(":")[0]: 1024.0 * float(line.split()[1]) for line in text.splitlines() if line.endswith("kB")}
    cached = raw["Cached"] + raw.get("SReclaimable", 0.0)
    used = raw["MemTotal"] - raw["MemFree"] - raw["Buffers"] - cached
    swap_used = raw["SwapTotal"] - raw["SwapFree"]
    return {
        "mem.total": raw["MemTotal"],
        "mem.free": raw["MemFree"],
        "mem.available": raw["MemAvailable"],
        "mem.cached": cached,
        "mem.buffered": raw["Buffers"],
        "mem.active": raw["Active"],
        "mem.inactive": raw["Inactive"],
        "mem.shared": raw["Shmem"],
        "mem.used": used,
        "mem.used_percent": 100 * used / raw["MemTotal"],
        "mem.available_percent": 100 * raw["MemAvailable"] / raw["MemTotal"],
        "swap.free": raw["SwapFree"],
        "swap.used": swap_used,
        "swap.used_percent": 100 * swap_used / raw["SwapTotal"] if raw["SwapTotal"] else 0.0,
    }


def disk(path: str) -> dict[str, float]:
    """A file system's figures, in bytes, inodes or percent of what ordinary users may use."""
    stat = os.statvfs(path)
    used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    free = stat.f_bavail * stat.f_frsize
    return {
        "total": stat.f_blocks * stat.f_frsize,
        "used": used,
        "free": free,
        "used_percent": 100 * used / (used + free) if used + free else 0.0,
        "inodes_total": stat.f_files,
        "inodes_free": stat.f_ffree,
        "inodes_used": stat.f_files - stat.f_ffree,
    }


class Processor:
    """Shares of the processors' time since the last look, in percent."""

    FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")

    def __init__(self) -> None:
        self._before: list[float] | None = None

    def shares(self, text: str) -> dict[str, float]:
        """The shares from /proc/stat; the first look has nothing to compare with and gives the mean since the start."""
        now = [float(value) for value in text.splitlines()[0].split()[1:9]]
        spent = [a - b for a, b in zip(now, self._before or [0.0] * 8, strict=True)]
        self._before = now
        total = sum(spent) or 1.0
        shares = {f"usage_{name}": 100 * value / total for name, value in zip(self.FIELDS, spent, strict=True)}
        shares["usage_active"] = 100 - shares["usage_idle"]
        return shares


def mounts(text: str, resources: Iterable[str], ignored: Iterable[str]) -> list[tuple[str, str, str]]:
    """The mounted file systems asked for, from /proc/mounts: path, device, type."""
    wanted, skipped = set(resources) or {"*"}, PSEUDO | set(ignored)
    found = {}
    for line in text.splitlines():
        device, path, kind = line.split()[:3]
        if kind not in skipped and ("*" in wanted or path in wanted):
            found[path] = (path, device.removeprefix("/dev/"), kind)
    return list(found.values())


class Collector:
    """Takes all samples that a configuration asks for."""

    def __init__(self, collected: dict[str, Any], proc: Path = Path("/proc")) -> None:
        self.collected = collected
        self.proc = proc
        self.processor = Processor()
        self.readers: dict[str, Callable[[dict[str, Any]], list[Sample]]] = {
            "mem": self._mem,
            "swap": self._swap,
            "disk": self._disk,
            "cpu": self._cpu,
        }

    def unmeasured(self) -> list[str]:
        """Sections that the configuration may hold and that this double does not measure."""
        return sorted(set(self.collected) - set(self.readers))

    def samples(self) -> list[Sample]:
        """Everything, now."""
        return [
            sample
            for section, settings in self.collected.items()
            if section in self.readers
            for sample in self.readers[section](settings)
        ]

    def _read(self, name: str) -> str:
        return (self.proc / name).read_text(encoding="utf-8")

    def _mem(self, settings: dict[str, Any], section: str = "mem") -> list[Sample]:
        values = memory(self._read("meminfo"))
        wanted = [measure_name(section, entry) for entry in settings["measurement"]]
        return [Sample(section, name, values[f"{section}.{name}"], _unit(name)) for name in wanted]

    def _swap(self, settings: dict[str, Any]) -> list[Sample]:
        return self._mem(settings, "swap")

    def _cpu(self, settings: dict[str, Any]) -> list[Sample]:
        values = self.processor.shares(self._read("stat"))
        wanted = [measure_name("cpu", entry) for entry in settings["measurement"]]
        return [
            Sample("cpu", name, values[name], "Percent", (("cpu", "cpu-total"),)) for name in wanted if name in values
        ]

    def _disk(self, settings: dict[str, Any]) -> list[Sample]:
        samples = []
        found = mounts(
            self._read("self/mounts"), settings.get("resources", []), settings.get("ignore_file_system_types", [])
        )
        for path, device, kind in found:
            values = disk(path)
            own = [("path", path), *([] if settings.get("drop_device") else [("device", device)]), ("fstype", kind)]
            names = [measure_name("disk", entry) for entry in settings["measurement"]]
            samples += [Sample("disk", name, values[name], _unit(name), tuple(own)) for name in names]
        return samples


def data(
    samples: Iterable[Sample], metrics: dict[str, Any], instance: dict[str, str], hostname: str
) -> list[dict[str, Any]]:
    """CloudWatch's MetricData for the samples.

    A sample goes out with all its dimensions, and once more for each set of aggregation_dimensions that it has. So an
    alarm on InstanceId alone sees data only where the configuration appends and aggregates that dimension.

    Args:
        samples: what was measured.
        metrics: the configuration's section.
        instance: what ${aws:...} stands for: InstanceId, ImageId, InstanceType.
        hostname: the dimension host, which stands where nothing is appended.
    """
    appended = {name: instance[name] for name in metrics.get("append_dimensions", {}) if instance.get(name)}
    result: dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, Any]] = {}
    for sample in samples:
        settings = metrics["metrics_collected"][sample.section]
        entry = next(e for e in settings["measurement"] if measure_name(sample.section, e) == sample.measure)
        dimensions = {
            **dict(sample.dimensions),
            **settings.get("append_dimensions", {}),
            **(appended or {"host": hostname}),
        }
        sets = [dimensions]
        for names in metrics.get("aggregation_dimensions", []):
            if set(names) <= set(dimensions) and set(names) != set(dimensions):
                sets.append({name: dimensions[name] for name in names})
        unit = entry.get("unit", sample.unit) if isinstance(entry, dict) else sample.unit
        for chosen in sets:
            name = metric_name(sample.section, entry)
            datum = result.setdefault(
                (name, tuple(sorted(chosen.items()))),
                {
                    "MetricName": name,
                    "Unit": unit,
                    "Values": [],
                    "Dimensions": [{"Name": key, "Value": value} for key, value in chosen.items()],
                },
            )
            datum["Values"].append(sample.value)
    return list(result.values())
