# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients, tags and the few helpers that all parts share."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

READING = ("Describe", "Get", "Head", "List")
# IAM tells the rest of AWS of a new role within seconds.
PROPAGATION_SECONDS = 60
Answer = TypeVar("Answer")


class Difference(Exception):
    """Something does not stand as it should; the text is the call that would put it right."""


class Aws:
    """The clients of one account.

    Args:
        endpoint_url: where AWS, or its emulator, answers; None for what boto3 finds itself.
        ca_bundle: file with the certificates to trust; None for what boto3 finds itself.
        region: the region.
        read_only: whether a call that writes raises Difference instead.
    """

    def __init__(self, endpoint_url: str | None, ca_bundle: str | None, region: str, read_only: bool = False) -> None:
        self.region = region
        self.written: list[str] = []
        self._read_only = read_only
        self._session = boto3.Session(region_name=region)
        self._session.events.register("before-call", self._before_call)
        config = Config(retries={"mode": "adaptive", "max_attempts": 10}, s3={"addressing_style": "path"})
        self.client: Callable[[str], Any] = cache(
            lambda service: self._session.client(service, endpoint_url=endpoint_url, verify=ca_bundle, config=config)
        )

    @property
    def account(self) -> str:
        """The id of the account."""
        return self.client("sts").get_caller_identity()["Account"]

    def _before_call(self, model: Any, **_event: Any) -> None:
        if model.name.startswith(READING):
            return
        call = f"{model.service_model.service_name}:{model.name}"
        if self._read_only:
            raise Difference(call)
        self.written.append(call)


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as most calls take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_of(resource: dict[str, Any]) -> dict[str, str]:
    """The tags that a description holds."""
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


def specification(kind: str, tags: dict[str, str]) -> list[dict[str, Any]]:
    """Tags as EC2's calls that create take them."""
    return [{"ResourceType": kind, "Tags": tag_list(tags)}]


def filters(values: dict[str, str | list[str]]) -> list[dict[str, Any]]:
    """EC2 filters."""
    return [{"Name": name, "Values": [value] if isinstance(value, str) else value} for name, value in values.items()]


def differs(standing: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether any of the wanted members stands otherwise; other members are nobody's business."""
    return any(standing.get(key) != value for key, value in wanted.items())


def found(call: Callable[..., Answer], *codes: str, **arguments: Any) -> Answer | None:
    """What a call answers, or None where it answers with one of these error codes."""
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise


def when_known(call: Callable[..., Answer], code: str, **arguments: Any) -> Answer:
    """Make a call that names a new role, again and again while AWS doesn't know the role yet."""
    ends = time.monotonic() + PROPAGATION_SECONDS
    while True:
        try:
            return call(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != code or time.monotonic() > ends:
                raise
        time.sleep(2)


def ensure_ec2_tags(ec2: Any, resource: str, standing: dict[str, Any], tags: dict[str, str]) -> None:
    """Give an EC2 resource exactly these tags."""
    current = tags_of(standing)
    if tags.items() - current.items():
        ec2.create_tags(Resources=[resource], Tags=tag_list(tags))
    if surplus := current.keys() - tags.keys():
        ec2.delete_tags(Resources=[resource], Tags=[{"Key": key} for key in surplus])
