# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tagging service lists the schedule groups of EventBridge Scheduler, too."""

from __future__ import annotations

from collections.abc import Iterator

from moto.scheduler.models import scheduler_backends

from emulator.tagging import list_also


def _groups(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    scheduler = scheduler_backends[account][region]
    for group in scheduler.schedule_groups.values():
        yield group.arn, scheduler.tagger.get_tag_dict_for_resource(group.arn)


def apply() -> None:
    """Let it list them."""
    list_also("scheduler:schedule-group", _groups)
