# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role iam."""

from __future__ import annotations

import re
import typing as t

from .names import name_problems, names_problems
from .problems import problem, wanted
from .tags import tags_problems

NAMES = {
    "iam_instance_role_name": "role",
    "iam_instance_profile_name": "profile",
    "iam_metrics_namespace": "namespace",
}
# Names that other roles make: judged there, and here only where they differ.
SHARED_BUCKETS = {
    "iam_datasets_bucket": "storage_datasets_bucket",
    "iam_models_bucket": "storage_models_bucket",
}
LISTS = {"iam_log_groups": "log_group", "iam_parameters": "parameter", "iam_people_parameters": "parameter"}
BOUNDARY = r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+"


def boundary_problems(settings: t.Mapping[str, t.Any], variable: str) -> list[str]:
    """Return the problem of a permissions boundary that is no ARN of a policy. One that the role iam has, too, is its.

    Args:
        settings: all settings, templated.
        variable: where the boundary stands.
    """
    boundary, own = settings.get(variable), variable == "iam_permissions_boundary"
    if not boundary or re.fullmatch(BOUNDARY, boundary) or (not own and boundary == settings.get("iam_permissions_boundary")):
        return []
    remedy = "write arn:aws:iam::<account>:policy/<name>, or leave it empty"
    return [problem(variable, boundary, "is not the ARN of a policy", remedy)]


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the instance role.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "iam"):
        return found
    for variable, source in SHARED_BUCKETS.items():
        if variable in settings and settings[variable] != settings.get(source):
            found.extend(name_problems(variable, settings[variable], "bucket"))
    for variable, kind in LISTS.items():
        for index, name in enumerate(settings.get(variable) or []):
            found.extend(name_problems(f"{variable}[{index}]", name, kind))
    found.extend(boundary_problems(settings, "iam_permissions_boundary"))
    if "iam_tags" in settings:
        found.extend(tags_problems("iam_tags", settings["iam_tags"], settings.get("mlinfra_tags")))
    return found
