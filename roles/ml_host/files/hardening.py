# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hardens this host, or takes that back: one round trip.

What to do comes as JSON in the first argument; the keys are those of `ml_host_hardening_wanted` in the role's vars. What was
before is kept until it is taken back. A run that was cut short is completed by the next. It runs under whatever Python the system
has, from 3.9 on, with the standard library alone.
"""

from __future__ import annotations

import glob
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KERNEL = Path("/proc/sys")


class Failure(Exception):
    """A step did not work; the message says which, and how the host stands."""


def run(*argv: str) -> str:
    """Run a program and return what it says.

    Raises:
        Failure: it does not end well.
    """
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(argv)} ended with {done.returncode}: {done.stdout.strip()[-2000:]}")
    return done.stdout


def remembered(memory: Path) -> dict[str, Any]:
    """How the host was before; nothing where it was not hardened."""
    empty = {"kernel": {}, "modes": {}, "passwords": []}
    return json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else empty


def remember(memory: Path, before: Mapping[str, Any]) -> None:
    """Keep how the host was, whole or not at all."""
    new = memory.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(before), encoding="utf-8")
    new.replace(memory)


def kernel_values(settings: Mapping[str, int]) -> dict[str, str]:
    """The files of the kernel's settings, of every network interface that there is, and what they should hold."""
    return {
        path: str(value)
        for key, value in settings.items()
        for path in sorted(glob.glob(str(KERNEL / key.replace(".", "/"))))
        if os.access(path, os.W_OK)
    }


def _read(path: str) -> str:
    return Path(path).read_text(encoding="ascii").strip()


def _mode(path: str) -> str:
    return f"{os.stat(path).st_mode & 0o7777:04o}"


def harden(wanted: Mapping[str, Any]) -> None:
    """Change what differs, and keep first how it was.

    Raises:
        Failure: a password can't be locked.
        OSError: the kernel or a file refuses.
    """
    memory = Path(wanted["memory"])
    before = remembered(memory)
    kernel = kernel_values(wanted["kernel"])
    differing = {path: now for path, value in kernel.items() if (now := _read(path)) != value}
    # Of what has drifted since, the first value is the one from before.
    before["kernel"] = {**differing, **before["kernel"]}
    before["modes"] = {**{path: _mode(path) for path in wanted["modes"]}, **before["modes"]}
    before["passwords"] = sorted({*before["passwords"], *wanted["passwords"]})
    remember(memory, before)
    for path in differing:
        Path(path).write_text(kernel[path], encoding="ascii")
    for path, mode in wanted["modes"].items():
        os.chmod(path, int(mode, 8))
    for user in wanted["passwords"]:
        run("usermod", "--lock", user)


def take_back(memory: Path) -> None:
    """Bring everything back to how it was before.

    Raises:
        Failure: a password can't be unlocked.
        OSError: the kernel or a file refuses.
    """
    before = remembered(memory)
    for path, value in before["kernel"].items():
        if os.access(path, os.W_OK):
            Path(path).write_text(value, encoding="ascii")
    for path, mode in before["modes"].items():
        if os.path.exists(path):
            os.chmod(path, int(mode, 8))
    for user in before["passwords"]:
        run("usermod", "--unlock", user)
    memory.unlink(missing_ok=True)


def read_again(reader: Mapping[str, Any]) -> None:
    """Have a service read its settings again, once they have been judged.

    Raises:
        Failure: they are not taken, or don't hold. Then the role's file is gone, and the service as it is without it.
    """
    try:
        said = run(*reader["check"]).splitlines()
        missing = [line for line in reader["says"] if line not in said]
        if missing:
            raise Failure(f"{reader['unit']} does not take {', '.join(missing)} from {reader['file']}")
        run("systemctl", reader["verb"], reader["unit"])
    except Failure as failure:
        Path(reader["file"]).unlink(missing_ok=True)
        try:
            run("systemctl", reader["verb"], reader["unit"])
            now = "works without it"
        except Failure:
            now = "works with what it read last, because it does not take what is left either"
        raise Failure(f"{failure}. {reader['file']} was taken away again, and {reader['unit']} {now}.") from failure


def main(wanted: Mapping[str, Any], readers: Sequence[Mapping[str, Any]]) -> int:
    """Do it, or say what did not work."""
    try:
        if wanted["hardened"]:
            harden(wanted)
        for reader in readers:
            read_again(reader)
        # Last: as long as there is something to remember, the next run goes on with it.
        if not wanted["hardened"]:
            take_back(Path(wanted["memory"]))
    except (Failure, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    sys.exit(main(arguments, arguments["readers"]))
