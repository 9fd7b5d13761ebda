# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Print, as JSON, everything on this host that the role may have to change: one round trip instead of one a task.

It reads only. What to look at comes as JSON in the first argument; the keys are those of `ml_host_probe` in the
role's vars. With the key `answers` it does no more than wait until the URLs answer so, and print what they answer. It
runs under whatever Python the host has, from 3.7 on, with the standard library alone.
"""

from __future__ import annotations

import glob
import grp
import hashlib
import json
import os
import platform
import pwd
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
# What uv says of an environment that is what its lock says.
SYNCED = "Would make no changes"
# So often a service that systemd starts anew has ended by itself before nobody waits for it any more.
ENDS = 3
SECONDS_BETWEEN_LOOKS = 5.0


def run(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[str] | None:
    """Start a program whose output is wanted later; None where it is missing, or half written and can't run."""
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            universal_newlines=True,
        )
    except OSError:
        return None


def output(process: subprocess.Popen[str] | None) -> str:
    """Wait for a program started by run() and return what it said; empty where it did not start."""
    return process.communicate()[0] if process else ""


def os_release() -> dict[str, str]:
    """The fields of /etc/os-release."""
    with open("/etc/os-release", encoding="utf-8") as file:
        pairs = (line.rstrip("\n").split("=", 1) for line in file if "=" in line and not line.startswith("#"))
        return {key: value.strip("\"'") for key, value in pairs}


def owner_name(number: int, lookup: Callable[[int], Sequence[Any]]) -> str:
    """The name of a user or group id, or the number where it has none."""
    try:
        return lookup(number)[0]
    except KeyError:
        return str(number)


def describe(path: str) -> dict[str, Any]:
    """Owner, group, mode, time of change and, of a regular file, the SHA-256 of its content; all empty if absent."""
    try:
        status = os.lstat(path)
    except OSError:
        return {"exists": False, "owner": "", "group": "", "mode": "", "changed": 0, "sha256": ""}
    found = {
        "exists": True,
        "owner": owner_name(status.st_uid, pwd.getpwuid),
        "group": owner_name(status.st_gid, grp.getgrgid),
        "mode": "%04o" % (status.st_mode & 0o7777),
        "changed": status.st_mtime,
        "sha256": "",
    }
    if os.path.isfile(path):
        with open(path, "rb") as file:
            found["sha256"] = hashlib.sha256(file.read()).hexdigest()
    return found


