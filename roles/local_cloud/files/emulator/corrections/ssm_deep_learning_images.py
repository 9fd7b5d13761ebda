# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Public SSM parameters name the Deep Learning base images; moto has those of Amazon Linux only."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.ssm.models import Parameter, ParameterDict

from emulator.deep_learning import IMAGES, PARAMETER, image_id
from emulator.patching import around


def _check_loading_status(original: Any, self: Any, key: str) -> None:
    original(self, key)
    for architecture in IMAGES:
        name = PARAMETER.format(architecture)
        if key == name and not self.get(name):
            self[name] = [_parameter(self, name, image_id(self.region_name, architecture))]


def _parameter(held: ParameterDict, name: str, value: str) -> Parameter:
    return Parameter(
        account_id=held.account_id,
        name=name,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=utcnow().timestamp(),
        version=1,
        data_type="aws:ec2:image",
    )


def apply() -> None:
    """Make a parameter when somebody asks for it."""
    around(ParameterDict, "_check_loading_status", _check_loading_status)
