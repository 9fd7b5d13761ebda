# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A route to what is gone is a black hole, and one to the interface of an instance names the instance too.

To moto every route is active, so that a route left behind would not show.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.route_tables import Route


def _holder(self: Route) -> Any:
    """The instance that a route leads to."""
    return self.instance or (self.interface.instance if self.interface else None)


def _state(self: Route) -> str:
    holder = _holder(self)
    gone = (
        (self.nat_gateway and self.nat_gateway.state in ("deleting", "deleted"))
        or (holder and holder.state != "running")
        or (self.interface and self.interface.id not in self.interface.ec2_backend.enis)
    )
    return "blackhole" if gone else "active"


def _instance_id(self: Route) -> str | None:
    holder = _holder(self)
    return holder.id if holder else None


def _instance_owner_id(self: Route) -> str | None:
    holder = _holder(self)
    return holder.owner_id if holder else None


def apply() -> None:
    """Answer as AWS does about what routes lead to."""
    Route.state = property(_state)
    Route.instance_id = property(_instance_id)
    Route.instance_owner_id = property(_instance_owner_id)
