# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role audit."""

from __future__ import annotations

import re
import typing as t

from .iam import boundary_problems
from .logs import retention_problems
from .names import name_problems, names_problems
from .problems import problem, shown, wanted
from .tags import tags_problems

NAMES = {
    "audit_trail_name": "trail",
    "audit_bucket": "bucket",
    "audit_log_group": "log_group",
    "audit_role_name": "role",
    "audit_metrics_namespace": "namespace",
    "audit_topic_name": "topic",
}
KEY = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+"
# What the role adds to the prefix to name an alarm.
LONGEST_ALARM_ENDING = "-security-group-changes"


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the trail and of what watches it.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "audit"):
        return found
    found.extend(retention_problems(settings, "audit_log_retention_days", "mlinfra_log_retention_days"))
    found.extend(boundary_problems(settings, "audit_permissions_boundary"))
    prefix = settings.get("audit_alarm_prefix")
    if isinstance(prefix, str):
        found.extend(name_problems("audit_alarm_prefix", f"{prefix}{LONGEST_ALARM_ENDING}", "alarm"))
    key = settings.get("audit_kms_key_arn")
    if key and not re.fullmatch(KEY, key):
        remedy = "write arn:aws:kms:region:account:key/id, since CloudTrail tells nothing else back"
        found.append(problem("audit_kms_key_arn", key, "is not the ARN of a key", remedy))
    for index, bucket in enumerate(settings.get("audit_data_buckets") or []):
        found.extend(name_problems(f"audit_data_buckets[{index}]", bucket, "bucket"))
    if settings.get("audit_data_events", "none") != "none" and not settings.get("audit_data_buckets", [""]):
        remedy = "name buckets, or set audit_data_events: none"
        found.append(problem("audit_data_buckets", "", "leaves no object to record", remedy))
    if settings.get("audit_trail"):
        found.extend(_contradictions(settings))
    if "audit_tags" in settings:
        found.extend(tags_problems("audit_tags", settings["audit_tags"], settings.get("mlinfra_tags")))
    return found


def _contradictions(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what the role storage has otherwise, so that the trail could not write."""
    if "storage" not in settings.get("preflight_roles", ()):
        return []
    if settings.get("storage_logs") is False:
        remedy = "set storage_logs: true, or audit_trail: false"
        return [problem("audit_trail", True, "needs the bucket that storage_logs leaves out", remedy)]
    found = []
    for variable, source in (("audit_bucket", "storage_logs_bucket"), ("audit_trail_name", "storage_trail_name")):
        value, other = settings.get(variable), settings.get(source)
        if value is not None and other not in (None, value):
            remedy = f"storage has {source} ({shown(other)}): make them the same"
            found.append(problem(variable, value, "is not what the bucket of logs is for", remedy))
    return found
