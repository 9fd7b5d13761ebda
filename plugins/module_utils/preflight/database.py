# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role database."""

from __future__ import annotations

import re
import typing as t

from .names import name_problems, names_problems
from .network import ZONES
from .problems import number_problems, problem, shown, wanted
from .tags import tags_problems

NAMES = {
    "database_identifier": "database",
    "database_subnet_group": "database_group",
    "database_parameter_prefix": "database_group",
    "database_security_group": "resource",
    "database_alarm_prefix": "resource",
    "database_topic_name": "topic",
}
ABSENT = ("database_destroy_data", "database_final_snapshot")
# What PostgreSQL and RDS keep to themselves.
RESERVED_USERS = ("admin", "postgres", "rdsadmin", "rdsrepladmin", "rdstopmgr", "rds_superuser", "public", "none", "user", "all")
RESERVED_DATABASES = ("postgres", "rdsadmin", "template0", "template1", "user", "all")
CLASS = r"db\.[a-z][a-z0-9-]*\.[a-z0-9]+"
VERSION = r"\d{2}(\.\d{1,2})?"
LEAST_STORAGE, MOST_STORAGE = 20, 65536
# RDS asks for so much room to grow (per cent).
LEAST_GROWTH = 10
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"([01]\d|2[0-3]):([0-5]\d)"
SHORTEST_WINDOW = 30
MINUTES_A_DAY = 24 * 60


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the database.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "database") or not settings.get("database_enabled"):
        return found
    found.extend(_word_problems(settings))
    found.extend(_user_problems(settings))
    found.extend(_storage_problems(settings))
    found.extend(_backup_problems(settings))
    found.extend(_window_problems(settings))
    found.extend(_parameter_problems(settings))
    found.extend(number_problems(settings, "database_port", 1150, 65535))
    found.extend(number_problems(settings, "database_free_storage_threshold", 1, 90, " (per cent)"))
    found.extend(number_problems(settings, "database_cpu_threshold", 1, 100, " (per cent)"))
    found.extend(number_problems(settings, "database_connections_threshold", 1))
    found.extend(_network_problems(settings))
    if settings.get("database_alarms"):
        found.extend(_topic_problems(settings))
    if "database_tags" in settings:
        found.extend(tags_problems("database_tags", settings["database_tags"], settings.get("mlinfra_tags")))
    return found


def _word_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the words for class and version."""
    found = []
    kind, version = settings.get("database_instance_class"), settings.get("database_version")
    if kind is not None and not re.fullmatch(CLASS, kind):
        remedy = "write db, a family and a size, such as db.t4g.small or db.m7g.large"
        found.append(problem("database_instance_class", kind, "is not a class of databases", remedy))
    if version is not None and not re.fullmatch(VERSION, version):
        found.append(problem("database_version", version, "is not a version", 'write a major one such as "17", or a minor one such as "17.4"'))
    return found


def _user_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the names inside the database."""
    found = []
    for variable, reserved in (("database_name", RESERVED_DATABASES), ("database_user", RESERVED_USERS), ("database_iam_user", RESERVED_USERS)):
        held = settings.get(variable)
        if held is None or (variable == "database_iam_user" and not held):
            continue
        found.extend(name_problems(variable, held, "postgres_name"))
        if str(held).lower() in reserved or str(held).lower().startswith(("pg_", "rds")):
            found.append(problem(variable, held, "is a name that PostgreSQL or RDS keeps to itself", "choose another"))
    if settings.get("database_password"):
        fault = "would be a password that everybody reads"
        found.append(problem("database_password", "what it holds", fault, "leave it out: RDS makes one and keeps it in Secrets Manager"))
    if settings.get("database_iam_user") and settings.get("database_iam_user") == settings.get("database_user"):
        fault, remedy = "is database_user too, which keeps its password", "name another user, or leave it empty"
        found.append(problem("database_iam_user", settings["database_iam_user"], fault, remedy))
    return found


def _storage_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the storage, and with how far it grows."""
    size, most = settings.get("database_allocated_storage"), settings.get("database_max_storage")
    found = number_problems(settings, "database_allocated_storage", LEAST_STORAGE, MOST_STORAGE, " (GiB)")
    if size is None or not most:
        return found
    least = -(-size * (100 + LEAST_GROWTH) // 100)
    if not least <= most <= MOST_STORAGE:
        remedy = f"choose from {least} to {MOST_STORAGE} (GiB), or 0 for storage that does not grow"
        found.append(problem("database_max_storage", most, f"leaves {size} GiB no room to grow, or is too much", remedy))
    return found


def _backup_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the days that backups are kept. A standby is made from one."""
    found = number_problems(settings, "database_backup_retention", 0, 35, " (days)")
    if settings.get("database_backup_retention") == 0 and settings.get("database_multi_az"):
        fault = "keeps no backup, and a standby is made from one"
        found.append(problem("database_backup_retention", 0, fault, "choose from 1 to 35 (days), or set database_multi_az: false"))
    return found


