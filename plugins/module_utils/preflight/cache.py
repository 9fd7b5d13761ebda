# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role cache."""

from __future__ import annotations

import typing as t

from ..elasticache import transform
from .logs import retention_problems
from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {
    "cache_name": "replication_group",
    "cache_subnet_group": "cache_subnet_group",
    "cache_security_group_name": "security_group",
    "cache_secret_name": "secret",
    "cache_log_group": "log_group",
    "cache_alarm_prefix": "alarm",
    "cache_topic_name": "topic",
}
# As many minutes as ElastiCache wants of a window.
SHORTEST_WINDOW = 60
_DAY = 24 * 60
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The first and the newest major version of each engine that this role knows.
VERSIONS = {"valkey": (7, 9), "redis": (6, 7)}


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the cache.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "cache") or not settings.get("cache_enabled"):
        return found
    found.extend(_engine_problems(settings))
    found.extend(number_problems(settings, "cache_replicas", 0, transform.MOST_REPLICAS))
    found.extend(_zone_problems(settings))
    found.extend(number_problems(settings, "cache_snapshot_days", 0, transform.MOST_SNAPSHOT_DAYS, " (days)"))
    found.extend(_window_problems(settings))
    for variable in ("cache_cpu_threshold", "cache_memory_threshold"):
        found.extend(number_problems(settings, variable, 1, 100, " (per cent)"))
    found.extend(retention_problems(settings, "cache_log_retention_days", "mlinfra_log_retention_days"))
    found.extend(number_problems(settings, "cache_evictions_threshold", 0))
    found.extend(number_problems(settings, "cache_wait_timeout", 1, None, " (seconds)"))
    found.extend(_secret_problems(settings))
    if "cache_tags" in settings:
        found.extend(tags_problems("cache_tags", settings["cache_tags"], settings.get("mlinfra_tags")))
    return found


def _engine_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the words for the nodes' type and for the version, and whether the engine has that version."""
    found = []
    kind = settings.get("cache_node_type")
    if kind is not None and not transform.NODE_TYPE.fullmatch(kind):
        remedy = "write it as cache., a family and a size, such as cache.t4g.micro"
        found.append(problem("cache_node_type", kind, "is not a type of nodes", remedy))
    version, engine = settings.get("cache_engine_version"), settings.get("cache_engine")
    if version is None or engine not in VERSIONS:
        return found
    first, last = VERSIONS[engine]
    if not transform.VERSION.fullmatch(version):
        remedy = "write the major and the minor version in quotes, such as '8.0'"
        found.append(problem("cache_engine_version", version, "is not a version", remedy))
    elif not first <= transform.version(version)[0] <= last:
        remedy = f"choose one from {first} to {last}, or another cache_engine"
        found.append(problem("cache_engine_version", version, f"is not a version of {engine}", remedy))
    return found


def _zone_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what keeps nodes from taking each other's place, and from standing in several zones."""
    found = []
    replicas, failover, spread = (settings.get(f"cache_{name}") for name in ("replicas", "automatic_failover", "multi_az"))
    if failover and replicas == 0:
        found.append(problem("cache_automatic_failover", True, "needs a replica, and cache_replicas is 0", "set cache_replicas to 1 or more"))
    if not spread:
        return found
    if failover is False:
        found.append(problem("cache_multi_az", True, "needs cache_automatic_failover", "turn that on, or this off"))
    remedy = "name two or more, or set cache_multi_az: false"
    subnets, zones = settings.get("network_private_subnets"), settings.get("network_availability_zones")
    if subnets is not None and len(subnets) < 2:
        found.append(problem("network_private_subnets", ", ".join(subnets), "is not enough for cache_multi_az", remedy))
    elif zones and len(set(zones[: len(subnets or zones)])) < 2:
        found.append(problem("network_availability_zones", ", ".join(zones), "is one zone only, and cache_multi_az needs two", remedy))
    return found


def _window_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the windows: their form, their length, and that none is within the other."""
    snapshot, maintenance = settings.get("cache_snapshot_window"), settings.get("cache_maintenance_window")
    found = []
    spans = {}
    for variable, held, form, example in (
        ("cache_snapshot_window", snapshot, transform.WINDOW, "03:00-04:00"),
        ("cache_maintenance_window", maintenance, transform.MAINTENANCE, "sun:04:00-sun:05:00"),
    ):
        if held is None:
            continue
        if not form.fullmatch(held):
            found.append(problem(variable, held, "is not a time from and to", f"write it such as {example}, in UTC"))
            continue
        spans[variable] = _span(held)
        start, end = spans[variable]
        if end - start < SHORTEST_WINDOW:
            remedy = f"make it {SHORTEST_WINDOW} minutes or longer"
            found.append(problem(variable, held, f"is {end - start} minutes long", remedy))
    if len(spans) == 2 and not found and _meet(spans["cache_snapshot_window"], spans["cache_maintenance_window"]):
        remedy = "choose times apart from each other"
        found.append(problem("cache_snapshot_window", snapshot, f"and cache_maintenance_window ({maintenance}) overlap", remedy))
    return found


def _minutes(text: str) -> int:
    """Return the minute of the day, or of the week, of a point of time."""
    *day, hour, minute = text.split(":")
    return (_DAYS.index(day[0]) * _DAY if day else 0) + int(hour) * 60 + int(minute)


def _span(window: str) -> tuple[int, int]:
    """Return when a window begins and ends, in minutes. One that ends before it begins goes on into the next day or week."""
    start, end = (_minutes(part) for part in window.split("-"))
    round_ = _DAY if window[0].isdigit() else 7 * _DAY
    return start, end if end > start else end + round_


def _meet(daily: tuple[int, int], weekly: tuple[int, int]) -> bool:
    """Say whether a daily window and a weekly one overlap on some day."""
    return any(daily[0] + day * _DAY < weekly[1] and weekly[0] < daily[1] + day * _DAY for day in range(-1, 9))


def _secret_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what keeps instances from reading the token."""
    judged = "compute" in settings.get("preflight_roles", ()) and wanted(settings, "compute")
    private = settings.get("compute_subnet_tier") == "private" and settings.get("compute_instance_count") != 0
    if not (judged and private and settings.get("network_egress") == "none"):
        return []
    remedy = "choose endpoints, nat_instance or nat_gateway, or set cache_enabled: false"
    return [problem("network_egress", "none", "keeps the instances from Secrets Manager, where the token of the cache is", remedy)]
