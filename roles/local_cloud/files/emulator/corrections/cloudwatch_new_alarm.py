# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An alarm that was never evaluated has insufficient data; moto calls it OK."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from emulator.patching import around


def _put_metric_alarm(original: Any, self: CloudWatchBackend, *args: Any, **kwargs: Any) -> Any:
    name = kwargs["name"]
    known = name in self.alarms
    alarm = original(self, *args, **kwargs)
    if not known:
        alarm.state_value = "INSUFFICIENT_DATA"
    return alarm


def apply() -> None:
    """Only a new alarm starts anew."""
    around(CloudWatchBackend, "put_metric_alarm", _put_metric_alarm)
