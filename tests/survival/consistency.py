# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hides what is new from those who look for it, as EC2 and IAM do for a while. S3 does not."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from xml.etree import ElementTree

from proxy.messages import Answer, Forward, Request, error

ID = re.compile(r"\b(vpc|subnet|igw|nat|eipalloc|rtb|acl|sg|vpce|fl|i|vol|eni|key)-[0-9a-f]{8,17}\b")
# How EC2 says that it knows no thing with this id, by the prefix of the id.
UNKNOWN = {
    "vpc": "InvalidVpcID.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "nat": "NatGatewayNotFound",
    "eipalloc": "InvalidAllocationID.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "acl": "InvalidNetworkAclID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
    "fl": "InvalidFlowLogId.NotFound",
    "i": "InvalidInstanceID.NotFound",
    "vol": "InvalidVolume.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "key": "InvalidKeyPair.NotFound",
}
# The element that identifies an entry of a list.
IDENTIFIED_BY = {
    "DescribeVpcs": "vpcId",
    "DescribeSubnets": "subnetId",
    "DescribeInternetGateways": "internetGatewayId",
    "DescribeNatGateways": "natGatewayId",
    "DescribeAddresses": "allocationId",
    "DescribeRouteTables": "routeTableId",
    "DescribeNetworkAcls": "networkAclId",
    "DescribeSecurityGroups": "groupId",
    "DescribeVpcEndpoints": "vpcEndpointId",
    "DescribeFlowLogs": "flowLogId",
    "DescribeInstances": "instanceId",
    "DescribeInstanceStatus": "instanceId",
    "DescribeVolumes": "volumeId",
    "DescribeNetworkInterfaces": "networkInterfaceId",
    "DescribeKeyPairs": "keyPairId",
    "DescribeTags": "resourceId",
}
CREATING = re.compile(r"(?:Create|Allocate|Run|Import)(?!Tags)")
# The members of IAM's calls that name what may be new.
NAMES = ("RoleName", "InstanceProfileName")


class Hidden:
    """The behaviour that hides.

    Args:
        seconds: how long what was created is not seen by calls that read.
        profile_seconds: how long EC2 launches nothing with an instance profile that is new.
        clock: the time in seconds.

    Attributes:
        unseen: how often something was left out of a list, by call.
        refused: how often something new was asked for and not found, by call.
    """

    def __init__(self, seconds: float, profile_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._profile_seconds, self._clock = seconds, profile_seconds, clock
        self.unseen: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._known: set[str] = set()
        self._shown_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        if request.service == "ec2":
            return self._ec2(request, forward)
        if request.service == "iam":
            return self._iam(request, forward)
        return forward(request)

    def _ec2(self, request: Request, forward: Forward) -> Answer:
        reading = request.action.startswith("Describe")
        profile = request.parameters.get("IamInstanceProfile.Arn", "")
        if request.action == "RunInstances" and self._is_new(f"{profile} in EC2"):
            message = (
                f"Value ({profile}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"
            )
            return self._refuse(request, 400, "InvalidParameterValue", message)
        for name, value in request.parameters.items():
            found = ID.fullmatch(value)
            if reading and found and not name.startswith("Filter.") and self._is_new(value):
                return self._refuse(request, 400, UNKNOWN[found[1]], f"The ID '{value}' does not exist")
        answer = forward(request)
        ids = {found[0] for found in ID.finditer(answer.content.decode())}
        with self._lock:
            new = ids - self._known - {found[0] for found in ID.finditer(request.body.decode())}
            self._known |= ids
            if answer.good and CREATING.match(request.action):
                self._shown_at.update(dict.fromkeys(new, self._clock() + self._seconds))
        if answer.good and request.action in IDENTIFIED_BY:
            answer.content = self._without_new(request.action, answer.content)
        return answer

    def _without_new(self, action: str, content: bytes) -> bytes:
        """The answer without what is new: neither what is new itself nor what is in a new VPC."""
        root = ElementTree.fromstring(content)
        namespace = root.tag.partition("}")[0] + "}"
        for parent in list(root.iter()):
            for entry in list(parent):
                ids = (entry.findtext(f"{namespace}{name}", "") for name in (IDENTIFIED_BY[action], "vpcId"))
                if entry.tag == f"{namespace}item" and any(self._is_new(identifier) for identifier in ids):
                    parent.remove(entry)
                    self.unseen[action] += 1
        for parent in root.iter(f"{namespace}reservationSet"):
            for reservation in list(parent):
                if not reservation.findall(f"{namespace}instancesSet/{namespace}item"):
                    parent.remove(reservation)
        ElementTree.register_namespace("", namespace.strip("{}"))
        return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)

    def _iam(self, request: Request, forward: Forward) -> Answer:
        names = [f"{member} {request.parameters[member]}" for member in NAMES if member in request.parameters]
        if request.action.startswith(("Get", "List")) and any(map(self._is_new, names)):
            return self._refuse(request, 404, "NoSuchEntity", f"The {' '.join(names)} cannot be found.")
        answer = forward(request)
        if answer.good and request.action in ("CreateRole", "CreateInstanceProfile"):
            arn = re.search(r"<Arn>(.*?)</Arn>", answer.content.decode())
            with self._lock:
                self._shown_at[names[0]] = self._clock() + self._seconds
                self._shown_at[f"{arn[1] if arn else ''} in EC2"] = self._clock() + self._profile_seconds
        return answer

    def _is_new(self, thing: str) -> bool:
        with self._lock:
            return self._clock() < self._shown_at.get(thing, 0.0)

    def _refuse(self, request: Request, status: int, code: str, message: str) -> Answer:
        self.refused[request.action] += 1
        return error(request, status, code, message)

    def __str__(self) -> str:
        unseen = ", ".join(f"{call} × {number}" for call, number in self.unseen.items())
        refused = ", ".join(f"{call} × {number}" for call, number in self.refused.items())
        return (
            f"not seen in {self.unseen.total()} entries ({unseen}), not found {self.refused.total()} times ({refused})"
        )
