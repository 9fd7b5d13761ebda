# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what EC2 describes of an instance to the tree that its metadata service serves. No calls here."""

from __future__ import annotations

import json
from typing import Any

# The versions that clients ask for by name; all hold the same.
VERSIONS = ("2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest")
Tree = dict[str, str]


def region_of(zone: str) -> str:
    """The region that a zone lies in."""
    return zone.rstrip("abcdefghijklmnopqrstuvwxyz")


def tree(
    instance: dict[str, Any], owner: str, public_key: str, user_data: str | None, profile: dict[str, Any] | None
) -> Tree:
    """The leaves of the tree, by path without the version.

    Args:
        instance: an entry of DescribeInstances.
        owner: the account.
        public_key: the material of the instance's key pair; empty without one.
        user_data: its user data; None without.
        profile: its instance profile as IAM gives it; None without.

    Returns:
        Texts by path. Credentials are not among them: they are made when asked for.
    """
    zone = instance["Placement"]["AvailabilityZone"]
    private_ip = instance.get("PrivateIpAddress", "")
    private_name = f"ip-{private_ip.replace('.', '-')}.ec2.internal"
    interface = (instance.get("NetworkInterfaces") or [{}])[0]
    mac = interface.get("MacAddress", "02:00:00:00:00:01")
    groups = "\n".join(group["GroupName"] for group in instance.get("SecurityGroups") or interface.get("Groups", []))
    leaves = {
        "meta-data/ami-id": instance.get("ImageId", ""),
        "meta-data/ami-launch-index": str(instance.get("AmiLaunchIndex", 0)),
        "meta-data/hostname": private_name,
        "meta-data/instance-action": "none",
        "meta-data/instance-id": instance["InstanceId"],
        "meta-data/instance-life-cycle": instance.get("InstanceLifecycle", "on-demand"),
        "meta-data/instance-type": instance["InstanceType"],
        "meta-data/local-hostname": private_name,
        "meta-data/local-ipv4": private_ip,
        "meta-data/mac": mac,
        f"meta-data/network/interfaces/macs/{mac}/device-number": "0",
        f"meta-data/network/interfaces/macs/{mac}/interface-id": interface.get("NetworkInterfaceId", ""),
        f"meta-data/network/interfaces/macs/{mac}/local-ipv4s": private_ip,
        f"meta-data/network/interfaces/macs/{mac}/mac": mac,
        f"meta-data/network/interfaces/macs/{mac}/subnet-id": instance.get("SubnetId", ""),
        f"meta-data/network/interfaces/macs/{mac}/vpc-id": instance.get("VpcId", ""),
        "meta-data/placement/availability-zone": zone,
        "meta-data/placement/region": region_of(zone),
        "meta-data/reservation-id": instance.get("ReservationId", ""),
        "meta-data/security-groups": groups,
        "meta-data/services/domain": "amazonaws.com",
        "meta-data/services/partition": "aws",
        "dynamic/instance-identity/document": json.dumps(identity(instance, owner), indent=2),
    }
    if instance.get("PublicIpAddress"):
        leaves["meta-data/public-ipv4"] = instance["PublicIpAddress"]
        leaves["meta-data/public-hostname"] = instance.get("PublicDnsName", "")
    if public_key:
        leaves["meta-data/public-keys/0/openssh-key"] = public_key.strip() + "\n"
    if user_data is not None:
        leaves["user-data"] = user_data
    if profile:
        leaves["meta-data/iam/info"] = json.dumps(
            {
                "Code": "Success",
                "LastUpdated": stamp(instance),
                "InstanceProfileArn": profile["Arn"],
                "InstanceProfileId": profile["InstanceProfileId"],
            },
            indent=2,
        )
    return leaves


def stamp(instance: dict[str, Any]) -> str:
    """The instance's launch time, in AWS's form."""
    launched = instance.get("LaunchTime")
    return launched.strftime("%Y-%m-%dT%H:%M:%SZ") if launched else "1970-01-01T00:00:00Z"


def identity(instance: dict[str, Any], owner: str) -> dict[str, Any]:
    """The identity document."""
    zone = instance["Placement"]["AvailabilityZone"]
    return {
        "accountId": owner,
        "architecture": instance.get("Architecture", "x86_64"),
        "availabilityZone": zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": instance.get("ImageId", ""),
        "instanceId": instance["InstanceId"],
        "instanceType": instance["InstanceType"],
        "kernelId": None,
        "pendingTime": stamp(instance),
        "privateIp": instance.get("PrivateIpAddress", ""),
        "ramdiskId": None,
        "region": region_of(zone),
        "version": "2017-09-30",
    }


def look_up(leaves: Tree, path: str, key_name: str) -> str | None:
    """What stands at a path without its version: a leaf's text, a folder's listing, or None.

    A listing ends folders with a slash, but for the key pairs, which EC2 lists as number=name.
    """
    path = path.strip("/")
    if path in leaves:
        return leaves[path]
    if path == "meta-data/public-keys" and f"{path}/0/openssh-key" in leaves:
        return f"0={key_name}"
    prefix = f"{path}/" if path else ""
    below = [leaf[len(prefix) :] for leaf in leaves if leaf.startswith(prefix)]
    entries = {name if "/" not in name else name.split("/")[0] + "/" for name in below}
    return "\n".join(sorted(entries)) if entries else None


def announced(leaves: Tree, told: dict[str, Any]) -> Tree:
    """The tree with what EC2 announces to a spot instance.

    Args:
        leaves: the tree.
        told: whether the instance is a `spot` one, and the objects of an `interruption` (action and time) and of a
            `rebalance` recommendation (noticeTime), each where there is one.
    """
    more = {"meta-data/instance-life-cycle": "spot"} if told.get("spot") else {}
    if "interruption" in told:
        more["meta-data/spot/instance-action"] = json.dumps(told["interruption"])
    if "rebalance" in told:
        more["meta-data/events/recommendations/rebalance"] = json.dumps(told["rebalance"])
    return {**leaves, **more}
