# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The log of API calls: what each call was, and whether it writes."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# AWS names an operation by what it does; these are the verbs that change nothing.
_READING = re.compile(
    r"(?:Batch)?(?:Check|Compare|Count|Decode|Describe|Detect|Discover|Download|Estimate|Filter|Get|Head|Is|List|Lookup"
    r"|Poll|Preview|Query|Read|Resolve|Retrieve|Scan|Search|Select|Simulate|Test|Validate|Verify)(?![a-z])"
)
# Reading too, against their names: sessions, and queries over logs.
_READING_TOO = frozenset({
    "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
    "ssm:StartSession", "ssm:TerminateSession", "ssm:ResumeSession",
    "logs:StartQuery", "logs:StopQuery",
})  # fmt: skip
# Writing against their names.
_WRITING_TOO = frozenset({"iam:GenerateCredentialReport"})


@dataclass(frozen=True)
class Call:
    """One API call as it was answered.

    `time` is in seconds since the epoch, `caller` the access key id that signed it, `seconds` its duration, `needs` what its
    caller had to be allowed, each as action, resource and context, where permissions are looked at.
    """

    time: float
    service: str
    action: str
    writing: bool
    status: int
    caller: str
    resource: str
    scheme: str
    seconds: float
    needs: list[dict[str, Any]] = field(default_factory=list)


def is_writing(service: str, action: str, dry_run: bool = False) -> bool:
    """Tell whether an operation changes something.

    Args:
        service: the service's name in botocore, such as `ec2`.
        action: the operation's name in botocore, such as `RunInstances`.
        dry_run: whether the call asked EC2 for a rehearsal only.
    """
    name = f"{service}:{action}"
    if dry_run or name in _READING_TOO:
        return False
    return name in _WRITING_TOO or not _READING.match(action)


class CallLog:
    """Appends calls to a file, from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def add(self, call: Call) -> None:
        """Write one call; it is readable at once."""
        with self._lock:
            self._file.write(json.dumps(asdict(call)) + "\n")

    def clear(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._file.truncate(0)


def read(path: Path, since: float = 0.0, writing: bool = False, caller: str = "") -> Iterator[Call]:
    """Yield the calls of a log, the oldest first.

    Args:
        path: the log, DIR/calls.jsonl. A missing one holds no calls.
        since: seconds since the epoch; older calls are left out.
        writing: only those that write.
        caller: only those signed with this access key id (`rehearsal` is the controller).
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            call = Call(**json.loads(line))
            if call.time >= since and (call.writing or not writing) and caller in ("", call.caller):
                yield call


def now() -> float:
    """The clock of the log."""
    return round(time.time(), 6)
