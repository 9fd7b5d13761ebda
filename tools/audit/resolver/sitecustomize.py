# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names below localhost are this machine, as RFC 6761 has it: Prowler calls the account's and not every resolver knows."""

from __future__ import annotations

import socket
from typing import Any

_ask = socket.getaddrinfo


def _loopback(host: Any, *arguments: Any, **options: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if isinstance(name, str) and (name == "localhost" or name.endswith(".localhost")):
        host = "127.0.0.1"
    return _ask(host, *arguments, **options)


socket.getaddrinfo = _loopback
