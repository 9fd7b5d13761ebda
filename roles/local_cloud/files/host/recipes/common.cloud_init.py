# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A double of cloud-init for rehearsal hosts: cloud-init init|final|status [--wait].

init puts the key pair of the metadata service into the login user's authorized_keys, before SSH starts. final runs user
data that is a script, once for an instance. The real one needs firmware that says EC2 before it asks for a token.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

METADATA = "http://169.254.169.254/latest"
DISABLED = Path("/etc/cloud/cloud-init.disabled")
LOGIN_USER = Path("/etc/cloud/login-user")
STATE = Path("/var/lib/cloud")
STATUS = Path("/run/cloud-init/status.json")
LOG = Path("/var/log/cloud-init-output.log")
# Seconds within which the metadata service has to answer.
PATIENCE = 60


def ask(path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> str | None:
    """One request; None where there is nothing."""
    request = urllib.request.Request(f"{METADATA}/{path}", method=method, headers=headers or {})
    end = time.monotonic() + PATIENCE
    failure = ""
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            failure = str(error)
        except OSError as error:
            failure = str(error)
        if time.monotonic() > end:
            raise SystemExit(f"the metadata service does not answer: {failure}")
        time.sleep(0.2)


def metadata(path: str) -> str | None:
    """One entry of the service, by version 2."""
    token = ask("api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "300"})
    return ask(path, headers={"X-aws-ec2-metadata-token": token or ""})


def authorize() -> None:
    """Let the instance's key pair in."""
    key = metadata("meta-data/public-keys/0/openssh-key")
    if not key:
        return
    account = pwd.getpwnam(LOGIN_USER.read_text(encoding="utf-8").strip())
    folder = Path(account.pw_dir, ".ssh")
    folder.mkdir(mode=0o700, exist_ok=True)
    keys = folder / "authorized_keys"
    known = keys.read_text(encoding="utf-8").splitlines() if keys.exists() else []
    if key.strip() not in known:
        keys.write_text("\n".join([*known, key.strip(), ""]), encoding="utf-8")
    keys.chmod(0o600)
    for path in (folder, keys):
        os.chown(path, account.pw_uid, account.pw_gid)


def run_user_data() -> None:
    """Run the instance's user data, if this instance has not run them yet."""
    place = STATE / "instances" / (metadata("meta-data/instance-id") or "unknown")
    done = place / "user-data.done"
    script = place / "user-data"
    text = metadata("user-data")
    if done.exists() or not text:
        return
    if not text.startswith("#!"):
        raise SystemExit("user data is no script: this double runs scripts only")
    place.mkdir(parents=True, exist_ok=True)
    script.write_text(text, encoding="utf-8")
    script.chmod(0o700)
    with LOG.open("ab") as log:
        code = subprocess.run(
            [script], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False
        ).returncode
    done.touch()
    if code:
        raise SystemExit(f"user data ended with {code}: see {LOG}")


def tell(status: str, detail: str = "") -> None:
    """Write the status down."""
    STATUS.parent.mkdir(parents=True, exist_ok=True)
    STATUS.write_text(json.dumps({"status": status, "detail": detail}), encoding="utf-8")


def status_now() -> dict[str, str]:
    """The status as it stands."""
    if DISABLED.exists():
        return {"status": "disabled", "detail": "no instance stands behind this host"}
    if not STATUS.exists():
        return {"status": "not run", "detail": ""}
    return json.loads(STATUS.read_text(encoding="utf-8"))


def status(*, wait: bool) -> int:
    """Print the status, at the end if asked to wait for it."""
    while wait and status_now()["status"] in ("not run", "running"):
        time.sleep(0.25)
    now = status_now()
    print(f"status: {now['status']}" + (f"\ndetail: {now['detail']}" if now["detail"] else ""))
    return 1 if now["status"] == "error" else 0


def main() -> int:
    """Run one stage."""
    stage = sys.argv[1] if len(sys.argv) > 1 else "status"
    if stage == "status":
        return status(wait="--wait" in sys.argv)
    try:
        if stage == "init":
            tell("running")
            authorize()
        elif stage == "final":
            run_user_data()
            tell("done")
        else:
            raise SystemExit(f"unknown stage {stage}: init, final and status are known")
    except SystemExit as error:
        tell("error", str(error))
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
