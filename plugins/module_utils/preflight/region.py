# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules that need what AWS says: pure functions over the facts that account.py gathers."""

from __future__ import annotations

import ipaddress
import typing as t
import urllib.parse

from ..gpu import OLDEST_CUDA, instance_cuda
from .network import SUBNETS, ZONES
from .problems import problem, wanted

INVALID_CREDENTIALS = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
EXPIRED_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
}
NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound"}
UNREACHABLE = {
    "ConnectionClosedError",
    "ConnectionError",
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "HTTPClientError",
    "ProxyConnectionError",
    "ReadTimeoutError",
}
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
NOT_ENABLED = {"OptInRequired"}
# Roles that make something that the environment's own key encrypts.
ENCRYPTING = ("network", "storage", "database", "compute", "scaling", "monitoring")
PERMIT = "allow it in a policy of yours: docs/permissions.md has the least one for each role and playbook"


# GiB that PyTorch with CUDA takes on a root volume, beside what the image holds, and something to work with.
ROOM_FOR_CUDA = 20


def is_loopback(endpoint: str) -> bool:
    """Say whether an address is of this machine, that is, the rehearsal's emulator."""
    host = urllib.parse.urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def error_problem(error: t.Mapping[str, str], arn: str = "") -> str:
    """Word a failed call.

    Args:
        error: call, code, message and endpoint.
        arn: who asked, where known.
    """
    code, message = error["code"], error["message"]
    if code in NO_CREDENTIALS:
        remedy = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile in mlinfra_aws_connection"
        return problem("AWS credentials", message, "", remedy)
    if code in EXPIRED_CREDENTIALS:
        return problem("AWS credentials", code, "means that they have expired", "log in again, or renew the keys")
    if code in INVALID_CREDENTIALS:
        return problem("AWS credentials", code, "means that AWS does not accept them", "check the keys or the profile")
    if code == "SSLError":
        remedy = "set aws_ca_bundle in mlinfra_aws_connection, or AWS_CA_BUNDLE, to the authority that signed it"
        return problem("AWS endpoint", error["endpoint"], "has a certificate that is not trusted", remedy)
    if code in UNREACHABLE:
        remedy = "check mlinfra_region, the network and the proxy"
        if is_loopback(error["endpoint"]):
            remedy = "start the emulator of the rehearsal: make local"
        return problem("AWS endpoint", error["endpoint"], "can't be reached", remedy)
    if code == "NoRegionError":
        return problem("mlinfra_aws_connection", "", "names no region", 'add region: "{{ mlinfra_region }}" to it')
    if code in NOT_ENABLED:
        return problem("mlinfra_region", message, "", "enable the region in the account's settings")
    if code in DENIED:
        return problem("AWS permissions", arn or code, f"may not call {error['call']}", PERMIT)
    return problem("AWS", f"{error['call']} failed with {code}", message, "see the message above for the cause")


def problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings in this account and region.

    Args:
        settings: all settings, templated, with preflight_roles, the roles that were asked for.
        facts: what account.gather returned. A fact that isn't there gives no problem here: its call failed, and
            the failure is one.
    """
    unknown = _region_problems(facts)
    found = [*unknown, *_second_region_problems(facts)]
    found.extend(error_problem(error, facts.get("arn", "")) for error in facts.get("errors", []) if not unknown)
    roles = settings.get("preflight_roles", ())
    if "network" in roles and wanted(settings, "network"):
        found.extend(_zone_problems(settings, facts))
    found.extend(_key_problems(settings, facts))
    if "storage" in roles:
        found.extend(_mfa_problems(settings, facts))
    if "compute" in roles and wanted(settings, "compute"):
        found.extend(_type_problems(settings, facts))
        found.extend(_image_problems(settings, facts))
    if "scaling" in roles and wanted(settings, "scaling"):
        found.extend(_member_problems(settings, facts))
    if "cache" in roles and wanted(settings, "cache") and facts.get("cache_node_offered") is False:
        region, kind = settings.get("mlinfra_region", "the region"), settings.get("cache_node_type")
        found.append(problem("cache_node_type", kind, f"is not offered in {region}", "choose a type that the region has, such as cache.t4g.micro"))
    if "database" in roles and wanted(settings, "database"):
        found.extend(_database_problems(settings, facts))
    return found


def _database_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the database's version, class and storage in this region, and with the zones for its standby."""
    version, kind = settings.get("database_version"), settings.get("database_instance_class")
    if not settings.get("database_enabled") or not version or not kind or "database_versions" not in facts:
        return []
    region = settings.get("mlinfra_region", "the region")
    if not any(_is_version(version, known) for known in facts["database_versions"]):
        majors = sorted({int(known.partition(".")[0]) for known in facts["database_versions"]})
        remedy = f"choose from {', '.join(map(str, majors))}, or a minor version of these"
        return [problem("database_version", version, f"is no version of PostgreSQL in {region}", remedy)]
    offers = facts["database_offers"]
    if not offers:
        return [problem("database_instance_class", kind, f"is not offered in {region}", "choose a class such as db.t4g.small or db.m7g.large")]
    offers = [offer for offer in offers if _is_version(version, offer["version"])]
    if not offers:
        return [problem("database_instance_class", kind, f"does not run PostgreSQL {version}", "choose another class or version")]
    found = []
    chosen = [offer for offer in offers if offer["storage_type"] in ("", settings.get("database_storage_type"))]
    least, most = min((one["least"] for one in chosen), default=0), max((one["most"] for one in chosen), default=0)
    size = settings.get("database_allocated_storage")
    if size is not None and chosen and (size < least or size > most > 0):
        remedy = f"choose from {least} to {most} (GiB)"
        found.append(problem("database_allocated_storage", size, f"is not what {kind} takes", remedy))
    if settings.get("database_multi_az"):
        found.extend(_standby_problems(settings, facts, kind, offers))
    return found


