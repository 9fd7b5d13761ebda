# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role scaling."""

from __future__ import annotations

import re
import typing as t
from decimal import Decimal

from ..gpu import instance_cuda
from ..pricing.prices import load, price
from .compute import INSTANCE_TYPE
from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {"scaling_group_name": "scaling_group", "scaling_launch_template": "launch_template"}
MOST_MEMBERS = 500
# As many as a policy of mixed instances takes.
MOST_TYPES = 40
LONGEST_GRACE = 7200
PRICE = r"\d{1,4}(\.\d{1,6})?"


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the group.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "scaling") or not settings.get("scaling_enabled"):
        return found
    found.extend(_size_problems(settings))
    found.extend(_type_problems(settings))
    found.extend(_price_problems(settings))
    found.extend(number_problems(settings, "scaling_on_demand_percentage", 0, 100, " (per cent)"))
    found.extend(number_problems(settings, "scaling_cpu_target", 0, 100, " (per cent)"))
    found.extend(number_problems(settings, "scaling_health_check_grace", 0, LONGEST_GRACE, " (seconds)"))
    if not wanted(settings, "compute"):
        fault = "needs what compute_state: absent takes away"
        found.append(problem("scaling_enabled", True, fault, "set compute_instance_count to 0 instead, or scaling_state to absent"))
    if "scaling_tags" in settings:
        found.extend(tags_problems("scaling_tags", settings["scaling_tags"], settings.get("mlinfra_tags")))
    return found


def _size_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the numbers of members, and how they contradict each other."""
    sizes = ("scaling_min", "scaling_max", "scaling_desired", "scaling_on_demand_base")
    found = [line for variable in sizes for line in number_problems(settings, variable, 0, MOST_MEMBERS)]
    least, most, first = (settings.get(variable) for variable in sizes[:3])
    if None in (least, most) or found:
        return found
    if least > most:
        return [problem("scaling_min", least, f"is more than scaling_max ({most})", "lower it, or raise scaling_max")]
    if first is not None and not least <= first <= most:
        fault, remedy = "is not between scaling_min and scaling_max", f"choose a number from {least} to {most}"
        found.append(problem("scaling_desired", first, fault, remedy))
    return found


def _type_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the words for the instance types, and with types that can't stand beside each other."""
    kinds = settings.get("scaling_instance_types")
    if kinds is None:
        return []
    if not kinds or len(kinds) > MOST_TYPES:
        remedy = f"name from 1 to {MOST_TYPES} types"
        return [problem("scaling_instance_types", kinds and f"{len(kinds)} types", "is not what a group takes", remedy)]
    found = []
    for at, kind in enumerate(kinds):
        name = f"scaling_instance_types[{at}]"
        if not re.fullmatch(INSTANCE_TYPE, kind):
            remedy = "write a family and a size, such as t3.medium or g5.xlarge"
            found.append(problem(name, kind, "is not an instance type", remedy))
        elif kind in kinds[:at]:
            found.append(problem(name, kind, "is there twice", "name each type once"))
        elif bool(instance_cuda(kind)) != bool(instance_cuda(kinds[0])):
            fault = f"and {kinds[0]} are not alike: one of them has GPUs, and all start from one image"
            found.append(problem(name, kind, fault, "name types that all have GPUs, or none"))
    return found


def _price_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the most that is to be paid for spot: no price, or one that AWS never sold for."""
    held = settings.get("scaling_spot_max_price")
    if not held:
        return []
    variable = "scaling_spot_max_price"
    if not re.fullmatch(PRICE, held) or not Decimal(held):
        remedy = 'write USD an hour such as "0.05", or leave it empty for as much as on demand'
        return [problem(variable, held, "is not a price", remedy)]
    if settings.get("scaling_on_demand_percentage") == 100:
        return []
    prices = load(settings.get("mlinfra_region") or "")
    most = price(prices, "spot_discount", "ever")
    on_demand = {kind: price(prices, "instance_hour", kind) for kind in settings.get("scaling_instance_types") or []}
    floors = {kind: known * (1 - most) for kind, known in on_demand.items() if known is not None and most is not None}
    if not floors or len(floors) < len(on_demand) or Decimal(held) >= min(floors.values()):
        return []
    kind = min(floors, key=floors.__getitem__)
    fault = f"is less than AWS ever sold {kind} for, which is {on_demand[kind]:f} on demand"
    remedy = f"choose {floors[kind].normalize():f} or more, or set scaling_on_demand_percentage to 100"
    return [problem(variable, held, fault, remedy)]
