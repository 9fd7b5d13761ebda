# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AssumeRole refuses a role of the account that does not exist; moto gives credentials for any name."""

from __future__ import annotations

from typing import Any

from moto.iam.models import iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.models import STSBackend

from emulator.patching import around


def _assume_role(original: Any, self: STSBackend, *args: Any, **kwargs: Any) -> Any:
    arn = kwargs["role_arn"]
    known = {role.arn for role in iam_backends[self.account_id][self.partition].roles.values()}
    if arn.split(":")[4] == self.account_id and arn not in known:
        raise STSClientError(
            "AccessDenied", f"The caller is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
    return original(self, *args, **kwargs)


def apply() -> None:
    """Look the role up first."""
    around(STSBackend, "assume_role", _assume_role)
