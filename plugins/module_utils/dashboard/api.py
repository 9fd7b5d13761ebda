# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch's calls on dashboards."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .transform import messages_of

# CloudWatch's codes differ between its protocols.
_MISSING = ["ResourceNotFound", "DashboardNotFoundError"]
_INVALID = ["InvalidParameterInput", "DashboardInvalidInputError"]


class DashboardErrorHandler(AWSErrorHandler):
    """Takes a missing dashboard for an answer."""

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code(_MISSING)


@DashboardErrorHandler.list_error_handler("read the dashboard")
def get_dashboard(client: Any, name: str) -> dict[str, str] | None:
    """The dashboard's ARN and body (text), or None where there is none."""
    answer = client.get_dashboard(DashboardName=name)
    return {"arn": answer["DashboardArn"], "body": answer["DashboardBody"]}


@AWSErrorHandler.common_error_handler("write the dashboard")
def put_dashboard(client: Any, name: str, body: str) -> list[str]:
    """Writes the dashboard and returns CloudWatch's remarks on its body.

    Raises:
        AnsibleAWSError: with all remarks, where CloudWatch refuses the body.
    """
    try:
        answer = client.put_dashboard(DashboardName=name, DashboardBody=body)
    except is_boto3_error_code(_INVALID) as error:
        remarks = messages_of(error.response.get("dashboardValidationMessages") or [])
        if not remarks:
            raise
        raise AnsibleAWSError(message=f"CloudWatch refuses the body: {'; '.join(remarks)}", exception=error) from error
    return messages_of(answer.get("DashboardValidationMessages") or [])


@DashboardErrorHandler.deletion_error_handler("delete the dashboard")
def delete_dashboard(client: Any, name: str) -> None:
    """Deletes the dashboard; one that is gone already is no error."""
    client.delete_dashboards(DashboardNames=[name])
