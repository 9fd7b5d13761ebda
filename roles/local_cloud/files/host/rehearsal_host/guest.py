# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is written into a host's disk before it starts: its names, keys, trust and package settings."""

from __future__ import annotations

import os
from pathlib import Path

from . import controller
from .model import HostSpec, Slot
from .network import RESOLVER
from .processes import run
from .trees import locked

CA_IN_GUEST = "etc/ssl/certs/mlinfra-local-cloud.pem"
HOST_KEY = "etc/ssh/ssh_host_ed25519_key"


def prepare(root: Path, spec: HostSpec, slot: Slot) -> None:
    """Write everything that makes a tree this host. What is already there stays."""
    _write(root / "etc/hostname", spec.hostname + "\n")
    _write(root / "etc/hosts", f"127.0.0.1 localhost\n{spec.private_ip} {spec.hostname}.ec2.internal {spec.hostname}\n")
    resolver = root / "etc/resolv.conf"
    if resolver.is_symlink():
        resolver.unlink()
    _write(resolver, f"nameserver {RESOLVER}\n")
    if not (root / HOST_KEY).exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", spec.hostname, "-f", str(root / HOST_KEY)])
    if spec.public_key:
        _authorize(root, spec)
    # Without an instance there is no metadata service to wait for.
    disabled = root / "etc/cloud/cloud-init.disabled"
    if not spec.instance_id:
        _write(disabled, "")
    _packages(root)
    refresh(root, slot)


def environment(slot: Slot) -> dict[str, str]:
    """What points the host's AWS clients at the emulator; empty where the slot has none."""
    if not slot.ca_bundle.exists():
        return {}
    return {"AWS_ENDPOINT_URL": f"https://127.0.0.1:{slot.https_port}", "AWS_CA_BUNDLE": f"/{CA_IN_GUEST}"}


def _wanted(slot: Slot) -> dict[str, str]:
    """Files that follow the emulator, which may be started anew with another certificate."""
    variables = environment(slot)
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    services = " ".join(f'"{name}={value}"' for name, value in variables.items())
    authority = slot.ca_bundle.read_text(encoding="utf-8") if variables else ""
    certificate = {CA_IN_GUEST: authority} if authority else {}
    bundle = controller.ca_bundle()
    return {
        **certificate,
        # Everything in the host trusts what this machine trusts, and the emulator: curl fetches from it too.
        controller.GUEST_CA_BUNDLE.lstrip("/"): (bundle.read_text(encoding="utf-8") if bundle else "") + authority,
        "etc/environment": lines,
        "etc/systemd/system.conf.d/mlinfra-local-cloud.conf": f"[Manager]\nDefaultEnvironment={services}\n",
    }


def stale(root: Path, slot: Slot) -> list[str]:
    """The files of the emulator's settings that are out of date in the host."""
    return [
        name
        for name, text in _wanted(slot).items()
        if not (root / name).exists() or (root / name).read_text(encoding="utf-8") != text
    ]


def refresh(root: Path, slot: Slot) -> None:
    """Bring the emulator's settings in the host up to date."""
    for name, text in _wanted(slot).items():
        _write(root / name, text)


def _authorize(root: Path, spec: HostSpec) -> None:
    passwd = (root / "etc/passwd").read_text(encoding="utf-8").splitlines()
    fields = next(line.split(":") for line in passwd if line.startswith(f"{spec.user}:"))
    folder = root / fields[5].lstrip("/") / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    keys = folder / "authorized_keys"
    _write(keys, spec.public_key.strip() + "\n", mode=0o600)
    for path in (folder, keys):
        os.chown(path, int(fields[2]), int(fields[3]))


def _packages(root: Path) -> None:
    _write(root / "etc/pip.conf", controller.pip_configuration())
    constraints = controller.pip_constraints()
    if constraints:
        _write(root / "etc/pip-constraints.txt", constraints)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)


def publish_host_key(root: Path, spec: HostSpec, slot: Slot) -> None:
    """Enter the host's key in the slot's known_hosts, so that SSH checks it strictly."""
    kind, key = (root / f"{HOST_KEY}.pub").read_text(encoding="utf-8").split()[:2]
    place = f"[{spec.address(slot.number)}]:2222"
    _replace_known(slot, place, f"{place} {kind} {key}\n")


def withdraw_host_key(spec: HostSpec | None, slot: Slot) -> None:
    """Take the host's key out of the slot's known_hosts."""
    if spec:
        _replace_known(slot, f"[{spec.address(slot.number)}]:2222", "")


def _replace_known(slot: Slot, place: str, line: str) -> None:
    file = slot.directory / "known_hosts"
    with locked(slot.directory / "known_hosts.lock"):
        known = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
        _write(file, "".join([*(entry for entry in known if entry.split(" ")[0] != place), line]))
