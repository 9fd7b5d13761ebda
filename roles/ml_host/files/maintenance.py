# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an update of this host needs to know, to keep and to bring back: one round trip a step.

The first argument is JSON with the `verb` and what it needs; the answer is printed as JSON.

look     the packages that could be upgraded, and why the host should be restarted; `refresh` asks the repositories first
keep     stops the services, and keeps what an update replaces: files, the list of packages, the Python environments
restore  brings back what was kept, and says what could not be brought back
forget   removes what was kept

It runs under whatever Python the system has, from 3.9 on, with the standard library alone.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Wanted = Mapping[str, Any]
# A new file of these takes effect with a restart only: everything that runs has the old one open.
CORE = re.compile(
    r"kernel(-core|6\.\d+)?|linux-image-.*|linux-firmware|glibc|libc6|systemd|dbus(-broker)?|openssl(-libs)?|libssl3(t64)?"
    r"|(kmod-)?nvidia-(driver|open|dkms).*"
)
# DNF's answer where there are upgrades.
HAS_UPGRADES = 100


class Failure(Exception):
    """A step did not work; the message says which command said what."""


def run(*argv: str, good: Sequence[int] = (0,), environment: Mapping[str, str] | None = None) -> str:
    """Run a program and return what it says.

    Raises:
        Failure: it ends with another status than a good one.
    """
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        text=True,
        check=False,
    )
    if done.returncode not in good:
        raise Failure(f"{' '.join(argv[:4])} ended with {done.returncode}: {done.stdout.strip()[-2000:]}")
    return done.stdout


class Dnf:
    """Amazon Linux 2023."""

    def pending(self, refresh: bool) -> list[str]:
        """What could be upgraded, as names with versions."""
        way = ["--refresh"] if refresh else ["--cacheonly"]
        text = run("dnf", "--quiet", *way, "check-update", good=(0, HAS_UPGRADES))
        upgrades, _line, _obsoleted = text.partition("Obsoleting Packages")
        return sorted(" ".join(line.split()[:2]) for line in upgrades.splitlines() if len(line.split()) == 3)

    def installed(self) -> dict[str, float]:
        """When each package was installed, in seconds since 1970; of several versions the last."""
        return {
            name: max(times)
            for name, times in _grouped(run("rpm", "-qa", "--queryformat", "%{NAME}\t%{INSTALLTIME}\n")).items()
        }

    def versions(self) -> dict[str, str]:
        """The version of each package; of several all of them."""
        lines = run("rpm", "-qa", "--queryformat", "%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}\n").splitlines()
        found: dict[str, list[str]] = {}
        for line in sorted(lines):
            found.setdefault(line.split("\t")[0], []).append(line.split("\t")[1])
        return {name: " ".join(versions) for name, versions in found.items()}

    def mark(self) -> str:
        """The last transaction."""
        lines = run("dnf", "--quiet", "history", "list", good=(0, 1)).splitlines()
        numbers = [line.split("|")[0].strip() for line in lines]
        return next((number for number in numbers if number.isdigit()), "")

    def back(self, mark: str, versions: Mapping[str, str]) -> None:
        """Undo every transaction since."""
        if mark and mark != self.mark():
            run("dnf", "--assumeyes", "--quiet", "history", "rollback", mark)


class Apt:
    """Debian and Ubuntu."""

    QUIET = {"DEBIAN_FRONTEND": "noninteractive"}

    def pending(self, refresh: bool) -> list[str]:
        """What could be upgraded, as names with versions."""
        if refresh:
            run("apt-get", "--quiet", "update")
        lines = run("apt-get", "--simulate", "dist-upgrade").splitlines()
        upgrades = [re.match(r"Inst (\S+) \[[^]]*\] \((\S+)", line) for line in lines]
        return sorted(" ".join(found.groups()) for found in upgrades if found)

    def installed(self) -> dict[str, float]:
        """When each package was installed, in seconds since 1970."""
        lists = Path("/var/lib/dpkg/info").glob("*.list")
        return {path.name.rpartition(".")[0].partition(":")[0]: path.stat().st_mtime for path in lists}

    def versions(self) -> dict[str, str]:
        """The version of each package."""
        text = run("dpkg-query", "--show", "--showformat", "${db:Status-Status}\t${Package}\t${Version}\n")
        rows = [line.split("\t") for line in text.splitlines()]
        return {row[1]: row[2] for row in rows if row[0] == "installed"}

    def mark(self) -> str:
        """APT keeps no transactions."""
        return ""

    def back(self, mark: str, versions: Mapping[str, str]) -> None:
        """Install the versions that were there, as far as a repository or the cache still has them."""
        now = self.versions()
        older = [f"{name}={version}" for name, version in versions.items() if now.get(name, version) != version]
        have = [one for one in older if subprocess.run(["apt-cache", "show", one], capture_output=True, check=False).returncode == 0]
        if have:
            run("apt-get", "--assume-yes", "--quiet", "--allow-downgrades", "install", *have, environment=self.QUIET)


MANAGERS: dict[str, Any] = {"dnf": Dnf, "apt": Apt}


def _grouped(text: str) -> dict[str, list[float]]:
    grouped: dict[str, list[float]] = {}
    for line in text.splitlines():
        name, moment = line.split("\t")
        grouped.setdefault(name, []).append(float(moment))
    return grouped


def started() -> float:
    """When this system started, in seconds since 1970: its first process, which in a container is not the kernel's start."""
    since_boot = float(Path("/proc/1/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19])
    return time.time() - float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0]) + since_boot / os.sysconf("SC_CLK_TCK")


