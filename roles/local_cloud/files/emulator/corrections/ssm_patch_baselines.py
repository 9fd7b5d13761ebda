# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What moto's patch baselines lack: GetPatchBaseline, UpdatePatchBaseline, their tags, and patch groups that are taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.ssm.exceptions import DoesNotExistException
from moto.ssm.models import FakePatchBaseline, FakePatchGroup, SimpleSystemManagerBackend, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.utilities.utils import get_partition

from emulator.patching import around
from emulator.tagging import list_also

KIND = "PatchBaseline"
# What UpdatePatchBaseline may be given, and GetPatchBaseline tells.
CHANGEABLE = {
    "Name": "",
    "GlobalFilters": {"PatchFilters": []},
    "ApprovalRules": {"PatchRules": []},
    "ApprovedPatches": [],
    "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
    "ApprovedPatchesEnableNonSecurity": False,
    "RejectedPatches": [],
    "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
    "Description": "",
    "Sources": [],
}


class BaselineInUse(ServiceException):
    """AWS's answer where a patch group still uses a baseline that is to be deleted."""

    code = "ResourceInUseException"


def _groups(backend: SimpleSystemManagerBackend, baseline: FakePatchBaseline) -> list[str]:
    groups = backend.patch_groups.items()
    return sorted(name for name, group in groups if group.associations[baseline.operating_system] == baseline.id)


def _known(caller: SimpleSystemManagerResponse) -> FakePatchBaseline:
    """The baseline that a request is about."""
    identifier = caller._get_param("BaselineId")
    baselines = caller.ssm_backend.baselines
    if identifier not in baselines:
        raise DoesNotExistException(identifier)
    return baselines[identifier]


def _told(caller: SimpleSystemManagerResponse, baseline: FakePatchBaseline) -> dict[str, Any]:
    told = {name: getattr(baseline, camelcase_to_underscores(name)) or default for name, default in CHANGEABLE.items()}
    dates = {name: getattr(baseline, camelcase_to_underscores(name)) for name in ("CreatedDate", "ModifiedDate")}
    groups = _groups(caller.ssm_backend, baseline)
    return {"BaselineId": baseline.id, "OperatingSystem": baseline.operating_system, "PatchGroups": groups, **told, **dates}


def _create(original: Callable[..., Any], self: SimpleSystemManagerResponse) -> ActionResult:
    """Keep the tags that it is made with, and when."""
    made = original(self)
    identifier = made.result["BaselineId"]
    baseline = self.ssm_backend.baselines[identifier]
    baseline.operating_system = baseline.operating_system or "WINDOWS"
    baseline.created_date = baseline.modified_date = datetime.now(UTC)
    tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
    self.ssm_backend._resource_tags[KIND][identifier].update(tags)
    return made


def _get(self: SimpleSystemManagerResponse) -> ActionResult:
    return ActionResult(_told(self, _known(self)))


def _update(self: SimpleSystemManagerResponse) -> ActionResult:
    """Take what is given; with Replace the rest becomes what a new baseline has."""
    baseline = _known(self)
    for name, default in CHANGEABLE.items():
        value = self._get_param(name)
        if value is not None or (self._get_param("Replace") and name != "Name"):
            setattr(baseline, camelcase_to_underscores(name), default if value is None else value)
    baseline.modified_date = datetime.now(UTC)
    return ActionResult(_told(self, baseline))


def _delete(original: Callable[..., Any], self: SimpleSystemManagerBackend, baseline_id: str) -> None:
    if baseline_id in self.baselines:
        if _groups(self, self.baselines[baseline_id]):
            raise BaselineInUse("Patch baseline is registered with a patch group.")
        original(self, baseline_id)
        self._resource_tags[KIND].pop(baseline_id, None)


def _register(original: Callable[..., Any], self: SimpleSystemManagerBackend, baseline_id: str, patch_group: str) -> tuple[str, str]:
    """A group that uses AWS's own baseline may use another one."""
    group, baseline = self.patch_groups.get(patch_group), self.baselines.get(baseline_id)
    if group and baseline and group.associations[baseline.operating_system] not in self.baselines:
        group.associations[baseline.operating_system] = baseline_id
    return original(self, baseline_id, patch_group)


def _deregister(_original: Callable[..., Any], self: SimpleSystemManagerBackend, baseline_id: str, patch_group: str) -> tuple[str, str]:
    """The group uses AWS's own baseline again."""
    baseline, group = self.baselines.get(baseline_id), self.patch_groups.get(patch_group)
    if not baseline or not group or group.associations[baseline.operating_system] != baseline_id:
        raise DoesNotExistException(patch_group)
    defaults = FakePatchGroup(patch_group, self.region_name).default_associations
    group.associations[baseline.operating_system] = defaults[baseline.operating_system]
    return baseline_id, patch_group


def _validate(original: Callable[..., str], self: SimpleSystemManagerBackend, resource_type: str, resource_id: str) -> str:
    return resource_id if resource_type == KIND and resource_id in self.baselines else original(self, resource_type, resource_id)


def _tagged(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for identifier, tags in ssm_backends[account][region]._resource_tags[KIND].items():
        yield f"arn:{get_partition(region)}:ssm:{region}:{account}:patchbaseline/{identifier}", tags


def apply() -> None:
    """Add the operations."""
    around(SimpleSystemManagerResponse, "create_patch_baseline", _create)
    SimpleSystemManagerResponse.get_patch_baseline = _get
    SimpleSystemManagerResponse.update_patch_baseline = _update
    around(SimpleSystemManagerBackend, "delete_patch_baseline", _delete)
    around(SimpleSystemManagerBackend, "register_patch_baseline_for_patch_group", _register)
    around(SimpleSystemManagerBackend, "deregister_patch_baseline_for_patch_group", _deregister)
    around(SimpleSystemManagerBackend, "_validate_resource_type_and_id", _validate)
    list_also("ssm:patchbaseline", _tagged)
