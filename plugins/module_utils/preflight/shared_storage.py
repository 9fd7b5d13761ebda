# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role shared_storage."""

from __future__ import annotations

import re
import typing as t

from ..file_system.transform import HIGHEST_ID
from .names import names_problems
from .problems import number_problems, problem, shown, wanted
from .tags import tags_problems

NAMES = {
    "shared_storage_name": "file_system",
    "shared_storage_security_group": "security_group",
    "shared_storage_instance_role_name": "role",
    "shared_storage_alarm_prefix": "alarm",
    "shared_storage_topic_name": "topic",
}
# MiB a second.
MOST_THROUGHPUT = 3414
# A name is a folder on the hosts, and part of the name of a unit of systemd.
POINT = r"[a-z0-9][a-z0-9_-]{0,62}"
PATH = r"(/(?!\.\.?(/|$))[^/\0]+){1,4}"
LONGEST_PATH = 100
MODE = "[0-7]{3,4}"
# By the setting of this role, whose setting it has to be the same as.
SAME = {
    "shared_storage_instance_role_name": ("iam", "iam_instance_role_name", "is not the role of the instances"),
    "shared_storage_topic_name": ("monitoring", "monitoring_topic_name", "is not the topic that alarms are sent to"),
}


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the file system that hosts share.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "shared_storage") or not settings.get("shared_storage_enabled"):
        return found
    found.extend(_throughput_problems(settings))
    found.extend(_lifecycle_problems(settings))
    found.extend(_point_problems(settings.get("shared_storage_access_points") or []))
    found.extend(number_problems(settings, "shared_storage_io_limit_percent", 1, 100, " (per cent)"))
    found.extend(number_problems(settings, "shared_storage_least_credits_gb", 1, None, " (GB)"))
    found.extend(_network_problems(settings))
    found.extend(_same_problems(settings))
    if "shared_storage_tags" in settings:
        found.extend(
            tags_problems("shared_storage_tags", settings["shared_storage_tags"], settings.get("mlinfra_tags"))
        )
    return found


def _throughput_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the throughput that is ordered, and whether it is ordered at all."""
    variable = "shared_storage_provisioned_throughput"
    ordered, mode = settings.get(variable), settings.get("shared_storage_throughput_mode")
    if None in (ordered, mode):
        return []
    if mode != "provisioned":
        remedy = "set it to 0, or shared_storage_throughput_mode to provisioned"
        return [problem(variable, ordered, f"does not go with throughput that is {mode}", remedy)] if ordered else []
    return number_problems(settings, variable, 1, MOST_THROUGHPUT, " (MiB a second)")


def _lifecycle_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return which storage classes do not go with the throughput, or with each other."""
    variable = "shared_storage_archive_days"
    days, first = settings.get(variable), settings.get("shared_storage_infrequent_access_days")
    if not days:
        return []
    found = []
    mode = settings.get("shared_storage_throughput_mode")
    if mode not in (None, "elastic"):
        fault = f"does not go with throughput that is {mode}"
        found.append(problem(variable, days, fault, "set shared_storage_throughput_mode to elastic, or it to 0"))
    if first and first >= days:
        fault = f"is not later than shared_storage_infrequent_access_days ({first})"
        found.append(problem(variable, days, fault, "raise it, or lower the other"))
    return found


def _point_problems(points: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return what is wrong with the access points."""
    if not points:
        remedy = "name at least one, or set shared_storage_enabled: false"
        return [problem("shared_storage_access_points", "", "leaves no way into the file system", remedy)]
    found = []
    for at, point in enumerate(points):
        where = f"shared_storage_access_points[{at}]"
        name, path, mode = point.get("name"), point.get("path"), point.get("permissions", "0770")
        if name is not None and not re.fullmatch(POINT, str(name)):
            remedy = "write lower-case letters, digits, _ and -, a letter or a digit first"
            found.append(problem(f"{where}.name", name, "is no name of a folder on the hosts", remedy))
        if path is not None and (not re.fullmatch(PATH, str(path)) or len(str(path)) > LONGEST_PATH):
            remedy = f"write an absolute path of four folders at most, such as /shared, in {LONGEST_PATH} characters"
            found.append(problem(f"{where}.path", path, "is not the path of a folder", remedy))
        for member in ("name", "path"):
            if point.get(member) is not None and point[member] in [other.get(member) for other in points[:at]]:
                found.append(
                    problem(f"{where}.{member}", point[member], "is there twice", "give each access point its own")
                )
        for member in ("uid", "gid"):
            number = point.get(member)
            if isinstance(number, int) and not 1 <= number <= HIGHEST_ID:
                remedy = f"choose a number from 1 to {HIGHEST_ID}: nobody is root there"
                found.append(problem(f"{where}.{member}", number, "is out of range", remedy))
        if not re.fullmatch(MODE, str(mode)):
            remedy = 'write three or four octal digits with quotation marks, such as "0770"'
            found.append(problem(f"{where}.permissions", mode, "is not the mode of a folder", remedy))
    return found


def _network_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return why the hosts could not reach a mount target."""
    if not wanted(settings, "network"):
        fault = "needs the network that network_state: absent takes away"
        return [
            problem("shared_storage_enabled", True, fault, "set shared_storage_state to absent, or keep the network")
        ]
    closed = settings.get("network_acl_preset") == "strict" and settings.get("compute_subnet_tier") == "public"
    if "network" in settings.get("preflight_roles", ()) and closed:
        fault = "keeps hosts in public subnets from the private ones, where the shared file system is reached"
        remedy = "set it to standard, or compute_subnet_tier to private"
        return [problem("network_acl_preset", "strict", fault, remedy)]
    return []


def _same_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what other roles call otherwise."""
    found = []
    for variable, (role, other, fault) in SAME.items():
        there, asked = settings.get(other), settings.get(variable)
        if role in settings.get("preflight_roles", ()) and None not in (there, asked) and there != asked:
            found.append(problem(variable, asked, fault, f"{role} has {other} ({shown(there)}): make them the same"))
    return found
