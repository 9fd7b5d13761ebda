# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role compute."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t

from ..gpu import OLDEST_CUDA, instance_cuda
from .names import names_problems
from .problems import number_problems, problem, wanted
from .tags import tags_problems

NAMES = {"compute_name": "resource", "compute_key_name": "key_pair"}
MOST_INSTANCES = 100
INSTANCE_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
IMAGE = r"ami-([0-9a-f]{8}|[0-9a-f]{17})"
# GiB. EBS takes less than 8 of some kinds, but no image of Amazon Linux fits into less.
VOLUME_SIZES = {"gp2": (8, 16384), "gp3": (8, 16384), "io1": (8, 16384), "io2": (8, 65536), "standard": (8, 1024)}
# Of gp3, as far as the module that changes volumes knows them: operations and MiB a second.
PERFORMANCE = {"compute_root_volume_iops": (3000, 16000), "compute_root_volume_throughput": (125, 1000)}
IOPS_A_GIB, IOPS_A_MIB = 500, 4
ZONE = r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\.?"
LABEL = r"[a-z0-9]([a-z0-9.-]{0,50}[a-z0-9])?"
KEY_TYPES = ("ssh-ed25519", "ssh-rsa")
SSH_PORT = 22


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of the instances.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "compute"):
        return found
    found.extend(number_problems(settings, "compute_instance_count", 0, MOST_INSTANCES))
    found.extend(_instance_problems(settings))
    found.extend(_gpu_problems(settings))
    found.extend(_volume_problems(settings))
    found.extend(key_problems("compute_public_key", settings.get("compute_public_key") or ""))
    found.extend(_way_in_problems(settings))
    found.extend(_address_problems(settings))
    if "compute_tags" in settings:
        found.extend(tags_problems("compute_tags", settings["compute_tags"], settings.get("mlinfra_tags")))
    return found


