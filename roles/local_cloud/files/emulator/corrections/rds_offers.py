# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What RDS offers of PostgreSQL, which moto does not know: versions, classes, and the parameters of its groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import ActionResult, PaginatedResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.models import DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from emulator.patching import around

VERSIONS = ("13.20", "14.17", "15.12", "16.8", "17.2", "17.4")
_SMALL = ("micro", "small", "medium", "large", "xlarge", "2xlarge")
_LARGE = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
FAMILIES = {
    **dict.fromkeys(("t3", "t4g"), _SMALL),
    **dict.fromkeys(("m5", "m6g", "m6i", "m7g", "r5", "r6g", "r6i", "r7g"), _LARGE),
}
_ZONES = 3
# Some of the parameters, each with the type of its value and whether it takes effect at once.
PARAMETERS = {
    "autovacuum": ("boolean", "dynamic"),
    "log_connections": ("boolean", "dynamic"),
    "log_min_duration_statement": ("integer", "dynamic"),
    "log_statement": ("string", "dynamic"),
    "max_connections": ("integer", "static"),
    "rds.force_ssl": ("boolean", "dynamic"),
    "shared_buffers": ("integer", "static"),
    "shared_preload_libraries": ("list", "static"),
    "statement_timeout": ("integer", "dynamic"),
    "work_mem": ("integer", "dynamic"),
}


def _versions(self: RDSResponse) -> ActionResult:
    asked = self.params.get("EngineVersion")
    known = VERSIONS if self.params.get("Engine", "postgres") == "postgres" else ()
    chosen = [one for one in known if not asked or one == asked or one.startswith(f"{asked}.")]
    described = [
        {"Engine": "postgres", "EngineVersion": one, "DBParameterGroupFamily": f"postgres{one.partition('.')[0]}", "Status": "available"}
        for one in chosen
    ]
    return ActionResult({"DBEngineVersions": described})


def _offers(original: Callable[..., Any], self: RDSResponse) -> Any:
    if self.params.get("Engine") != "postgres":
        return original(self)
    chosen = self.params.get("DBInstanceClass")
    version = self.params.get("EngineVersion")
    names = [f"db.{family}.{size}" for family, sizes in FAMILIES.items() for size in sizes]
    zones = [{"Name": f"{self.region}{letter}"} for letter in "abcdef"[:_ZONES]]
    options = [
        {
            "Engine": "postgres", "EngineVersion": one, "DBInstanceClass": name, "LicenseModel": "postgresql-license",
            "AvailabilityZones": zones, "MultiAZCapable": True, "Vpc": True, "SupportsStorageEncryption": True,
            "StorageType": kind, "MinStorageSize": 20, "MaxStorageSize": 65536,
        }
        for name in names
        for one in VERSIONS
        for kind in ("gp2", "gp3")
        if chosen in (None, name) and version in (None, one)
    ]
    return PaginatedResult({"OrderableDBInstanceOptions": options})


def _groups(original: Callable[..., list[DBParameterGroup]], self: RDSBackend, asked: dict[str, Any]) -> list[DBParameterGroup]:
    """A group that does not stand is an error, where it is asked for by its name."""
    found = original(self, asked)
    if asked.get("db_parameter_group_name") and not found:
        raise DBParameterGroupNotFoundError(asked["db_parameter_group_name"])
    return found


def _parameters(original: Callable[..., Any], self: RDSResponse) -> Any:
    """Those that somebody has set, and PostgreSQL's own with their types."""
    [group] = self.backend.describe_db_parameter_groups({"db_parameter_group_name": self.params.get("DBParameterGroupName")})
    if not (group.family or "").startswith("postgres"):
        return original(self)
    known = {
        name: {"ParameterName": name, "DataType": kind, "ApplyType": applied, "IsModifiable": True, "Source": "engine-default"}
        for name, (kind, applied) in PARAMETERS.items()
    }
    own = {name: {**known.get(name, {}), **dict(one), "Source": "user"} for name, one in group.parameters.items()}
    source = self.params.get("Source")
    told: Iterable[dict[str, Any]] = {**known, **own}.values()
    return ActionResult({"Parameters": [one for one in told if source in (None, one["Source"])]})


def apply() -> None:
    """Add what is offered."""
    RDSResponse.describe_db_engine_versions = _versions
    around(RDSResponse, "describe_orderable_db_instance_options", _offers)
    around(RDSResponse, "describe_db_parameters", _parameters)
    around(RDSBackend, "describe_db_parameter_groups", _groups)
