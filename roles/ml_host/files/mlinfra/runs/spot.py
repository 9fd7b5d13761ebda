# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What EC2 tells of its own plans with this instance: the metadata service, version 2."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

SERVICE = "http://169.254.169.254"
TOKEN_SECONDS = 21600
# Programs outside EC2 must not wait long to know that they are.
TIMEOUT = 2
INTERRUPTION, REBALANCE, LEAVING = "interruption", "rebalance", "leaving"
# Where Auto Scaling tells what is to become of a member of a group. There is nothing for other instances.
TARGET_STATE = "autoscaling/target-lifecycle-state"


@dataclass(frozen=True)
class Notice:
    """An announcement.

    Attributes:
        kind: interruption (it is stopped, hibernated or terminated), rebalance (that is more likely than before) or leaving (its
            group takes it away, once its runs have ended).
        action: what EC2 will do; empty for a recommendation.
        time: when it will, when it recommended, or when it was heard.
    """

    kind: str
    action: str
    time: datetime

    def seconds_left(self, now: datetime) -> float:
        """Seconds until it happens."""
        return (self.time - now).total_seconds()

    def dump(self) -> str:
        """As JSON, for the script."""
        return json.dumps(asdict(self), default=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")) + "\n"


class Metadata:
    """The metadata service."""

    def __init__(self) -> None:
        self._service = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", SERVICE).rstrip("/")
        # It is on this machine's link: a proxy is none of its business.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._token = ""

    def _ask(self, method: str, path: str, **headers: str) -> str:
        request = urllib.request.Request(f"{self._service}/latest/{path}", headers=headers, method=method)
        with self._opener.open(request, timeout=TIMEOUT) as answer:
            return answer.read().decode()

    def get(self, path: str) -> str | None:
        """What stands there; None where nothing does.

        Raises:
            OSError: it does not answer.
        """
        for _attempt in range(2):
            if not self._token:
                self._token = self._ask("PUT", "api/token", **{"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)})
            try:
                return self._ask("GET", f"meta-data/{path}", **{"X-aws-ec2-metadata-token": self._token})
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                if error.code != 401:
                    raise
                # It has ended.
                self._token = ""
        raise OSError("the metadata service takes no token")

    def instance_id(self) -> str | None:
        """This instance; None outside EC2."""
        try:
            return self.get("instance-id")
        except OSError:
            return None

    def is_spot(self) -> bool:
        """Whether EC2 may take this instance back; not so where nobody tells."""
        try:
            return self.get("instance-life-cycle") == "spot"
        except OSError:
            return False

    def is_member(self) -> bool:
        """Whether Auto Scaling may take this instance away; not so where nobody tells."""
        try:
            return self.get(TARGET_STATE) is not None
        except OSError:
            return False

    def notices(self) -> list[Notice]:
        """What is announced, the interruption first.

        Raises:
            OSError: the service does not answer.
        """
        found = []
        if text := self.get("spot/instance-action"):
            told = json.loads(text)
            found.append(Notice(INTERRUPTION, told["action"], _time(told["time"])))
        if text := self.get("events/recommendations/rebalance"):
            found.append(Notice(REBALANCE, "", _time(json.loads(text)["noticeTime"])))
        if self.get(TARGET_STATE) == "Terminated":
            found.append(Notice(LEAVING, "terminate", datetime.now(UTC)))
        return found


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