def user(name: str) -> dict[str, Any] | None:
    """Id, home with its mode (empty where it is missing) and shell of a user; None if there is none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return {"uid": entry.pw_uid, "home": entry.pw_dir, "mode": describe(entry.pw_dir)["mode"], "shell": entry.pw_shell}


def login() -> str:
    """Who logged in to run this, before becoming root; empty where the system does not tell."""
    try:
        with open("/proc/self/loginuid", encoding="ascii") as file:
            number = int(file.read())
        told = pwd.getpwuid(number)[0]
    except (OSError, ValueError, KeyError):
        told = ""
    return os.environ.get("SUDO_USER") or told


def with_passwords(shadow: str = "/etc/shadow") -> list[str]:
    """Users that a password opens, or that need none."""
    try:
        with open(shadow, encoding="utf-8") as file:
            fields = [line.split(":") for line in file]
    except OSError:
        return []
    return [field[0] for field in fields if not field[1].startswith(("!", "*"))]


def kernel(key: str, root: str = "/proc/sys") -> list[str]:
    """Values of a setting of the kernel, with a star for the interfaces there are and those to come; none where it can't be set.

    Single interfaces are left out: who makes one may have chosen otherwise for it.
    """
    path = os.path.join(root, *key.split("."))
    paths = [path.replace("*", name) for name in (("all", "default") if "*" in key else ("",))]
    values = []
    for path in filter(lambda path: os.access(path, os.W_OK), paths):
        with open(path, encoding="ascii") as file:
            values.append(file.read().strip())
    return values


def units(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """State of systemd units by name; `started` and `changed`, by a start, stop or reload, in seconds since 1970."""
    fields = "Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,ExecMainStartTimestampMonotonic,StateChangeTimestampMonotonic"
    text = output(run(["systemctl", "show", "-p", fields, *(name if "." in name else name + ".service" for name in names)]))
    boot = time.time() - time.monotonic()
    found = {}
    for block in text.strip().split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        found[unit.get("Id", "").replace(".service", "")] = {
            "exists": unit.get("LoadState") == "loaded",
            "active": unit.get("ActiveState") == "active",
            "enabled": unit.get("UnitFileState") == "enabled",
            "reload": unit.get("NeedDaemonReload") == "yes",
            "started": boot + int(unit.get("ExecMainStartTimestampMonotonic") or 0) / 1e6,
            "changed": boot + int(unit.get("StateChangeTimestampMonotonic") or 0) / 1e6,
        }
    return found


def slice_of(folder: str) -> str:
    """The slice that a folder of drop-ins is for."""
    return os.path.basename(folder)[: -len(".d")]


def installed(names: Sequence[str]) -> list[str]:
    """Those of the packages that are installed."""
    if shutil.which("rpm") and (os.path.exists("/etc/system-release") or not shutil.which("dpkg-query")):
        text = output(run(["rpm", "-q", "--queryformat", "%{NAME}\tinstalled\n", *names]))
    else:
        text = output(run(["dpkg-query", "--show", "--showformat", "${Package}\t${db:Status-Status}\n", *names]))
    return sorted(line.split("\t")[0] for line in text.splitlines() if line.endswith("\tinstalled"))


def listeners(ports: Sequence[int]) -> dict[str, str]:
    """The unit, or else the program, that listens on each of the TCP ports that is taken."""
    sockets = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            with open(table, encoding="ascii") as file:
                for fields in map(str.split, list(file)[1:]):
                    port = int(fields[1].rpartition(":")[2], 16)
                    if fields[3] == "0A" and port in ports:
                        sockets[f"socket:[{fields[9]}]"] = str(port)
    found = dict.fromkeys(sockets.values(), "another program")
    for path in glob.glob("/proc/[0-9]*/fd/*") if sockets else ():
        try:
            link = os.readlink(path)
        except OSError:
            continue
        if link in sockets:
            found[sockets[link]] = program(path.split("/fd/")[0])
    return found


def program(process: str) -> str:
    """The service that a process of /proc belongs to, or the process's own name where it is none."""
    try:
        with open(process + "/cgroup", encoding="utf-8") as file:
            unit = os.path.basename(file.read().splitlines()[-1])
        with open(process + "/comm", encoding="utf-8", errors="replace") as file:
            name = file.read().strip()
    except (OSError, IndexError):
        return "another program"
    return unit if unit.endswith(".service") else name


def gpus(process: subprocess.Popen[str] | None) -> tuple[list[dict[str, str]], str]:
    """The GPUs with their driver's version, as nvidia-smi tells, and why there are none."""
    text = output(process).strip()
    pairs = [line.rsplit(",", 1) for line in text.splitlines()]
    if process is None or process.returncode or any(len(pair) < 2 for pair in pairs):
        return [], f"nvidia-smi says: {text.splitlines()[0]}" if text else "nvidia-smi is not there"
    return [{"name": name.strip(), "driver": driver.strip()} for name, driver in pairs], ""


