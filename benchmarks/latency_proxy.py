# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stands before the emulator and makes it as slow as AWS: a delay on every call, and creation times.

A NAT gateway is pending for 100 s and an instance for 20 s, as on AWS; one factor scales both down.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from bench.states import CREATION_SECONDS, States
from proxy.latency import Latency
from proxy.server import Proxy, listen


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Prints a line when it is ready."""
    parser = argparse.ArgumentParser(prog="latency_proxy.py", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, help="the emulator's endpoint, over TLS")
    parser.add_argument("--ca-bundle", type=Path, required=True)
    parser.add_argument("--certificate", type=Path, required=True, help="the emulator's own, with its key")
    parser.add_argument("--delay", type=float, default=0.08, help="seconds added to each call (default: 0.08)")
    parser.add_argument("--scale", type=float, default=1.0, help="what creation times are divided by (default: 1)")
    options = parser.parse_args(arguments)
    times = {kind: seconds / options.scale for kind, seconds in CREATION_SECONDS.items()}
    proxy = Proxy(options.upstream, options.ca_bundle, Latency(options.delay, States(times)))
    server = listen(options.port, options.certificate, proxy)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print("ready", flush=True)
    server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
