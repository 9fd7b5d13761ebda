# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What tags may look like: the narrowest rules of the services that the roles tag (IAM, CloudWatch Logs, EC2, S3)."""

from __future__ import annotations

import typing as t

from .problems import problem

MOST_TAGS = 50
# Roles add at most Name, Role, Index and OperatingSystem to the tags that they are given.
ADDED_TAGS = 4
LONGEST_KEY = 128
LONGEST_VALUE = 256
PUNCTUATION = "_.:/=+-@"
ALLOWED = f"letters, digits, spaces and {PUNCTUATION}"


def _fits(text: str) -> bool:
    """Say whether a text holds nothing but characters that every service takes in tags."""
    return all(char.isalnum() or char == " " or char in PUNCTUATION for char in text)


def _key_problems(variable: str, key: t.Any) -> list[str]:
    """Return what is wrong with one key."""
    name = f"{variable}.{key}"
    if not isinstance(key, str) or not key.strip():
        return [problem(name, key, "is no key of a tag", "use a text that is not empty")]
    found = []
    if len(key) > LONGEST_KEY:
        found.append(problem(variable, key, f"has {len(key)} characters", f"a tag's key has at most {LONGEST_KEY}"))
    if not _fits(key):
        found.append(problem(variable, key, "has characters that a tag's key can't have", f"use {ALLOWED}"))
    if key.lower().startswith("aws:"):
        found.append(problem(variable, key, "starts with aws:, which AWS keeps to itself", "choose another key"))
    return found


def _value_problems(name: str, value: t.Any) -> list[str]:
    """Return what is wrong with one value. Whole numbers pass: YAML reads a cost centre as one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return [problem(name, value, "is not text", "put the tag's value between quotation marks")]
    text = str(value)
    found = []
    if len(text) > LONGEST_VALUE:
        found.append(problem(name, text, f"has {len(text)} characters", f"a tag's value has at most {LONGEST_VALUE}"))
    if not _fits(text):
        found.append(problem(name, text, "has characters that a tag's value can't have", f"use {ALLOWED}"))
    return found


def tags_problems(variable: str, tags: t.Any, known: t.Mapping[str, t.Any] | None = None) -> list[str]:
    """Return what is wrong with a dictionary of tags.

    Args:
        variable: the setting that holds it.
        tags: key to value.
        known: tags that are judged elsewhere, so that one wrong tag is not named once a role.
    """
    if not isinstance(tags, dict):
        return [problem(variable, tags, "is not a dictionary", "write each tag as key: value")]
    found = []
    known = known if isinstance(known, dict) else {}
    if len(tags) > MOST_TAGS - ADDED_TAGS and len(tags) != len(known):
        remedy = f"AWS takes {MOST_TAGS}, and {ADDED_TAGS} of them are ours: keep {MOST_TAGS - ADDED_TAGS} or fewer"
        found.append(problem(variable, f"{len(tags)} tags", "are too many", remedy))
    seen: dict[str, str] = {}
    for key, value in tags.items():
        if key in known and known[key] == value:
            continue
        found.extend(_key_problems(variable, key))
        found.extend(_value_problems(f"{variable}.{key}", value))
    for key in map(str, tags):
        # IAM does not tell keys apart by their case.
        twin = seen.setdefault(key.lower(), key)
        if twin != key and not (key in known and twin in known):
            found.append(problem(variable, key, f"differs from {twin} by case only", "IAM can't hold both: drop one"))
    return found
