# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role storage."""

from __future__ import annotations

import re
import typing as t

from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {
    "storage_datasets_bucket": "bucket",
    "storage_models_bucket": "bucket",
    "storage_operations_bucket": "bucket",
    "storage_logs_bucket": "bucket",
}
# What has to be known to remove the buckets.
ABSENT = ("storage_destroy_data", "storage_mfa_delete_data")
PREFIXES = ("storage_datasets_prefixes", "storage_models_prefixes")
DAYS = (
    "storage_datasets_glacier_days",
    "storage_models_noncurrent_glacier_days",
    "storage_models_noncurrent_expiration_days",
    "storage_incomplete_upload_days",
    "storage_log_days",
    "storage_archive_days",
)
# S3 Lifecycle counts days in a signed 32-bit number.
MOST_DAYS = 2147483647
PREFIX = r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*"


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the storage's settings.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    found.extend(_twin_problems(settings))
    if not wanted(settings, "storage"):
        return found
    for variable in PREFIXES:
        found.extend(_prefix_problems(variable, settings.get(variable) or []))
    for variable in DAYS:
        found.extend(number_problems(settings, variable, 1, MOST_DAYS, " (days)"))
    found.extend(_order_problems(settings))
    if "storage_tags" in settings:
        found.extend(tags_problems("storage_tags", settings["storage_tags"], settings.get("mlinfra_tags")))
    return found


def _twin_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return one problem for each bucket that has another's name."""
    found = []
    seen: dict[t.Any, str] = {}
    for variable in NAMES:
        if variable in settings and seen.setdefault(settings[variable], variable) != variable:
            fault = f"is the name of {seen[settings[variable]]} too"
            found.append(problem(variable, settings[variable], fault, "each bucket needs a name of its own"))
    return found


def _prefix_problems(variable: str, prefixes: t.Sequence[str]) -> list[str]:
    """Return what is wrong with the folders of a bucket."""
    found = []
    for index, prefix in enumerate(prefixes):
        name = f"{variable}[{index}]"
        if not re.fullmatch(PREFIX, str(prefix)):
            remedy = "use letters, digits and _.-, without a slash at either end"
            found.append(problem(name, prefix, "is not the name of a folder", remedy))
        elif prefix in prefixes[:index]:
            found.append(problem(name, prefix, "is listed twice", "drop one"))
    return found


def _order_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return the problem of old versions that would expire before they are archived."""
    archive = settings.get("storage_models_noncurrent_glacier_days")
    expiry = settings.get("storage_models_noncurrent_expiration_days")
    if archive is None or expiry is None or archive < expiry:
        return []
    return [
        problem(
            "storage_models_noncurrent_expiration_days",
            expiry,
            f"is not after storage_models_noncurrent_glacier_days ({archive})",
            f"choose more than {archive} days",
        )
    ]
