# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait on the head until hosts are nodes of the cluster. Says which are not, and ends with 1, where they take too long.

The argument is JSON: `url` of the dashboard, `token` (the file that has it), `addresses` of the hosts, `seconds` to wait.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

SECONDS_BETWEEN = 1


def alive(url: str, token: str) -> set[str]:
    """The addresses of the nodes that are alive.

    Raises:
        OSError, ValueError, KeyError: the dashboard does not tell.
    """
    call = urllib.request.Request(f"{url}/api/v0/nodes?limit=10000", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(call, timeout=10) as answer:
        told = json.load(answer)
    return {node["node_ip"] for node in told["data"]["result"]["result"] if node["state"] == "ALIVE"}


def main(wanted: dict[str, Any]) -> int:
    """Wait; returns the exit status."""
    token = Path(wanted["token"]).read_text(encoding="ascii").strip()
    missing, reason = set(wanted["addresses"]), ""
    end = time.monotonic() + wanted["seconds"]
    while time.monotonic() < end:
        try:
            missing = set(wanted["addresses"]) - alive(wanted["url"], token)
            reason = f"They have not joined: {', '.join(sorted(missing))}."
        except (OSError, ValueError, KeyError) as error:
            reason = f"The head does not answer: {error}."
        else:
            if not missing:
                return 0
        time.sleep(SECONDS_BETWEEN)
    print(f"{reason} See `journalctl -u mlinfra-ray` on these hosts.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
