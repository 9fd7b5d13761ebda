# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which metric filters differ, and which are to go. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Entry = Mapping[str, Any]
# What CloudWatch Logs tells of a filter and doesn't take.
_TOLD = {"creationTime", "logGroupName"}
# What it tells of a filter that was put without them, or tells nothing of.
_DEFAULTS: list[tuple[str, Any]] = [
    ("applyOnTransformedLogs", False),
    ("fieldSelectionCriteria", ""),
    ("emitSystemFieldDimensions", []),
    ("dimensions", {}),
    ("unit", "None"),
]


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        create: names of the filters that do not stand.
        modify: for the name of each filter that differs what differs, in the words of CloudWatch Logs.
        delete: names of the filters that go.
        put: what PutMetricFilter is called with, but for the log group.
        before: those that are changed, by name, as they stand.
        after: the same as they will stand.
    """

    create: list[str] = field(default_factory=list)
    modify: dict[str, list[str]] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    put: list[Entry] = field(default_factory=list)
    before: dict[str, Entry] = field(default_factory=dict)
    after: dict[str, Entry] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.put or self.delete)


def plan(wanted: list[Entry], standing: Iterable[Entry], unwanted: Iterable[str]) -> Plan:
    """Compares what is wanted with what stands.

    Args:
        wanted: the filters as the module's argument describes them.
        standing: the filters of the log group as CloudWatch Logs describes them.
        unwanted: names of filters that shall not stand, unless they are wanted.
    """
    made = Plan()
    by_name = {one["filterName"]: normal(one) for one in standing}
    for want in wanted:
        name, asked = want["name"], request(want)
        there, wish = by_name.pop(name, None), normal(asked)
        if there == wish:
            continue
        made.put.append(asked)
        made.after[name] = wish
        if there is None:
            made.create.append(name)
        else:
            made.before[name] = there
            made.modify[name] = sorted(key for key in {*there, *wish} if there.get(key) != wish.get(key))
    made.delete = sorted(by_name.keys() & set(unwanted))
    made.before.update({name: by_name[name] for name in made.delete})
    return made


def request(want: Entry) -> dict[str, Any]:
    """What PutMetricFilter is called with for a filter, but for the log group."""
    transformation = {
        "metricName": want["metric"],
        "metricNamespace": want["namespace"],
        "metricValue": want["value"],
        "unit": want["unit"],
    }
    if want["default"] is not None:
        transformation["defaultValue"] = float(want["default"])
    if want["dimensions"]:
        transformation["dimensions"] = {key: str(value) for key, value in want["dimensions"].items()}
    return {"filterName": want["name"], "filterPattern": want["pattern"], "metricTransformations": [transformation]}


def normal(described: Entry) -> dict[str, Any]:
    """A filter without what is only told, and without what has the default."""
    transformations = [_without_defaults(one) for one in described["metricTransformations"]]
    return {**_without_defaults(described), "metricTransformations": transformations}


def _without_defaults(entry: Entry) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _TOLD and (key, value) not in _DEFAULTS}
