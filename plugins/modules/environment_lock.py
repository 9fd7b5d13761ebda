#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_lock
version_added: 0.1.0
short_description: Keep two runs from working on one environment at once
description:
  - Takes the lock of an environment and gives it back. It is one small object in the environment's operations bucket,
    written on condition that nobody else has written it since it was read, so that of two runs one gets it.
  - A lock that nobody renewed for O(minutes) has expired, and anybody may take it. So does one whose run has ended on this
    machine without giving it back.
  - It says who holds it, since when, and who held it last. Every writing changes its ETag, so that a run that read it
    before knows whether somebody else has worked on the environment since.
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - An action plugin of the same name runs on the controller. It fills in the options from the variables in scope, says
    who is waited for, and makes no call where there is nothing to do, namely to take a lock that
    this run holds, to renew one that is not due or that it does not hold, and to give back one that it does not hold.
  - C(mlinfra_lock), C(mlinfra_lock_timeout) and C(mlinfra_lock_minutes) say how runs deal with it. With C(none) there is no lock.
  - It takes the permissions C(s3:GetObject) and C(s3:PutObject) on C(lock.json), and C(s3:ListBucket), without which S3 does not
    tell a missing object from a forbidden one. A new environment takes C(s3:CreateBucket), C(s3:PutBucketTagging),
    C(s3:PutBucketOwnershipControls) and C(s3:PutBucketPublicAccessBlock) as well, as role storage does.
options:
  state:
    description:
      - V(held) takes the lock, unless this run holds it.
      - V(renewed) renews one that this run holds, once a third of its time is over, and fails where it has lost it.
      - V(free) gives back the lock that this run holds, and leaves that of anybody else alone.
    type: str
    choices: [held, renewed, free]
    default: held
  bucket:
    description: The bucket that it lies in. Filled in from C(storage_operations_bucket).
    type: str
    default: ""
  account:
    description: The account that the bucket has to belong to. Filled in from C(mlinfra_account_id).
    type: str
    default: ""
  tags:
    description: Tags of the bucket, where it has to be made. Filled in from C(storage_tags).
    type: dict
    default: {}
  command:
    description: What others are told that this run does. Filled in from the command line.
    type: str
    default: ""
  pid:
    description:
      - The process of the run, C(ansible-playbook). It holds the lock as long as it lives, or a module that it has started.
      - Filled in by the action.
    type: int
    default: 0
  seen:
    description:
      - The lock as M(mlinfra.aws.environment_diff) or M(mlinfra.aws.environment_info) read it. RV(stale) says whether somebody else
        has worked on the environment since.
    type: dict
  timeout:
    description:
      - Seconds to wait for a lock that somebody else holds, V(0) to fail at once. Filled in from C(mlinfra_lock_timeout).
    type: int
    default: 0
  minutes:
    description: After how many minutes it expires, unless it is renewed. Filled in from C(mlinfra_lock_minutes).
    type: int
    default: 30
  force:
    description: Whether to take it from whoever holds it. Filled in from C(mlinfra_lock).
    type: bool
    default: false
attributes:
  check_mode:
    description: Says in check mode whether it would take the lock or give it back, and never waits.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Compare
  mlinfra.aws.environment_diff:
  register: compared

- name: Change what differs, and nobody else in the meantime
  when: compared.to_run | length > 0
  block:
    - name: Take the lock
      mlinfra.aws.environment_lock:
        seen: "{{ compared.lock }}"
      register: taken

    - name: Compare again, where somebody else has worked on it since
      mlinfra.aws.environment_diff:
      register: compared_again
      when: taken.stale
  always:
    - name: Give the lock back
      mlinfra.aws.environment_lock:
        state: free
"""

RETURN = r"""
lock:
  description: The lock as it stands afterwards or, in check mode and where somebody else keeps it, as it stood.
  returned: always, but for C(mlinfra_lock=none) and where no call was made
  type: dict
  contains:
    etag:
      description: The ETag of its object. Empty where there is none.
      type: str
      returned: always
      sample: '"9b2cf535f27731c974343645a3985328"'
    state:
      description: V(held), V(free), or V(none) where it was never taken or has been free for more than a day.
      type: str
      returned: always
      sample: held
    user:
      description: Who holds it, or held it last.
      type: str
      returned: when there is one
      sample: jane
    host:
      description: The machine that the run works on, or worked on.
      type: str
      returned: when there is one
      sample: laptop
    command:
      description: What was started there.
      type: str
      returned: when there is one
      sample: site.yml
    pid:
      description: Its process.
      type: int
      returned: when there is one
      sample: 4242
    since:
      description: When that run took it or gave it back, by the clock of its machine.
      type: str
      returned: when there is one
      sample: "2026-01-01T12:00:00+00:00"
    expires:
      description: When it expires unless it is renewed, by the clock of S3. Empty where it is free.
      type: str
      returned: when there is one
      sample: "2026-01-01T12:30:00+00:00"
