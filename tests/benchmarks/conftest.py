# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The short form of the benchmarks: each way once, on an emulator of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import boto3
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from bench.emulator import REGION, Emulator

SLOT = 14


class Account:
    """The emulator of slot 14, and clients of it."""

    def __init__(self) -> None:
        self.emulator = Emulator(SLOT)
        self.client = cache(
            lambda service: boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self.emulator.endpoint,
                verify=self.emulator.ca_bundle,
                aws_access_key_id="setup",
                aws_secret_access_key="setup",
            )
        )


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An emulator with nothing in it."""
    account = Account()
    with account.emulator.running():
        yield account
