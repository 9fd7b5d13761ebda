# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""amazon-cloudwatch-agent-ctl: checks a configuration, makes it the active one, and drives the service."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

from .configuration import ACTIVE, ConfigurationError, parse

SERVICE = "amazon-cloudwatch-agent"
VERSION = "1.300000.0-double"


def _systemctl(*arguments: str) -> int:
    return subprocess.run(["systemctl", *arguments], check=False).returncode


def fetch(location: str, *, append: bool) -> int:
    """Make a file the active configuration, in place of others or beside them; a faulty one changes nothing."""
    kind, _colon, name = location.partition(":")
    if kind != "file" or not name:
        print(f"unable to parse {location}: this double reads file:PATH only", file=sys.stderr)
        return 1
    try:
        text = Path(name).read_text(encoding="utf-8")
        parse(text)
    except (OSError, ConfigurationError) as error:
        print(f"Configuration validation first phase failed. {name}:\n{error}", file=sys.stderr)
        return 1
    target = ACTIVE / ("file_" + re.sub(r"[^A-Za-z0-9._-]", "_", Path(name).name))
    ACTIVE.mkdir(parents=True, exist_ok=True)
    for other in ACTIVE.glob("*"):
        if not append and other != target:
            other.unlink()
    target.write_text(text, encoding="utf-8")
    print(f"Successfully fetched the config and saved in {target}\nConfiguration validation succeeded")
    return 0


def status() -> int:
    """What the service does, in the real program's form."""
    running = subprocess.run(["systemctl", "is-active", "--quiet", SERVICE], check=False).returncode == 0
    since = subprocess.run(
        ["systemctl", "show", "--property=ActiveEnterTimestamp", "--value", SERVICE],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    configured = ACTIVE.is_dir() and any(ACTIVE.iterdir())
    print(
        json.dumps(
            {
                "status": "running" if running else "stopped",
                "starttime": since if running else "",
                "configstatus": "configured" if configured else "not configured",
                "version": VERSION,
            },
            indent=2,
        )
    )
    return 0


def main() -> int:
    """Run one action."""
    parser = argparse.ArgumentParser(prog="amazon-cloudwatch-agent-ctl")
    parser.add_argument(
        "-a",
        dest="action",
        default="status",
        choices=("stop", "start", "status", "fetch-config", "append-config", "remove-config"),
    )
    parser.add_argument("-m", dest="mode", default="ec2", choices=("ec2", "onPremise", "onPrem", "auto"))
    parser.add_argument("-c", dest="config", default="")
    parser.add_argument("-s", dest="restart", action="store_true")
    arguments = parser.parse_args()
    if arguments.action == "status":
        return status()
    if arguments.action == "stop":
        return _systemctl("stop", SERVICE)
    if arguments.action == "start":
        return _systemctl("enable", "--now", SERVICE)
    if arguments.action == "remove-config":
        name = arguments.config.partition(":")[2]
        for file in ACTIVE.glob("*" if arguments.config == "all" else f"file_{Path(name).name}"):
            file.unlink()
        return 0
    code = fetch(arguments.config, append=arguments.action == "append-config")
    if code == 0 and arguments.restart:
        return _systemctl("enable", SERVICE) or _systemctl("restart", SERVICE)
    return code


if __name__ == "__main__":
    sys.exit(main())
