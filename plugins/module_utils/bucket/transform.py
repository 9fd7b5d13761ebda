# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of a bucket differs from what is declared, what is written for that, and what is said of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.comparison import values

from .configurations import ADDED, WRITES, encryption, lifecycle

Attributes = Mapping[str, Any]
Tags = Mapping[str, str]

_BLOCKED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
# What S3 does where nothing is said, and can't be told to leave.
_BY_DEFAULT = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
# What CreateBucket gives every bucket.
_GIVEN_TO_ALL = {"PublicAccessBlockConfiguration", "OwnershipControls"}


def _encryption(value: Attributes) -> dict[str, Any]:
    return encryption(value["Rules"]) if value.get("Rules") else _BY_DEFAULT


def _versioning(value: Attributes) -> dict[str, Any]:
    return {"Status": value.get("Status", "Suspended")}


def _public_access(value: Attributes) -> dict[str, bool]:
    return {name: bool(value.get(name)) for name in _BLOCKED} if value else {}


def _logging(value: Attributes) -> dict[str, Any]:
    """Where access is logged to, without what S3 adds to it."""
    kept = ("TargetBucket", "TargetPrefix")
    told = value.get("LoggingEnabled", {})
    return {"LoggingEnabled": {name: told.get(name, "") for name in kept}} if value else {}


def _lifecycle(value: Attributes) -> dict[str, Any]:
    return {"Rules": values.unordered(lifecycle(value["Rules"])["Rules"])} if value.get("Rules") else {}


# The form in which what is declared, or was read, is compared.
FORMS: Mapping[str, Callable[[Any], Any]] = {
    "BucketEncryption": _encryption,
    "VersioningConfiguration": _versioning,
    "PublicAccessBlockConfiguration": _public_access,
    "OwnershipControls": dict,
    "Policy": values.policy,
    "LifecycleConfiguration": _lifecycle,
    "BucketLoggingStatus": _logging,
    "Tags": values.tags,
    **dict.fromkeys(ADDED, dict),
}
DECLARABLE = tuple(name for name in FORMS if name not in ADDED)


def is_marker(version: Mapping[str, Any]) -> bool:
    """Whether an object only marks a prefix: it is empty and its key ends in a slash."""
    return version["Key"].endswith("/") and version["Size"] == 0


def logged_into(attributes: Attributes) -> str:
    """The bucket that access is logged to; empty for none."""
    return attributes.get("BucketLoggingStatus", {}).get("LoggingEnabled", {}).get("TargetBucket", "")


def denies_deletion(policy: Attributes) -> bool:
    """Whether a bucket's policy keeps everybody from deleting objects at any time."""
    return any(
        statement["Effect"] == "Deny" and "Condition" not in statement and "s3:DeleteObject" in statement["Action"]
        for statement in policy.get("Statement", [])
    )


def is_owned(tags: Tags, identity: Tags) -> bool:
    """Whether a bucket is an environment's: it has its tags, or none, as where a run ended before it had tagged it."""
    there = values.tags(tags)
    return not there or identity.items() <= there.items()


@dataclass(frozen=True)
class Wanted:
    """A bucket as it shall stand.

    Attributes:
        name: its name.
        attributes: its configuration in AWS's own words. What is empty shall not be; what is left out is not looked at.
        markers: the keys of its folders.
    """

    name: str
    attributes: Attributes
    markers: tuple[str, ...] = ()


def in_order(wanted: Sequence[Wanted]) -> list[list[int]]:
    """The places of the buckets, in the order in which they are made: first those that others log access into."""
    targets = {logged_into(bucket.attributes) for bucket in wanted}
    places = range(len(wanted))
    waves = [[at for at in places if (wanted[at].name in targets) is first] for first in (True, False)]
    return [wave for wave in waves if wave]


