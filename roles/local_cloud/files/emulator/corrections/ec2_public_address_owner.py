# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A public address that an instance has from its subnet belongs to Amazon; only an Elastic IP is the account's."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface


def apply() -> None:
    """Correct the association of an interface."""
    original = NetworkInterface.association.fget

    def association(self: NetworkInterface) -> dict[str, Any]:
        told = original(self)
        return {**told, "ipOwnerId": "amazon"} if told and not told.get("allocationId") else told

    NetworkInterface.association = property(association)
