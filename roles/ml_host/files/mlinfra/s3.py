# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection to S3."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

# As many as threads ask at once: see transfer.work.
CONNECTIONS = 16


_making = Lock()


def client() -> Any:
    """A boto3 client of S3, one for all threads of this process; it repeats what fails, and slows down where S3 asks it to."""
    with _making:
        return _made()


@cache
def _made() -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "adaptive", "max_attempts": 10}
    return boto3.client("s3", config=Config(retries=retries, max_pool_connections=CONNECTIONS))


def forget() -> None:
    """Have the next call make another client, for credentials or an address that have come since."""
    _made.cache_clear()


def code(error: Exception) -> str:
    """The code of an error of S3, such as NoSuchKey; empty for an error of another kind."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
