# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A launch template keeps its own tags apart from its members', later versions have user data, and versions can be deleted."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses import EC2Response
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

from emulator.patching import around

OWN = "launch-template"


def _create_version(original: Any, self: LaunchTemplate, data: dict[str, Any], description: str) -> Any:
    kept = {**data, "TagSpecifications": [one for one in data.get("TagSpecifications", []) if one["ResourceType"] != OWN]}
    user_data = data.get("UserData")
    kept["UserData"] = parse_user_data(user_data) if isinstance(user_data, str) else user_data
    return original(self, {name: value for name, value in kept.items() if value not in (None, [])}, description)


def _describe_versions(original: Any, self: LaunchTemplateBackend, **arguments: Any) -> Any:
    return [pair for pair in original(self, **arguments) if not getattr(pair[1], "deleted", False)]


def _delete_versions(response: EC2Response) -> ActionResult:
    template = response.ec2_backend.get_launch_template(response._get_param("LaunchTemplateId"))
    deleted = []
    for number in response._get_param("Versions", []):
        template.get_version(number).deleted = True
        told = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": int(number)}
        deleted.append(told)
    answer = {"SuccessfullyDeletedLaunchTemplateVersions": deleted, "UnsuccessfullyDeletedLaunchTemplateVersions": []}
    return ActionResult(answer)


def apply() -> None:
    """Have versions kept as AWS tells them, and add the operation."""
    around(LaunchTemplate, "create_version", _create_version)
    around(LaunchTemplateBackend, "describe_launch_template_versions", _describe_versions)
    LaunchTemplates.delete_launch_template_versions = _delete_versions