def _standby_problems(
    settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any], kind: str, offers: t.Sequence[t.Mapping[str, t.Any]]
) -> list[str]:
    """Return why the database could have no standby."""
    if not any(offer["standby"] for offer in offers):
        remedy = "choose another class, or set database_multi_az: false"
        return [problem("database_instance_class", kind, "has no standby in another zone", remedy)]
    zones, offered = set(availability_zones(settings, facts)), {zone for offer in offers for zone in offer["zones"]}
    if not zones or not offered or len(zones & offered) >= ZONES:
        return []
    remedy = f"choose another class, zones from {', '.join(sorted(offered))}, or database_multi_az: false"
    return [problem("database_instance_class", kind, f"is offered in fewer than {ZONES} of the zones {', '.join(sorted(zones))}", remedy)]


def _is_version(asked: str, known: str) -> bool:
    """Say whether a version is the one that is asked for, or one of its minor versions."""
    return known == asked or known.startswith(f"{asked}.")


def _member_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the types of members: whether they are offered, where, and on which processors."""
    if "member_types" not in facts or not settings.get("scaling_enabled"):
        return []
    region, architecture = settings.get("mlinfra_region", "the region"), settings.get("compute_architecture")
    zones = {zone["name"] for zone in facts.get("zones", [])} & set(availability_zones(settings, facts))
    found = []
    for at, kind in enumerate(settings.get("scaling_instance_types") or []):
        name, known = f"scaling_instance_types[{at}]", facts["member_types"].get(kind)
        if not known:
            found.append(problem(name, kind, f"is not offered in {region}", "choose types that the region has"))
            continue
        if zones and not zones & set(known["zones"]):
            remedy = f"choose another type, or zones from {', '.join(known['zones'])}"
            found.append(problem(name, kind, f"is not offered in {', '.join(sorted(zones))}", remedy))
        runs = known["architectures"]
        if architecture and runs and architecture not in runs:
            remedy = f"choose types for {architecture}, or set compute_architecture to {' or '.join(runs)}"
            found.append(problem(name, kind, f"does not run {architecture}", remedy))
    return found


def _key_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return the problem of roles that are to encrypt by a key that does not stand, and that none of them makes."""
    roles = settings.get("preflight_roles", ())
    encrypting = [role for role in ENCRYPTING if role in roles and wanted(settings, role)]
    if facts.get("key_arn") != "" or "encryption" in roles or not encrypting:
        return []
    fault = f"has no key yet that {' and '.join(encrypting)} could encrypt by"
    return [problem("encryption_key", True, fault, "apply the role encryption first, as site.yml does")]


def _mfa_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return the problem of data that is to be deleted and that S3 would let nobody delete with these credentials."""
    deletes = not wanted(settings, "storage") and settings.get("storage_destroy_data")
    if not (deletes and settings.get("storage_mfa_delete_data") and facts.get("lasting_key")):
        return []
    remedy = "get some for a while with aws sts get-session-token --serial-number … --token-code …, or keep the data"
    fault = "lets no data be deleted with an access key, which has no MFA"
    return [problem("storage_mfa_delete_data", True, fault, remedy)]


def availability_zones(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return the zones to use, in the order of the subnets.

    They are those that the settings name. Where none is named, a subnet that stands keeps its zone, and the others get
    the region's first ones that offer the instance type or, where too few do, the region's first ones.
    """
    named = settings.get("network_availability_zones") or []
    if named:
        return list(named)
    kept = _standing_zones(settings, facts)
    available = [zone["name"] for zone in facts.get("zones", []) if zone["state"] == "available"]
    offering = [zone for zone in available if zone in facts.get("offered_zones", [])]
    fresh = iter(zone for zone in (offering if len(offering) >= ZONES else available) if zone not in kept)
    return [zone for zone in (zone or next(fresh, "") for zone in kept) if zone]


