#!/usr/bin/env python3
# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Print, as shell exports, the settings that uv needs to see the same package sources as pip.

uv reads none of pip's configuration. This needs only the standard library and pip,
because it runs before the virtual environment exists.
"""
from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys

# pip's setting: the variable of uv, and what joins several values there. Constraints are left out: a lock file
# with hashes needs none, and uv refuses them beside it.
VARIABLES = {
    "cert": ("SSL_CERT_FILE", None),
    "index-url": ("UV_DEFAULT_INDEX", None),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", None),
    "timeout": ("UV_HTTP_TIMEOUT", None),
    "proxy": ("ALL_PROXY", None),
}


def read_pip_settings(listing: str) -> dict[str, str]:
    """Return pip's settings by name from the text of ``pip config list``; later lines win, as in pip."""
    settings: dict[str, str] = {}
    # The environment outranks files, although pip lists it first.
    for line in sorted(listing.splitlines(), key=lambda text: text.startswith(":env:")):
        key, separator, value = line.partition("=")
        section, dot, name = key.rpartition(".")
        if separator and dot and section in ("global", "install", ":env:"):
            settings[name] = str(ast.literal_eval(value))
    return settings


def translate(settings: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
    """Return uv's variables for pip's settings, leaving out those that the environment already sets."""
    variables: dict[str, str] = {}
    for name, value in settings.items():
        variable, joiner = VARIABLES.get(name, (None, None))
        if variable and variable not in environment:
            variables[variable] = joiner.join(value.split()) if joiner else value.strip()
    if "UV_INDEX" in variables:
        # pip takes the best version of all indexes, uv by default the first index that has the package.
        variables["UV_INDEX_STRATEGY"] = environment.get("UV_INDEX_STRATEGY", "unsafe-best-match")
    return variables


def main() -> None:
    """Ask pip for its settings and print them for ``eval``."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    for variable, value in sorted(translate(read_pip_settings(listing), dict(os.environ)).items()):
        print(f"export {variable}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
