# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The platform of the end-to-end tests of a Ray cluster: three real hosts, each in a network namespace of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..conftest import Platform, Run

SLOT = 32
# No more than this machine has. A busy one takes long to start Ray.
SETTINGS = {
    "compute_instance_count": 3,
    "ray_cluster_enabled": True,
    "ray_cluster_object_store_memory": "100M",
    "ray_cluster_patience": 300,
}


class Cluster(Platform):
    """A platform of three hosts that are a cluster."""

    def attempt(self, name: str, *arguments: str) -> Run:
        """The same for every playbook: what the inventory would say."""
        settings = [word for key, value in SETTINGS.items() for word in ("-e", f"{key}={value}")]
        return super().attempt(name, *settings, *arguments)

    def host(self, number: int) -> str:
        """The name of a host."""
        return f"mlinfra-local-ml-training-{number}"

    def address_at(self, number: int) -> str:
        """The loopback address of a host."""
        named = [{"Name": "tag:Name", "Values": [self.host(number)]}]
        [reservation] = self.client("ec2").describe_instances(Filters=named)["Reservations"]
        return self.address_of(reservation["Instances"][0])

    def at(self, number: int, script: str, user: str = "ml") -> str:
        """Run a shell script on a host."""
        return self.on_host(script, user=user, address=self.address_at(number))


@pytest.fixture(scope="session")
def platform() -> Iterator[Cluster]:
    """A platform of its own, which runs beside the others."""
    rehearsal = Cluster(SLOT)
    rehearsal.playbook("playbooks/local_down.yml")
    try:
        rehearsal.playbook("site.yml")
        yield rehearsal
    finally:
        rehearsal.playbook("playbooks/local_down.yml")
