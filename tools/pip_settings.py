# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand the package sources that pip is configured with to tools that read none of pip's configuration.

Run as a program it prints shell exports for uv. It needs only the standard library and pip, because it runs
before the virtual environment exists.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path

# pip's setting: the variable of uv, and what joins several values there. Constraints are left out: a lock file
# with hashes needs none, and uv refuses them beside it.
UV_VARIABLES = {
    "cert": ("SSL_CERT_FILE", None),
    "index-url": ("UV_DEFAULT_INDEX", None),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", None),
    "timeout": ("UV_HTTP_TIMEOUT", None),
    "proxy": ("ALL_PROXY", None),
}


def parse_listing(listing: str) -> dict[str, str]:
    """Return the settings of ``pip install`` by name from the text of ``pip config list``."""
    settings: dict[str, str] = {}
    # pip lists the environment first, although it outranks the files.
    for line in sorted(listing.splitlines(), key=lambda text: text.startswith(":env:")):
        key, separator, value = line.partition("=")
        section, dot, name = key.rpartition(".")
        if separator and dot and section in ("global", "install", ":env:"):
            settings[name] = str(ast.literal_eval(value))
    return settings


def read_settings() -> dict[str, str]:
    """Return the settings of the pip outside any virtual environment."""
    python = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    command = [str(python), "-m", "pip", "config", "list"]
    return parse_listing(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def for_uv(settings: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
    """Return uv's variables for pip's settings, leaving out those that the environment already sets."""
    variables: dict[str, str] = {}
    for name, value in settings.items():
        variable, joiner = UV_VARIABLES.get(name, ("", None))
        if variable and variable not in environment:
            variables[variable] = joiner.join(value.split()) if joiner else value.strip()
    if "UV_INDEX" in variables and "UV_INDEX_STRATEGY" not in environment:
        # pip takes the best version of all indexes, uv by default the first index that has the package.
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return variables


def as_pip_conf(settings: dict[str, str]) -> str:
    """Return pip's settings as the text of a configuration file."""
    lines = [f"{name} = " + "\n    ".join(value.split()) for name, value in sorted(settings.items())]
    return "\n".join(["[global]", *lines, ""])


def main() -> None:
    """Print uv's variables for ``eval``."""
    for variable, value in sorted(for_uv(read_settings(), dict(os.environ)).items()):
        print(f"export {variable}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