@dataclass(frozen=True)
class Standing:
    """A bucket as it was read.

    Attributes:
        attributes: its configuration in AWS's own words.
        missing_markers: those of the wanted keys that have no object.
    """

    attributes: Attributes
    missing_markers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What is to be done with a bucket.

    Attributes:
        action: create, modify, or none.
        before: those of its attributes that change, as they stand.
        after: the same as they shall be, in the order in which they are written.
        markers: the keys of the folders to make.
    """

    wanted: Wanted
    action: str
    before: Attributes = field(default_factory=dict)
    after: Attributes = field(default_factory=dict)
    markers: tuple[str, ...] = ()

    @property
    def ownership(self) -> str:
        """What a new bucket is told about the owners of its objects as it is made; empty for nothing."""
        rules = self.wanted.attributes.get("OwnershipControls", {}).get("Rules", [])
        return rules[0].get("ObjectOwnership", "") if rules else ""

    @property
    def writes(self) -> Attributes:
        """The attributes to write, with AWS's own tags, which have to be told again; what is empty is removed."""
        told = {**self.after}
        if self.action == "create" and self.ownership:
            told.pop("OwnershipControls", None)
        if "Tags" in told:
            own = {key: value for key, value in self.before.get("Tags", {}).items() if key.startswith("aws:")}
            told["Tags"] = {**own, **values.tags(told["Tags"])}
        return told

    @property
    def answer(self) -> dict[str, Any]:
        """What the module returns of the bucket."""
        return {
            "name": self.wanted.name,
            "action": self.action,
            "changed": self.action != "none",
            "changes": [*self.after, *(["Markers"] if self.markers else [])],
        }

    @property
    def difference(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """What differs, as it stood and as it stands then; None for no bucket."""
        there, then = _formed(self.before), _formed(self.after)
        if self.markers:
            there["Markers"] = [key for key in self.wanted.markers if key not in self.markers]
            then["Markers"] = list(self.wanted.markers)
        return None if self.action == "create" else there, then


def _formed(attributes: Attributes) -> dict[str, Any]:
    return {name: FORMS[name](value) for name, value in attributes.items()}


@dataclass(frozen=True)
class Removal:
    """What is to be done with a bucket that shall not stand.

    Attributes:
        name: its name.
        action: delete, keep, or none.
        reason: why it is kept: data or tags; empty where it is not.
        tags: its tags, where it is deleted.
    """

    name: str
    action: str
    reason: str = ""
    tags: Tags = field(default_factory=dict)

    @property
    def answer(self) -> dict[str, Any]:
        """What the module returns of the bucket."""
        return {"name": self.name, "action": self.action, "changed": self.action == "delete", "reason": self.reason}

    @property
    def difference(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """What differs, as it stood and as it stands then; None for no bucket."""
        return {"Tags": dict(self.tags)}, None


def to_read(attributes: Attributes, purged: Iterable[str]) -> list[str]:
    """The attributes that have to be known of a bucket that stands."""
    return [name for name in WRITES if name in attributes or name in purged]


def plan(wanted: Wanted, standing: Standing | None, purged: Iterable[str]) -> Plan:
    """What makes a bucket as it shall be.

    Args:
        wanted: the bucket.
        standing: the bucket as it was read; None where there is none.
        purged: what is removed, which is never declared.
    """
    # A list without rules is none: S3 refuses it.
    declared = {name: value if FORMS[name](value) else {} for name, value in wanted.attributes.items()}
    if standing is None:
        named = [name for name in WRITES if name in declared and (declared[name] or name in _GIVEN_TO_ALL)]
        return Plan(wanted, "create", after={name: declared[name] for name in named}, markers=wanted.markers)
    declared = {**dict.fromkeys(purged, {}), **declared}
    named = [name for name in WRITES if name in declared]
    differing = [name for name in named if FORMS[name](declared[name]) != FORMS[name](standing.attributes[name])]
    return Plan(
        wanted,
        "modify" if differing or standing.missing_markers else "none",
        {name: standing.attributes[name] for name in differing},
        {name: declared[name] for name in differing},
        standing.missing_markers,
    )


def result(done: Iterable[Plan | Removal]) -> dict[str, Any]:
    """The module's result."""
    answers: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for bucket in done:
        answers.append(bucket.answer)
        if answers[-1]["changed"]:
            there, then = bucket.difference
            before.update({} if there is None else {answers[-1]["name"]: there})
            after.update({} if then is None else {answers[-1]["name"]: then})
    changed = any(answer["changed"] for answer in answers)
    return {"changed": changed, "buckets": answers, "diff": {"before": before, "after": after}}


def advice(code: str, operation: str, setting: str) -> str:
    """What to do next where S3 refuses something, to be put behind the bucket's name; empty where nothing is known.

    Args:
        code: S3's code of the error.
        operation: the refused call.
        setting: what chooses the bucket's name; empty where that is not known.
    """
    remedy = f"set {setting} to another name" if setting else "choose another name"
    if code == "BucketAlreadyExists":
        return f", because another account has it: {remedy}"
    if code == "AccessDenied" and operation == "GetBucketTagging":
        return f". Where another account has it, {remedy}"
    if code == "OperationAborted":
        return ", because S3 is still at work on it or on one of its name: run again in some minutes"
    return ""


def problems(wanted: Iterable[Wanted]) -> list[str]:
    """What can be told to be wrong without asking anybody, one line each."""
    found = []
    seen: set[str] = set()
    for bucket in wanted:
        if bucket.name in seen:
            found.append(f"{bucket.name} is given twice: give each bucket once")
        seen.add(bucket.name)
        wrong = [key for key in bucket.markers if len(key) < 2 or not key.endswith("/")]
        if wrong:
            keys = ", ".join(map(repr, wrong))
            found.append(f"{bucket.name}: markers: {keys} must be a key that ends in a slash, such as 'raw/'")
        rules = bucket.attributes.get("LifecycleConfiguration", {}).get("Rules", [])
        if not all(rule.get("ID") for rule in rules):
            # S3 would make one up, and the rule would differ for ever.
            found.append(f"{bucket.name}: LifecycleConfiguration: each of the rules needs an ID")
    return found
