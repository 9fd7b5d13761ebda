# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The associations of State Manager, which moto lacks: they are kept, and nothing is run on their schedule."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.utilities.utils import get_partition

from emulator.patching import around
from emulator.tagging import list_also

KIND = "Association"
# AWS's own documents that the rehearsal knows.
DOCUMENTS = {"AWS-ApplyAnsiblePlaybooks", "AWS-RunPatchBaseline", "AWS-RunShellScript", "AWS-UpdateSSMAgent"}
# What AWS does where it isn't told.
DEFAULTS = {"DocumentVersion": "$DEFAULT", "SyncCompliance": "AUTO", "ApplyOnlyAtCronInterval": False}
MEMBERS = (
    "Name",
    "DocumentVersion",
    "Parameters",
    "Targets",
    "ScheduleExpression",
    "OutputLocation",
    "AssociationName",
    "MaxErrors",
    "MaxConcurrency",
    "ComplianceSeverity",
    "SyncCompliance",
    "ApplyOnlyAtCronInterval",
)
SUMMARY = ("Name", "AssociationId", "AssociationVersion", "Targets", "ScheduleExpression", "AssociationName")


class AssociationMissing(ServiceException):
    """AWS's answer where no association has that id."""

    code = "AssociationDoesNotExist"


class InvalidDocument(ServiceException):
    """AWS's answer where there is no such document."""

    code = "InvalidDocument"


def kept(backend: SimpleSystemManagerBackend) -> dict[str, dict[str, Any]]:
    """The associations by their ids, kept and forgotten with all else of the service."""
    return backend.__dict__.setdefault("rehearsal_associations", {})


def _known(caller: SimpleSystemManagerResponse) -> dict[str, Any]:
    found = kept(caller.ssm_backend).get(caller._get_param("AssociationId"))
    if found is None:
        raise AssociationMissing("The specified association does not exist.")
    return found


def _asked(caller: SimpleSystemManagerResponse, document: str = "") -> dict[str, Any]:
    """What a request says, and for all else what AWS does by itself; the document, where it does not name one."""
    told = {name: caller._get_param(name) for name in MEMBERS}
    asked = {"Name": document, **DEFAULTS, **{name: value for name, value in told.items() if value is not None}}
    if asked["Name"] not in {*DOCUMENTS, *caller.ssm_backend._documents}:
        raise InvalidDocument(f"Document with name {asked['Name']} does not exist.")
    return asked


def _answer(association: dict[str, Any]) -> ActionResult:
    return ActionResult({"AssociationDescription": association})


def create(self: SimpleSystemManagerResponse) -> ActionResult:
    """Make an association."""
    identifier = str(uuid.uuid4())
    made = {"AssociationId": identifier, "AssociationVersion": "1", "Date": datetime.now(UTC), **_asked(self)}
    kept(self.ssm_backend)[identifier] = made
    tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
    self.ssm_backend._resource_tags[KIND][identifier].update(tags)
    return _answer(made)


def update(self: SimpleSystemManagerResponse) -> ActionResult:
    """Make a new version of it. Whatever the request leaves out is gone, but for the document."""
    association = _known(self)
    version = str(int(association["AssociationVersion"]) + 1)
    fixed = {name: association[name] for name in ("AssociationId", "Date")}
    asked = _asked(self, association["Name"])
    association.clear()
    association.update(fixed, AssociationVersion=version, LastUpdateAssociationDate=datetime.now(UTC), **asked)
    return _answer(association)


def describe(self: SimpleSystemManagerResponse) -> ActionResult:
    """Tell all of an association."""
    return _answer(_known(self))


def list_them(self: SimpleSystemManagerResponse) -> ActionResult:
    """Tell a little of each that passes the filters."""
    filters = {one["key"]: one["value"] for one in self._get_param("AssociationFilterList") or []}
    found = [one for one in kept(self.ssm_backend).values() if filters.items() <= one.items()]
    return ActionResult({"Associations": [{name: one[name] for name in SUMMARY if name in one} for one in found]})


def delete(self: SimpleSystemManagerResponse) -> ActionResult:
    """Forget an association."""
    identifier = _known(self)["AssociationId"]
    del kept(self.ssm_backend)[identifier]
    self.ssm_backend._resource_tags[KIND].pop(identifier, None)
    return EmptyResult()


def _validate(original: Callable[..., str], self: SimpleSystemManagerBackend, resource_type: str, resource_id: str) -> str:
    return resource_id if resource_type == KIND and resource_id in kept(self) else original(self, resource_type, resource_id)


def _tagged(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for identifier, tags in ssm_backends[account][region]._resource_tags[KIND].items():
        yield f"arn:{get_partition(region)}:ssm:{region}:{account}:association/{identifier}", tags


def apply() -> None:
    """Add the operations."""
    SimpleSystemManagerResponse.create_association = create
    SimpleSystemManagerResponse.update_association = update
    SimpleSystemManagerResponse.describe_association = describe
    SimpleSystemManagerResponse.list_associations = list_them
    SimpleSystemManagerResponse.delete_association = delete
    around(SimpleSystemManagerBackend, "_validate_resource_type_and_id", _validate)
    list_also("ssm:association", _tagged)
