# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a run of the roles makes of a difference: how it settles it, what it refuses, what it leaves alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import Change, Difference

Settings = Mapping[str, Any]

# The setting that lets a role replace what can't be changed where it stands.
_ALLOWS = {"instance": "compute_allow_replacement", "nat_instance": "network_allow_replacement"}
_CHANGED_BY_NOTHING = {
    "instance": {
        *("ImageId", "Architecture", "SubnetId", "KeyName", "Tags.OperatingSystem", "BlockDeviceMappings.Encrypted"),
    },
    "nat_instance": {"ImageId", "InstanceType", "Subnet", "SubnetId"},
}
_NOTES = {
    ("instance", "InstanceType"): "it is stopped and started for that",
    ("instance", "BlockDeviceMappings.VolumeSize"): "it grows while the instance runs",
}
# Subnets, and what nobody tagged, may be somebody's: the role network names them and lets them be.
_KEPT_THOUGH_OWNED = {"subnet"}
_REMOVES_SURPLUS = "network_remove_surplus"
# The variables that decide it.
SETTINGS = (*_ALLOWS.values(), _REMOVES_SURPLUS)


@dataclass(frozen=True)
class Outlook:
    """What a run makes of a difference.

    Attributes:
        replaced: why the resource is terminated and made anew; empty where it is changed where it stands.
        refused: the setting without which the run stops instead; empty where it goes on.
        left: why the run leaves the difference as it is; empty where it settles it.
        note: what happens meanwhile; empty for nothing that anybody notices.
    """

    replaced: list[str] = field(default_factory=list)
    refused: str = ""
    left: str = ""
    note: str = ""


def outlook(difference: Difference, owned: bool, name: str, settings: Settings) -> Outlook:
    """What a run makes of one difference.

    Args:
        difference: the difference.
        owned: whether what stands carries the environment's tags.
        name: the environment's name, with which the names of what roles make begin.
        settings: the values of `SETTINGS`.
    """
    if difference.action == "delete":
        return Outlook(left=_left(difference, owned, name, settings))
    if difference.action == "create":
        return Outlook()
    replaced = [reason for change in difference.attributes for reason in _reasons(difference.kind, change)]
    if replaced:
        setting = _ALLOWS[difference.kind]
        return Outlook(replaced, "" if settings.get(setting) else setting)
    return Outlook(note=_note(difference))


def _left(difference: Difference, owned: bool, name: str, settings: Settings) -> str:
    if difference.role != "network" or settings.get(_REMOVES_SURPLUS):
        return ""
    by_an_earlier_run = owned and difference.kind not in _KEPT_THOUGH_OWNED
    if difference.kind in ("security_group", "network_acl", "vpc_endpoint"):
        by_an_earlier_run = by_an_earlier_run and difference.name.startswith(f"{name}-")
    return "" if by_an_earlier_run else f"{_REMOVES_SURPLUS}: true removes it"


def _reasons(kind: str, change: Change) -> list[str]:
    words = f"{change.attribute} {change.before} → {change.after}"
    if change.attribute in _CHANGED_BY_NOTHING.get(kind, ()):
        return [words]
    if kind == "instance" and change.attribute == "BlockDeviceMappings.VolumeSize" and change.before > change.after:
        return [f"{words}: volumes can't shrink"]
    return []


def _note(difference: Difference) -> str:
    changed = {change.attribute for change in difference.attributes}
    return "; ".join(words for (kind, name), words in _NOTES.items() if kind == difference.kind and name in changed)
