# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the Amazon-like tree's RPM repositories: amazon.repository.py RECIPE TARGET, inside the tree.

TARGET is what the hosts' packages come from; beside it, TARGET-updates has newer releases of a few. Packages that a role uses carry real
files, taken from the Debian package of the same purpose. The others are those that Amazon's image has anyway, by name, so that
naming them is no error.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# RPM -> the Debian package whose files it carries
FROM_DEBIAN = {"git": "git", "vim-enhanced": "vim", "tmux": "tmux"}
# RPM -> links that it carries: path -> target
LINKS = {
    "vim-enhanced": {"/usr/bin/vim": "vim.basic"},
    "python3.11": {"/usr/bin/python3.11": "python3"},
}
EMPTY = (
    "acl",
    "amazon-linux-repo-s3",
    "amazon-ssm-agent",
    "bash",
    "bzip2",
    "ca-certificates",
    "curl-minimal",
    "dnf-plugins-core",
    "gzip",
    "kernel",
    "openssh-server",
    "procps-ng",
    "python3",
    "sudo",
    "system-release",
    "systemd",
    "tar",
    "unzip",
    "util-linux",
    "xz",
)
# Of these there are newer releases: of a program, of what every host has, and of what takes a restart.
UPDATED = ("tmux", "amazon-ssm-agent", "kernel")
AWS_WRAPPER = """#!/bin/sh
# AWS CLI from 2.13 on reads AWS_ENDPOINT_URL, the one that this package carries does not.
exec /usr/lib/mlinfra-local-cloud/aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
"""
AUTOMATIC = """#!/bin/sh
# Double of dnf-automatic: applies updates where its configuration says so.
set -eu
if grep -Eq '^[[:space:]]*apply_updates[[:space:]]*=[[:space:]]*(yes|true|1)' /etc/dnf/automatic.conf; then
  exec dnf --assumeyes --quiet upgrade
fi
exec dnf --quiet check-update
"""
AUTOMATIC_CONFIGURATION = """[commands]
upgrade_type = default
download_updates = yes
apply_updates = no

[emitters]
emit_via = stdio
"""
AUTOMATIC_SERVICE = """[Unit]
Description=Apply package updates

[Service]
Type=oneshot
ExecStart=/usr/bin/dnf-automatic
"""
AUTOMATIC_TIMER = """[Unit]
Description=Apply package updates daily

[Timer]
OnCalendar=*-*-* 6:00
RandomizedDelaySec=60m
Unit=dnf-automatic.service

[Install]
WantedBy=timers.target
"""


def debian_files(package: str) -> list[Path]:
    """The files that a Debian package has in this tree."""
    listing = subprocess.run(["dpkg", "--listfiles", package], capture_output=True, text=True, check=True).stdout
    paths = [Path(line) for line in listing.splitlines()]
    return [path for path in paths if path.is_symlink() or path.is_file()]


def put(stage: Path, name: str, text: str, mode: int = 0o644) -> None:
    """Write one file of a package."""
    path = stage / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def copy(stage: Path, path: Path, target: str = "") -> None:
    """Take one of the tree's files into a package."""
    place = stage / (target or str(path)).lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, place, follow_symlinks=False)


