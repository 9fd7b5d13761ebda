# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other tools for the same job, each at a fixed version in a folder of its own, installed when first measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.emulator import ROOT, Emulator
from bench.failures import Failed

HOME = ROOT / ".cache" / "bench"
MITOGEN = "mitogen==0.3.54"
MITOGEN_HOME = HOME / MITOGEN
MITOGEN_ENVIRONMENT = {
    "PYTHONPATH": str(MITOGEN_HOME),
    "ANSIBLE_STRATEGY": "mitogen_linear",
    "ANSIBLE_STRATEGY_PLUGINS": str(MITOGEN_HOME / "ansible_mitogen" / "plugins" / "strategy"),
}
ALCHEMY_SOURCE = ROOT / "benchmarks" / "alchemy"
ALCHEMY_HOME = HOME / "alchemy"
# alchemy reports its use over the network unless told not to; the AWS SDK warns of the end of Node 20.
ALCHEMY_ENVIRONMENT = {"DO_NOT_TRACK": "1", "NODE_NO_WARNINGS": "1"}


def install_mitogen(_emulator: Emulator) -> None:
    """Install mitogen, away from the virtual environment of the checkout."""
    if MITOGEN_HOME.exists():
        return
    settings = _output(sys.executable, str(ROOT / "tools" / "pip_settings.py"))
    uv = Path(sys.executable).with_name("uv")
    new = MITOGEN_HOME.with_suffix(".new")
    install = f'{settings}\n"{uv}" pip install --quiet --python "{sys.executable}" --target "{new}" "{MITOGEN}"'
    _output("bash", "-ec", install)
    new.rename(MITOGEN_HOME)


def install_alchemy(emulator: Emulator) -> None:
    """Install alchemy, and tell its program what to make."""
    if not shutil.which("npm"):
        raise Failed("npm, which installs alchemy, is not here")
    ALCHEMY_HOME.mkdir(parents=True, exist_ok=True)
    wanted = (ALCHEMY_SOURCE / "package.json").read_text(encoding="utf-8")
    installed = ALCHEMY_HOME / "installed.json"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        shutil.copy(ALCHEMY_SOURCE / "package.json", ALCHEMY_HOME)
        quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
        _output("npm", "install", "--prefix", str(ALCHEMY_HOME), *quiet)
        installed.write_text(wanted, encoding="utf-8")
    shutil.copy(ALCHEMY_SOURCE / "alchemy.run.mjs", ALCHEMY_HOME)
    command = [sys.executable, str(ROOT / "benchmarks" / "floor.py"), "describe"]
    description = _output(*command, **emulator.environment("bench"))
    (ALCHEMY_HOME / "settings.json").write_text(description, encoding="utf-8")


def forget_alchemy() -> None:
    """Delete alchemy's state file: the emulator has been emptied."""
    shutil.rmtree(ALCHEMY_HOME / ".alchemy", ignore_errors=True)


def alchemy_command(phase: str) -> list[str]:
    """The command for a phase; to be run in alchemy's folder, where it keeps its state."""
    program = ["node", "alchemy.run.mjs", "settings.json"]
    return [*program, "--destroy"] if phase == "destroy" else program


def _output(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, env=environment or os.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed(f"{Path(command[0]).name} ended with {done.returncode}", done.stderr[-3000:])
    return done.stdout
