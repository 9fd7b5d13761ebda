# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of what the whole project shares: project, environment, region, tags, the way to the hosts."""

from __future__ import annotations

import re
import typing as t

from . import specs
from .logs import retention_problems
from .names import name_problems
from .problems import number_problems, problem
from .tags import tags_problems

# Those that no role's argument specification has.
SETTINGS = (
    *("mlinfra_project", "mlinfra_environment", "mlinfra_region", "mlinfra_tags", "mlinfra_identity_tags"),
    *("mlinfra_extra_tags", "mlinfra_log_retention_days"),
    *("mlinfra_lock", "mlinfra_lock_timeout", "mlinfra_lock_minutes"),
    *("ml_host_connection", "ml_host_login_user", "ml_host_s3_addressing_style"),
)
# Lower case without underscores, because the names of buckets are made of it.
PART = r"[a-z0-9]+(-[a-z0-9]+)*"
PART_ALLOWED = "use lower-case letters, digits and single hyphens between them"
CHOICES = {
    "ml_host_connection": ("ssm", "ssh"),
    "ml_host_s3_addressing_style": ("virtual", "path"),
    "mlinfra_lock": ("take", "break", "none"),
}
# The least, the most, and what is counted.
NUMBERS = {"mlinfra_lock_timeout": (0, 86400, " (seconds)"), "mlinfra_lock_minutes": (5, 1440, " (minutes)")}


def part_problems(settings: t.Mapping[str, t.Any], variable: str) -> list[str]:
    """Return what is wrong with the project's or the environment's name."""
    value = settings.get(variable)
    if value is None or value == "":
        example = "ml-lab" if variable == "mlinfra_project" else "dev"
        return [problem(variable, value, "is missing", f"set it in the inventory, such as {variable}: {example}")]
    if not isinstance(value, str):
        return [problem(variable, value, "is not text", "put it between quotation marks")]
    if not re.fullmatch(PART, value):
        return [problem(variable, value, "has characters that names of resources can't have", PART_ALLOWED)]
    return []


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings that every role shares.

    Args:
        settings: all settings, templated.
    """
    found = part_problems(settings, "mlinfra_project") + part_problems(settings, "mlinfra_environment")
    if "mlinfra_region" in settings:
        found.extend(name_problems("mlinfra_region", settings["mlinfra_region"], "region"))
    if "mlinfra_tags" in settings:
        found.extend(tags_problems("mlinfra_tags", settings["mlinfra_tags"]))
    found.extend(_identity_problems(settings))
    found.extend(retention_problems(settings, "mlinfra_log_retention_days"))
    for variable, choices in CHOICES.items():
        if variable in settings and settings[variable] not in choices:
            found.append(problem(variable, settings[variable], "is not known", f"choose one of {', '.join(choices)}"))
    given = {variable: settings[variable] for variable in NUMBERS if variable in settings}
    numbers, faults = specs.judge({variable: {"type": "int"} for variable in NUMBERS}, given)
    found.extend(faults)
    for variable, limits in NUMBERS.items():
        found.extend(number_problems(numbers, variable, *limits))
    if "ml_host_login_user" in settings:
        found.extend(name_problems("ml_host_login_user", settings["ml_host_login_user"], "login"))
    return found


def _identity_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return one problem for each tag that discovery goes by and that extra tags try to set."""
    extra = settings.get("mlinfra_extra_tags")
    own = settings.get("mlinfra_identity_tags")
    if not isinstance(extra, dict) or not isinstance(own, dict):
        return []
    return [
        problem(f"mlinfra_extra_tags.{key}", extra[key], "would hide a tag that resources are found by", "drop it")
        for key in extra
        if key in own and extra[key] != own[key]
    ]