def _standing_zones(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return the zone of each pair of subnets that stands, empty for one that does not."""
    standing = facts.get("standing_zones", {})
    found = [""] * ZONES
    for variable in SUBNETS:
        for index, block in enumerate((settings.get(variable) or [])[:ZONES]):
            found[index] = found[index] or standing.get(block, "")
    return found


def _region_problems(facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return the problem of a region that is unknown and does not answer: newer regions than boto3 do answer."""
    unknown = facts.get("unknown_region")
    if not unknown or facts.get("zones"):
        return []
    near = f"did you mean {' or '.join(unknown['near'])}?" if unknown["near"] else "choose one such as us-east-1"
    return [problem("mlinfra_region", unknown["name"], "is no region that answers", near)]


def _second_region_problems(facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return the problem of a region to copy to that does not exist."""
    unknown = facts.get("unknown_replication_region")
    if not unknown:
        return []
    near = f"did you mean {' or '.join(unknown['near'])}?" if unknown["near"] else "choose one such as eu-west-1"
    return [problem("recovery_replication_region", unknown["name"], "is no region that boto3 knows", near)]


def _zone_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the zones."""
    if "zones" not in facts:
        return []
    region = settings.get("mlinfra_region", "the region")
    states = {zone["name"]: zone["state"] for zone in facts["zones"]}
    usable = ", ".join(name for name, state in states.items() if state == "available")
    found = []
    for index, zone in enumerate(settings.get("network_availability_zones") or []):
        name = f"network_availability_zones[{index}]"
        if zone not in states:
            found.append(problem(name, zone, f"is not a zone of {region}", f"choose from {usable}"))
        elif states[zone] != "available":
            found.append(problem(name, zone, f"is {states[zone]} now", f"choose from {usable}"))
    found.extend(_kept_problems(settings, facts))
    if list(states.values()).count("available") < ZONES:
        remedy = "choose another region"
        found.append(problem("mlinfra_region", region, f"has fewer than {ZONES} zones available", remedy))
    return found


def _kept_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return one problem for each named zone that isn't the one where its subnets stand already."""
    named = settings.get("network_availability_zones") or []
    remedy = "subnets can't move: name {}, or choose other ranges for new ones"
    return [
        problem(
            f"network_availability_zones[{index}]", zone, f"is not {kept}, where subnets stand", remedy.format(kept)
        )
        for index, (zone, kept) in enumerate(zip(named, _standing_zones(settings, facts), strict=False))
        if kept not in ("", zone)
    ]


def _type_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the instance type: whether it is offered, where, and on which processors."""
    kind = settings.get("compute_instance_type")
    if not kind or "offered_zones" not in facts:
        return []
    region = settings.get("mlinfra_region", "the region")
    offered = facts["offered_zones"]
    if not offered:
        near = facts.get("near_types") or []
        remedy = f"nearest there: {', '.join(near)}" if near else "choose a type that the region has"
        return [problem("compute_instance_type", kind, f"is not offered in {region}", remedy)]
    found = []
    known = {zone["name"] for zone in facts.get("zones", [])}
    lacking = [zone for zone in availability_zones(settings, facts) if zone in known and zone not in offered]
    if lacking:
        remedy = f"choose another type, or zones from {', '.join(offered)}"
        found.append(problem("compute_instance_type", kind, f"is not offered in {', '.join(lacking)}", remedy))
    architecture = settings.get("compute_architecture")
    runs = facts.get("architectures") or []
    if architecture and runs and architecture not in runs:
        remedy = f"set compute_architecture to {' or '.join(runs)}, or choose another type"
        found.append(problem("compute_instance_type", kind, f"does not run {architecture}", remedy))
    return found


def _image_problems(settings: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the image: whether it is there, its architecture, and its size."""
    image = facts.get("image")
    if image is None:
        return []
    region = settings.get("mlinfra_region", "the region")
    named = settings.get("compute_image_id")
    if not image["id"]:
        if named:
            remedy = "give an image of that region, or leave it empty for the newest"
            return [problem("compute_image_id", named, f"is not in {region}", remedy)]
        if settings.get("compute_image") == "baked":
            remedy = "bake one with playbooks/image.yml, or choose auto"
            return [problem("compute_image", "baked", f"has no image in {region}", remedy)]
        held = settings.get("compute_os", "")
        fault = f"has no image in {region} ({settings.get('preflight_image_parameter', '')})"
        return [problem("compute_os", held, fault, "choose another system, or set compute_image_id")]
    found = []
    architecture = settings.get("compute_architecture")
    if named and architecture and image["architecture"] not in ("", architecture):
        remedy = f"it is for {image['architecture']}: set compute_architecture to that, or give another image"
        found.append(problem("compute_image_id", named, f"is not for {architecture}", remedy))
    size = settings.get("compute_root_volume_size")
    least, fault = image["size"], f"is less than the image {image['id']} needs"
    if instance_cuda(settings.get("compute_instance_type") or "") >= OLDEST_CUDA and not named and not image["baked"]:
        least, fault = least + ROOM_FOR_CUDA, f"{fault} with PyTorch and CUDA on it"
    if isinstance(size, int) and size < least:
        found.append(problem("compute_root_volume_size", size, fault, f"choose {least} (GiB) or more"))
    return found
