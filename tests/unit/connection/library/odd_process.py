# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module whose process does what few modules do."""

from __future__ import annotations

import atexit
import io
import locale
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

from ansible.module_utils.basic import AnsibleModule


def surroundings(module: AnsibleModule) -> dict:
    """What a process finds around it."""
    mask = os.umask(0)
    os.umask(mask)
    return {
        "environment": {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_TEST")},
        "folder": os.getcwd(),
        "mask": mask,
        "arguments": sys.argv,
        "input": [os.read(0, 10).decode(), sys.stdin.read()],
        "encodings": [sys.stdout.encoding, sys.stderr.errors, sys.getfilesystemencoding(), locale.getlocale()],
        "hours": time.strftime("%Z", time.localtime(0)),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "open": sorted(int(name) for name in os.listdir("/dev/fd"))[:3],
        "signals": [str(signal.getsignal(number)) for number in (1, 2, 13, 15, 17)],
        "main": sorted(name for name in vars(sys.modules["__main__"]) if name.startswith("__")),
        "name": [__name__, os.path.basename(__file__), __spec__.name],
        "path": [os.path.basename(path) for path in sys.path[1:]],
        "ansible": len(sys.modules["ansible"].__path__),
        "temporary": tempfile.gettempdir(),
    }


def main() -> None:
    """Do one odd thing."""
    module = AnsibleModule(
        argument_spec={"what": {"required": True}, "path": {"type": "path"}, "secret": {"no_log": True}},
        supports_check_mode=True,
    )
    what, path = module.params["what"], module.params["path"]
    if what == "look":
        module.exit_json(**surroundings(module))
    if what == "raise":
        raise LookupError("a module's own mistake")
    if what == "warn":
        module.warn("take care")
        module.deprecate("this goes", version="9.0.0", collection_name="mlinfra.aws")
        module.exit_json(changed=True, secret=module.params["secret"])
    if what == "write":
        print("before, to standard error", file=sys.stderr)
        print("before, to standard output")
        atexit.register(lambda: print("after, to standard output"))
    if what == "much":
        module.exit_json(much="x" * 5_000_000)
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "interrupt":
        raise KeyboardInterrupt
    if what == "status":
        sys.exit(7)
    if what == "complain":
        sys.exit("a last word")
    if what == "nothing":
        return
    if what == "background":
        subprocess.Popen(["sleep", "1"], start_new_session=True)
        began = time.monotonic()
        module.exit_json(soon=time.monotonic() - began < 1)
    if what == "daemon" and not os.fork():
        os.setsid()
        for descriptor in (0, 1, 2):
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
        time.sleep(1)
        with open(path, "w", encoding="utf-8") as file:
            file.write("still there")
        os._exit(0)
    if what == "thread":
        begun = io.TextIOWrapper(io.FileIO(path, "w"), encoding="utf-8")
        begun.write("not flushed, not closed, ")
        threading.Thread(target=lambda: (time.sleep(0.3), begun.write("and written by a thread"))).start()
        sys.modules["kept"] = begun
    if what == "state":
        count = getattr(os, "_odd_count", 0)
        os._odd_count = count + 1
        os.environ["ODD"] = "left behind"
        os.umask(0o077)
        os.chdir("/")
        module.exit_json(count=count)
    module.exit_json()


if __name__ == "__main__":
    main()
