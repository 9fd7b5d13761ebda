# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The calls of discovery. Every one only reads; all are paginated; those that are refused are kept, not hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

# Where the permission's name isn't "service:Operation".
_PERMISSIONS = {
    "ListBuckets": "s3:ListAllMyBuckets",
    "GetResources": "tag:GetResources",
    "DescribeBudget": "budgets:ViewBudget",
    "ListAnalyzers": "access-analyzer:ListAnalyzers",
    "DescribeNotificationsForBudget": "budgets:ViewBudget",
    "DescribeSubscribersForNotification": "budgets:ViewBudget",
}
# Where the service's name isn't boto3's.
_SERVICES = {"elbv2": "elasticloadbalancing"}
_NOT_FOUND = {"NoSuchEntity", "ResourceNotFoundException", "ReplicationGroupNotFoundFault", "CacheSubnetGroupNotFoundFault"}


@dataclass(frozen=True)
class CallError:
    """A call that AWS refused.

    Attributes:
        service: boto3's name of the service.
        permission: the IAM action that the call needs.
        code: AWS's error code.
        message: AWS's message.
    """

    service: str
    permission: str
    code: str
    message: str

    @property
    def denied(self) -> bool:
        """Whether only a permission is missing."""
        return "AccessDenied" in self.code or self.code in {"UnauthorizedOperation", "AuthorizationError"}


@AWSErrorHandler.common_error_handler("ask AWS")
def _ask(client: Any, operation: str, arguments: dict[str, Any], whole: bool) -> dict[str, Any]:
    if whole and client.can_paginate(operation):
        return client.get_paginator(operation).paginate(**arguments).build_full_result()
    return getattr(client, operation)(**arguments)


class Reader:
    """Lists things, and keeps the refusals of those calls that AWS refused.

    Args:
        clients: gives the client of a service by its name.
    """

    def __init__(self, clients: Callable[[str], Any]) -> None:
        self._clients = clients
        self.errors: list[CallError] = []

    def ask(
        self, service: str, operation: str, *missing: str, whole: bool = True, **arguments: Any
    ) -> dict[str, Any] | None:
        """The answer of an operation.

        Args:
            service: boto3's name of the service.
            operation: boto3's name of the operation.
            missing: errors that only say that there is nothing, besides those that always say so.
            whole: whether to read all pages of a list, or the first one only.
            arguments: what the operation is called with.

        Returns:
            The answer; None where nothing was found, and where AWS refused the call: then `errors` has it.

        Raises:
            AnsibleAWSError: where AWS could not be asked at all (no credentials, no connection).
        """
        try:
            return _ask(self._clients(service), operation, arguments, whole)
        except AnsibleAWSError as error:
            refusal = getattr(error.exception, "response", None)
            if refusal is None:
                raise
            code, message = refusal["Error"]["Code"], refusal["Error"]["Message"]
            if code not in (*_NOT_FOUND, *missing):
                call = error.exception.operation_name
                permission = _PERMISSIONS.get(call, f"{_SERVICES.get(service, service)}:{call}")
                self.errors.append(CallError(service, permission, code, message))
            return None

    def region(self, service: str) -> str:
        """The region in which a service is asked."""
        return self._clients(service).meta.region_name

    def list(self, service: str, operation: str, *results: str, **arguments: Any) -> list[Any]:
        """Everything that an operation lists, all pages; nothing where `ask` has no answer.

        Args:
            service: boto3's name of the service.
            operation: boto3's name of the operation.
            results: the members of the answer to return, one after the other; one that is no list counts as one entry.
            arguments: what the operation is called with.
        """
        answer = self.ask(service, operation, **arguments) or {}
        members = (answer.get(result, []) for result in results)
        return [entry for member in members for entry in (member if isinstance(member, list) else [member])]
