# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong in the middle of a run is named with what to do, and the next run goes on from there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..depth import extended
from .conftest import ROOT
from .site import Site, running

sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "roles" / "local_cloud" / "files")]

from proxy import server
from proxy.messages import Answer, Forward, Request, error

SLOT = 47
PROVISION = "playbooks/provision.yml"
# What services call it.
EXPIRED = {"ec2": (400, "RequestExpired", "Request has expired."), "s3": (400, "ExpiredToken", "The token has expired.")}
EXPIRED_IN_QUERIES = (403, "ExpiredToken", "The security token included in the request is expired")
EXPIRED_ELSEWHERE = (400, "ExpiredTokenException", "The security token included in the request is expired")
GOES_ON = "run the same command again, and it goes on from there"


class Ending:
    """The behaviour that lets so many calls pass, and none after them.

    Args:
        calls: how many.
        cut: whether to cut the connection, as where a network fails; else the credentials have expired.
    """

    def __init__(self, calls: int, cut: bool = False) -> None:
        self._left, self._cut = calls, cut
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer:
        with self._lock:
            self._left -= 1
            passes = self._left >= 0
        if passes:
            return forward(request)
        if self._cut:
            raise ConnectionResetError
        elsewhere = EXPIRED_IN_QUERIES if request.parameters else EXPIRED_ELSEWHERE
        return error(request, *EXPIRED.get(request.service, elsewhere))


class Account(Site):
    """An environment behind a proxy, of which less and less is missing."""

    def ends(self, behaviour: Ending, *arguments: str) -> str:
        """Run provision.yml, which fails by this behaviour, and return what it said, on one line."""
        with server.running(self.emulator.endpoint, Path(self.emulator.ca_bundle), behaviour) as endpoint:
            done = self.run(PROVISION, *arguments, AWS_ENDPOINT_URL=endpoint)
        assert done.returncode != 0, done.stdout
        return " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """Nothing, on an emulator of its own."""
    with running(SLOT) as emulator:
        yield Account(emulator)


@extended
@pytest.mark.weight(120)
@pytest.mark.xdist_group("failures")
class TestFailures:
    """In this order, on one account."""

    @pytest.mark.parametrize("calls", [2, 30])
    def test_credentials_that_expire_before_the_first_change(self, account: Account, calls: int) -> None:
        said = account.ends(Ending(calls))
        assert "AWS credentials: " in said
        assert "means that they have expired; log in again, or renew the keys" in said
        assert account.written() == []

    @pytest.mark.parametrize("calls", [85, 160, 210])
    def test_credentials_that_expire_in_the_middle(self, account: Account, calls: int) -> None:
        """What to do is the last thing that is said, and the lock that could not be given back is in nobody's way."""
        said = account.ends(Ending(calls), "-e", "mlinfra_lock_timeout=0")
        assert "means that they have expired; log in again, or renew the keys" in said
        assert GOES_ON in said
        assert "The lock was not given back. It expires by itself, and the next run from here takes it at once" in said
        assert account.written() != []

    def test_a_network_that_fails_in_the_middle(self, account: Account) -> None:
        """With fewer attempts than usual, which take minutes."""
        quick = '{"mlinfra_aws_environment": {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "2"}}'
        said = account.ends(Ending(100, cut=True), "-e", quick)
        assert "AWS endpoint: https://127.0.0.1:" in said
        assert "can't be reached" in said
        assert GOES_ON in said

    def test_the_next_run_completes_it(self, account: Account) -> None:
        """Once, and the one after it has nothing to do."""
        account.playbook(PROVISION, "-e", "mlinfra_lock_timeout=0")
        ec2 = account.client("ec2")
        tags = [{"Name": "tag:Environment", "Values": ["seed"]}]
        assert len(ec2.describe_vpcs(Filters=tags)["Vpcs"]) == 1
        assert len(ec2.describe_nat_gateways(Filter=tags)["NatGateways"]) == 1
        assert len(ec2.describe_addresses()["Addresses"]) == 1
        assert len(ec2.describe_instances(Filters=tags)["Reservations"]) == 1
        account.written()
        assert "changed=0" in account.playbook(PROVISION)
        assert account.written() == []
