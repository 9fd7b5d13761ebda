# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role network."""

from __future__ import annotations

import re
import typing as t

from ..network_acl import MOST_RULES, Needs, entries
from .cidr import Named, inside_problems, is_open, overlap_problems, parse, parse_block
from .iam import boundary_problems
from .logs import retention_problems
from .names import names_problems
from .problems import problem, wanted
from .tags import tags_problems

NAMES = {
    "network_name": "resource",
    "network_flow_log_group": "log_group",
    "network_flow_log_role_name": "role",
    "network_security_group_name": "security_group",
}
ZONES = 2
SUBNETS = ("network_public_subnets", "network_private_subnets")
HIGHEST_PORT = 65535
INSTANCE_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
IMAGE = r"ami-([0-9a-f]{8}|[0-9a-f]{17})"
SERVICE = r"[a-z0-9-]+(\.[a-z0-9-]+)*"
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
# Without these the agent of a host neither hears of a session nor opens one.
SESSION_SERVICES = ("ssm", "ssmmessages", "ec2messages")


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the network's settings.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "network"):
        return found
    found.extend(_block_problems(settings))
    found.extend(_zone_problems(settings.get("network_availability_zones") or []))
    found.extend(_access_problems(settings))
    found.extend(_port_problems(settings.get("network_ingress_ports") or []))
    found.extend(_peer_problems(settings.get("network_peer_ports") or []))
    found.extend(_acl_problems(settings))
    found.extend(_way_out_problems(settings))
    found.extend(_private_host_problems(settings))
    found.extend(_public_host_problems(settings))
    found.extend(_bucket_problems(settings.get("network_endpoint_buckets") or []))
    found.extend(retention_problems(settings, "network_log_retention_days", "mlinfra_log_retention_days"))
    found.extend(boundary_problems(settings, "network_permissions_boundary"))
    if "network_tags" in settings:
        found.extend(tags_problems("network_tags", settings["network_tags"], settings.get("mlinfra_tags")))
    return found


def _block_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the ranges of the VPC and its subnets."""
    found: list[str] = []
    subnets: list[Named] = []
    for variable in SUBNETS:
        if variable not in settings:
            continue
        values = settings[variable] or []
        if len(values) != ZONES:
            remedy = f"list {ZONES}, one for each zone"
            found.append(problem(variable, ", ".join(map(str, values)), f"has {len(values)} ranges", remedy))
        for index, value in enumerate(values):
            name = f"{variable}[{index}]"
            network, faults = parse_block(name, value)
            found.extend(faults)
            if network is not None:
                subnets.append((name, network))
    found.extend(overlap_problems(subnets))
    if "network_cidr" in settings:
        network, faults = parse_block("network_cidr", settings["network_cidr"])
        found.extend(faults)
        if network is not None:
            found.extend(inside_problems(("network_cidr", network), subnets))
    return found


def _zone_problems(zones: t.Sequence[str]) -> list[str]:
    """Return what is wrong with the list of zones, as far as it shows without asking AWS."""
    variable = "network_availability_zones"
    found = []
    if zones and len(zones) != ZONES:
        remedy = f"list {ZONES}, or none to take the region's first {ZONES}"
        found.append(problem(variable, ", ".join(map(str, zones)), f"has {len(zones)} zones", remedy))
    for index, zone in enumerate(zones):
        if zone in zones[:index]:
            remedy = "choose different zones, so that one can fail"
            found.append(problem(f"{variable}[{index}]", zone, "is listed twice", remedy))
    return found


def _access_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with who may come in."""
    found: list[str] = []
    production = settings.get("mlinfra_environment") == "prod"
    demo = settings.get("network_demo_open") is True
    if demo and production:
        remedy = "name the ranges that may come in by network_allowed_cidrs"
        found.append(problem("network_demo_open", True, "is not for the environment prod", remedy))
    values = settings.get("network_allowed_cidrs") or []
    for index, value in enumerate(values):
        name = f"network_allowed_cidrs[{index}]"
        network, faults = parse(name, value)
        found.extend(faults)
        if network is None:
            continue
        if value in values[:index]:
            found.append(problem(name, value, "is listed twice", "drop one"))
        if is_open(network) and production:
            remedy = "name the ranges of your own network"
            found.append(problem(name, value, "lets in the whole Internet, never in prod", remedy))
        elif is_open(network) and not demo:
            remedy = "name your own ranges, or set network_demo_open: true for a demo"
            found.append(problem(name, value, "lets in the whole Internet", remedy))
    return found