def lay_out(stages: Path, recipe: Path) -> None:
    """Lay every package's files out in a folder of its own."""
    for name in (*FROM_DEBIAN, *LINKS, *EMPTY, "awscli-2", "dnf-automatic", "amazon-cloudwatch-agent"):
        (stages / name).mkdir(exist_ok=True)
    for name, package in FROM_DEBIAN.items():
        for path in debian_files(package):
            copy(stages / name, path)
    for name, links in LINKS.items():
        for path, target in links.items():
            place = stages / name / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
    for path in debian_files("awscli"):
        copy(stages / "awscli-2", path, "/usr/lib/mlinfra-local-cloud/aws" if str(path) == "/usr/bin/aws" else "")
    put(stages / "awscli-2", "/usr/bin/aws", AWS_WRAPPER, 0o755)
    automatic = stages / "dnf-automatic"
    put(automatic, "/usr/bin/dnf-automatic", AUTOMATIC, 0o755)
    put(automatic, "/etc/dnf/automatic.conf", AUTOMATIC_CONFIGURATION)
    for unit, text in (("dnf-automatic.service", AUTOMATIC_SERVICE), ("dnf-automatic.timer", AUTOMATIC_TIMER)):
        put(automatic, f"/usr/lib/systemd/system/{unit}", text)
    put(automatic, "/usr/lib/systemd/system/dnf-automatic-install.timer", AUTOMATIC_TIMER)
    agent = recipe / "cloudwatch-agent"
    subprocess.run([agent / "stage", agent, stages / "amazon-cloudwatch-agent"], check=True)


def specification(stages: Path, recipe: Path, release: int, names: tuple[str, ...] = ()) -> str:
    """One specification that makes all packages in one go, or some of them."""
    parts = [
        f"Name: mlinfra-local-cloud\nVersion: 2023.0.0\nRelease: {release}.amzn2023\nSummary: Doubles of Amazon's packages\n"
        "License: GPL-3.0-or-later\nAutoReqProv: no\n%description\nDoubles of Amazon's packages.\n"
        "%install\nmkdir -p %{buildroot}\n",
    ]
    for stage in sorted(stages.iterdir()):
        name = stage.name
        if names and name not in names:
            continue
        files = [path for path in stage.rglob("*") if path.is_symlink() or not path.is_dir()]
        listed = "\n".join(f'"/{path.relative_to(stage)}"' for path in files)
        # What a package's own script is run by.
        provides = "Provides: /bin/sh\n" if name == "bash" else ""
        parts[0] += f"cp -a {stage}/. %{{buildroot}}/\n"
        parts.append(
            f"%package -n {name}\nSummary: Double of {name}\nAutoReqProv: no\n{provides}"
            f"%description -n {name}\nDouble of Amazon's package, for rehearsals.\n%files -n {name}\n{listed}\n"
        )
    if names:
        return "\n".join(parts)
    script = (recipe / "common.cloudwatch.sh").read_text(encoding="utf-8")
    parts.append(f"%post -n amazon-cloudwatch-agent\n{script.replace('%', '%%')}\n")
    text = "\n".join(parts)
    # The agent's user writes its state, so its empty folders belong to the package too.
    home = "/opt/aws/amazon-cloudwatch-agent"
    folders = "".join(
        f'%dir "{home}/{name}"\n' for name in ("logs", "logs/state", "var", "etc/amazon-cloudwatch-agent.d")
    )
    return text.replace("%files -n amazon-cloudwatch-agent\n", "%files -n amazon-cloudwatch-agent\n" + folders)


def build(specified: str, target: Path) -> None:
    """Build what a specification has, and index it."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        top, spec = Path(temporary, "top"), Path(temporary, "doubles.spec")
        spec.write_text(specified, encoding="utf-8")
        # Files are carried as they are: no stripping, no byte code, quick compression.
        defines = {
            "_topdir": top,
            "_rpmdir": target,
            "_build_id_links": "none",
            "__os_install_post": "%{nil}",
            "_binary_payload": "w1.gzdio",
            "debug_package": "%{nil}",
            "__check_files": "%{nil}",
            "_rpmfilename": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
        }
        arguments = [word for name, value in defines.items() for word in ("--define", f"{name} {value}")]
        subprocess.run(["rpmbuild", "-bb", "--quiet", *arguments, spec], check=True)
    subprocess.run(["createrepo_c", "--quiet", target], check=True)


def main() -> None:
    """Lay out, and make both repositories."""
    recipe, target = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        stages = Path(temporary)
        lay_out(stages, recipe)
        build(specification(stages, recipe, release=1), target)
        build(specification(stages, recipe, release=2, names=UPDATED), target.with_name(f"{target.name}-updates"))


if __name__ == "__main__":
    main()
