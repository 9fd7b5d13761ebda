# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Auto Scaling's DisableMetricsCollection, which moto lacks."""

from __future__ import annotations

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult


def apply() -> None:
    """Add the operation: moto's groups collect no metrics, so that there is nothing to switch off."""

    def disable_metrics_collection(self: AutoScalingResponse) -> ActionResult:
        return EmptyResult()

    AutoScalingResponse.disable_metrics_collection = disable_metrics_collection
