# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is run: which files belong to it, its version, and its way to another place."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import Usage

LEFT_OUT = frozenset({".git", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", "__pycache__", "venv"})
MIB = 1 << 20
LARGEST = 200 * MIB
# Beside the files in an archive: it tells their version, which git can no longer tell there.
VERSION = ".mlinfra-version"


@dataclass(frozen=True)
class Code:
    """The code of a run.

    Attributes:
        root: the folder that it is in.
        files: what belongs to it, as paths below the root.
        script: which of them is run.
        version: a git commit, or the SHA-256 of all files where they are no commit's.
    """

    root: Path
    files: tuple[str, ...]
    script: str
    version: str


def find(script: Path, folder: Path | None) -> Code:
    """The code of a run.

    Args:
        script: what is run.
        folder: all of which belongs to it, but for what git ignores; None for the script alone.

    Raises:
        Usage: no such script, or it is outside the folder, or the folder is too large to be code.
    """
    if folder and not folder.is_dir():
        raise Usage(f"{folder} is no folder.")
    path = folder / script if folder and not script.is_absolute() and (folder / script).is_file() else script
    if not path.is_file():
        raise Usage(f"There is no script {script}.", "Name a Python file; what follows its name are its own arguments.")
    root = (folder or path.parent).resolve()
    if not path.resolve().is_relative_to(root):
        raise Usage(f"{script} is not in {folder}.")
    name = str(path.resolve().relative_to(root))
    files = tuple(_files(root)) if folder else (name,)
    if name not in files:
        raise Usage(f"git ignores {script}.", "Take it out of .gitignore, or leave out --folder.")
    size = sum((root / file).stat().st_size for file in files)
    if size > LARGEST:
        raise Usage(
            f"{root} has {size // MIB} MiB, and code may have {LARGEST // MIB}.",
            "Keep data out of it: put them into the datasets bucket, and name them with --data.",
        )
    return Code(root, files, name, _version(root, files))


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers; None where it is not installed, or knows nothing of the folder."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _files(root: Path) -> Iterable[str]:
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is not None:
        names = {name for name in listed.split("\0") if name}
    else:
        names = {str(path.relative_to(root)) for path in root.rglob("*")}
    return sorted(name for name in names if (root / name).is_file() and not LEFT_OUT & set(Path(name).parts))


def _version(root: Path, files: Iterable[str]) -> str:
    packed = root / VERSION
    if packed.exists():
        return packed.read_text(encoding="ascii").strip()
    files = list(files)
    commit = _git(root, "rev-parse", "HEAD")
    if commit and _git(root, "status", "--porcelain", "--", *files) == "" and _git(root, "ls-files", "--error-unmatch", *files):
        return commit.strip()
    digest = hashlib.sha256()
    for name in files:
        content = hashlib.sha256((root / name).read_bytes()).hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def copy(code: Code, target: Path) -> None:
    """Copy the code into a folder."""
    for name in code.files:
        if name != VERSION:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(code.root / name, target / name)


def pack(code: Code, archive: Path) -> None:
    """Pack the code for its way to a host."""
    mark = archive.with_suffix(".version")
    mark.write_text(code.version, encoding="ascii")
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(mark, VERSION)
        for name in code.files:
            packed.add(code.root / name, name)
    mark.unlink()


def main() -> None:
    """`python -m mlinfra.runs.code SCRIPT FOLDER ARCHIVE` (FOLDER may be empty): pack, and tell the script's place in it."""
    script, folder, archive = sys.argv[1:]
    try:
        code = find(Path(script), Path(folder) if folder else None)
    except Usage as error:
        sys.exit(f"{error.text} {error.advice}".strip())
    pack(code, Path(archive))
    print(code.script)


if __name__ == "__main__":
    main()
