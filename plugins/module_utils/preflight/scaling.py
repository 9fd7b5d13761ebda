# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role scaling."""

from __future__ import annotations

import re
import typing as t
import zoneinfo
from decimal import Decimal

from ..gpu import instance_cuda
from ..member_bundle.transform import secrets
from ..pricing.prices import load, price
from .cidr import is_open, parse
from .compute import INSTANCE_TYPE
from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {"scaling_group_name": "scaling_group", "scaling_launch_template": "launch_template"}
BALANCING_NAMES = {"scaling_load_balancer_name": "balancing", "scaling_target_group_name": "balancing"}
HIGHEST_PORT = 65535
TRAFFIC_PORT = "traffic-port"
CERTIFICATE = r"arn:[\w-]+:(?P<service>acm|iam):(?P<region>[\w-]*):\d{12}:(certificate|server-certificate)/[\w/+=,.@-]+"
ACTION_NAME = r"[A-Za-z0-9_-]{1,100}"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Of each field its lowest and highest number, and the words for them.
CRON: tuple[tuple[int, int, tuple[str, ...]], ...] = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, MONTHS), (0, 7, DAYS))
SHORTEST_DRAIN, LONGEST_DRAIN = 30, 7200
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
    found.extend(number_problems(settings, "scaling_refresh_healthy", 0, 100, " (per cent)"))
    found.extend(_schedule_problems(settings))
    found.extend(_drain_problems(settings))
    if settings.get("scaling_warm_pool"):
        found.extend(_pool_problems(settings))
    if settings.get("scaling_load_balancer"):
        found.extend(_balancer_problems(settings))
    if settings.get("scaling_configure"):
        found.extend(_configure_problems(settings))
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


def _schedule_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with what is to change the group by the clock."""
    found: list[str] = []
    schedule = settings.get("scaling_schedule") or []
    names = [one.get("name") for one in schedule]
    for at, one in enumerate(schedule):
        start = f"scaling_schedule[{at}]"
        if not re.fullmatch(ACTION_NAME, one.get("name") or ""):
            remedy = "use up to 100 letters, digits, _ and -"
            found.append(problem(f"{start}.name", one.get("name"), "is not a name of an action", remedy))
        elif names.index(one["name"]) != at:
            found.append(problem(f"{start}.name", one["name"], "is there twice", "name each action once"))
        if not is_cron(one.get("recurrence") or ""):
            remedy = "write minute, hour, day, month and weekday, such as 0 20 * * MON-FRI"
            found.append(problem(f"{start}.recurrence", one.get("recurrence"), "is not a schedule in cron's form", remedy))
        zone = one.get("time_zone") or "UTC"
        if zone != "UTC" and zone not in zoneinfo.available_timezones():
            found.append(problem(f"{start}.time_zone", zone, "is not a time zone", "name one such as Europe/Zurich"))
        found.extend(_limit_problems(start, one))
    return found


def _limit_problems(start: str, action: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the numbers of one action."""
    sizes = {name: action.get(name) for name in ("min", "max", "desired")}
    if all(size is None for size in sizes.values()):
        return [problem(start, action.get("name"), "changes nothing", "give it min, max or desired")]
    found = [line for name in sizes for line in number_problems({f"{start}.{name}": sizes[name]}, f"{start}.{name}", 0, MOST_MEMBERS)]
    least, most, first = sizes["min"], sizes["max"], sizes["desired"]
    if least is not None and most is not None and least > most:
        found.append(problem(f"{start}.min", least, f"is more than its max ({most})", "lower it, or raise its max"))
    elif first is not None and ((least is not None and first < least) or (most is not None and first > most)):
        found.append(problem(f"{start}.desired", first, "is not between its min and its max", "choose one that is"))
    return found


def is_cron(text: str) -> bool:
    """Say whether a text is five fields of cron, as Auto Scaling takes them: lists, ranges and steps, of what each field may have."""
    fields = text.split()
    return len(fields) == len(CRON) and all(_is_field(field, *limits) for field, limits in zip(fields, CRON, strict=True))


def _is_field(field: str, lowest: int, highest: int, words: t.Sequence[str]) -> bool:
    """Say whether one field of cron is right."""

    def number(word: str) -> int:
        if word.upper() in words:
            return lowest + words.index(word.upper())
        return int(word) if word.isascii() and word.isdecimal() else -1

    for part in field.split(","):
        ends, slash, step = part.partition("/")
        first, dash, last = ends.partition("-")
        if slash and not 1 <= number(step) <= highest:
            return False
        if ends == "*":
            continue
        limits = [number(first), number(last)] if dash else [number(first)]
        if not all(lowest <= one <= highest for one in limits) or limits != sorted(limits) or (slash and not dash):
            return False
    return True


