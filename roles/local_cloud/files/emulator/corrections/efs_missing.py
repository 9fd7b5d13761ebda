# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What moto's EFS lacks: UpdateFileSystem, PutBackupPolicy, DeleteFileSystemPolicy, and refusals of what is not there."""

from __future__ import annotations

import json
from typing import Any

from moto.efs.exceptions import AccessPointNotFound, BadRequest, FileSystemInUse, FileSystemNotFound, PolicyNotFound
from moto.efs.models import EFSBackend, FileSystem
from moto.efs.responses import EFSResponse

from emulator.patching import around

Answer = tuple[int, dict[str, Any], str]


def _known(backend: EFSBackend, file_system_id: str) -> FileSystem:
    if file_system_id not in backend.file_systems_by_id:
        raise FileSystemNotFound(file_system_id)
    return backend.file_systems_by_id[file_system_id]


def _answer(status: int, body: Any) -> Answer:
    return status, {"Content-Type": "application/json", "status": status}, json.dumps(body)


def _create(original: Any, self: EFSBackend, *args: Any, **kwargs: Any) -> FileSystem:
    mode, ordered = kwargs.get("throughput_mode"), kwargs.get("provisioned_throughput_in_mibps")
    if (mode == "provisioned") != bool(ordered):
        raise BadRequest("ProvisionedThroughputInMibps goes with the throughput mode provisioned.")
    return original(self, *args, **kwargs)


def _update(self: EFSResponse) -> Answer:
    system = _known(self.efs_backend, self._get_param("FileSystemId"))
    mode = self._get_param("ThroughputMode") or system.throughput_mode
    ordered = self._get_param("ProvisionedThroughputInMibps")
    if mode == "provisioned" and not (ordered or system.provisioned_throughput_in_mibps):
        raise BadRequest("The throughput mode provisioned needs ProvisionedThroughputInMibps.")
    system.throughput_mode = mode
    system.provisioned_throughput_in_mibps = (
        float(ordered or system.provisioned_throughput_in_mibps) if mode == "provisioned" else None
    )
    return _answer(202, system.info_json())


def _put_backup(self: EFSResponse) -> Answer:
    system = _known(self.efs_backend, self._get_param("FileSystemId"))
    system._told_backup = self._get_param("BackupPolicy")["Status"]
    return _answer(200, {"BackupPolicy": {"Status": system._told_backup}})


def _describe_backup(_original: Any, self: EFSBackend, file_system_id: str) -> dict[str, str]:
    """One that was turned off is told, too."""
    system = _known(self, file_system_id)
    status = getattr(system, "_told_backup", "ENABLED" if system._backup else "")
    if not status:
        raise PolicyNotFound("None")
    return {"Status": status}


def _info(original: Any, self: FileSystem) -> dict[str, Any]:
    """The policies have calls of their own, and only throughput that was ordered is told."""
    untold = {"LifecyclePolicies", "FileSystemPolicy"}
    return {name: value for name, value in original(self).items() if name not in untold and value is not None}


def _known_first(original: Any, self: EFSBackend, file_system_id: str, *args: Any, **kwargs: Any) -> Any:
    _known(self, file_system_id)
    return original(self, file_system_id, *args, **kwargs)


def _delete_policy(self: EFSResponse) -> Answer:
    _known(self.efs_backend, self._get_param("FileSystemId")).file_system_policy = None
    return _answer(200, {})


def _create_point(original: Any, self: EFSBackend, *args: Any, **kwargs: Any) -> Any:
    _known(self, kwargs["file_system_id"])
    return original(self, *args, **kwargs)


def _delete_point(original: Any, self: EFSBackend, access_point_id: str) -> None:
    if access_point_id not in self.access_points:
        raise AccessPointNotFound(access_point_id)
    original(self, access_point_id)


def _delete(original: Any, self: EFSBackend, file_system_id: str) -> None:
    if any(point.file_system_id == file_system_id for point in self.access_points.values()):
        raise FileSystemInUse("Must delete all access points before deleting file system.")
    original(self, file_system_id)


def apply() -> None:
    """Add the operations and the refusals."""
    EFSResponse.update_file_system = _update
    EFSResponse.put_backup_policy = _put_backup
    EFSResponse.delete_file_system_policy = _delete_policy
    around(FileSystem, "info_json", _info)
    around(EFSBackend, "create_file_system", _create)
    around(EFSBackend, "describe_backup_policy", _describe_backup)
    around(EFSBackend, "describe_file_system_policy", _known_first)
    around(EFSBackend, "put_file_system_policy", _known_first)
    around(EFSBackend, "create_access_point", _create_point)
    around(EFSBackend, "delete_access_point", _delete_point)
    around(EFSBackend, "delete_file_system", _delete)
