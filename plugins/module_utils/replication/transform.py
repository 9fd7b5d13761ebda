# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The replication of a bucket: its rules in one form, and what S3 would refuse of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]

LONGEST_ID = 255
# Parts of a rule that say nothing where they are disabled.
_SWITCHED = ("ReplicationTime", "Metrics")


def rules(value: Iterable[Entry] | None) -> list[dict[str, Any]]:
    """Rules in one order, each in one form."""
    return sorted(map(rule, value or []), key=lambda one: (one.get("ID", ""), str(one)))


def rule(value: Entry) -> dict[str, Any]:
    """A rule with what S3 does where it says nothing, and without what is disabled.

    One of the first version, which has a prefix of its own in the place of a filter, is left as it is.
    """
    told = {name: member for name, member in value.items() if member not in (None, {})}
    form = {
        **{name: told[name] for name in ("ID", "Status", "Prefix") if name in told},
        "Destination": _destination(told.get("Destination", {})),
    }
    if "Prefix" not in told:
        form["Filter"] = filter_form(told.get("Filter", {}))
        form["Priority"] = int(told.get("Priority", 0))
        form["DeleteMarkerReplication"] = {"Status": _status(told.get("DeleteMarkerReplication"))}
    criteria = {name: part for name, part in told.get("SourceSelectionCriteria", {}).items() if _status(part) == "Enabled"}
    if criteria:
        form["SourceSelectionCriteria"] = criteria
    if _status(told.get("ExistingObjectReplication")) == "Enabled":
        form["ExistingObjectReplication"] = told["ExistingObjectReplication"]
    return form


def _status(part: Entry | None) -> str:
    return (part or {}).get("Status") or "Disabled"


def _destination(value: Entry) -> dict[str, Any]:
    kept = {name: part for name, part in value.items() if part not in (None, "", {})}
    return {name: part for name, part in kept.items() if name not in _SWITCHED or _status(part) == "Enabled"}


def filter_form(value: Entry) -> dict[str, Any]:
    """A filter by the keys' prefix, by one tag, or by several of both."""
    both = value.get("And") or {}
    prefix = both.get("Prefix") or value.get("Prefix") or ""
    tags = [*(both.get("Tags") or []), *([value["Tag"]] if value.get("Tag") else [])]
    if not tags:
        return {"Prefix": prefix}
    if not prefix and len(tags) == 1:
        return {"Tag": tags[0]}
    ordered = sorted(tags, key=lambda tag: (tag.get("Key", ""), tag.get("Value", "")))
    return {"And": {**({"Prefix": prefix} if prefix else {}), "Tags": ordered}}


def request(want: Entry) -> dict[str, Any]:
    """What PutBucketReplication is given."""
    return {"Role": want["Role"], "Rules": rules(want["Rules"])}


def problems(wanted: Iterable[Entry]) -> list[str]:
    """What S3 would refuse of rules, one line each."""
    told = list(wanted)
    if not told:
        return ["rules is empty: give one rule at least, or state: absent"]
    found: list[str] = []
    seen: set[Any] = set()
    for at, one in enumerate(told):
        name = one.get("ID") or ""
        where = f"rules[{at}]"
        if not name or len(name) > LONGEST_ID:
            # S3 would make one up, and the rule would differ for ever.
            found.append(f"{where}.ID: {name!r} must have 1 to {LONGEST_ID} characters")
        elif name in seen:
            found.append(f"{where}.ID: {name!r} is given twice: give each rule a name of its own")
        seen.add(name)
        found += [f"{where}{line}" for line in _rule_problems(one)]
    priorities = [(rule(one).get("Priority"), rule(one)["Destination"].get("Bucket")) for one in told]
    for at, priority in enumerate(priorities):
        if priority[0] is not None and priority in priorities[:at]:
            line = f"{priority[0]} is the priority of another rule to the same bucket: choose another number"
            found.append(f"rules[{at}].Priority: {line}")
    return found


def _rule_problems(one: Entry) -> list[str]:
    form = rule(one)
    destination = form["Destination"]
    found = []
    if form.get("Status") not in ("Enabled", "Disabled"):
        found.append(f".Status: {form.get('Status')!r} must be Enabled or Disabled")
    if not str(destination.get("Bucket", "")).startswith("arn:"):
        found.append(f".Destination.Bucket: {destination.get('Bucket')!r} must be the ARN of a bucket, such as arn:aws:s3:::name")
    by_tag = form.get("Filter", {}).keys() & {"Tag", "And"}
    if by_tag and form["DeleteMarkerReplication"]["Status"] == "Enabled":
        found.append(".DeleteMarkerReplication: delete markers have no tags: filter by a prefix only, or disable it")
    if "ReplicationTime" in destination and "Metrics" not in destination:
        found.append(".Destination.Metrics: is needed with ReplicationTime: enable it, too")
    by_key = "SseKmsEncryptedObjects" in form.get("SourceSelectionCriteria", {})
    if ("EncryptionConfiguration" in destination) != by_key:
        line = "goes with SourceSelectionCriteria.SseKmsEncryptedObjects only: give both or none"
        found.append(f".Destination.EncryptionConfiguration: {line}")
    return found
