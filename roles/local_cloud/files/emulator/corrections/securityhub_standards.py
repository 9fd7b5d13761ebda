# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security Hub has standards, settings and tags that change. Moto knows whether it is on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from moto.securityhub import urls
from moto.securityhub.exceptions import InvalidInputException
from moto.securityhub.models import SecurityHubBackend, securityhub_backends
from moto.securityhub.responses import SecurityHubResponse
from moto.utilities.utils import get_partition

from emulator.patching import around
from emulator.tagging import list_also

NAMES = {
    "aws-foundational-security-best-practices/v/1.0.0": True,
    "cis-aws-foundations-benchmark/v/1.4.0": False,
    "cis-aws-foundations-benchmark/v/3.0.0": False,
    "cis-aws-foundations-benchmark/v/5.0.0": False,
    "nist-800-53/v/5.0.0": False,
    "pci-dss/v/4.0.1": False,
}
RULESET = "cis-aws-foundations-benchmark/v/1.2.0"
SETTINGS = {"AutoEnableControls": True, "ControlFindingGenerator": "SECURITY_CONTROL"}


def _kept(backend: SecurityHubBackend) -> dict[str, Any]:
    """What these calls keep with moto's backend of the region."""
    return backend.__dict__.setdefault("hub", {"standards": [], "settings": dict(SETTINGS)})


def _standards(region: str) -> dict[str, bool]:
    """The ARNs of all standards, and whether each is one of the first."""
    partition = get_partition(region)
    arns = {f"arn:{partition}:securityhub:{region}::standards/{name}": first for name, first in NAMES.items()}
    return {**arns, f"arn:{partition}:securityhub:::ruleset/{RULESET}": True}


def _enable(original: Any, self: SecurityHubBackend, enable_default_standards: bool = True, tags: Any = None) -> Any:
    if not self.enabled:
        first = [arn for arn, at_once in _standards(self.region_name).items() if at_once]
        self.__dict__["hub"] = {"standards": first if enable_default_standards else [], "settings": dict(SETTINGS)}
    return original(self, enable_default_standards, tags)


def _describe(original: Any, self: SecurityHubBackend, hub_arn: str | None = None) -> dict[str, Any]:
    return {**original(self, hub_arn), **_kept(self)["settings"]}


def _subscription(backend: SecurityHubBackend, standard: str) -> dict[str, Any]:
    name = standard.partition("/")[2]
    arn = f"arn:{get_partition(backend.region_name)}:securityhub:{backend.region_name}:{backend.account_id}:subscription/{name}"
    return {"StandardsSubscriptionArn": arn, "StandardsArn": standard, "StandardsInput": {}, "StandardsStatus": "READY"}


def _told(backend: SecurityHubBackend) -> list[dict[str, Any]]:
    backend.describe_hub()
    return [_subscription(backend, standard) for standard in _kept(backend)["standards"]]


def _get_enabled(response: SecurityHubResponse) -> dict[str, Any]:
    return {"StandardsSubscriptions": _told(response.securityhub_backend)}


def _batch_enable(response: SecurityHubResponse) -> dict[str, Any]:
    backend = response.securityhub_backend
    asked = [one["StandardsArn"] for one in json.loads(response.body)["StandardsSubscriptionRequests"]]
    unknown = [arn for arn in asked if arn not in _standards(backend.region_name)]
    if unknown:
        raise InvalidInputException(op="BatchEnableStandards", msg=f"There is no standard {unknown[0]}")
    backend.describe_hub()
    standards = _kept(backend)["standards"]
    standards += [arn for arn in asked if arn not in standards]
    return {"StandardsSubscriptions": [_subscription(backend, arn) for arn in asked]}


def _batch_disable(response: SecurityHubResponse) -> dict[str, Any]:
    asked = json.loads(response.body)["StandardsSubscriptionArns"]
    gone = [one for one in _told(response.securityhub_backend) if one["StandardsSubscriptionArn"] in asked]
    for one in gone:
        _kept(response.securityhub_backend)["standards"].remove(one["StandardsArn"])
    return {"StandardsSubscriptions": [{**one, "StandardsStatus": "DELETING"} for one in gone]}


def _update(response: SecurityHubResponse) -> dict[str, Any]:
    response.securityhub_backend.describe_hub()
    told = json.loads(response.body)
    _kept(response.securityhub_backend)["settings"].update({name: told[name] for name in SETTINGS if name in told})
    return {}


def _tags(response: SecurityHubResponse) -> dict[str, str]:
    response.securityhub_backend.describe_hub(unquote(response.path).partition("/tags/")[2])
    return response.securityhub_backend.tags


def _list_tags(response: SecurityHubResponse) -> dict[str, Any]:
    return {"Tags": _tags(response)}


def _tag(response: SecurityHubResponse) -> dict[str, Any]:
    _tags(response).update(json.loads(response.body)["Tags"])
    return {}


def _untag(response: SecurityHubResponse) -> dict[str, Any]:
    for key in response.querystring.get("tagKeys", []):
        _tags(response).pop(key, None)
    return {}


def _hubs(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    backend = securityhub_backends[account][region]
    if backend.enabled:
        yield backend.describe_hub()["HubArn"], backend.tags


OPERATIONS = {
    "get_enabled_standards": _get_enabled,
    "batch_enable_standards": _batch_enable,
    "batch_disable_standards": _batch_disable,
    "update_security_hub_configuration": _update,
    "list_tags_for_resource": _list_tags,
    "tag_resource": _tag,
    "untag_resource": _untag,
}
PATHS = ("standards/get", "standards/register", "standards/deregister", "tags/(?P<resource_arn>.+)")


def _answering(operation: Callable[[SecurityHubResponse], dict[str, Any]]) -> Callable[[SecurityHubResponse], str]:
    return lambda response: json.dumps(operation(response))


def apply() -> None:
    """Add the operations, and begin with those standards that AWS begins with."""
    around(SecurityHubBackend, "enable_security_hub", _enable)
    around(SecurityHubBackend, "describe_hub", _describe)
    for name, operation in OPERATIONS.items():
        setattr(SecurityHubResponse, name, _answering(operation))
    for path in PATHS:
        urls.url_paths[f"{{0}}/{path}$"] = SecurityHubResponse.dispatch
    list_also("securityhub:hub", _hubs)
