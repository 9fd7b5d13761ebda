# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policies of an account and region."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import JsonRESTError
from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

Policy = dict[str, Any]
# What UpdateLifecyclePolicy may be given.
CHANGEABLE = ("ExecutionRoleArn", "State", "Description", "PolicyDetails")
FEWEST_DAYS_BETWEEN_COLD = 28
FEWEST_COLD_DAYS = 90
DAYS = {"DAYS": 1, "WEEKS": 7, "MONTHS": 30, "YEARS": 365}


class PolicyMissing(JsonRESTError):
    """AWS's answer where no policy has that id."""

    code = 404

    def __init__(self, policy: str) -> None:
        super().__init__("ResourceNotFoundException", f"Policy {policy} does not exist.")


class RequestInvalid(JsonRESTError):
    """AWS's answer to a policy that can't be."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("InvalidRequestException", message)


class DLMBackend(BaseBackend):
    """Data Lifecycle Manager of one account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.policies: dict[str, Policy] = {}

    def create(self, told: Mapping[str, Any]) -> str:
        """Keep a new policy and return its id."""
        self._check(told)
        identifier = f"policy-0{uuid.uuid4().hex[:16]}"
        now = datetime.now(UTC).isoformat(timespec="seconds")
        arn = f"arn:{get_partition(self.region_name)}:dlm:{self.region_name}:{self.account_id}:policy/{identifier}"
        self.policies[identifier] = {
            "PolicyId": identifier,
            "PolicyArn": arn,
            "DefaultPolicy": False,
            "DateCreated": now,
            "DateModified": now,
            "Tags": dict(told.get("Tags") or {}),
            **{name: told[name] for name in CHANGEABLE},
        }
        return identifier

    def policy(self, identifier: str) -> Policy:
        """The policy with this id."""
        if identifier not in self.policies:
            raise PolicyMissing(identifier)
        return self.policies[identifier]

    def by_arn(self, arn: str) -> Policy:
        """The policy with this ARN."""
        return self.policy(arn.rpartition("/")[2])

    def listed(self, identifiers: Iterable[str], state: str) -> list[Policy]:
        """The policies with these ids, or all, in this state, or any."""
        asked = list(identifiers)
        chosen = [policy for key, policy in self.policies.items() if not asked or key in asked]
        return [policy for policy in chosen if not state or policy["State"] == state]

    def update(self, identifier: str, told: Mapping[str, Any]) -> None:
        """Take what is given."""
        policy = self.policy(identifier)
        new = {name: told[name] for name in CHANGEABLE if told.get(name) is not None}
        self._check({**policy, **new})
        policy.update(new, DateModified=datetime.now(UTC).isoformat(timespec="seconds"))

    def delete(self, identifier: str) -> None:
        """Forget a policy."""
        self.policy(identifier)
        del self.policies[identifier]

    def _check(self, told: Mapping[str, Any]) -> None:
        """Refuse what AWS refuses of snapshots' policies."""
        partition = get_partition(self.region_name)
        roles = iam_backends[self.account_id][partition].roles.values()
        if told["ExecutionRoleArn"] not in [role.arn for role in roles]:
            raise RequestInvalid("The execution role does not exist or can not be assumed by dlm.amazonaws.com.")
        for schedule in told["PolicyDetails"].get("Schedules") or []:
            create, retain = schedule.get("CreateRule") or {}, schedule.get("RetainRule") or {}
            if ("CronExpression" in create) == ("Interval" in create):
                raise RequestInvalid("CreateRule needs either CronExpression or Interval.")
            if ("Count" in retain) == ("Interval" in retain):
                raise RequestInvalid("RetainRule needs either Count or Interval.")
            if "ArchiveRule" in schedule:
                _check_cold(create, schedule["ArchiveRule"]["RetainRule"]["RetentionArchiveTier"])


def _check_cold(create: Mapping[str, Any], tier: Mapping[str, Any]) -> None:
    if create.get("Interval", FEWEST_DAYS_BETWEEN_COLD * 24) < FEWEST_DAYS_BETWEEN_COLD * 24:
        raise RequestInvalid("Archiving needs 28 days or more between two snapshots.")
    if "Interval" in tier and tier["Interval"] * DAYS[tier["IntervalUnit"]] < FEWEST_COLD_DAYS:
        raise RequestInvalid("Snapshots stay in the archive tier for 90 days or more.")


dlm_backends = BackendDict(DLMBackend, "dlm")
