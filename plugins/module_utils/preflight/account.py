# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS says about the account, the region, the instance type and the image: reading calls only."""

from __future__ import annotations

import concurrent.futures
import contextlib
import difflib
import typing as t

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library.
    import botocore.exceptions

from ..machine_image import newest_image, own_images, summarise_image

if t.TYPE_CHECKING:
    from ..clients import Clients

Facts = dict[str, t.Any]
# What DescribeInstanceTypes, DescribeImages and GetParameter answer where the thing isn't there.
MISSING = {
    "InvalidInstanceType",
    "InvalidAMIID.NotFound",
    "InvalidAMIID.Unavailable",
    "InvalidAMIID.Malformed",
    "ParameterNotFound",
}


class Request(t.NamedTuple):
    """What to ask about. Empty: do not ask."""

    instance_type: str = ""
    image_id: str = ""
    image_parameter: str = ""
    image_tags: t.Mapping[str, str] = {}
    image_architecture: str = ""
    tags: t.Mapping[str, str] = {}
    zones: bool = True
    key_alias: str = ""
    member_types: t.Sequence[str] = ()
    cache_node_type: str = ""
    database_class: str = ""


def error_of(exception: Exception, call: str, endpoint: str = "") -> dict[str, str]:
    """Describe a failed call.

    Args:
        exception: what boto3 raised.
        call: the permission that the call needs, such as sts:GetCallerIdentity.
        endpoint: the address that was asked.
    """
    response = getattr(exception, "response", None)
    answer = response.get("Error", {}) if isinstance(response, dict) else {}
    return {
        "call": call,
        "code": str(answer.get("Code") or type(exception).__name__),
        "message": str(answer.get("Message") or exception),
        "endpoint": endpoint,
    }


def identity(clients: Clients) -> Facts:
    """Return who asks: account_id, arn and partition."""
    answer = clients("sts").get_caller_identity()
    return {
        "account_id": answer["Account"],
        "arn": answer["Arn"],
        "partition": answer["Arn"].split(":")[1],
    }


def key(clients: Clients, alias: str) -> Facts:
    """Return the ARN of the key that an alias stands for, empty where it stands for none."""
    try:
        return {"key_arn": clients("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"]}
    except botocore.exceptions.ClientError as exception:
        if error_of(exception, "")["code"] == "NotFoundException":
            return {"key_arn": ""}
        raise


def zones(clients: Clients) -> Facts:
    """Return the region's availability zones as {name, state}, without local and wavelength zones."""
    found = [
        {"name": zone["ZoneName"], "state": zone["State"]}
        for zone in clients("ec2").describe_availability_zones()["AvailabilityZones"]
        if zone.get("ZoneType", "availability-zone") == "availability-zone"
    ]
    return {"zones": sorted(found, key=lambda zone: zone["name"])}


def offering(clients: Clients, instance_type: str) -> Facts:
    """Return the zones that offer the type and, where none does, the types with the nearest names."""
    paginator = clients("ec2").get_paginator("describe_instance_type_offerings")
    pages = paginator.paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": [instance_type]}]
    )
    offered = sorted(entry["Location"] for page in pages for entry in page["InstanceTypeOfferings"])
    near: list[str] = []
    if not offered:
        everything = paginator.paginate(LocationType="region")
        known = {entry["InstanceType"] for page in everything for entry in page["InstanceTypeOfferings"]}
        near = difflib.get_close_matches(instance_type, sorted(known), n=3)
    return {"offered_zones": offered, "near_types": near}


def architectures(clients: Clients, instance_type: str) -> Facts:
    """Return the architectures of the type's processors, none where the region does not know the type."""
    try:
        answer = clients("ec2").describe_instance_types(InstanceTypes=[instance_type])
    except botocore.exceptions.ClientError as exception:
        if error_of(exception, "")["code"] in MISSING:
            return {"architectures": []}
        raise
    types = answer["InstanceTypes"]
    return {"architectures": types[0]["ProcessorInfo"]["SupportedArchitectures"] if types else []}


def members(clients: Clients, types: t.Sequence[str]) -> Facts:
    """Return those of the types that the region has, each with its zones and the architectures of its processors."""
    chosen = [{"Name": "instance-type", "Values": list(types)}]
    ec2 = clients("ec2")
    offered = ec2.get_paginator("describe_instance_type_offerings").paginate(LocationType="availability-zone", Filters=chosen)
    known: dict[str, Facts] = {}
    for page in offered:
        for entry in page["InstanceTypeOfferings"]:
            known.setdefault(entry["InstanceType"], {"zones": [], "architectures": []})["zones"].append(entry["Location"])
    for page in ec2.get_paginator("describe_instance_types").paginate(Filters=chosen):
        for entry in page["InstanceTypes"]:
            found = known.setdefault(entry["InstanceType"], {"zones": [], "architectures": []})
            found["architectures"] = entry["ProcessorInfo"]["SupportedArchitectures"]
    return {"member_types": known}


def cache_node(clients: Clients, node_type: str) -> Facts:
    """Return whether the region sells a type of cache nodes: ElastiCache tells it of reserved ones only, which are of the same types."""
    asked = {"CacheNodeType": node_type, "MaxRecords": 20}
    offered = clients("elasticache").describe_reserved_cache_nodes_offerings(**asked)["ReservedCacheNodesOfferings"]
    return {"cache_node_offered": bool(offered)}


