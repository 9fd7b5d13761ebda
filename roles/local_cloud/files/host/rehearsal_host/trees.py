# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The root trees that hosts stand on: made once by mmdebstrap, kept outside the checkout under their recipe's hash."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import controller
from .model import HostError
from .processes import run

SUITE = "bookworm"
FILES = Path(__file__).resolve().parents[2]
RECIPES = FILES / "host" / "recipes"
# The folders that go into a tree besides the recipes themselves.
PAYLOADS = (FILES / "cloudwatch-agent",)

COMMON = (
    "acl",
    "ca-certificates",
    "curl",
    "dbus",
    "iproute2",
    "iptables",
    "less",
    "libpam-systemd",
    "openssh-server",
    "procps",
    "python3",
    "python3-boto3",
    "python3-venv",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tar",
    "unzip",
    "xz-utils",
)
PACKAGES = {
    "debian": (*COMMON, "python3-apt"),
    # awscli, git, tmux and vim become the content of the RPMs of the same purpose.
    "amazon": (*COMMON, "awscli", "createrepo-c", "dnf", "git", "python3-dnf", "rpm", "tmux", "vim"),
}
# What no test reads and only makes trees larger.
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, so that two runs do not do the same work at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def recipe_hash(distribution: str) -> str:
    """A name for everything that decides a tree's content: the same recipe, the same tree."""
    digest = hashlib.sha256("\n".join([SUITE, *PACKAGES[distribution], *EXCLUDED]).encode())
    digest.update("\n".join(controller.apt_options()).encode())
    for folder in (RECIPES, *PAYLOADS):
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            if folder == RECIPES and not file.relative_to(RECIPES).parts[0].startswith(("common", distribution)):
                continue
            digest.update(f"{folder.name}/{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def path_of(distribution: str) -> Path:
    """Where the tree is, or will be."""
    return controller.cache() / "trees" / f"{distribution}-{recipe_hash(distribution)}"


def ensure(distribution: str) -> tuple[Path, bool]:
    """Make the tree unless it is there. Two minutes the first time, nothing later.

    Returns:
        Its path, and whether it was made now.

    Raises:
        HostError: it can't be made.
    """
    tree = path_of(distribution)
    if tree.is_dir():
        return tree, False
    with locked(tree.with_suffix(".lock")):
        if tree.is_dir():
            return tree, False
        # Inside a folder of our own, so that an interrupted build leaves nothing that looks like a tree.
        with tempfile.TemporaryDirectory(dir=tree.parent, prefix=f".{distribution}-") as temporary:
            root = Path(temporary, "root")
            _build(distribution, root)
            root.rename(tree)
    return tree, True


def _build(distribution: str, root: Path) -> None:
    aside = root.parent / "recipe"
    shutil.copytree(RECIPES, aside, ignore=shutil.ignore_patterns("__pycache__"))
    for payload in PAYLOADS:
        shutil.copytree(payload, aside / payload.name, ignore=shutil.ignore_patterns("__pycache__"))
    hook = f'cp -r "{aside}" "$1/recipe" && chroot "$1" sh -eu /recipe/{distribution}.sh && rm -r "$1/recipe"'
    try:
        run(
            [
                "mmdebstrap",
                "--variant=minbase",
                f"--include={','.join(PACKAGES[distribution])}",
                *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED),
                "--dpkgopt=force-unsafe-io",
                *(f"--aptopt={line}" for line in controller.apt_options()),
                f"--customize-hook={hook}",
                SUITE,
                str(root),
                *controller.apt_sources(SUITE),
            ]
        )
    except HostError as error:
        raise HostError(f"the {distribution} tree can't be made: {error}") from error
