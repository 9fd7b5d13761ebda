# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The operations of Data Lifecycle Manager."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import BaseResponse

from emulator.dlm.models import CHANGEABLE, DLMBackend, dlm_backends

SUMMARY = ("PolicyId", "Description", "State", "Tags", "DefaultPolicy")


class DLMResponse(BaseResponse):
    """Answers one request."""

    def __init__(self) -> None:
        super().__init__(service_name="dlm")

    @property
    def backend(self) -> DLMBackend:
        """The policies of the caller's account and region."""
        return dlm_backends[self.current_account][self.region]

    def _told(self, *names: str) -> dict[str, Any]:
        return {name: self._get_param(name) for name in names}

    def create_lifecycle_policy(self) -> str:
        """Make a policy."""
        return json.dumps({"PolicyId": self.backend.create(self._told(*CHANGEABLE, "Tags"))})

    def get_lifecycle_policies(self) -> str:
        """List policies, with little of each."""
        asked = self.querystring.get("policyIds", [])
        listed = self.backend.listed(asked, self._get_param("state") or "")
        kinds = {policy["PolicyId"]: policy["PolicyDetails"].get("PolicyType", "EBS_SNAPSHOT_MANAGEMENT") for policy in listed}
        told = [{**{name: one[name] for name in SUMMARY}, "PolicyType": kinds[one["PolicyId"]]} for one in listed]
        return json.dumps({"Policies": told})

    def get_lifecycle_policy(self) -> str:
        """Tell all of a policy."""
        return json.dumps({"Policy": self.backend.policy(self._get_param("policyId"))})

    def update_lifecycle_policy(self) -> str:
        """Change a policy."""
        self.backend.update(self._get_param("policyId"), self._told(*CHANGEABLE))
        return json.dumps({})

    def delete_lifecycle_policy(self) -> str:
        """Delete a policy."""
        self.backend.delete(self._get_param("policyId"))
        return json.dumps({})

    def list_tags_for_resource(self) -> str:
        """Tell the tags of a policy."""
        return json.dumps({"Tags": self.backend.by_arn(self._get_param("resourceArn"))["Tags"]})

    def tag_resource(self) -> str:
        """Tag a policy."""
        self.backend.by_arn(self._get_param("resourceArn"))["Tags"].update(self._get_param("Tags"))
        return json.dumps({})

    def untag_resource(self) -> str:
        """Remove tags of a policy."""
        tags = self.backend.by_arn(self._get_param("resourceArn"))["Tags"]
        for key in self.querystring.get("tagKeys", []):
            tags.pop(key, None)
        return json.dumps({})
