# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A recorder of AWS Config has an ARN, a frequency and tags, and is found by these. Moto keeps none of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from moto.config.models import ConfigBackend, ConfigRecorder, config_backends
from moto.config.responses import ConfigResponse
from moto.utilities.utils import get_partition

from emulator.patching import around
from emulator.tagging import list_also


def _arn(backend: ConfigBackend, name: str) -> str:
    place = f"{backend.region_name}:{backend.account_id}"
    return f"arn:{get_partition(backend.region_name)}:config:{place}:configuration-recorder/{name}/{uuid.uuid4().hex[:16]}"


def _put(original: Any, self: ConfigResponse) -> str:
    told, backend = self._get_param("ConfigurationRecorder"), self.config_backend
    before = backend.recorders.get(told["name"])
    answer = original(self)
    recorder = backend.recorders[told["name"]]
    given = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
    # Config takes tags for a new recorder only. Moto tells of no member whose name begins with an underscore.
    recorder._arn = before._arn if before else _arn(backend, told["name"])
    recorder._tags = before._tags if before else given
    recorder._mode = told.get("recordingMode") or {"recordingFrequency": "CONTINUOUS"}
    return answer


def _to_dict(original: Any, self: ConfigRecorder) -> dict[str, Any]:
    return {**original(self), "arn": self._arn, "recordingMode": self._mode}


def _match(original: Any, self: ConfigBackend, resource_arn: str) -> Any:
    recorder = next((one for one in self.recorders.values() if one._arn == resource_arn), None)
    return recorder or original(self, resource_arn)


def _recorders(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for recorder in config_backends[account][region].recorders.values():
        yield recorder._arn, recorder._tags


def apply() -> None:
    """Keep them, and have recorders found by tags."""
    around(ConfigResponse, "put_configuration_recorder", _put)
    around(ConfigRecorder, "to_dict", _to_dict)
    around(ConfigBackend, "_match_arn", _match)
    ConfigRecorder.tags = property(lambda recorder: recorder._tags)
    list_also("config:configuration-recorder", _recorders)
