# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the metadata come from: the emulator, asked as the operator of the rehearsal."""

from __future__ import annotations

import base64
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .document import Tree, announced, tree

# Seconds for which a description is taken as true.
FRESH = 5.0
# Credentials are renewed so long before they end: EC2 promises five minutes.
MARGIN = timedelta(minutes=10)
CREDENTIALS = "meta-data/iam/security-credentials"


class Instance:
    """One instance's description and its role's credentials, kept as long as they hold."""

    def __init__(
        self, instance_id: str, endpoint_url: str, ca_bundle: str, region: str, announcements: Path | None = None
    ) -> None:
        self.instance_id = instance_id
        self._announcements = announcements
        session = boto3.session.Session(
            aws_access_key_id="rehearsal", aws_secret_access_key="rehearsal", region_name=region
        )
        config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "adaptive", "max_attempts": 5})
        self._clients = {
            name: session.client(name, endpoint_url=endpoint_url, verify=ca_bundle, config=config)
            for name in ("ec2", "iam", "sts")
        }
        self._lock = threading.Lock()
        self._leaves: Tree = {}
        self._until = 0.0
        self._role: dict[str, str] | None = None
        self._credentials: dict[str, Any] = {}
        self.key_name = ""

    def leaves(self) -> Tree:
        """The tree's leaves; while the emulator is away, the last known.

        Raises:
            BotoCoreError, ClientError: nothing is known yet, and the emulator gives nothing.
        """
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._leaves = self._describe()
                except (BotoCoreError, ClientError):
                    if not self._leaves:
                        raise
                self._until = time.monotonic() + FRESH
            return announced(self._leaves, self._told())

    def _told(self) -> dict[str, Any]:
        """What the rehearsal has EC2 announce: see `host announce`."""
        if self._announcements is None or not self._announcements.exists():
            return {}
        return json.loads(self._announcements.read_text(encoding="utf-8"))

    def role_name(self) -> str:
        """The role of the instance profile; empty without one."""
        return self._role["RoleName"] if self._role else ""

    def credentials(self) -> dict[str, str] | None:
        """The role's credentials in the service's form; None without a role."""
        with self._lock:
            if self._role is None:
                return None
            now = datetime.now(UTC)
            if (
                not self._credentials
                or self._credentials["Role"] != self._role
                or self._credentials["Ends"] - MARGIN < now
            ):
                answer = self._clients["sts"].assume_role(RoleArn=self._role["Arn"], RoleSessionName=self.instance_id)
                given = answer["Credentials"]
                self._credentials = {
                    "Role": self._role,
                    "Ends": given["Expiration"],
                    "Answer": {
                        "Code": "Success",
                        "LastUpdated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "Type": "AWS-HMAC",
                        "AccessKeyId": given["AccessKeyId"],
                        "SecretAccessKey": given["SecretAccessKey"],
                        "Token": given["SessionToken"],
                        "Expiration": given["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                    },
                }
            return self._credentials["Answer"]

    def _describe(self) -> Tree:
        ec2 = self._clients["ec2"]
        reservation = ec2.describe_instances(InstanceIds=[self.instance_id])["Reservations"][0]
        instance = {**reservation["Instances"][0], "ReservationId": reservation["ReservationId"]}
        self.key_name = instance.get("KeyName", "")
        attribute = ec2.describe_instance_attribute(InstanceId=self.instance_id, Attribute="userData")
        encoded = attribute.get("UserData", {}).get("Value")
        profile = self._profile(instance)
        self._role = profile["Roles"][0] if profile and profile["Roles"] else None
        leaves = tree(
            instance,
            reservation["OwnerId"],
            self._public_key(),
            base64.b64decode(encoded).decode() if encoded else None,
            profile,
        )
        if self._role:
            # The listing shows it; its text is made when asked for.
            leaves[f"{CREDENTIALS}/{self._role['RoleName']}"] = ""
        return leaves

    def _public_key(self) -> str:
        if not self.key_name:
            return ""
        pairs = self._clients["ec2"].describe_key_pairs(
            Filters=[{"Name": "key-name", "Values": [self.key_name]}], IncludePublicKey=True
        )["KeyPairs"]
        return pairs[0].get("PublicKey", "") if pairs else ""

    def _profile(self, instance: dict[str, Any]) -> dict[str, Any] | None:
        arn = instance.get("IamInstanceProfile", {}).get("Arn")
        if not arn:
            return None
        try:
            return self._clients["iam"].get_instance_profile(InstanceProfileName=arn.split("/")[-1])["InstanceProfile"]
        except self._clients["iam"].exceptions.NoSuchEntityException:
            return None
