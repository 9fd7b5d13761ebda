# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which alarms differ, and which are to go. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import attribute_changes
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import KINDS

Entry = Mapping[str, Any]
# What an alarm is created with, and CloudWatch tells by another call only.
_NOT_TOLD = ("Tags",)


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        create: names of the alarms that do not stand.
        modify: for the name of each alarm that differs what differs, in CloudWatch's words.
        delete: names of the alarms that go.
        put: what PutMetricAlarm is called with.
    """

    create: list[str] = field(default_factory=list)
    modify: dict[str, list[str]] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    put: list[Entry] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.put or self.delete)


def plan(wanted: list[Entry], standing: Iterable[Entry], unwanted: str) -> Plan:
    """Compares what is wanted with what stands.

    Args:
        wanted: the alarms as PutMetricAlarm takes them.
        standing: alarms as CloudWatch describes them.
        unwanted: a regular expression; alarms with such names go, unless they are wanted.
    """
    made = Plan()
    by_name = {alarm["AlarmName"]: alarm for alarm in standing}
    for want in wanted:
        alarm = by_name.pop(want["AlarmName"], None)
        changes = [] if alarm is None else differing(want, alarm)
        if alarm is None:
            made.create.append(want["AlarmName"])
        elif changes:
            made.modify[want["AlarmName"]] = changes
        if alarm is None or changes:
            made.put.append(want)
    made.delete = sorted(name for name in by_name if unwanted and re.fullmatch(unwanted, name))
    return made


def differing(want: Entry, alarm: Entry) -> list[str]:
    """The attributes that differ, those among them that are not wanted and have another value than CloudWatch's default."""
    known = {name: value for name, value in want.items() if name in KINDS["alarm"].attributes}
    others = [name for name in want.keys() - known.keys() if name not in _NOT_TOLD and want[name] != alarm.get(name)]
    return sorted({*(change.attribute for change in attribute_changes("alarm", known, alarm)), *others})
