# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets a member of an Auto Scaling group go as soon as its runs have ended, and not only when its time is over."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from .spot import Metadata

# Both are told where the group waits for its members.
GROUP, HOOK = "MLINFRA_SCALING_GROUP", "MLINFRA_DRAIN_HOOK"
PROCESSES = Path("/proc")
PROGRAM = b"mlinfra.runs.supervisor"
SECONDS_BETWEEN_LOOKS = 2


def others(processes: Path = PROCESSES) -> list[int]:
    """The process ids of what watches over other runs of this host, of whichever user."""
    found = []
    for folder in processes.iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if PROGRAM in words:
            found.append(int(folder.name))
    return found


def let_go(metadata: Metadata, processes: Path = PROCESSES, client: Any = None) -> bool:
    """Tell the group that this instance may go, once no other run is here. The last one that came does it, for all.

    Args:
        metadata: the metadata service.
        processes: where the processes are listed.
        client: of Auto Scaling; by default one with the host's own credentials.

    Returns:
        Whether it was told here.
    """
    group, hook, instance = os.environ.get(GROUP), os.environ.get(HOOK), metadata.instance_id()
    if not (group and hook and instance):
        return False
    while there := others(processes):
        if max(there) > os.getpid():
            return False
        time.sleep(SECONDS_BETWEEN_LOOKS)
    told = {"AutoScalingGroupName": group, "LifecycleHookName": hook, "InstanceId": instance}
    try:
        (client or _client()).complete_lifecycle_action(**told, LifecycleActionResult="CONTINUE")
    except Exception as error:
        # It goes when its time is over.
        print(f"The group can't be told that this instance may go: {error}", flush=True)
        return False
    print("The group has been told that this instance may go.", flush=True)
    return True


def _client() -> Any:
    import boto3

    return boto3.client("autoscaling")
