# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM's ListServiceSpecificCredentials, which moto lacks."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse


def apply() -> None:
    """Add the operation: no such credential can be made in moto, so the list is empty."""

    def list_service_specific_credentials(self: IamResponse) -> ActionResult:
        return ActionResult({"ServiceSpecificCredentials": []})

    IamResponse.list_service_specific_credentials = list_service_specific_credentials
