# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The nodes of the Ray cluster, on the host that leads it."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

SECONDS = 20


def nodes(settings: Path) -> list[dict[str, Any]]:
    """Each node with address, state, whether it leads, and its cores and GPUs; none on a host that only works for a cluster.

    Args:
        settings: the environment variables by which programs reach the cluster.

    Raises:
        OSError, ValueError, KeyError, TypeError: the cluster does not tell.
    """
    lines = settings.read_text(encoding="utf-8").splitlines() if settings.exists() else []
    told = {name: value.strip('"') for name, _mark, value in (line.partition("=") for line in lines if not line.startswith("#"))}
    if "RAY_API_SERVER_ADDRESS" not in told:
        return []
    token = Path(told["RAY_AUTH_TOKEN_PATH"]).read_text(encoding="ascii").strip()
    call = urllib.request.Request(
        f"{told['RAY_API_SERVER_ADDRESS']}/api/v0/nodes?limit=10000&detail=true", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(call, timeout=SECONDS) as answer:
        found = json.load(answer)["data"]["result"]["result"]
    # A host that came back is another node, and the one that it was stays listed.
    by_address = {one["node_ip"]: one for one in sorted(found, key=lambda one: one["state"] == "ALIVE")}
    return [
        {
            "address": address,
            "state": one["state"].lower(),
            "head": bool(one["is_head_node"]),
            "cpus": (one["resources_total"] or {}).get("CPU", 0),
            "gpus": (one["resources_total"] or {}).get("GPU", 0),
        }
        for address, one in sorted(by_address.items())
    ]