def space(path: str) -> dict[str, Any]:
    """The file system that holds path, or will hold it, and the MiB left there."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    free = shutil.disk_usage(path).free // 2**20
    path = os.path.realpath(path)
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return {"mount": path, "free": free}


def quotas(path: str, mounts: str = "/proc/self/mountinfo") -> dict[str, Any]:
    """How the file system of a folder counts what each user takes.

    `type` and `mount` are the file system's. `on` says whether limits hold, `next` whether they will with the next start of the
    host, and is None where that can't be had: only the kernel's command line says it of a root, through grubby. `limits` are
    the users' by name, in MiB.
    """
    mount = space(path)["mount"]
    with open(mounts, encoding="utf-8") as file:
        lines = [line.split() for line in file]
    # What is mounted last over a folder is what is seen there.
    fields = [line for line in lines if line[4] == mount][-1]
    kind, options = fields[fields.index("-") + 1], fields[-1].split(",")
    found = {"type": kind, "mount": mount, "on": kind == "xfs" and "usrquota" in options, "next": None, "limits": {}}
    if found["on"]:
        report = output(run(["xfs_quota", "-x", "-c", "report -u -n -N -b", mount])).splitlines()
        for number, _used, _soft, hard in (line.split()[:4] for line in report if line.startswith("#")):
            if int(hard):
                found["limits"][owner_name(int(number[1:]), pwd.getpwuid)] = int(hard) // 1024
    elif kind == "xfs" and mount == "/" and shutil.which("grubby"):
        found["next"] = "rootflags=uquota" in output(run(["grubby", "--info=DEFAULT"]))
    return found


def memory_megabytes() -> int:
    """Memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def answer(url: str) -> int:
    """The HTTP status that a URL answers with, 0 where nothing answers. Never through a proxy.

    No secret is sent, so that any certificate will do.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=3) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def answers(urls: Mapping[str, str], awaited: Mapping[str, int] | None = None, seconds: float = 0) -> dict[str, int]:
    """What the URLs answer, by name: at once, or as soon as it is what is awaited, or when the seconds are over.

    It is not waited for units that end again and again. One that takes its time to start, as on a busy host, is none of them.
    """
    end, look = time.monotonic() + seconds, time.monotonic() + SECONDS_BETWEEN_LOOKS
    while True:
        found = {name: answer(url) for name, url in urls.items()}
        if awaited in (None, found) or time.monotonic() > end:
            return found
        if time.monotonic() > look:
            if any(found[name] != awaited[name] and ends(name) for name in urls):
                return found
            look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        time.sleep(0.2)


def ends(name: str) -> bool:
    """Whether a unit has failed, or ends again and again."""
    text = output(run(["systemctl", "show", "-p", "ActiveState,NRestarts", name]))
    unit = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return unit.get("ActiveState") == "failed" or int(unit.get("NRestarts") or 0) >= ENDS


def certificate(path: str) -> dict[str, Any]:
    """SHA-256 fingerprint of a certificate, the days that it is still valid, and whether this host signed it itself."""
    text = output(run(["openssl", "x509", "-in", path, "-noout", "-subject", "-issuer", "-fingerprint", "-sha256", "-enddate"]))
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    ends = fields.get("notAfter")
    return {
        "fingerprint": next((value for name, value in fields.items() if name.lower() == "sha256 fingerprint"), ""),
        "days": int((ssl.cert_time_to_seconds(ends) - time.time()) // 86400) if ends else -1,
        "self_signed": "self-signed" in fields.get("subject", "") and fields.get("subject") == fields.get("issuer"),
    }


def main(wanted: Mapping[str, Any]) -> None:
    """Gather and print; the slow programs run while the rest is read."""
    sync = run(wanted["sync"], wanted["sync_environment"])
    python = run([wanted["python"], "-c", VERSION])
    uv = run([wanted["uv"], "--version"])
    token = run(wanted["token"], wanted["token_environment"])
    smi = run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"])
    environments = {
        name: (run([look["python"], "-c", VERSION]), run(look["sync"], wanted["sync_environment"]))
        for name, look in wanted["environments"].items()
    }
    globs = {name: sorted(glob.glob(pattern)) for name, pattern in wanted["globs"].items()}
    release = os_release()
    found = {
        "root": os.geteuid() == 0,
        "id": release.get("ID", ""),
        "version": release.get("VERSION_ID", ""),
        "name": release.get("PRETTY_NAME", ""),
        "architecture": platform.machine(),
        "memory": memory_megabytes(),
        "space": {path: space(path) for path in wanted["space"]},
        "systemd": os.path.isdir("/run/systemd/system"),
        "packages": installed(wanted["packages"]),
        "user": user(wanted["user"]),
        "login": login(),
        "passwords": with_passwords(),
        "quotas": quotas("/home") if wanted["quotas"] or globs["people"] else {},
        "kernel": {key: kernel(key) for key in wanted["kernel"]},
        "users": {name: user(name) for name in wanted["users"]},
        "globs": globs,
        "certificate": certificate(wanted["certificate"]),
        "paths": {path: describe(path) for path in [*wanted["paths"], *globs["shares"], *globs["share_folders"]]},
        "units": units(
            [*wanted["units"], *map(os.path.basename, globs["people"] + globs["shared"]), *map(slice_of, globs["share_folders"])]
        ),
        "answers": answers(wanted["urls"]),
        "ports": listeners(wanted["ports"]),
    }
    found["gpus"], found["gpu_problem"] = gpus(smi)
    found["python"] = output(python).strip()
    found["uv"] = (output(uv).split() + ["", ""])[1]
    found["synced"] = SYNCED in output(sync)
    found["token"] = output(token).strip()
    found["environments"] = {
        name: {"python": output(version).strip(), "synced": SYNCED in output(synced)}
        for name, (version, synced) in environments.items()
    }
    print(json.dumps(found))


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    if "answers" in arguments:
        print(json.dumps(answers(arguments["urls"], arguments["answers"], arguments["seconds"])))
    else:
        main(arguments)