def _drain_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the time that jobs have, which AWS takes from half a minute on."""
    held = settings.get("scaling_drain_seconds")
    if held is None or held == 0 or SHORTEST_DRAIN <= held <= LONGEST_DRAIN:
        return []
    remedy = f"choose a number from {SHORTEST_DRAIN} to {LONGEST_DRAIN} (seconds), or 0"
    return [problem("scaling_drain_seconds", held, "is out of range", remedy)]


def _pool_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with instances at hand: AWS keeps none on spot, and needs encrypted memory to hibernate."""
    found = number_problems(settings, "scaling_warm_pool_size", 0, MOST_MEMBERS)
    if settings.get("scaling_on_demand_percentage") not in (None, 100):
        fault = "is not for a group with spot instances, as AWS has it"
        found.append(problem("scaling_warm_pool", True, fault, "set scaling_on_demand_percentage: 100, or scaling_warm_pool: false"))
    if settings.get("scaling_warm_pool_state") == "Hibernated":
        fault = "needs members that were launched to hibernate, which these are not"
        found.append(problem("scaling_warm_pool_state", "Hibernated", fault, "choose Stopped or Running"))
    return found


def _configure_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return why members can't configure themselves: nobody tells them to, Ansible does not run there, or it would take a secret."""
    variable = "scaling_configure"
    found = names_problems(settings, {"scaling_association_name": "patching", "scaling_configure_bucket": "bucket"})
    if settings.get("ml_host_connection") != "ssm":
        fault = f"needs Systems Manager, and ml_host_connection is {settings.get('ml_host_connection')}"
        found.append(problem(variable, True, fault, f"set ml_host_connection: ssm, or {variable}: false"))
    if settings.get("compute_os") == "al2":
        found.append(problem(variable, True, "is not for Amazon Linux 2, where Ansible does not run", "set compute_os: al2023"))
    told = secrets(settings.get("preflight_member_settings") or {})
    if told:
        fault = f"would put {', '.join(told)} into a bucket"
        found.append(problem(variable, True, fault, f"leave it out, such as by ml_host_jupyter_auth: token, or set {variable}: false"))
    return found


def _balancer_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with what is to spread requests over the members."""
    found = names_problems(settings, BALANCING_NAMES)
    found.extend(_client_problems(settings))
    found.extend(_certificate_problems(settings))
    found.extend(number_problems(settings, "scaling_target_port", 1, HIGHEST_PORT))
    found.extend(number_problems(settings, "scaling_health_check_interval", 6, 300, " (seconds)"))
    found.extend(number_problems(settings, "scaling_health_check_healthy", 2, 10))
    found.extend(number_problems(settings, "scaling_health_check_unhealthy", 2, 10))
    found.extend(number_problems(settings, "scaling_deregistration_seconds", 0, 3600, " (seconds)"))
    path = settings.get("scaling_health_check_path")
    if path is not None and not re.fullmatch(r"/[\x21-\x7e]{0,1023}", path):
        found.append(problem("scaling_health_check_path", path, "is not a path", "begin it with a slash, and use no spaces"))
    port = settings.get("scaling_health_check_port")
    if port not in (None, TRAFFIC_PORT) and not (str(port).isdecimal() and 1 <= int(port) <= HIGHEST_PORT):
        remedy = f"choose {TRAFFIC_PORT} or a number from 1 to {HIGHEST_PORT}"
        found.append(problem("scaling_health_check_port", port, "is not a port", remedy))
    if settings.get("scaling_load_balancer_logs") and settings.get("storage_logs") is False:
        remedy = "set storage_logs: true, or scaling_load_balancer_logs: false"
        found.append(problem("scaling_load_balancer_logs", True, "needs the bucket that storage_logs leaves out", remedy))
    return found


def _client_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with who may come in to the load balancer."""
    found, variable = [], "scaling_load_balancer_allowed_cidrs"
    cidrs = settings.get(variable) or []
    for at, cidr in enumerate(cidrs):
        name = f"{variable}[{at}]"
        network, faults = parse(name, cidr)
        found.extend(faults)
        if network is None:
            continue
        if cidr in cidrs[:at]:
            found.append(problem(name, cidr, "is listed twice", "drop one"))
        if is_open(network) and not settings.get("scaling_certificate_arn"):
            remedy = "set scaling_certificate_arn, or name your own ranges"
            found.append(problem(name, cidr, "lets the whole Internet in without encryption", remedy))
        elif is_open(network) and settings.get("scaling_load_balancer_internal"):
            remedy = "name ranges of your own, such as network_cidr"
            found.append(problem(name, cidr, "is not for an internal load balancer", remedy))
    preset = settings.get("network_acl_preset")
    if cidrs and not settings.get("scaling_load_balancer_internal") and preset in ("standard", "strict"):
        fault = f"is no use where network_acl_preset: {preset} lets nobody in to the ports of the load balancer"
        remedy = "set network_acl_preset: open, or scaling_load_balancer_internal: true"
        found.append(problem(variable, ", ".join(map(str, cidrs)), fault, remedy))
    return found


def _certificate_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the certificate: no certificate, or one of another region."""
    variable, held = "scaling_certificate_arn", settings.get("scaling_certificate_arn")
    if not held:
        return []
    told, region = re.fullmatch(CERTIFICATE, held), settings.get("mlinfra_region")
    if not told:
        return [problem(variable, held, "is not the ARN of a certificate", "give that of one in ACM, or none for plain HTTP")]
    if told["service"] == "acm" and region and told["region"] != region:
        remedy = f"request or import one in {region}"
        return [problem(variable, held, f"is of {told['region']}, and the load balancer stands in {region}", remedy)]
    return []
