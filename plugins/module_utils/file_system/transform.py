# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""File systems of EFS, their mount targets and access points: in one form, and what to ask EFS for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Entry = Mapping[str, Any]

# What is chosen when a file system is made, and never again.
FIXED = ("Encrypted", "KmsKeyId", "PerformanceMode")
# After how many days without a use a file goes to a colder class, by what CreateFileSystem calls them.
DAYS = (1, 7, 14, 30, 60, 90, 180, 270, 365)
THROUGHPUT_MODES = ("elastic", "bursting", "provisioned")
# The ids of users and groups are numbers of 32 bits.
HIGHEST_ID = 2**32 - 1
MOST_SECONDARY_GROUPS = 16
_GOING = ("deleting", "deleted")
# What each setting's change is on its way to.
_SETTLED = {"ENABLING": "ENABLED", "DISABLING": "DISABLED"}


def after(days: int) -> str:
    """A number of days in the words of a lifecycle policy."""
    return f"AFTER_{days}_DAY{'' if days == 1 else 'S'}"


def lifecycle(value: Iterable[Entry] | None) -> dict[str, str]:
    """Lifecycle policies, each of which says one thing, as one dictionary."""
    return {name: rule for one in value or [] for name, rule in one.items() if rule}


def lifecycle_request(value: Iterable[Entry] | None) -> list[dict[str, str]]:
    """The same in the form of PutLifecycleConfiguration."""
    return [{name: rule} for name, rule in sorted(lifecycle(value).items())]


def backup(value: Entry | None) -> dict[str, str]:
    """Whether AWS Backup backs it up. A file system that was never asked to has no policy."""
    status = (value or {}).get("Status") or "DISABLED"
    return {"Status": _SETTLED.get(status, status)}


def throughput(value: Any) -> float:
    """MiB a second that were ordered, 0 where none were."""
    return float(value or 0)


def posix_user(value: Entry | None) -> dict[str, Any]:
    """Whose files an access point's clients work with. The order of further groups says nothing."""
    told = value or {}
    named = {name: int(told[name]) for name in ("Uid", "Gid") if told.get(name) is not None}
    further = sorted(int(one) for one in told.get("SecondaryGids") or [])
    return {**named, **({"SecondaryGids": further} if further else {})}


def root_directory(value: Entry | None) -> dict[str, Any]:
    """Where an access point leads to, and how the folder is made where there is none."""
    told = value or {}
    made = told.get("CreationInfo") or {}
    numbers = {name: int(made[name]) for name in ("OwnerUid", "OwnerGid") if made.get(name) is not None}
    # 0755, 755 and "0755" are one.
    mode = {"Permissions": str(made["Permissions"]).rjust(4, "0")} if made.get("Permissions") else {}
    creation = {**numbers, **mode}
    return {"Path": told.get("Path") or "/", **({"CreationInfo": creation} if creation else {})}


def fixed_problem(changes: Iterable[str]) -> str:
    """What can't be changed of a file system that stands, as a sentence; empty where all can.

    Args:
        changes: the attributes that differ.
    """
    names = [name for name in changes if name in FIXED]
    return (
        f"{', '.join(names)} can only be chosen when a file system is made: make one with another name, and copy"
        if names
        else ""
    )


@dataclass
class TargetPlan:
    """What is to be done about mount targets.

    Attributes:
        create: the requests of those to make, but for the file system.
        modify: the groups that others are to have, by their ids.
        delete: ids of those that are too many.
        leaving: ids of those that are on their way out already.
        kept: by subnet, the ids of those that stay.
        before: all that stood of these, by subnet their groups.
        after: the same as it stands then.
    """

    create: list[dict[str, Any]] = field(default_factory=list)
    modify: dict[str, list[str]] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.create or self.modify or self.delete)


def target_plan(wanted: Iterable[Entry], standing: Iterable[Entry]) -> TargetPlan:
    """Compares the mount targets that a file system shall have with those that it has.

    Args:
        wanted: each with subnet_id and security_groups.
        standing: as DescribeMountTargets lists them, each with its SecurityGroups. One that failed is made anew.
    """
    plan = TargetPlan()
    plan.after = {want["subnet_id"]: sorted(want["security_groups"]) for want in wanted}
    for target in standing:
        subnet, identifier = target["SubnetId"], target["MountTargetId"]
        if target["LifeCycleState"] in _GOING:
            plan.leaving.append(identifier)
            continue
        groups = plan.before[subnet] = sorted(target.get("SecurityGroups") or [])
        if subnet not in plan.after or subnet in plan.kept or target["LifeCycleState"] == "error":
            plan.delete.append(identifier)
            continue
        plan.kept[subnet] = identifier
        if groups != plan.after[subnet]:
            plan.modify[identifier] = plan.after[subnet]
    missing = [subnet for subnet in plan.after if subnet not in plan.kept]
    plan.create = [{"SubnetId": subnet, "SecurityGroups": plan.after[subnet]} for subnet in missing]
    return plan


@dataclass
class PointPlan:
    """What is to be done about access points.

    Attributes:
        create: the requests of those to make, but for the file system, by their names.
        tag: the tags to set and the keys of those to remove, by the ids of others.
        delete: ids of those that are too many, and of those that another one takes the place of.
        kept: by name, the ids of those that stay.
        before: what stood, by name: all of what goes, and what differs of what stays.
        after: the same as it stands then.
    """

    create: dict[str, dict[str, Any]] = field(default_factory=dict)
    tag: dict[str, tuple[dict[str, str], list[str]]] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.create or self.tag or self.delete)


def point_plan(wanted: Mapping[str, Entry], standing: Iterable[Entry]) -> PointPlan:
    """Compares the access points that a file system shall have with those that it has.

    EFS changes none but its tags: one that differs is made anew, before the old one goes.

    Args:
        wanted: by name, each with PosixUser, RootDirectory and Tags, the name among them.
        standing: as DescribeAccessPoints lists them.
    """
    plan = PointPlan()
    for point in standing:
        if point.get("LifeCycleState") in _GOING:
            continue
        identifier = point["AccessPointId"]
        there = point_form(point)
        name = there["Tags"].get("Name", identifier)
        want = wanted.get(name)
        if want is None or name in plan.kept or not _same_place(there, point_form(want)):
            plan.delete.append(identifier)
            plan.before[name if want is None else f"{name} ({identifier})"] = there
            continue
        plan.kept[name] = identifier
        tags = point_form(want)["Tags"]
        if tags != there["Tags"]:
            gone = sorted(there["Tags"].keys() - tags.keys())
            plan.tag[identifier] = ({key: text for key, text in tags.items() if there["Tags"].get(key) != text}, gone)
            plan.before[name], plan.after[name] = {"Tags": there["Tags"]}, {"Tags": tags}
    for name, want in wanted.items():
        if name not in plan.kept:
            plan.create[name] = plan.after[name] = point_form(want)
    return plan


def point_form(value: Entry) -> dict[str, Any]:
    """An access point in the form in which they are compared."""
    tags = value.get("Tags") or {}
    told = dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}
    return {
        "PosixUser": posix_user(value.get("PosixUser")),
        "RootDirectory": root_directory(value.get("RootDirectory")),
        "Tags": {key: str(text) for key, text in told.items() if not key.startswith("aws:")},
    }


def _same_place(one: Entry, other: Entry) -> bool:
    return all(one[name] == other[name] for name in ("PosixUser", "RootDirectory"))