def _port_problems(ports: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return what is wrong with the ports that the security group opens."""
    found = []
    seen: dict[int, int] = {}
    for index, entry in enumerate(ports):
        name = f"network_ingress_ports[{index}].port"
        port = entry.get("port")
        if not isinstance(port, int) or not 1 <= port <= HIGHEST_PORT:
            found.append(problem(name, port, "is not a port", f"choose a number from 1 to {HIGHEST_PORT}"))
        elif seen.setdefault(port, index) != index:
            remedy = f"network_ingress_ports[{seen[port]}] has it already: drop one"
            found.append(problem(name, port, "is listed twice", remedy))
    return found


def _peer_problems(ranges: t.Sequence[str]) -> list[str]:
    """Return what is wrong with the ports at which instances reach each other."""
    found = []
    for index, value in enumerate(ranges):
        bounds = re.fullmatch(r"(\d{1,5})-(\d{1,5})", str(value))
        if not bounds or not 1 <= int(bounds[1]) <= int(bounds[2]) <= HIGHEST_PORT:
            remedy = "write the first and the last port, such as 26000-26199"
            found.append(problem(f"network_peer_ports[{index}]", value, "is no range of ports", remedy))
    return found


def _acl_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with what the network ACLs are to let through."""
    found: list[str] = []
    variable, preset = "network_acl_egress_ports", settings.get("network_acl_preset")
    out = settings.get(variable) or []
    for index, port in enumerate(out):
        if not isinstance(port, int) or not 1 <= port <= HIGHEST_PORT:
            found.append(problem(f"{variable}[{index}]", port, "is not a port", f"choose a number from 1 to {HIGHEST_PORT}"))
        elif port in out[:index]:
            found.append(problem(f"{variable}[{index}]", port, "is listed twice", "drop one"))
    clients = [value for value in settings.get("network_allowed_cidrs") or [] if ":" not in str(value)]
    ports = [entry.get("port") for entry in settings.get("network_ingress_ports") or []]
    if found or preset not in ("standard", "strict") or not all(isinstance(port, int) for port in ports):
        return found
    nat = settings.get("network_egress") in ("nat_gateway", "nat_gateway_per_az", "nat_instance")
    rules = entries("public", preset, Needs(str(settings.get("network_cidr")), clients, ports, out, nat=nat, peers=bool(settings.get("network_peer_ports"))))
    most = max(sum(rule["Egress"] is egress for rule in rules) for egress in (False, True))
    if most > MOST_RULES:
        fault = f"needs {most} rules of a network ACL in one direction, and AWS takes {MOST_RULES}"
        remedy = "allow fewer ranges or ports, or choose open, which leaves them to the security group"
        found.append(problem("network_acl_preset", preset, fault, remedy))
    return found


def _way_out_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the way out of the private subnets, whatever is in them."""
    found: list[str] = []
    egress = settings.get("network_egress")
    if egress == "nat_instance":
        if settings.get("network_public_addresses") is False:
            remedy = "set it to true, or choose another way out"
            fault = "contradicts network_egress: nat_instance, which has its first packages from the internet"
            found.append(problem("network_public_addresses", False, fault, remedy))
        kind = settings.get("network_nat_instance_type", "t4g.nano")
        if not re.fullmatch(INSTANCE_TYPE, kind):
            remedy = "write a family and a size, such as t4g.nano"
            found.append(problem("network_nat_instance_type", kind, "is not an instance type", remedy))
        image = settings.get("network_nat_instance_image_id")
        if image and not re.fullmatch(IMAGE, image):
            remedy = "write the id of an image such as ami-0123456789abcdef0, or leave it empty for Amazon Linux 2023"
            found.append(problem("network_nat_instance_image_id", image, "is not the id of an image", remedy))
    if egress == "endpoints":
        found.extend(_endpoint_problems(settings))
    return found


def _endpoint_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the endpoints that are the only way out."""
    found: list[str] = []
    variable = "network_interface_endpoints"
    services = settings.get(variable)
    if services == []:
        remedy = "list the services that hosts need, or set network_egress: none"
        found.append(problem(variable, "", "contradicts network_egress: endpoints", remedy))
    if settings.get("network_s3_endpoint") is False:
        remedy = "set it to true: Amazon Linux's packages and the data come from S3"
        found.append(problem("network_s3_endpoint", False, "contradicts network_egress: endpoints", remedy))
    for index, service in enumerate(services or []):
        name = f"{variable}[{index}]"
        if not re.fullmatch(SERVICE, service):
            remedy = "write the end of a service's name, such as ssm or ecr.api, or all of it"
            found.append(problem(name, service, "is not the name of a service", remedy))
        elif service in services[:index]:
            found.append(problem(name, service, "is listed twice", "drop one"))
        elif service == "s3" or service.endswith(".amazonaws.s3"):
            remedy = "drop it: network_s3_endpoint leads there, at no cost"
            found.append(problem(name, service, "has an endpoint of another type", remedy))
    return found


def _private_host_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what keeps hosts in private subnets from being reached."""
    judged = {"network", "compute"} <= set(settings.get("preflight_roles", ()))
    private = settings.get("compute_subnet_tier") == "private" and settings.get("compute_instance_count") != 0
    if not judged or not private or not wanted(settings, "compute") or settings.get("ml_host_connection") != "ssm":
        return []
    egress = settings.get("network_egress")
    if egress == "none":
        remedy = "choose endpoints, nat_instance or nat_gateway, or set compute_subnet_tier: public"
        fault = "contradicts compute_subnet_tier: private: no host would reach Session Manager"
        return [problem("network_egress", egress, fault, remedy)]
    services = settings.get("network_interface_endpoints")
    if egress != "endpoints" or not services:
        return []
    ends = {service.rpartition(".")[2] for service in services}
    lacking = [service for service in SESSION_SERVICES if service not in ends]
    if not lacking:
        return []
    fault = "keeps Session Manager from hosts in private subnets"
    return [problem("network_interface_endpoints", ", ".join(services), fault, f"add {', '.join(lacking)}")]


def _public_host_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what keeps hosts in public subnets from the internet: their gateway carries public addresses only."""
    judged = {"network", "compute"} <= set(settings.get("preflight_roles", ()))
    public = settings.get("compute_subnet_tier") == "public" and settings.get("compute_instance_count") != 0
    if not judged or not public or not wanted(settings, "compute") or settings.get("network_public_addresses") is not False:
        return []
    fault = "contradicts compute_subnet_tier: public: no host would reach anything"
    remedy = "set it to true, or compute_subnet_tier: private"
    return [problem("network_public_addresses", False, fault, remedy)]


def _bucket_problems(buckets: t.Sequence[str]) -> list[str]:
    """Return what is wrong with the other buckets that hosts may read."""
    remedy = "write names of buckets, as S3 takes them"
    return [
        problem(f"network_endpoint_buckets[{index}]", bucket, "is not the name of a bucket", remedy)
        for index, bucket in enumerate(buckets)
        if not re.fullmatch(BUCKET, bucket)
    ]