def _window_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the two windows, and whether they overlap."""
    backup, maintenance = settings.get("database_backup_window"), settings.get("database_maintenance_window")
    found, spans = [], []
    if backup is not None:
        span = _span(backup, days=False)
        spans.append(span)
        if span is None:
            remedy = f"write two times in UTC, at least {SHORTEST_WINDOW} minutes apart, such as 03:00-04:00"
            found.append(problem("database_backup_window", backup, "is not a window of a day", remedy))
    if maintenance is not None:
        span = _span(maintenance, days=True)
        spans.append(span)
        if span is None:
            remedy = f"write two times of a week in UTC, {SHORTEST_WINDOW} minutes to a day apart, such as sun:04:30-sun:05:30"
            found.append(problem("database_maintenance_window", maintenance, "is not a window of a week", remedy))
    if len(spans) == 2 and None not in spans and _overlap(*spans):
        fault = f"overlaps with database_backup_window ({shown(backup)})"
        found.append(problem("database_maintenance_window", maintenance, fault, "choose another time for one of them"))
    return found


def _span(window: t.Any, days: bool) -> tuple[int, int] | None:
    """Return where a window begins, in minutes, and how long it is; None for what is none."""
    day = rf"({'|'.join(DAYS)}):" if days else "()"
    read = re.fullmatch(rf"{day}{TIME}-{day}{TIME}", str(window).lower())
    if not read:
        return None
    first, hour, minute, last, until_hour, until_minute = read.groups()
    begin, end = int(hour) * 60 + int(minute), int(until_hour) * 60 + int(until_minute)
    around = MINUTES_A_DAY * (len(DAYS) if days else 1)
    if days:
        begin, end = begin + DAYS.index(first) * MINUTES_A_DAY, end + DAYS.index(last) * MINUTES_A_DAY
    length = (end - begin) % around
    return (begin, length) if SHORTEST_WINDOW <= length <= MINUTES_A_DAY else None


def _overlap(backup: tuple[int, int], maintenance: tuple[int, int]) -> bool:
    """Say whether a window of each day and one of the week have a minute in common."""
    begin, length = maintenance
    return (backup[0] - begin) % MINUTES_A_DAY < length or (begin - backup[0]) % MINUTES_A_DAY < backup[1]


def _parameter_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the parameters: TLS is not to be turned off by one."""
    if "rds.force_ssl" in (settings.get("database_parameters") or {}):
        held = settings["database_parameters"]["rds.force_ssl"]
        if str(held) != "1":
            return [problem("database_parameters.rds.force_ssl", held, "lets people in without TLS", "leave it out, it is always 1")]
    return []


def _network_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return why the database has nowhere to stand, or why hosts could not fetch its password."""
    found = []
    subnets = settings.get("network_private_subnets")
    if subnets is not None and len(subnets) < ZONES:
        fault = f"are too few: a database takes private subnets in {ZONES} zones, also one without a standby"
        found.append(problem("network_private_subnets", f"{len(subnets)} subnets", fault, f"name {ZONES}"))
    if not wanted(settings, "network"):
        fault, remedy = "needs what network_state: absent takes away", "keep the network, or set database_state: absent"
        found.append(problem("database_enabled", True, fault, remedy))
    egress = settings.get("network_egress")
    hidden = settings.get("compute_subnet_tier") == "private" and not settings.get("database_iam_user")
    if hidden and egress == "none":
        remedy = "choose endpoints or a way to the internet, or set database_iam_user, whose tokens take no call"
        found.append(problem("network_egress", egress, "lets no private host fetch the database's password", remedy))
    return found


def _topic_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what role monitoring has otherwise, so that nobody would be told."""
    if not wanted(settings, "monitoring"):
        fault = "needs the topic that monitoring_state: absent takes away"
        return [problem("database_alarms", True, fault, "set database_alarms: false, or keep the topic")]
    value, other = settings.get("database_topic_name"), settings.get("monitoring_topic_name")
    if "monitoring" not in settings.get("preflight_roles", ()) or None in (value, other) or value == other:
        return []
    remedy = f"monitoring has monitoring_topic_name ({shown(other)}): make them the same"
    return [problem("database_topic_name", value, "is not the topic that alarms are sent to", remedy)]
