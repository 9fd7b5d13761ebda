# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this machine is able to do, and what of its package configuration a guest must see."""

from __future__ import annotations

import ast
import functools
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlparse

from .processes import run

TOOLS = {
    "systemd-nspawn": "systemd-container",
    "slirp4netns": "slirp4netns",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "iptables": "iptables",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
}
CA_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
# The same file on every guest: Debian's place; the Amazon-like tree has a link to it in Amazon's.
GUEST_CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
GUEST_UV_CACHE = "/var/cache/mlinfra-uv"
GUEST_PIP_CONFIGURATION = "/etc/pip.conf"
# pip's option: uv's variable, and what stands between several values there. Constraints are left out, for a lock file
# with hashes needs none and uv refuses them beside it.
UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
}
# apt settings of this machine that decide whether its archives can be reached at all.
APT_PREFIXES = ("Acquire::http", "Acquire::https", "Acquire::Check", "Acquire::Retries", "Acquire::ForceIPv4")


def cache() -> Path:
    """The folder outside any checkout that keeps trees and uv's downloads."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlinfra.aws"


def missing_packages() -> list[str]:
    """The Debian packages of the tools that are not there."""
    return sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})


def installable() -> bool:
    """Whether missing packages are all that is in the way, and apt can bring them."""
    return _hindrance() == "" and bool(missing_packages()) and shutil.which("apt-get") is not None


def _hindrance() -> str:
    """What no package can help, in one line."""
    if platform.system() != "Linux":
        return f"hosts need Linux, this is {platform.system()}"
    if os.geteuid() != 0:
        return "hosts need root, this is an ordinary user"
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun is missing, so hosts would have no network"
    probe = run(["unshare", "--mount", "--net", "true"], check=False)
    return "" if probe.returncode == 0 else f"namespaces are refused: {probe.stderr.strip()}"


def obstacle() -> str:
    """Why no host can be made here, in one line; empty where it can."""
    missing = missing_packages()
    return _hindrance() or (f"these packages are missing: {', '.join(missing)}" if missing else "")


class PipSettings(NamedTuple):
    """pip's configuration as pip itself reports it, one value an option."""

    options: dict[str, str]

    def words(self, option: str) -> list[str]:
        """The values of an option that takes several."""
        return self.options.get(option, "").split()


@functools.cache
def pip_settings() -> PipSettings:
    """What `pip config list` says of installing; the environment outranks the files, as in pip."""
    # A virtual environment may have no pip of its own.
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    listing = run([str(base), "-m", "pip", "config", "list"], check=False).stdout
    options: dict[str, str] = {}
    # The environment comes first in the listing.
    for line in sorted(listing.splitlines(), key=lambda text: text.startswith(":env:")):
        key, separator, value = line.partition("=")
        section, _dot, option = key.strip().rpartition(".")
        if separator and section in ("global", "install", ":env:"):
            # pip prints values as Python writes them.
            options[option] = str(ast.literal_eval(value))
    return PipSettings(options)


def local_folder(place: str) -> Path | None:
    """The folder that a find-links or index entry names, if it lies on this machine."""
    parsed = urlparse(place)
    if parsed.scheme not in ("", "file"):
        return None
    path = Path(unquote(parsed.path))
    return path if path.is_absolute() and path.is_dir() else None


def shared_folders() -> list[Path]:
    """The folders that a guest's pip and uv read packages from: bound read-only at the same place."""
    settings = pip_settings()
    places = [place for option in ("find-links", "index-url", "extra-index-url") for place in settings.words(option)]
    for variable in ("UV_FIND_LINKS", "UV_DEFAULT_INDEX", "UV_INDEX"):
        places += os.environ.get(variable, "").replace(",", " ").split()
    folders = {folder for place in places if (folder := local_folder(place))}
    # An index in PEP 503's layout may link to files beside it, so its parent is what has to be there.
    return sorted({folder.parent if folder.name == "simple" else folder for folder in folders})


def pip_configuration() -> str:
    """The guest's /etc/pip.conf."""
    settings = pip_settings().options
    wanted = ("index-url", "extra-index-url", "find-links", "trusted-host", "default-timeout")
    lines = [f"{option} = {settings[option]}" for option in wanted if settings.get(option)]
    if settings.get("constraint"):
        lines.append("constraint = /etc/pip-constraints.txt")
    return "\n".join(["[global]", f"cert = {GUEST_CA_BUNDLE}", *lines, ""])


def pip_constraints() -> str:
    """The constraints that pip keeps to on this machine."""
    files = [Path(name) for name in pip_settings().words("constraint")]
    return "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())


def ca_bundle() -> Path | None:
    """The bundle of certificate authorities that this machine trusts."""
    candidates = [os.environ.get("SSL_CERT_FILE", ""), *CA_BUNDLES]
    return next((Path(name) for name in candidates if name and Path(name).is_file()), None)


def package_environment() -> dict[str, str]:
    """Environment by which uv and pip inside a guest find what this machine finds. uv ignores pip's configuration.

    What is set here for uv outranks what is set for pip.
    """
    options = pip_settings().options
    environment = {
        "SSL_CERT_FILE": GUEST_CA_BUNDLE,
        "PIP_CONFIG_FILE": GUEST_PIP_CONFIGURATION,
        "UV_CACHE_DIR": GUEST_UV_CACHE,
        # The cache is bound into the guest, and no link reaches across.
        "UV_LINK_MODE": "copy",
    }
    for option, (variable, separator) in UV_VARIABLES.items():
        value = os.environ.get(variable) or separator.join(options.get(option, "").split())
        if value:
            environment[variable] = value
    if "UV_INDEX" in environment:
        # pip takes the best of all indexes, uv by default the first that has the package.
        environment["UV_INDEX_STRATEGY"] = os.environ.get("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment


def has_local_torch() -> bool:
    """Whether a PyTorch wheel lies in the folders of find-links."""
    links = package_environment().get("UV_FIND_LINKS", "").split(",")
    return any(any(folder.glob("torch-*.whl")) for link in links if (folder := local_folder(link)))


def apt_options() -> list[str]:
    """This machine's apt settings about proxies, certificates and checks, one a line of apt.conf."""
    if shutil.which("apt-config") is None:
        return []
    return [line for line in run(["apt-config", "dump"]).stdout.splitlines() if line.startswith(APT_PREFIXES)]


def apt_sources(suite: str) -> list[str]:
    """This machine's own source lists where it runs the suite itself; else none, and the default archive serves."""
    release = Path("/etc/os-release")
    if not release.exists() or f"VERSION_CODENAME={suite}" not in release.read_text(encoding="utf-8").split():
        return []
    lists = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("debian.*"))]
    return [
        str(file) for file in lists if file.is_file() and file.stat().st_size and file.suffix in (".list", ".sources")
    ]
