# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two operators, one environment: one works, the other waits or stops with a message, and nothing is made twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ..depth import extended, thorough
from ..waiting import until
from .site import Site, running

SLOT = 46
# What a run may take to come so far.
SECONDS = 300
PROVISION, DESTROY, STOP = (f"playbooks/{name}.yml" for name in ("provision", "destroy", "stop"))
ALL_OF_IT = ("-e", "confirm=seed destroy_data=true")
AT_ONCE = ("-e", "mlinfra_lock_timeout=0")
ALARM = "bench-seed-ml-training-1-cpu"
# Of another machine, so that nobody here can tell whether it works.
JANE = {"user": "jane", "host": "laptop", "command": "site.yml", "pid": 4242, "started": "1", "machine": "m", "queue": ""}


class Environment(Site):
    """An environment that several runs work on at once."""

    def start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """Begin to run a playbook."""
        pipe, both = subprocess.PIPE, subprocess.STDOUT
        return subprocess.Popen(**self.call(name, *arguments), stdout=pipe, stderr=both, start_new_session=True)

    def told(self, name: str, *arguments: str) -> str:
        """Run a playbook that must succeed, and return all that it said, warnings included, on one line."""
        done = self.run(name, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return words(done.stdout + done.stderr)

    @property
    def bucket(self) -> str:
        """The operations bucket; empty where there is none."""
        names = [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]
        return next((name for name in names if name.startswith("bench-seed-operations-")), "")

    def lock(self) -> dict[str, Any]:
        """What the lock says."""
        s3 = self.client("s3")
        try:
            return json.loads(s3.get_object(Bucket=self.bucket, Key="lock.json")["Body"].read())
        except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket, s3.exceptions.ClientError):
            return {"state": "none"}

    def let_hold(self, run: dict[str, Any], minutes: int = 30, bucket: str = "") -> None:
        """Let a run hold the lock, or the one of another environment."""
        lock = {"state": "held", "run": run, "since": datetime.now(UTC).isoformat(), "minutes": minutes, "id": "x"}
        self.client("s3").put_object(Bucket=bucket or self.bucket, Key="lock.json", Body=json.dumps(lock).encode())
        self.written()

    def alarms(self) -> list[str]:
        """The names of the alarms."""
        return [alarm["AlarmName"] for alarm in self.client("cloudwatch").describe_alarms()["MetricAlarms"]]

    def break_something(self) -> None:
        """Give the next run something to do."""
        self.client("cloudwatch").delete_alarms(AlarmNames=[ALARM])
        self.written()

    def stands(self) -> dict[str, int]:
        """How many there are of what would be made twice."""
        ec2, tags = self.client("ec2"), [{"Name": "tag:Environment", "Values": ["seed"]}]
        named = [{"Name": "group-name", "Values": ["bench-seed-ml-instance"]}]
        living = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        open_gateways = [*tags, {"Name": "state", "Values": ["pending", "available"]}]
        return {
            "vpcs": len(ec2.describe_vpcs(Filters=tags)["Vpcs"]),
            "subnets": len(ec2.describe_subnets(Filters=tags)["Subnets"]),
            "gateways": len(ec2.describe_nat_gateways(Filter=open_gateways)["NatGateways"]),
            "addresses": len(ec2.describe_addresses()["Addresses"]),
            "groups": len(ec2.describe_security_groups(Filters=[*tags, *named])["SecurityGroups"]),
            "instances": len(ec2.describe_instances(Filters=[*tags, *living])["Reservations"]),
            "flow logs": len(ec2.describe_flow_logs()["FlowLogs"]),
            "buckets": len(self.client("s3").list_buckets()["Buckets"]),
            "alarms": len(self.alarms()),
        }


ONE_OF_EACH = {
    **dict.fromkeys(("vpcs", "gateways", "addresses", "groups", "instances", "flow logs"), 1),
    "subnets": 4,
    "buckets": 3,
    "alarms": 4,
}


def words(output: str) -> str:
    """An output without its line breaks."""
    return " ".join(output.split())


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    """Nothing, on an emulator of its own."""
    with running(SLOT) as emulator:
        yield Environment(emulator)


