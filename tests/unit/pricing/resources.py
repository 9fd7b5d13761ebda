# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources as discovery and declarations have them, for the tests of prices."""

from __future__ import annotations

from typing import Any


def resource(kind: str, name: str = "", identifier: str = "", **attributes: Any) -> dict[str, Any]:
    """One resource."""
    return {"kind": kind, "name": name or kind, "id": identifier, "attributes": attributes}


def declared_instance(kind: str = "t3.medium", name: str = "ml-1", gb: int = 50, **attributes: Any) -> dict[str, Any]:
    """An instance as role compute declares it, in a public subnet."""
    volume = {"VolumeSize": gb, "VolumeType": "gp3", "Encrypted": True}
    mappings = [{"DeviceName": "/dev/xvda", "Ebs": volume}]
    return resource(
        "instance", name, InstanceType=kind, AssociatePublicIpAddress=True, BlockDeviceMappings=mappings, **attributes
    )


def architecture() -> list[dict[str, Any]]:
    """The whole architecture, as declared."""
    free = [resource(kind) for kind in ("vpc", "subnet", "internet_gateway", "bucket", "iam_role", "log_group")]
    alarms = [resource("alarm", f"alarm-{number}") for number in range(4)]
    gateway = [resource("nat_gateway", "nat-2"), resource("elastic_ip", "nat-2", NatGateway="nat-2")]
    return [*free, declared_instance(), *gateway, *alarms, resource("dashboard")]


def standing() -> list[dict[str, Any]]:
    """The same as it stands, in the words of the Describe calls."""
    return [
        resource("vpc", "net", "vpc-1", VpcId="vpc-1"),
        resource(
            *("instance", "ml-1", "i-1"),
            InstanceType="t3.medium",
            State={"Code": 16, "Name": "running"},
            PublicIpAddress="198.51.100.8",
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-1"}}],
        ),
        resource("volume", "ml-1", "vol-1", Size=50, VolumeType="gp3", Iops=3000, Throughput=125, State="in-use"),
        resource(
            *("nat_gateway", "nat-2", "nat-1"),
            State="available",
            NatGatewayAddresses=[{"PublicIp": "198.51.100.7", "AllocationId": "eipalloc-1"}],
        ),
        resource("elastic_ip", "nat-2", "eipalloc-1", PublicIp="198.51.100.7", AssociationId="eipassoc-1"),
        resource("network_interface", "", "eni-1", Association={"PublicIp": "198.51.100.7"}),
        resource("network_interface", "", "eni-2", Association={"PublicIp": "198.51.100.8"}),
        *(resource("alarm", f"alarm-{number}", Period=300) for number in range(4)),
        resource("dashboard", "net"),
        resource("bucket", "data", "arn:aws:s3:::data"),
        resource("log_group", "/aws/vpc/net", "arn", storedBytes=0),
    ]
