# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What instance_attributes calls; in check mode it must call nothing that is not answered here."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.modules import instance_attributes

INSTANCE = {
    "InstanceId": "i-1",
    "SourceDestCheck": False,
    "Monitoring": {"State": "enabled"},
    "RootDeviceName": "/dev/xvda",
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}],
}


class Client:
    """Keeps what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []

    def describe_instance_attribute(self, InstanceId: str, Attribute: str, aws_retry: bool) -> dict:
        return {Attribute[0].upper() + Attribute[1:]: {"Value": False}}

    def __getattr__(self, name: str):
        return lambda aws_retry, **arguments: self.calls.append((name, arguments))


@pytest.mark.parametrize(
    ("wanted", "call"),
    [
        ({"source_dest_check": True}, ("modify_instance_attribute", {"SourceDestCheck": {"Value": True}})),
        ({"stop_protection": True}, ("modify_instance_attribute", {"DisableApiStop": {"Value": True}})),
        (
            {"delete_on_termination": True},
            (
                "modify_instance_attribute",
                {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True}}]},
            ),
        ),
        ({"detailed_monitoring": False}, ("unmonitor_instances", {})),
    ],
)
def test_what_differs_is_set(wanted, call):
    client = Client()
    [(name, value)] = wanted.items()
    assert instance_attributes.settle(client, INSTANCE, wanted, check_mode=False) == {name: not value}
    [(operation, arguments)] = client.calls
    assert operation == call[0]
    assert {key: arguments[key] for key in call[1]} == call[1]
    assert arguments.get("InstanceId", arguments.get("InstanceIds")) in ("i-1", ["i-1"])


def test_check_mode_and_what_is_right_already_set_nothing():
    client = Client()
    wanted = {"termination_protection": True, "source_dest_check": True}
    instance_attributes.settle(client, INSTANCE, wanted, check_mode=True)
    instance_attributes.settle(client, INSTANCE, {"termination_protection": False, "source_dest_check": False}, False)
    assert client.calls == []


def test_an_instance_without_a_root_volume_keeps_none():
    assert instance_attributes.listed({**INSTANCE, "BlockDeviceMappings": []})["delete_on_termination"]