def image(clients: Clients, request: Request) -> Facts:
    """Return the image as {id, architecture, size, baked}, where size is its root volume's in GiB.

    Args:
        clients: how to reach AWS.
        request: the image by its id, or else by its tags, or else by a public parameter.

    Returns:
        An image with an empty id where there is none of them. baked says that its tags named it.
    """
    image_id, baked = request.image_id, False
    missing = {"image": {"id": "", "architecture": "", "size": 0, "baked": False}}
    images: list[t.Any] = []
    try:
        if not image_id and request.image_tags:
            arguments = own_images(request.image_tags, request.image_architecture)
            pages = clients("ec2").get_paginator("describe_images").paginate(**arguments)
            found = newest_image(one for page in pages for one in page["Images"])
            images, baked = ([found], True) if found else ([], False)
        if not image_id and not images and request.image_parameter:
            image_id = clients("ssm").get_parameter(Name=request.image_parameter)["Parameter"]["Value"]
        if image_id:
            images = clients("ec2").describe_images(ImageIds=[image_id])["Images"]
    except botocore.exceptions.ClientError as exception:
        if error_of(exception, "")["code"] in MISSING:
            return missing
        raise
    if not images:
        return missing
    found = summarise_image(images[0])
    return {
        "image": {
            "id": found["id"],
            "architecture": found["architecture"],
            "size": found["root_volume_size"],
            "baked": baked,
        }
    }


def standing_subnets(clients: Clients, tags: t.Mapping[str, str]) -> Facts:
    """Return the subnets that the environment has already, as CIDR block to zone."""
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in sorted(tags.items())]
    pages = clients("ec2").get_paginator("describe_subnets").paginate(Filters=filters)
    return {
        "standing_zones": {
            subnet["CidrBlock"]: subnet["AvailabilityZone"] for page in pages for subnet in page["Subnets"]
        }
    }


def database(clients: Clients, instance_class: str) -> Facts:
    """Return PostgreSQL's versions in the region, and how a class of databases is offered there.

    Args:
        clients: how to reach AWS.
        instance_class: such as db.t4g.small.

    Returns:
        database_versions, and database_offers: each a version with its zones, whether a standby is possible, and the least and the
        most storage (GiB, 0 where RDS does not say).
    """
    rds = clients("rds")
    versions = rds.get_paginator("describe_db_engine_versions").paginate(Engine="postgres")
    asked = {"Engine": "postgres", "DBInstanceClass": instance_class, "Vpc": True}
    offers = rds.get_paginator("describe_orderable_db_instance_options").paginate(**asked)
    return {
        "database_versions": [one["EngineVersion"] for page in versions for one in page["DBEngineVersions"]],
        "database_offers": [
            {
                "version": one["EngineVersion"],
                "zones": [zone["Name"] for zone in one.get("AvailabilityZones", [])],
                "standby": one.get("MultiAZCapable", True),
                "storage_type": one.get("StorageType", ""),
                "least": one.get("MinStorageSize", 0),
                "most": one.get("MaxStorageSize", 0),
            }
            for page in offers
            for one in page["OrderableDBInstanceOptions"]
        ],
    }


def questions(request: Request) -> dict[str, t.Callable[[Clients], Facts]]:
    """Return the calls that a request needs, by the permission that each needs."""
    wanted: dict[str, t.Callable[[Clients], Facts]] = {}
    if request.zones:
        wanted["ec2:DescribeAvailabilityZones"] = zones
    if request.zones and request.tags:
        wanted["ec2:DescribeSubnets"] = lambda clients: standing_subnets(clients, request.tags)
    if request.key_alias:
        wanted["kms:DescribeKey"] = lambda clients: key(clients, request.key_alias)
    if request.instance_type:
        wanted["ec2:DescribeInstanceTypeOfferings"] = lambda clients: offering(clients, request.instance_type)
        wanted["ec2:DescribeInstanceTypes"] = lambda clients: architectures(clients, request.instance_type)
    if request.member_types:
        wanted["ec2:DescribeInstanceTypeOfferings for members"] = lambda clients: members(clients, request.member_types)
    if request.cache_node_type:
        wanted["elasticache:DescribeReservedCacheNodesOfferings"] = lambda clients: cache_node(clients, request.cache_node_type)
    if request.database_class:
        name = "rds:DescribeDBEngineVersions and rds:DescribeOrderableDBInstanceOptions"
        wanted[name] = lambda clients: database(clients, request.database_class)
    if request.image_id or request.image_parameter or request.image_tags:
        wanted["ssm:GetParameter and ec2:DescribeImages"] = lambda clients: image(clients, request)
    return wanted


def gather(clients: Clients, request: Request) -> Facts:
    """Ask AWS, first who we are, then everything else side by side.

    Args:
        clients: how to reach AWS.
        request: what to ask about.

    Returns:
        The facts of the functions above, and errors: one entry for each call that failed. Nothing is asked after
        a failure to say who we are, since it would fail alike.
    """
    facts: Facts = {"errors": []}
    try:
        facts.update(identity(clients))
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, ValueError) as exception:
        facts["errors"].append(error_of(exception, "sts:GetCallerIdentity", _endpoint(clients)))
        return facts
    wanted = questions(request)
    if not wanted:
        return facts
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        answers = {call: pool.submit(function, clients) for call, function in wanted.items()}
    for call, answer in answers.items():
        try:
            facts.update(answer.result())
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as exception:
            facts["errors"].append(error_of(exception, call))
    return facts


def _endpoint(clients: Clients) -> str:
    """Return the address of STS, empty where not even a client can be made."""
    try:
        return str(clients("sts").meta.endpoint_url)
    except (botocore.exceptions.BotoCoreError, ValueError):
        return ""


def unknown_region(region: str | None, known: t.Iterable[str]) -> dict[str, t.Any]:
    """Return a region that boto3 has no endpoints for, with the nearest names; empty for one that it knows."""
    names = sorted(known)
    if not region or region in names:
        return {}
    return {"name": region, "near": difflib.get_close_matches(region, names, n=3)}