@extended
@pytest.mark.weight(240)
@pytest.mark.xdist_group("two operators")
class TestTwoOperators:
    """In this order, on one account."""

    def test_two_begin_on_an_empty_account_in_the_same_moment(self, environment: Environment) -> None:
        """One makes everything. The other says who works, waits, finds nothing to do, and both give the lock back."""
        both = [environment.start(PROVISION) for _each in range(2)]
        outputs = [run.communicate()[0] for run in both]
        assert [run.returncode for run in both] == [0, 0], outputs
        [slower] = [output for output in outputs if "Waiting, at most 900 s" in output]
        assert re.search(r"bench-seed: \w+@\S+ works on this environment with provision.yml \(process \d+\) since", slower)
        assert "TASK [mlinfra.aws.network : " not in slower
        assert environment.stands() == ONE_OF_EACH
        assert environment.lock()["state"] == "free"

    def test_a_run_without_changes_writes_nothing_whoever_works(self, environment: Environment) -> None:
        environment.let_hold(JANE)
        assert "changed=0" in environment.playbook(PROVISION)
        assert environment.written() == []

    def test_who_does_not_want_to_wait_is_told_whom_for(self, environment: Environment) -> None:
        """With what to do, before anything is written."""
        environment.break_something()
        for playbook, arguments in ((PROVISION, ()), (STOP, ()), (DESTROY, ALL_OF_IT)):
            done = environment.run(playbook, *arguments, *AT_ONCE)
            said = words(done.stdout + done.stderr)
            assert done.returncode != 0
            assert "jane@laptop works on this environment with site.yml (process 4242) since 20" in said
            assert "Nothing was changed" in said
            assert "-e lock=break" in said
            assert environment.written() == []
        assert environment.lock()["run"] == JANE

    def test_check_mode_takes_no_lock_and_waits_for_nobody(self, environment: Environment) -> None:
        assert "changed=0" not in environment.playbook(PROVISION, "--check")
        assert environment.written() == []
        assert environment.lock()["run"] == JANE

    def test_it_is_taken_from_whom_one_knows_to_have_ended(self, environment: Environment) -> None:
        said = environment.told(PROVISION, "-e", "lock=break")
        assert "it was taken by force. jane@laptop works on this environment" in said
        assert (environment.lock()["state"], environment.stands()) == ("free", ONE_OF_EACH)

    @thorough
    def test_without_a_lock_nobody_is_asked(self, environment: Environment) -> None:
        environment.break_something()
        environment.let_hold(JANE)
        environment.playbook(PROVISION, "-e", "lock=none")
        assert environment.written() == ["cloudwatch:PutMetricAlarm"]
        assert environment.lock()["run"] == JANE

    @thorough
    def test_a_lock_that_nobody_renewed_is_taken_over(self, environment: Environment) -> None:
        environment.break_something()
        environment.let_hold(JANE, minutes=0)
        time.sleep(2)  # S3 counts whole seconds
        assert "it has expired" in environment.told(PROVISION, *AT_ONCE)
        assert (environment.lock()["state"], environment.stands()) == ("free", ONE_OF_EACH)

    @thorough
    def test_an_environment_that_waits_holds_up_no_other(self, environment: Environment, tmp_path: Path) -> None:
        """Of several in one run, each has a lock of its own."""
        inventory, held = tmp_path / "two.yml", environment.bucket.replace("-seed-", "-two-")
        other = {"hosts": {"bench-two": {"mlinfra_environment": "two"}}}
        inventory.write_text(json.dumps({"environments": other, "bench": other}), encoding="utf-8")
        environment.client("s3").create_bucket(Bucket=held)
        environment.let_hold(JANE, bucket=held)
        environment.break_something()
        at_work = environment.start(PROVISION, "-i", str(inventory))
        assert until(lambda: ALARM in environment.alarms() and environment.lock()["state"] == "free", SECONDS)
        assert at_work.poll() is None
        os.kill(at_work.pid, signal.SIGTERM)
        assert "bench-two: jane@laptop works on this environment" in at_work.communicate()[0]
        environment.client("s3").delete_object(Bucket=held, Key="lock.json")
        environment.client("s3").delete_bucket(Bucket=held)

    def test_who_destroys_waits_for_who_works(self, environment: Environment) -> None:
        environment.playbook(DESTROY, *ALL_OF_IT)
        at_work = environment.start(PROVISION)
        assert until(lambda: environment.stands()["vpcs"] == 1, SECONDS)
        destroyed = environment.playbook(DESTROY, *ALL_OF_IT)
        made = at_work.communicate()[0]
        assert at_work.returncode == 0, made
        assert "works on this environment with provision.yml" in destroyed
        assert "Residual     $0.00/month" in destroyed
        assert set(environment.stands().values()) == {0}
        environment.written()
        environment.playbook(DESTROY, *ALL_OF_IT)
        assert environment.written() == []

    def test_a_killed_run_is_followed_at_once_by_the_next(self, environment: Environment) -> None:
        """At once means when nothing works any more that it had started, and not when its lock expires."""
        killed = environment.start(PROVISION)
        assert until(lambda: environment.stands()["subnets"] > 0, SECONDS)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        assert environment.lock()["state"] == "held"
        said = environment.told(PROVISION)
        assert "the run that held it has ended" in said
        assert (environment.lock()["state"], environment.stands()) == ("free", ONE_OF_EACH)
        environment.written()
        assert "changed=0" in environment.playbook(PROVISION)
        assert environment.written() == []