def reasons_to_restart(manager: Dnf | Apt) -> list[str]:
    """The packages that were installed since the start and take effect with the next only."""
    begun = started()
    newer = [name for name, moment in manager.installed().items() if moment > begun and CORE.fullmatch(name)]
    asked = ["the system asks for it"] if Path("/run/reboot-required").exists() else []
    return sorted(newer) or asked


def look(wanted: Wanted) -> dict[str, Any]:
    """What could be done."""
    manager = MANAGERS[wanted["manager"]]()
    return {"packages": manager.pending(wanted["refresh"]), "reboot": reasons_to_restart(manager)}


def keep(wanted: Wanted) -> dict[str, Any]:
    """Stop the services, and keep what will be replaced. What an update that was cut short has kept stays the truth."""
    _stop(wanted["services"])
    if wanted["stop_runs"]:
        _stop_runs()
    folder, environment, further = Path(wanted["folder"]), Path(wanted["venv"]), Path(wanted["environments"])
    if not (folder / "kept.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        with tarfile.open(folder / "files.tar", "w") as archive:
            for path in [*wanted["files"], *further.glob("*.txt")]:
                if os.path.lexists(path) and not os.path.isdir(path):
                    archive.add(path)
            for path in wanted["removed"]:
                archive.add(path)
        manager = MANAGERS[wanted["manager"]]()
        kept = {"mark": manager.mark(), "versions": manager.versions(), "environments": _folders(further)}
        (folder / "kept.new").write_text(json.dumps(kept), encoding="utf-8")
        (folder / "kept.new").rename(folder / "kept.json")
    if wanted["keep_environment"] and environment.is_dir() and not _aside(environment).exists():
        environment.rename(_aside(environment))
    aside = folder / "environments"
    # What an update that was cut short has made stands in the place of what is aside already, or of nothing.
    there = set(_folders(further)).intersection(_kept(folder)["environments"]).difference(_folders(aside))
    for name in there.intersection(wanted["changed"]):
        aside.mkdir(exist_ok=True)
        (further / name).rename(aside / name)
    return {}


def restore(wanted: Wanted) -> dict[str, Any]:
    """Bring back what was kept. The files that the update brought and that were not there before are removed."""
    folder, environment, further = Path(wanted["folder"]), Path(wanted["venv"]), Path(wanted["environments"])
    if not (folder / "kept.json").exists():
        # It failed before anything was replaced.
        run("systemctl", "start", *wanted["start"])
        return {"unlike": [], "reboot": []}
    kept = _kept(folder)
    _stop(wanted["services"])
    if _aside(environment).is_dir():
        # Removed once the services run again: it takes minutes where the disk is busy.
        if environment.is_dir():
            shutil.rmtree(_failed(environment), ignore_errors=True)
            environment.rename(_failed(environment))
        _aside(environment).rename(environment)
    aside = folder / "environments"
    back = _folders(aside)
    for name in _folders(further):
        if name in back or name not in kept["environments"]:
            shutil.rmtree(further / name)
    for name in back:
        further.mkdir(mode=0o755, exist_ok=True)
        (aside / name).rename(further / name)
    with tarfile.open(folder / "files.tar") as archive:
        names = {f"/{name}" for name in archive.getnames()}
        # As they were, whoever they belong to: from Python 3.14 on that has to be asked for.
        archive.extractall("/", **({"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}))
    for path in [*wanted["files"], *map(str, further.glob("*.txt"))]:
        if path not in names and os.path.lexists(path) and not os.path.isdir(path):
            os.unlink(path)
    manager, unlike = MANAGERS[wanted["manager"]](), []
    try:
        manager.back(kept["mark"], kept["versions"])
    except Failure as failure:
        unlike.append(str(failure))
    now = manager.versions()
    unlike += sorted(
        f"{name} {version} (was {kept['versions'].get(name) or 'not there'})"
        for name, version in now.items()
        if kept["versions"].get(name) != version
    )
    run("systemctl", "daemon-reload")
    run("systemctl", "start", *wanted["start"])
    return {"unlike": unlike, "reboot": reasons_to_restart(manager)}


def forget(wanted: Wanted) -> dict[str, Any]:
    """Remove what was kept."""
    for left in (_aside(Path(wanted["venv"])), _failed(Path(wanted["venv"]))):
        shutil.rmtree(left, ignore_errors=True)
    shutil.rmtree(wanted["folder"], ignore_errors=True)
    return {}


def _aside(environment: Path) -> Path:
    return environment.with_name(environment.name + ".previous")


def _failed(environment: Path) -> Path:
    return environment.with_name(environment.name + ".failed")


def _folders(path: Path) -> list[str]:
    """The names of the folders in a folder; none where it isn't there."""
    return sorted(entry.name for entry in path.iterdir() if entry.is_dir()) if path.is_dir() else []


def _kept(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "kept.json").read_text(encoding="utf-8"))


def _stop(units: Sequence[str]) -> None:
    """Stop units; patterns mean those that run."""
    run("systemctl", "stop", *units, good=(0, 5))


def _stop_runs(managers: Path = Path("/run/user")) -> None:
    """Stop the training runs of all users, which are units of their own systemd managers."""
    for socket in managers.glob("*/systemd/private"):
        home = socket.parents[1]
        user = pwd.getpwuid(int(home.name)).pw_name
        run("runuser", "-u", user, "--", "env", f"XDG_RUNTIME_DIR={home}", "systemctl", "--user", "stop", "mlinfra-run-*")


VERBS: dict[str, Callable[[Wanted], dict[str, Any]]] = {"look": look, "keep": keep, "restore": restore, "forget": forget}


def main() -> int:
    """Do one step."""
    wanted = json.loads(sys.argv[1])
    try:
        print(json.dumps(VERBS[wanted["verb"]](wanted)))
    except (Failure, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
