# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An account has one detector of GuardDuty in a region, with features of its own and tags that change. Moto keeps what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import JsonRESTError
from moto.guardduty import urls
from moto.guardduty.models import Detector, GuardDutyBackend, guardduty_backends
from moto.guardduty.responses import GuardDutyResponse
from moto.utilities.utils import get_partition

from emulator.patching import around
from emulator.tagging import list_also

# What every detector looks at, what a new one does where nothing else is said, and what it does by choice only.
ALWAYS = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
FIRST = ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")
LATER = ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")


class RequestBad(JsonRESTError):
    """GuardDuty's answer to what can't be."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", f"The request is rejected because {message}.")


def _create(original: Any, self: GuardDutyBackend, *args: Any, **kwargs: Any) -> str:
    if self.detectors:
        raise RequestBad("a detector already exists for the current account")
    return original(self, *args, **kwargs)


def _delete(original: Any, self: GuardDutyBackend, detector_id: str) -> None:
    self.get_detector(detector_id)
    original(self, detector_id)


def _update(original: Any, self: Detector, enable: Any, frequency: Any, sources: Any, features: Any) -> None:
    before = {one["name"]: one for one in self.features}
    original(self, enable, frequency, sources, features)
    self.features = list({**before, **{one["name"]: one for one in features or []}}.values())


def _to_json(original: Any, self: Detector) -> dict[str, Any]:
    told = {one["name"]: one["status"] for one in self.features}
    states = dict.fromkeys((*ALWAYS, *FIRST), "ENABLED") | dict.fromkeys(LATER, "DISABLED") | told
    return {**original(self), "features": [{"name": name, "status": state} for name, state in states.items()]}


def _tags(response: GuardDutyResponse) -> dict[str, str]:
    """Those of the detector that the path names."""
    return response.guardduty_backend.get_detector(unquote(response.path).rpartition("/")[2]).tags


def _list_tags(response: GuardDutyResponse) -> str:
    return json.dumps({"tags": _tags(response)})


def _tag(response: GuardDutyResponse) -> str:
    _tags(response).update(response._get_param("tags"))
    return "{}"


def _untag(response: GuardDutyResponse) -> str:
    tags = _tags(response)
    for key in response.querystring.get("tagKeys", []):
        tags.pop(key, None)
    return "{}"


def _detectors(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for detector in guardduty_backends[account][region].detectors.values():
        yield f"arn:{get_partition(region)}:guardduty:{region}:{account}:detector/{detector.id}", detector.tags


def apply() -> None:
    """Refuse a second detector, keep features and tags, and have them found by tags."""
    around(GuardDutyBackend, "create_detector", _create)
    around(GuardDutyBackend, "delete_detector", _delete)
    around(Detector, "update", _update)
    around(Detector, "to_json", _to_json)
    GuardDutyResponse.list_tags_for_resource = _list_tags
    GuardDutyResponse.tag_resource = _tag
    GuardDutyResponse.untag_resource = _untag
    urls.url_paths["{0}/tags/(?P<resource_arn>.+)$"] = GuardDutyResponse.dispatch
    list_also("guardduty:detector", _detectors)
