# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients of an emulator, or of moto in this process."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from emulator.places import ACCESS_KEY, HOST, REGION, Place


class Clients:
    """Makes clients of one AWS, one for each service.

    Args:
        place: the emulator to call. Without it the clients call AWS's own addresses, where moto stands in.
    """

    def __init__(self, place: Place | None = None) -> None:
        self._place = place
        self._made: dict[tuple[str, bool, str], Any] = {}
        self._session = boto3.Session(ACCESS_KEY, ACCESS_KEY, region_name=REGION)

    def __call__(self, service: str, secure: bool = True, region: str = REGION) -> Any:
        if (service, secure, region) not in self._made:
            self._made[service, secure, region] = self._session.client(
                service, region, config=Config(retries={"max_attempts": 0}), **self._way(secure)
            )
        return self._made[service, secure, region]

    def plain(self, service: str) -> Any:
        """A client whose requests go over HTTP."""
        return self(service, secure=False)

    def _way(self, secure: bool) -> dict[str, Any]:
        if self._place is None:
            return {"use_ssl": secure}
        if secure:
            return {"endpoint_url": self._place.endpoint, "verify": str(self._place.authority)}
        return {"endpoint_url": f"http://{HOST}:{self._place.http_port}"}
