# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The metadata service answers as EC2's, version 2 only."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from instance_metadata import document
from instance_metadata.server import LIFETIME_HEADER, TOKEN_HEADER, Service

INSTANCE: dict[str, Any] = {
    "InstanceId": "i-0123",
    "InstanceType": "t3.medium",
    "ImageId": "ami-1",
    "PrivateIpAddress": "10.0.1.4",
    "PublicIpAddress": "54.0.0.1",
    "LaunchTime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "Placement": {"AvailabilityZone": "us-east-1a"},
    "NetworkInterfaces": [{"MacAddress": "02:aa", "NetworkInterfaceId": "eni-1", "Groups": [{"GroupName": "web"}]}],
}
PROFILE = {"Arn": "arn:aws:iam::123456789012:instance-profile/p", "InstanceProfileId": "AIPA1"}
LEAVES = document.tree(INSTANCE, "123456789012", "ssh-ed25519 AAAA me", "#!/bin/sh\n", PROFILE)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("meta-data/instance-id", "i-0123"),
        ("meta-data/local-ipv4", "10.0.1.4"),
        ("meta-data/public-ipv4", "54.0.0.1"),
        ("meta-data/placement/region", "us-east-1"),
        ("meta-data/placement/", "availability-zone\nregion"),
        ("meta-data/public-keys/", "0=pair"),
        ("meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAA me\n"),
        ("meta-data/network/interfaces/macs/", "02:aa/"),
        ("meta-data/security-groups", "web"),
        ("user-data", "#!/bin/sh\n"),
        ("dynamic/instance-identity", "document"),
        ("", "dynamic/\nmeta-data/\nuser-data"),
        ("meta-data/spot/instance-action", None),
        ("meta-data/instance", None),
    ],
)
def test_paths(path: str, text: str | None) -> None:
    assert document.look_up(LEAVES, path, "pair") == text


@pytest.mark.parametrize(
    ("told", "path", "text"),
    [
        ({}, "meta-data/instance-life-cycle", "on-demand"),
        ({"spot": True}, "meta-data/instance-life-cycle", "spot"),
        ({"spot": True}, "meta-data/spot", None),
        ({"interruption": {"action": "stop"}}, "meta-data/spot/instance-action", '{"action": "stop"}'),
        ({"rebalance": {"noticeTime": "t"}}, "meta-data/events/recommendations/rebalance", '{"noticeTime": "t"}'),
    ],
)
def test_what_ec2_announces_to_a_spot_instance(told: dict[str, Any], path: str, text: str | None) -> None:
    assert document.look_up(document.announced(LEAVES, told), path, "") == text


def test_identity_document() -> None:
    identity = json.loads(LEAVES["dynamic/instance-identity/document"])
    assert identity["accountId"] == "123456789012"
    assert identity["region"] == "us-east-1"
    assert identity["pendingTime"] == "2026-01-02T03:04:05Z"


def test_what_an_instance_lacks_is_not_there() -> None:
    bare = {key: value for key, value in INSTANCE.items() if key != "PublicIpAddress"}
    leaves = document.tree(bare, "123456789012", "", None, None)
    for path in ("user-data", "meta-data/public-ipv4", "meta-data/public-keys", "meta-data/iam"):
        assert document.look_up(leaves, path, "") is None


class Known:
    """An instance whose description is known, in place of one that has to be asked for."""

    key_name = "pair"

    def leaves(self) -> document.Tree:
        """The tree, with the listing of the role."""
        return {**LEAVES, "meta-data/iam/security-credentials/role": ""}

    def role_name(self) -> str:
        """The role."""
        return "role"

    def credentials(self) -> dict[str, str]:
        """Its credentials."""
        return {"Code": "Success"}


@pytest.fixture
def service() -> Iterator[str]:
    """The service on a port of its own."""
    server = Service(("127.0.0.1", 0), Known())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Status and text of an answer."""
    request = urllib.request.Request(url, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def token(service: str, seconds: str = "60") -> str:
    """A token of the service."""
    status, text = ask(f"{service}/latest/api/token", "PUT", **{LIFETIME_HEADER: seconds})
    assert status == 200
    return text


@pytest.mark.parametrize("seconds", ["", "0", "21601", "-1", "x"])
def test_a_token_needs_a_lifetime(service: str, seconds: str) -> None:
    assert ask(f"{service}/latest/api/token", "PUT", **{LIFETIME_HEADER: seconds})[0] == 400


def test_a_request_through_a_proxy_gets_no_token(service: str) -> None:
    headers = {LIFETIME_HEADER: "60", "X-Forwarded-For": "10.0.0.1"}
    assert ask(f"{service}/latest/api/token", "PUT", **headers)[0] == 403


@pytest.mark.parametrize("held", [{}, {TOKEN_HEADER: "wrong"}])
def test_nothing_is_told_without_a_token(service: str, held: dict[str, str]) -> None:
    for path in ("/", "/latest/meta-data/instance-id", "/latest/meta-data/iam/security-credentials/role"):
        assert ask(service + path, **held)[0] == 401


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/", 200, "latest"),
        ("/latest/meta-data/instance-id", 200, "i-0123"),
        ("/2021-03-23/meta-data/instance-id", 200, "i-0123"),
        ("/1999-01-01/meta-data/instance-id", 404, ""),
        ("/latest/meta-data/iam/security-credentials/", 200, "role"),
        ("/latest/meta-data/iam/security-credentials/role", 200, "Success"),
        ("/latest/meta-data/iam/security-credentials/other", 404, ""),
        ("/latest/meta-data/spot/instance-action", 404, ""),
    ],
)
def test_with_a_token(service: str, path: str, status: int, part: str) -> None:
    found, text = ask(service + path, **{TOKEN_HEADER: token(service)})
    assert found == status
    assert part in text


def test_a_token_ends(service: str) -> None:
    held = token(service, "1")
    assert ask(f"{service}/latest/meta-data/mac", **{TOKEN_HEADER: held})[0] == 200
    for _attempt in range(30):
        if ask(f"{service}/latest/meta-data/mac", **{TOKEN_HEADER: held})[0] == 401:
            return
        threading.Event().wait(0.1)
    pytest.fail("the token did not end")
