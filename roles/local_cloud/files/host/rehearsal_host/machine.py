# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One host's life: made, started again after the machine was restarted, stopped, removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import controller, guest, images, network, trees
from .model import HostError, HostSpec, Process, Record, Slot
from .processes import alive, leader_of, marked, run, spawn, start_time, stop, stop_all, tail, wait_until

METADATA_PROGRAM = trees.FILES / "imds"
# systemd's own signal for an orderly shutdown.
SHUTDOWN = "SIGRTMIN+3"
CGROUPS = Path("/sys/fs/cgroup")
# systemd-nspawn ends with 133 where its system asks for a restart, and leaves it to whoever started it.
RESTARTING = """
trap 'kill -TERM "$child"' TERM
status=133
while [ "$status" = 133 ]; do
  "$@" &
  child=$!
  wait "$child"
  status=$?
  # A signal ends the waiting, not the child.
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    status=$?
  done
done
exit "$status"
"""


@dataclass
class Plan:
    """What has to be done for a host, in words: made, or parts of it started, or files brought up to date."""

    make: list[str] = field(default_factory=list)
    start: list[str] = field(default_factory=list)
    write: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """All of it."""
        return self.make + self.start + self.write


class Machine:
    """A host of a slot, by its name."""

    def __init__(self, slot: Slot, name: str) -> None:
        self.slot = slot
        self.name = name
        self.machine = slot.machine(name)
        self.folder = slot.hosts / name
        self.root = self.folder / "root"
        self.record_file = self.folder / "host.json"
        # What its metadata service announces.
        self.announcements = self.folder / "announcements.json"
        self.record = Record.load(self.record_file)

    # What is

    def process(self, role: str) -> Process | None:
        """The recorded process of a role, if it still runs."""
        process = self.record.processes.get(role) if self.record else None
        return process if alive(process) else None

    def exists(self) -> bool:
        """Whether anything of the host is left."""
        return self.folder.exists() or self.machine in {
            *network.namespaces(self.machine),
            *marked(self.machine).values(),
            *(device for device, _place in mounts()),
        }

    def plan(self, spec: HostSpec) -> Plan:
        """What `up` would do."""
        if self.record is None:
            return Plan(make=["make the host"])
        if self.record.spec != spec or self.record.tree != str(trees.path_of(spec.distribution)):
            return Plan(make=["make the host anew, for what it is made of has changed"])
        if self._unmounted() or not self.record.ready:
            # After a restart of this machine, or a run that was killed.
            return Plan(start=["start the host"])
        return Plan(
            start=[f"start its {role}" for role in self.roles(spec) if not self.process(role)],
            write=[f"write its /{name}" for name in guest.stale(self.root, self.slot)],
        )

    @staticmethod
    def roles(spec: HostSpec) -> list[str]:
        """The processes that a host needs, in the order in which they start."""
        return ["network", *(["metadata"] if spec.instance_id else []), "machine"]

    def describe(self, spec: HostSpec, done: list[str]) -> dict[str, object]:
        """The host for the caller: where it is reached, and what was done."""
        address = spec.address(self.slot.number)
        return {
            "changed": bool(done),
            "actions": done,
            "name": spec.name,
            "instance_id": spec.instance_id,
            "distribution": spec.distribution,
            "user": spec.user,
            "private_ip": spec.private_ip,
            "address": address,
            "ssh_port": 2222,
            "jupyter_url": f"http://{address}:8888",
            "tensorboard_url": f"http://{address}:6006",
            "machine": self.machine,
            "leader": leader_of(self.process("machine")),
            "running": self.process("machine") is not None,
        }

    # What is done

    def up(self, spec: HostSpec) -> list[str]:
        """Make and start the host; one that stands is left alone.

        Returns:
            What was done, in words.

        Raises:
            HostError: it does not come up.
        """
        plan = self.plan(spec)
        if plan.make and self.exists():
            self.down()
        if plan.start and not (self.process("network") and self.process("machine")):
            # A machine without its link keeps the old namespace; what is left of either is in the way of the new.
            self.halt()
        if plan.make or plan.start:
            self._bring_up(spec)
        elif plan.write:
            guest.refresh(self.root, self.slot)
        return plan.words

    def _bring_up(self, spec: HostSpec) -> None:
        tree, _made = trees.ensure(spec.distribution)
        if self.record is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._save(Record(spec, str(tree)))
        self._mount(images.layers(self.slot, spec.image, tree))
        guest.prepare(self.root, spec, self.slot)
        try:
            self._start(spec)
        except HostError:
            self.halt()
            raise
        guest.publish_host_key(self.root, spec, self.slot)
        self._set_ready(True)

    def halt(self) -> bool:
        """Stop the host and keep its disk, as a stopped instance does. Whether it ran."""
        ran = self.process("machine") is not None
        stop(self.process("machine"), grace=20)
        self._release()
        return ran

    def bake(self, image: str) -> None:
        """Stop the host, make an image of what it had written, and remove it.

        Raises:
            HostError: there is no such host, or it began with an image itself.
        """
        if self.record is None or self.record.spec.image:
            raise HostError(f"no image can be made of '{self.name}': it is {'made of one' if self.record else 'not there'}")
        self.halt()
        run(["umount", str(self.root)])
        images.keep(self.slot, image, self.folder / "upper", self.record.tree)
        self.down()

    def down(self) -> bool:
        """Stop the host and remove all of it. Its disk is deleted in the background. Whether there was one."""
        if not self.exists():
            return False
        leader = leader_of(self.process("machine"))
        if leader is not None and (started := start_time(leader)) is not None:
            # Nothing of it is kept, so there is nothing to shut down in order.
            stop(Process(leader, started), first=signal.SIGKILL)
        self._release()
        for device, place in mounts():
            if device == self.machine:
                run(["umount", "--lazy", place])
        guest.withdraw_host_key(self.record.spec if self.record else None, self.slot)
        self._delete()
        self.record = None
        return True

    # The steps

    def _save(self, record: Record) -> None:
        self.record = record
        record.save(self.record_file)

    def _set_ready(self, ready: bool) -> None:
        if self.record and self.record.ready != ready:
            self.record.ready = ready
            self._save(self.record)

    def _remember(self, role: str, process: Process) -> None:
        assert self.record is not None
        self.record.processes[role] = process
        self.record.ready = False
        self._save(self.record)

    def _unmounted(self) -> bool:
        return not os.path.ismount(self.root)

    def _mount(self, layers: str) -> None:
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(exist_ok=True)
        if self._unmounted():
            options = f"lowerdir={layers},upperdir={self.folder}/upper,workdir={self.folder}/work"
            run(["mount", "-t", "overlay", self.machine, "-o", options, str(self.root)])

    def _start(self, spec: HostSpec) -> None:
        self.slot.runtime.mkdir(parents=True, exist_ok=True)
        self._link_runtime()
        if not self.process("network"):
            network.remove_namespace(self.machine)
            network.make_namespace(self.slot, self.machine)
            network.join_hosts(self.slot, self.machine, spec)
            self._remember("network", network.start_link(self.slot, self.machine, spec, self.folder / "network.log"))
        if spec.instance_id and not self.process("metadata"):
            self._remember("metadata", self._start_metadata(spec))
        if not self.process("machine"):
            self._remember("machine", self._start_machine(spec))
        self._await(spec)

    def _link_runtime(self) -> None:
        """Lets the session double find the hosts of a slot, whatever checkout made them."""
        link = self.slot.runtime / "hosts"
        if link.is_symlink() and os.readlink(link) != str(self.slot.hosts):
            if any(Path(os.readlink(link)).glob("*/host.json")):
                raise HostError(f"slot {self.slot.number} is in use by {os.readlink(link)}: choose another slot")
            link.unlink()
        if not link.is_symlink():
            link.symlink_to(self.slot.hosts)

    def _start_metadata(self, spec: HostSpec) -> Process:
        command = [
            "nsenter",
            f"--net=/run/netns/{self.machine}",
            sys.executable,
            str(METADATA_PROGRAM),
            "--instance-id",
            spec.instance_id,
            "--region",
            spec.region,
            "--endpoint-url",
            f"https://127.0.0.1:{self.slot.https_port}",
            "--ca-bundle",
            str(self.slot.ca_bundle),
            "--announcements",
            str(self.announcements),
            "--address",
            network.METADATA,
        ]
        return spawn(command, self.machine, self.folder / "metadata.log", environment={"PYTHONUNBUFFERED": "1"})

    def _start_machine(self, spec: HostSpec) -> Process:
        binds = [f"--bind-ro={folder}" for folder in controller.shared_folders()]
        uv_cache = controller.cache() / "uv"
        uv_cache.mkdir(parents=True, exist_ok=True)
        command = [
            *("sh", "-uc", RESTARTING, "sh"),
            "systemd-nspawn",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--boot",
            f"--directory={self.root}",
            f"--machine={self.machine}",
            f"--hostname={spec.hostname}",
            f"--network-namespace-path=/run/netns/{self.machine}",
            "--link-journal=no",
            "--resolv-conf=off",
            "--timezone=off",
            "--console=pipe",
            f"--kill-signal={SHUTDOWN}",
            *binds,
            f"--bind={uv_cache}:{controller.GUEST_UV_CACHE}",
        ]
        # The guest's /tmp stays on its disk: wheels of gigabytes pass through it.
        groups = self._cgroups()
        for group in groups:
            group.mkdir(exist_ok=True)
        return spawn(
            command,
            self.machine,
            self.folder / "console.log",
            environment={"SYSTEMD_NSPAWN_TMPFS_TMP": "0"},
            cgroups=groups,
        )

    def _cgroups(self) -> list[Path]:
        """Where the host's control groups stand: apart, or hosts would end each other's services of the same name."""
        hierarchies = [CGROUPS] if (CGROUPS / "cgroup.procs").exists() else [CGROUPS / "systemd", CGROUPS / "unified"]
        return [hierarchy / self.machine for hierarchy in hierarchies if (hierarchy / "cgroup.procs").exists()]

    def _await(self, spec: HostSpec) -> None:
        """Wait until SSH greets. Ends early when the machine ends."""
        address = spec.address(self.slot.number)

        def settled() -> bool:
            return not self.process("machine") or network.answers_ssh(address, 2222)

        came = wait_until(settled, 90)
        if not came or not self.process("machine"):
            what = "did not come up" if came else "has no SSH after 90 s"
            raise HostError(f"host '{spec.name}' {what}: {tail(self.folder / 'console.log')}")

    def _release(self) -> None:
        """End the helpers and remove namespace, socket and control groups."""
        for role in ("machine", "metadata", "network"):
            stop(self.process(role))
        stop_all(self.machine)
        network.remove_namespace(self.machine)
        network.part_hosts(self.slot)
        (self.slot.runtime / f"{self.name}.sock").unlink(missing_ok=True)
        for group in self._cgroups():
            for folder, _folders, _files in os.walk(group, topdown=False):
                self._remove_cgroup(Path(folder))

    @staticmethod
    def _remove_cgroup(folder: Path) -> None:
        """End what is left in a group of the host's own, and remove it."""

        def removed() -> bool:
            try:
                for pid in (folder / "cgroup.procs").read_text(encoding="utf-8").split():
                    # A guest outlives its systemd-nspawn when that was killed.
                    os.kill(int(pid), signal.SIGKILL)
                folder.rmdir()
            except (FileNotFoundError, ProcessLookupError):
                return not folder.exists()
            except OSError:
                return False
            return True

        if not wait_until(removed, 10):
            raise HostError(f"the control group {folder} does not empty")

    def _delete(self) -> None:
        """Move the disk aside and delete it in a process of its own: gigabytes take up to a minute."""
        if not self.folder.exists():
            return
        # Beside the slot's folder, so that the folder can be removed at once.
        trash = self.slot.directory.parent / f".removed-{self.machine}-{time.monotonic_ns()}"
        self.folder.rename(trash)
        subprocess.Popen(
            ["rm", "--recursive", "--force", str(trash)],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def mounts() -> list[tuple[str, str]]:
    """What is mounted on this machine: device and place. A host's overlay has its machine's name for a device."""
    table = Path("/proc/self/mounts")
    lines = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
    # Blanks in a path are written as octal escapes.
    return [(device, place.encode().decode("unicode_escape")) for device, place in (line.split()[:2] for line in lines)]
