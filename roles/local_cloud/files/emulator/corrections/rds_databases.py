# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where moto's databases of RDS differ: what they tell of themselves, what they refuse, and what the tagging service knows of them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import Any

from moto.rds.exceptions import InvalidDBInstanceStateFault, InvalidParameterCombination, RDSClientError
from moto.rds.models import DBInstance, RDSBackend, rds_backends

from emulator.patching import around
from emulator.tagging import list_also

_ID = string.ascii_uppercase + string.digits


def _new(original: Callable[..., None], self: DBInstance, *args: Any, **kwargs: Any) -> None:
    """Its id is its own, and what Performance Insights does is kept."""
    original(self, *args, **kwargs)
    _tell_speed(self)
    self.dbi_resource_id = f"db-{''.join(random.choices(_ID, k=26))}"
    self.performance_insights_enabled = bool(kwargs.get("enable_performance_insights"))


def _update(original: Callable[..., None], self: DBInstance, **changes: Any) -> None:
    """A database that is stopped takes no change, storage never shrinks, and none has a standby without backups."""
    if self.status != "available":
        raise InvalidDBInstanceStateFault(f"Database instance is not in available state: {self.status}")
    storage = changes.get("allocated_storage")
    if storage is not None and int(storage) < self.allocated_storage:
        raise InvalidParameterCombination("Storage size cannot be decreased.")
    if changes.get("enable_performance_insights") is not None:
        self.performance_insights_enabled = changes.pop("enable_performance_insights")
    original(self, **changes)
    _tell_speed(self)


def _tell_speed(self: DBInstance) -> None:
    """gp3 has at least what comes with it: of PostgreSQL, more from 400 GiB on (RDS User Guide, General Purpose SSD storage)."""
    if self.storage_type == "gp3":
        iops, throughput = (12000, 500) if self.allocated_storage >= 400 else (3000, 125)
        self.iops = max(self.iops or 0, iops)
        self.storage_throughput = max(self.storage_throughput or 0, throughput)


def _delete_subnet_group(original: Callable[..., Any], self: RDSBackend, subnet_name: str) -> Any:
    users = [name for name, one in self.databases.items() if getattr(one, "_db_subnet_group_name", None) == subnet_name]
    if users:
        raise RDSClientError(
            "InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{subnet_name}' because it is used by: {users[0]}."
        )
    return original(self, subnet_name)


def _delete_parameter_group(original: Callable[..., Any], self: RDSBackend, db_parameter_group_name: str) -> Any:
    users = [name for name, one in self.databases.items() if one.db_parameter_group_name == db_parameter_group_name]
    if users:
        raise RDSClientError("InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group.")
    return original(self, db_parameter_group_name)


def _of(kind: str, member: str) -> Callable[[str, str], Iterator[tuple[str, dict[str, str]]]]:
    """Lists the tags of a kind that moto leaves out of what the tagging service tells."""

    def tagged(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
        for one in getattr(rds_backends[account][region], member).values():
            yield one.arn, {tag["Key"]: tag["Value"] for tag in one.tags}

    return tagged


def apply() -> None:
    """Correct the databases."""
    around(DBInstance, "__init__", _new)
    around(DBInstance, "update", _update)
    around(RDSBackend, "delete_subnet_group", _delete_subnet_group)
    around(RDSBackend, "delete_db_parameter_group", _delete_parameter_group)
    for kind, member in (("subgrp", "subnet_groups"), ("pg", "db_parameter_groups")):
        list_also(f"rds:{kind}", _of(kind, member))