def warnings(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what works and yet is seldom meant."""
    found = []
    if not wanted(settings, "compute"):
        return found
    if settings.get("compute_subnet_tier") == "private" and settings.get("network_egress") == "none":
        found.append(
            "compute_subnet_tier: private with network_egress: none leaves the hosts without a way out: they reach S3 "
            "only, and neither package sources nor Session Manager, unless the VPC has endpoints made elsewhere."
        )
    if settings.get("compute_subnet_tier") == "private" and settings.get("network_egress") == "endpoints":
        found.append(
            "compute_subnet_tier: private with network_egress: endpoints lets the hosts reach AWS only: Python packages "
            "must come from an index inside it that ml_host_package_environment names, or from the image."
        )
    if settings.get("compute_os") == "al2" and instance_cuda(settings.get("compute_instance_type") or ""):
        found.append(
            "compute_os: al2 has no driver for the GPUs of this instance type, and no PyTorch that would use them. Set "
            "compute_os: al2023."
        )
    return found


def _instance_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the words for the instance type and the image."""
    found = []
    kind = settings.get("compute_instance_type")
    if kind is not None and not re.fullmatch(INSTANCE_TYPE, kind):
        remedy = "write a family and a size, such as t3.medium or g5.xlarge"
        found.append(problem("compute_instance_type", kind, "is not an instance type", remedy))
    image = settings.get("compute_image_id")
    if image and not re.fullmatch(IMAGE, image):
        remedy = "write the id of an image such as ami-0123456789abcdef0, or leave it empty for the newest"
        found.append(problem("compute_image_id", image, "is not the id of an image", remedy))
    return found


def _gpu_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what keeps the GPUs of the instance type from being used, and images from being what was chosen."""
    found = []
    kind, image = settings.get("compute_instance_type") or "", settings.get("compute_image")
    cuda = instance_cuda(kind)
    if 0 < cuda < OLDEST_CUDA:
        remedy = "choose g4dn, g5, g6, p4d or later"
        found.append(problem("compute_instance_type", kind, "has GPUs that are too old for today's PyTorch", remedy))
    elif cuda == OLDEST_CUDA and not settings.get("compute_image_id"):
        fault = "has V100 GPUs, for which no Deep Learning base image of Amazon Linux 2023 has a driver"
        remedy = "choose g4dn, g5, g6, p4d or later, or set compute_image_id to an image with NVIDIA's driver 580 or older"
        found.append(problem("compute_instance_type", kind, fault, remedy))
    if image == "gpu" and settings.get("compute_os") == "al2":
        found.append(problem("compute_image", image, "is of Amazon Linux 2023", "set compute_os: al2023"))
    if image not in (None, "auto") and settings.get("compute_image_id"):
        remedy = "set compute_image: auto, or leave compute_image_id empty"
        found.append(problem("compute_image", image, "contradicts compute_image_id", remedy))
    return found


def _volume_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the root volume's size for its kind."""
    sizes = VOLUME_SIZES.get(settings.get("compute_root_volume_type", "gp3"))
    if sizes is None:
        remedy = f"choose one of {', '.join(VOLUME_SIZES)}"
        return [problem("compute_root_volume_type", settings["compute_root_volume_type"], "can't be a root", remedy)]
    found = number_problems(settings, "compute_root_volume_size", *sizes, unit=" (GiB)")
    if settings.get("compute_root_volume_type") != "gp3":
        return found
    for variable, limits in PERFORMANCE.items():
        found.extend(number_problems(settings, variable, *limits))
    size, iops, throughput = (settings.get(name) for name in ("compute_root_volume_size", *PERFORMANCE))
    if found or None in (size, iops, throughput):
        return found
    # What comes with the price is to be had at any size.
    if iops > max(IOPS_A_GIB * size, 3000):
        remedy = f"at most {IOPS_A_GIB} a GiB: lower it, or enlarge compute_root_volume_size"
        found.append(problem("compute_root_volume_iops", iops, f"is too much for {size} GiB", remedy))
    if throughput * IOPS_A_MIB > iops:
        remedy = f"it takes {IOPS_A_MIB} operations a MiB: set compute_root_volume_iops to {throughput * IOPS_A_MIB} or more"
        found.append(problem("compute_root_volume_throughput", throughput, f"is too much for {iops} operations", remedy))
    return found


def _address_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of addresses and names that lead to the instances."""
    found = []
    if settings.get("compute_elastic_ip") and settings.get("compute_subnet_tier") == "private":
        remedy = "set compute_subnet_tier: public, or compute_elastic_ip: false"
        found.append(problem("compute_elastic_ip", True, "leads nowhere in private subnets", remedy))
    zone = (settings.get("compute_dns_zone") or "").lower()
    if not zone:
        return found
    if not re.fullmatch(ZONE, zone):
        remedy = "write the name of a Route53 zone such as example.org"
        found.append(problem("compute_dns_zone", zone, "is not the name of a zone", remedy))
    name = settings.get("compute_dns_name")
    if name is not None and not re.fullmatch(LABEL, name.lower()):
        remedy = "write letters, digits and hyphens, such as ml"
        found.append(problem("compute_dns_name", name, "can't begin the name of a host", remedy))
    return found


def key_problems(variable: str, key: str) -> list[str]:
    """Return what is wrong with a public key. Of a key that may be a private one nothing is repeated."""
    remedy = f"give one line that starts with {' or '.join(KEY_TYPES)}, the content of a .pub file"
    key = key.strip()
    if not key:
        return []
    if "PRIVATE KEY" in key:
        return [problem(variable, "(not shown)", "is a private key", remedy)]
    kind, _space, rest = key.partition(" ")
    if kind not in KEY_TYPES:
        return [problem(variable, "(not shown)", "is not a public key that EC2 takes", remedy)]
    if "\n" in key:
        return [problem(variable, f"{kind} …", "has more than one line", remedy)]
    try:
        blob = base64.b64decode(rest.split(" ")[0], validate=True)
    except binascii.Error:
        blob = b""
    # An OpenSSH key starts with its own type, after four bytes of length.
    if blob[4 : 4 + len(kind)] != kind.encode():
        return [problem(variable, f"{kind} …", "is not complete", remedy)]
    return []


def _way_in_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what keeps SSH from reaching hosts that are to be reached by SSH."""
    if settings.get("ml_host_connection") != "ssh" or settings.get("compute_instance_count") == 0:
        return []
    found = []
    if settings.get("compute_subnet_tier") == "private":
        remedy = "set ml_host_connection: ssm, or compute_subnet_tier: public"
        found.append(problem("compute_subnet_tier", "private", "contradicts ml_host_connection: ssh", remedy))
    if not settings.get("compute_public_key", "-"):
        remedy = "give the public key of the one who logs in, or set ml_host_connection: ssm"
        found.append(problem("compute_public_key", "", "contradicts ml_host_connection: ssh", remedy))
    if "network" not in settings.get("preflight_roles", ()):
        return found
    if settings.get("network_allowed_cidrs") == []:
        remedy = "name the ranges that SSH comes from, or set ml_host_connection: ssm"
        found.append(problem("network_allowed_cidrs", "", "contradicts ml_host_connection: ssh", remedy))
    ports = settings.get("network_ingress_ports")
    if ports is not None and SSH_PORT not in [port.get("port") for port in ports]:
        remedy = f"add the port {SSH_PORT}, or set ml_host_connection: ssm"
        held = ", ".join(str(port.get("port")) for port in ports)
        found.append(problem("network_ingress_ports", held, "contradicts ml_host_connection: ssh", remedy))
    return found