stale:
  description: Whether somebody else may have worked on the environment since O(seen) was read.
  returned: with O(state=held)
  type: bool
waited:
  description: Seconds that somebody else was waited for.
  returned: with O(state=held)
  type: float
  sample: 0.0
"""

import getpass
import os
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.lock import processes
from ansible_collections.mlinfra.aws.plugins.module_utils.lock.api import NoBucketError, Place
from ansible_collections.mlinfra.aws.plugins.module_utils.lock.transform import (
    FREE,
    HELD,
    Lock,
    Run,
    Standing,
    Verdict,
    is_due,
    judge,
    sentence,
    told,
)

# Seconds between two looks at a lock that somebody else holds.
_DELAY = 3.0
# Seconds that S3 may take to make a bucket whose name another one had a moment ago.
_SETTLING = 120
# Short: where nothing answers, a run should not wait for minutes to give its lock back. Seconds.
_PATIENCE = {"retries": {"mode": "standard", "max_attempts": 4}, "connect_timeout": 5, "read_timeout": 20}
_TAKEN_OVER = (Verdict.EXPIRED, Verdict.ENDED, Verdict.HELD)


class LostError(Exception):
    """This run does not hold the lock any more."""

    def __init__(self, lock: Mapping[str, Any]) -> None:
        who = sentence(lock) if lock["state"] == HELD else "Somebody else has worked on this environment"
        super().__init__(
            f"This run has lost the lock, after it had expired or by force, and stops, so that no two work at once. {who}. "
            "Run it again when nobody else works any more."
        )


class HeldByOthersError(Exception):
    """Somebody else holds the lock.

    Attributes:
        lock: as it stands.
        waited: seconds that it was waited for.
    """

    def __init__(self, lock: Mapping[str, Any], waited: float) -> None:
        ends = f"It expires at {lock['expires']}, unless that run renews it." if lock["expires"] else ""
        super().__init__(
            f"{sentence(lock)}. Nothing was changed. Run it again when that run has ended, or let mlinfra_lock_timeout be "
            f"longer: {waited:.0f} s were waited. {ends} Where you know that nobody works any more, take the lock with -e lock=break."
        )
        self.lock, self.waited = lock, waited


def is_there(run: Run) -> bool:
    """Whether the process of a run on this machine is still there."""
    return processes.started(run.pid) == run.started


def lives(run: Run) -> bool:
    """Whether anything of a run on this machine is still there."""
    return (run.started != "" and is_there(run)) or processes.leaves(run.pid, run.queue)


@dataclass
class Taking:
    """One attempt to take the lock or to keep it.

    Attributes:
        place: where it lies.
        run: who wants it.
        params: the module's arguments.
        check: whether nothing may be written.
        sleep: waits some seconds.
        goes_on: tells whether the run is still there: one that was killed while it waited must not get the lock.
        warnings: what people should know of it, afterwards.
    """

    place: Place
    run: Run
    params: Mapping[str, Any]
    check: bool = False
    sleep: Callable[[float], None] = time.sleep
    goes_on: Callable[[Run], bool] = is_there
    warnings: list[str] = field(default_factory=list)

    def take(self) -> dict[str, Any]:
        """Takes the lock, as soon as it may be had, and returns the module's result.

        Raises:
            HeldByOthersError: somebody else has held it for longer than was to be waited.
            AnsibleAWSError: where AWS refuses.
        """
        standing, waited = self._known() or self.place.read(), 0.0
        tries = 0
        while True:
            verdict = judge(standing, self.run, lives)
            if verdict is Verdict.OURS:
                return self._result(standing, standing, waited, changed=False)
            if self.check:
                return self._result(standing, standing, waited, changed=True)
            if verdict is not Verdict.HELD or self.params["force"]:
                tries += 1
                written = self._write(standing, self._lock(HELD), make=True)
                if written:
                    self._tell(verdict, standing)
                    return self._result(standing, written, waited, changed=True)
                if waited >= max(self.params["timeout"], _SETTLING):
                    raise AnsibleAWSError(message="S3 does not take the lock: a bucket of that name was deleted a moment ago")
            elif waited >= self.params["timeout"]:
                raise HeldByOthersError(told(standing), waited)
            # The first tries may fail because the bucket had to be made, or because somebody was quicker.
            if verdict is Verdict.HELD or tries > 2:
                self.sleep(_DELAY)
                waited += _DELAY
            if not self.goes_on(self.run):
                raise AnsibleAWSError(message="The run that waited for the lock has ended")
            standing = self.place.read()

    def renew(self) -> dict[str, Any]:
        """Renews the lock that this run holds, where that is due, and returns the module's result.

        Raises:
            LostError: this run does not hold it any more.
            AnsibleAWSError: where AWS refuses.
        """
        standing = self._ours()
        due = is_due(0, standing.age, self.params["minutes"])
        if due and not self.check:
            # Where the answer got lost on the way, S3 refuses what is written again.
            standing = self._write(standing, self._lock(HELD, standing.lock.since)) or self._ours()
        return {"changed": due, "lock": told(standing)}

    def _ours(self) -> Standing:
        """The lock, which this run must hold."""
        standing = self.place.read()
        if judge(standing, self.run, lives) is not Verdict.OURS:
            raise LostError(told(standing))
        return standing

    def give_back(self) -> dict[str, Any]:
        """Gives back the lock that this run holds, and returns the module's result.

        Raises:
            AnsibleAWSError: where AWS refuses.
        """
        standing = self.place.read()
        if judge(standing, self.run, lives) is not Verdict.OURS:
            return {"changed": False, "lock": told(standing)}
        if not self.check:
            standing = self._write(standing, self._lock(FREE)) or Standing()
        return {"changed": True, "lock": told(standing)}

    def _known(self) -> Standing | None:
        """The lock as it was seen, if nobody held it then: it is written on condition that it still stands so."""
        seen = self.params["seen"]
        return Standing(seen["etag"]) if seen and seen["state"] != HELD else None

    def _lock(self, state: str, since: str = "") -> Lock:
        """A lock as it is written: each time with another id, because two that are alike have the same ETag."""
        since = since or datetime.now(UTC).isoformat(timespec="seconds")
        return Lock(state, self.run, since, self.params["minutes"], uuid.uuid4().hex)

    def _write(self, standing: Standing, lock: Lock, make: bool = False) -> Standing | None:
        """The lock as it was written, or nothing where it does not stand as it was read any more.

        Args:
            standing: as it was read.
            lock: what to write.
            make: whether to make the bucket where there is none: then it is not written either.
        """
        try:
            etag = self.place.write(lock, standing.etag)
        except NoBucketError:
            if make:
                self.place.make_bucket(self.params["tags"])
            return None
        return Standing(etag, lock, datetime.now(UTC)) if etag else None

    def _tell(self, verdict: Verdict, standing: Standing) -> None:
        if verdict in _TAKEN_OVER:
            why = "it was taken by force" if verdict is Verdict.HELD else verdict.value
            self.warnings.append(f"The lock was taken over: {why}. {sentence(told(standing))}, it said.")

    def _result(self, before: Standing, after: Standing, waited: float, changed: bool) -> dict[str, Any]:
        seen = self.params["seen"]
        same = bool(seen) and seen["etag"] == before.etag and seen["state"] != HELD
        return {"changed": changed, "lock": told(after), "stale": not same, "waited": waited}


def this_run(params: Mapping[str, Any]) -> Run:
    """The run that the module works for."""
    pid = params["pid"]
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = str(os.getuid())
    marks = processes.started(pid), processes.machine(), processes.queue(pid)
    return Run(user, socket.gethostname(), params["command"], pid, *marks)


ACTIONS = {"held": Taking.take, "renewed": Taking.renew, "free": Taking.give_back}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": list(ACTIONS), "default": "held"},
            "bucket": {"type": "str", "default": ""},
            "account": {"type": "str", "default": ""},
            "tags": {"type": "dict", "default": {}},
            "command": {"type": "str", "default": ""},
            "pid": {"type": "int", "default": 0},
            "seen": {"type": "dict"},
            "timeout": {"type": "int", "default": 0},
            "minutes": {"type": "int", "default": 30},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        place = Place(one_client(module, "s3", **_PATIENCE), module.params["bucket"], module.params["account"])
        taking = Taking(place, this_run(module.params), module.params, module.check_mode)
        result = ACTIONS[module.params["state"]](taking)
    except HeldByOthersError as error:
        module.fail_json(msg=str(error), lock=error.lock, waited=error.waited)
    except LostError as error:
        module.fail_json(msg=str(error))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    for text in taking.warnings:
        module.warn(text)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
