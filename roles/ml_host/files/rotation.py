# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take JupyterLab's old tokens out of use on this host, so that a rotation that is cut short anywhere is gone on with.

What to do comes as JSON in the first argument, `ml_host_rotation` of the role's vars with one of these verbs:

    look    say which units have a rotation that is not finished, and the SHA-256 of the token that is to go, by unit
    keep    put the tokens that are to go aside, where none lies there yet
    renew   give the units another token that this host alone keeps, where they still have the one that is to go
    prove   say which units don't answer to the new token yet, or still to the old one, by unit
    forget  throw away what was put aside

The answer is one JSON object, and never holds a token. It runs under whatever Python the host has, from 3.7 on, with the
standard library alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

# Trust in a certificate alone, whoever issued it: ssl.VERIFY_X509_PARTIAL_CHAIN has no name before Python 3.10.
PARTIAL_CHAIN = 0x80000


def read(file: Path) -> str:
    """The token in a file, empty where there is no file."""
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def write(file: Path, token: str, group: int, mode: int) -> None:
    """Write a token at once and whole, as root's, and never readable by others than root and the group."""
    new = file.parent / (file.name + ".new")
    if new.exists():
        new.unlink()
    descriptor = os.open(str(new), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        os.fchown(opened.fileno(), os.geteuid(), group)
        os.fchmod(opened.fileno(), mode)
        opened.write(token + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


class Rotation:
    """The rotation of a host's tokens.

    Args:
        folder: where the tokens lie that are to go, in a file named after each unit.
        units: each with name, file of its token, url to ask, and whether the token is stored elsewhere.
        certificate: what JupyterLab shows, empty where it is not encrypted.
    """

    def __init__(self, folder: str, units: Sequence[Mapping[str, Any]], certificate: str = "") -> None:
        self.folder = Path(folder)
        self.units = [unit for unit in units if read(Path(unit["file"]))]
        self.certificate = certificate

    def aside(self, unit: Mapping[str, Any]) -> Path:
        """The file of a unit's token that is to go."""
        return self.folder / unit["name"]

    def look(self) -> dict[str, Any]:
        """Which rotations are not finished, and the hashes of the tokens that are to go."""
        outgoing = {unit["name"]: read(self.aside(unit)) or read(Path(unit["file"])) for unit in self.units}
        return {
            "unfinished": [unit["name"] for unit in self.units if self.aside(unit).exists()],
            "hashes": {name: hashlib.sha256(token.encode()).hexdigest() for name, token in outgoing.items()},
        }

    def keep(self) -> dict[str, Any]:
        """Put the tokens aside. Those that lie there are older, and stay."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.folder.chmod(0o700)
        kept = [unit for unit in self.units if not self.aside(unit).exists()]
        for unit in kept:
            write(self.aside(unit), read(Path(unit["file"])), os.getegid(), 0o600)
        return {"changed": bool(kept)}

    def renew(self) -> dict[str, Any]:
        """Give another token to the units whose token nobody else keeps."""
        due = [unit for unit in self.units if not unit["stored"] and read(Path(unit["file"])) == read(self.aside(unit))]
        for unit in due:
            file = Path(unit["file"])
            write(file, secrets.token_urlsafe(32), file.stat().st_gid, 0o640)
        return {"changed": bool(due)}

    def prove(self) -> dict[str, Any]:
        """What is not as it should be: the answers to the new and to the old token, by unit."""
        faults = {}
        for unit in self.units:
            old, new = read(self.aside(unit)), read(Path(unit["file"]))
            if not old:
                continue
            told = [self.answer(unit["url"], new), self.answer(unit["url"], old)]
            if old == new or told != [200, 403]:
                faults[unit["name"]] = f"new token {told[0]}, old token {told[1]}"
        return {"faults": faults}

    def forget(self) -> dict[str, Any]:
        """Throw the old tokens away, all at once."""
        there, over = self.folder.exists(), Path(str(self.folder) + ".over")
        if over.exists():
            shutil.rmtree(str(over))
        if there:
            self.folder.rename(over)
            shutil.rmtree(str(over))
        return {"changed": there}

    def answer(self, url: str, token: str) -> int:
        """The status that a URL answers with to a token, 0 where nothing answers. Never through a proxy."""
        handlers = [urllib.request.ProxyHandler({})]
        if self.certificate:
            context = ssl.create_default_context(cafile=self.certificate)
            # It is asked on loopback, for which the certificate need not be good.
            context.check_hostname = False
            context.verify_flags |= PARTIAL_CHAIN
            handlers.append(urllib.request.HTTPSHandler(context=context))
        asked = urllib.request.Request(url, headers={"Authorization": "token " + token})
        try:
            with urllib.request.build_opener(*handlers).open(asked, timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def main(verb: str, **arguments: Any) -> dict[str, Any]:
    """Do what is asked and return the answer."""
    rotation = Rotation(**arguments)
    verbs: dict[str, Callable[[], dict[str, Any]]] = {
        "look": rotation.look,
        "keep": rotation.keep,
        "renew": rotation.renew,
        "prove": rotation.prove,
        "forget": rotation.forget,
    }
    return verbs[verb]()


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
