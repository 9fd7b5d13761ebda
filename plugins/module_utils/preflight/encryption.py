# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role encryption."""

from __future__ import annotations

import typing as t

from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {"encryption_key_alias": "key_alias"}
# What has to be known to remove the key.
ABSENT = ("encryption_deletion_days",)
# What KMS takes. Days.
SHORTEST_WAIT = 7
LONGEST_WAIT = 30


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the key.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    found.extend(number_problems(settings, "encryption_deletion_days", SHORTEST_WAIT, LONGEST_WAIT, " (days)"))
    by_key = settings.get("storage_encryption") == "kms" and wanted(settings, "storage")
    if not wanted(settings, "encryption"):
        if by_key:
            fault = "would remove the key that storage_encryption: kms encrypts by"
            found.append(problem("encryption_state", "absent", fault, "set storage_encryption to AES256 first"))
        return found
    if by_key and settings.get("encryption_key") is False:
        fault = "contradicts storage_encryption: kms"
        found.append(problem("encryption_key", False, fault, "drop it, or set storage_encryption to AES256"))
    if "encryption_tags" in settings:
        found.extend(tags_problems("encryption_tags", settings["encryption_tags"], settings.get("mlinfra_tags")))
    return found
