# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role monitoring."""

from __future__ import annotations

import re
import typing as t

from .logs import retention_problems
from .names import name_problems, names_problems
from .problems import number_problems, problem, shown, wanted
from .tags import tags_problems

NAMES = {
    "monitoring_log_group": "log_group",
    "monitoring_topic_name": "topic",
    "monitoring_dashboard_name": "dashboard",
    "monitoring_metrics_namespace": "namespace",
}
THRESHOLDS = ("monitoring_cpu_threshold", "monitoring_disk_threshold", "monitoring_memory_threshold")
# Seconds. EC2 and the agent send no metric of a finer resolution than a minute.
PERIOD = 60
HOUR = 3600
DAY = 86400
EMAIL = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
ARCHIVE_NAMES = {
    "monitoring_archive_name": "stream",
    "monitoring_archive_bucket": "bucket",
    "monitoring_archive_role_name": "role",
    "monitoring_log_delivery_role_name": "role",
}
# Firehose's bounds, in seconds.
LEAST_BUFFER, MOST_BUFFER = 60, 900
# Without Firehose's own expressions, such as !{timestamp:yyyy}.
ARCHIVE_PREFIX = r"([A-Za-z0-9_.-]+/)+"
# What the role adds to an instance's name to name its alarms.
LONGEST_ALARM_ENDING = "-100-gpu-temperature"


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of alarms, log groups and the dashboard.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "monitoring"):
        return found
    found.extend(retention_problems(settings, "monitoring_log_retention_days", "mlinfra_log_retention_days"))
    for variable in THRESHOLDS:
        found.extend(number_problems(settings, variable, 0, 100, " (per cent)"))
    found.extend(_period_problems(settings))
    email = settings.get("monitoring_email")
    if email and not re.fullmatch(EMAIL, email):
        remedy = "write name@example.org, or leave it empty"
        found.append(problem("monitoring_email", email, "is not an e-mail address", remedy))
    name = settings.get("monitoring_instance_name")
    if isinstance(name, str):
        found.extend(name_problems("monitoring_instance_name", f"{name}{LONGEST_ALARM_ENDING}", "alarm"))
    found.extend(_contradictions(settings))
    if settings.get("monitoring_log_archive") == "present":
        found.extend(_archive_problems(settings))
    if "monitoring_tags" in settings:
        found.extend(tags_problems("monitoring_tags", settings["monitoring_tags"], settings.get("mlinfra_tags")))
    return found


def _period_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the periods of alarms, alone and times their number."""
    found = []
    for variable in sorted(settings):
        if not re.fullmatch(r"monitoring_[a-z_]+_period", variable):
            continue
        period = settings[variable]
        if not isinstance(period, int) or period < PERIOD or period % PERIOD:
            remedy = f"choose a multiple of {PERIOD} seconds"
            found.append(problem(variable, period, "is not a period of these metrics", remedy))
            continue
        counted = f"{variable[: -len('_period')]}_evaluation_periods"
        number = settings.get(counted, 1)
        if number < 1:
            found.append(problem(counted, number, "is out of range", "choose a number of at least 1"))
        # CloudWatch looks back one day at most, or seven where a period has an hour or more.
        longest = 7 * DAY if period >= HOUR else DAY
        if number * period > longest:
            remedy = f"CloudWatch looks back {longest} seconds at most: choose {longest // period} or fewer"
            found.append(problem(counted, number, f"times {variable} ({period}) is too long", remedy))
    return found


def _archive_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the archive of log groups."""
    found = names_problems(settings, ARCHIVE_NAMES)
    found.extend(number_problems(settings, "monitoring_archive_buffer_seconds", LEAST_BUFFER, MOST_BUFFER, " (seconds)"))
    found.extend(number_problems(settings, "monitoring_archive_late_seconds", 0, DAY, " (seconds)"))
    prefix = settings.get("monitoring_archive_prefix")
    if prefix is not None and not re.fullmatch(ARCHIVE_PREFIX, prefix):
        remedy = "write it as logs/, of letters, digits and _.- between slashes"
        found.append(problem("monitoring_archive_prefix", prefix, "is no prefix of keys for an archive", remedy))
    taken = {"trail/": "CloudTrail", "config/": "AWS Config", "access/": "S3's access logs"}
    writer = next((who for start, who in taken.items() if str(prefix).startswith(start)), "")
    if writer:
        found.append(problem("monitoring_archive_prefix", prefix, f"is where {writer} writes", "choose another one, such as logs/"))
    bucket = settings.get("monitoring_archive_bucket")
    if "storage" in settings.get("preflight_roles", ()) and settings.get("storage_logs") is False and bucket == settings.get("storage_logs_bucket"):
        remedy = "set storage_logs: true, or name another bucket"
        found.append(problem("monitoring_archive_bucket", bucket, "is not there with storage_logs: false", remedy))
    groups = settings.get("monitoring_archived_log_groups")
    if groups == []:
        found.append(problem("monitoring_archived_log_groups", [], "archives nothing", "name one, or set monitoring_log_archive: absent"))
    for group in groups or []:
        found.extend(name_problems("monitoring_archived_log_groups", group, "log_group"))
    return found


def _contradictions(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what the roles iam and compute have otherwise, so that alarms would wait for what never comes."""
    found = []
    roles = settings.get("preflight_roles", ())
    namespace, allowed = settings.get("monitoring_metrics_namespace"), settings.get("iam_metrics_namespace")
    if "iam" in roles and allowed is not None and namespace not in (None, allowed):
        remedy = f"hosts may publish in iam_metrics_namespace ({shown(allowed)}) only: make them the same"
        found.append(problem("monitoring_metrics_namespace", namespace, "gets no metrics", remedy))
    group, groups = settings.get("monitoring_log_group"), settings.get("iam_log_groups")
    if "iam" in roles and groups is not None and group is not None and group not in groups:
        remedy = f"hosts may write to iam_log_groups ({shown(', '.join(groups))}) only: add it there"
        found.append(problem("monitoring_log_group", group, "gets no events", remedy))
    name, named = settings.get("monitoring_instance_name"), settings.get("compute_name")
    if "compute" in roles and named is not None and name not in (None, named):
        remedy = f"instances are named after compute_name ({shown(named)}): make them the same"
        found.append(problem("monitoring_instance_name", name, "is no instance's name", remedy))
    return found
