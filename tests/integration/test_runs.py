# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Training runs against the emulator: real supervisors and scripts; systemd's place alone is taken by plain processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from instance_metadata.document import announced
from instance_metadata.server import Service
from mlinfra import errors, s3
from mlinfra.documents import Document
from mlinfra.runs import following, places, requests, spot, store, unit
from mlinfra.runs.record import Run
from mlinfra.runs.requests import Wanted

from ..waiting import eventually
from .conftest import ROOT, Emulator

pytestmark = [pytest.mark.weight(60)]

SLOT = 63
DATASETS, MODELS = "runs-datasets", "runs-models"
SECONDS = 60

# Counts to ten in checkpoints, and says what it finds.
TRAIN = """
import json, os, pathlib, signal, sys, time
folder = pathlib.Path(os.environ["MLINFRA_CHECKPOINT_DIRECTORY"])
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(1))
steps = sorted(folder.glob("*.json"))
step = json.loads(steps[-1].read_text())["step"] if steps else 0
print("begins at", step, flush=True)
while step < 10 and not told:
    step += 1
    (folder / f"{step:03}.json").write_text(json.dumps({"step": step}))
    time.sleep(float(sys.argv[1]))
if told:
    print("saved at", step, flush=True)
    sys.exit(0)
pathlib.Path(os.environ["MLINFRA_RUN_DIRECTORY"], "metrics.json").write_text(json.dumps({"steps": step}))
print("has counted", flush=True)
"""


class Instance:
    """The instance that the metadata service's double tells of."""

    key_name = ""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.leaves_of_it = {"meta-data/instance-id": "i-1", "meta-data/instance-life-cycle": "on-demand"}

    def leaves(self) -> dict[str, str]:
        """What is told, with what EC2 announces."""
        return announced(self.leaves_of_it, self.told)

    def role_name(self) -> str:
        """It has none."""
        return ""


class Host:
    """This machine as a host: the folders of a user on it, and the units of his that run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.instance = Instance()
        self.name = "one"
        self.logs = home / "log"
        self.logs.mkdir()

    def start(self, run: Run) -> None:
        """In the place of systemd-run: its command and its variables, without it."""
        command = unit.command(run, ROOT / "roles" / "ml_host" / "files")
        told = dict(word.removeprefix("--setenv=").split("=", 1) for word in command if word.startswith("--setenv="))
        own = command[command.index("--") + 1 :]
        self._processes[run.run] = subprocess.Popen(own, env={**os.environ, **told}, stdin=subprocess.DEVNULL)

    def is_active(self, run: str) -> bool:
        """In the place of systemctl is-active."""
        return run in self._processes and self._processes[run].poll() is None

    def signal(self, run: str, number: int = signal.SIGINT) -> None:
        """In the place of systemctl kill."""
        self._processes[run].send_signal(number)

    def ends(self, run: str) -> tuple[int, Run]:
        """The exit status of a run's unit once it has ended, and the run's record."""
        status = self._processes[run].wait(SECONDS)
        kept = store.here(run)
        assert kept == store.read(run)[0]
        assert kept is not None
        return status, kept

    def output(self, run: str) -> str:
        """What a run has put out, on this host."""
        file = places.folder(run) / places.OUTPUT
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def move(self, name: str) -> None:
        """Go on as another host, which has nothing of this one."""
        for folder in ("runs", ".cache"):
            shutil.rmtree(self.home / folder, ignore_errors=True)
        self.name = name
        self.instance.leaves_of_it["meta-data/instance-id"] = f"i-{name}"

    def close(self) -> None:
        """End what is left."""
        for process in self._processes.values():
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulator with the two buckets."""
    made = Emulator(SLOT)
    made.program("start")
    made.program("reset")
    for bucket in (DATASETS, MODELS):
        made.client("s3").create_bucket(Bucket=bucket)
        made.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    yield made
    made.program("stop")


@pytest.fixture
def host(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host on which a user starts runs."""
    made = Host(tmp_path)
    for listed in emulator.client("s3").list_objects_v2(Bucket=MODELS).get("Contents", []):
        emulator.client("s3").delete_object(Bucket=MODELS, Key=listed["Key"])
    service = Service(("127.0.0.1", 0), made.instance)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    for name, value in {
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_CA_BUNDLE": emulator.ca_bundle,
        "AWS_ACCESS_KEY_ID": "runs",
        "AWS_SECRET_ACCESS_KEY": "runs",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{service.server_port}",
        "MLINFRA_DATASETS_BUCKET": DATASETS,
        "MLINFRA_MODELS_BUCKET": MODELS,
        "MLINFRA_RUN_LOG_DIRECTORY": str(made.logs),
        "MLINFRA_BY": "somebody",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("MLINFRA_RUNS_DIRECTORY", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(unit, "await_manager", lambda: None)
    monkeypatch.setattr(unit, "start", made.start)
    monkeypatch.setattr(unit, "is_active", made.is_active)
    monkeypatch.setattr(unit, "interrupt", made.signal)
    s3.forget()
    yield made
    made.close()
    service.shutdown()
    service.server_close()
    s3.forget()


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script."""

    def write(text: str) -> Path:
        file = tmp_path / "train.py"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def mirrored(emulator: Emulator, run: str) -> dict[str, bytes]:
    """What of a run is in the bucket, by its path there."""
    client = emulator.client("s3")
    listed = client.list_objects_v2(Bucket=MODELS, Prefix=places.prefix(run)).get("Contents", [])
    keys = [entry["Key"] for entry in listed]
    return {
        key.removeprefix(places.prefix(run)): client.get_object(Bucket=MODELS, Key=key)["Body"].read() for key in keys
    }


def test_a_run_from_its_start_to_its_end(host: Host, emulator: Emulator, script: Callable[[str], Path]) -> None:
    run = requests.start(Wanted(script(TRAIN), ("0",), name="whole"))
    status, ended = host.ends("whole")
    assert (status, ended.state, ended.exit_code, ended.by) == (0, "succeeded", 0, "somebody")
    assert ended.code == run.code
    assert len(ended.code) == 64
    assert ended.created <= ended.started <= ended.ended
    there = mirrored(emulator, "whole")
    assert json.loads(there["metrics.json"]) == {"steps": 10}
    assert {"code/train.py", "checkpoints/010.json", "output.log", "run.json"} <= set(there)
    assert b"begins at 0\nhas counted\n" in there["output.log"]
    assert (host.logs / "whole.log").read_bytes() == there["output.log"]
    assert b"".join(following.follow("whole", True)) == there["output.log"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One call of the command, as another process of this host makes it."""
    library = str(ROOT / "roles" / "ml_host" / "files")
    call = [sys.executable, "-P", "-m", "mlinfra", *arguments]
    return subprocess.run(call, env={**os.environ, "PYTHONPATH": library}, capture_output=True, text=True, check=False)


def test_what_the_command_tells(host: Host, script: Callable[[str], Path]) -> None:
    assert command("runs", "list").stdout == "There are no runs.\n"
    requests.start(Wanted(script("import sys; print('no'); sys.exit(7)"), name="told"))
    host.ends("told")
    [listed] = json.loads(command("--json", "runs", "list").stdout)
    shown = command("--json", "runs", "show", "told")
    assert (listed, listed["run"]) == (json.loads(shown.stdout), "told")
    assert command("--json", "runs", "list", "--state", "running").stdout.strip() == "[]"
    followed = command("runs", "logs", "-f", "told")
    assert followed.returncode == 7
    assert followed.stdout.startswith("no\n")
    as_json = command("--json", "runs", "logs", "-f", "told")
    assert (as_json.returncode, json.loads(as_json.stdout)["state"]) == (7, "failed")
    for arguments, status in {
        ("runs", "show", "none"): 3,
        ("runs", "cancel", "told"): 4,
        ("runs", "resume"): 2,
        ("run", "--memory", "much", "none.py"): 2,
    }.items():
        assert command(*arguments).returncode == status


def test_the_exit_code_is_kept(host: Host, script: Callable[[str], Path]) -> None:
    requests.start(Wanted(script("import sys; print('no'); sys.exit(7)"), name="seven"))
    status, ended = host.ends("seven")
    assert (status, ended.state, ended.exit_code) == (7, "failed", 7)
    assert ended.reason == "The script ended with exit code 7."


def test_a_script_that_is_killed_by_a_signal(host: Host, script: Callable[[str], Path]) -> None:
    requests.start(Wanted(script("import os; os.abort()"), name="aborts"))
    status, ended = host.ends("aborts")
    assert (status, ended.state, ended.reason) == (134, "failed", "The script ended with SIGABRT.")


def test_cancelled_it_may_save_what_it_has(host: Host, emulator: Emulator, script: Callable[[str], Path]) -> None:
    requests.start(Wanted(script(TRAIN), ("0.2",), name="cancelled"))
    eventually(lambda: "begins" in host.output("cancelled"), SECONDS, 0.1)
    requests.cancel("cancelled")
    _status, ended = host.ends("cancelled")
    assert (ended.state, ended.exit_code) == ("cancelled", 0)
    assert "saved at" in host.output("cancelled")
    with pytest.raises(errors.Conflict, match="cancelled already"):
        requests.cancel("cancelled")


def test_who_does_not_end_in_time_is_killed_with_all_that_it_started(host: Host, script: Callable[[str], Path]) -> None:
    text = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
time.sleep(600)
"""
    requests.start(Wanted(script(text), name="deaf", grace=1))
    eventually(lambda: "child" in host.output("deaf"), SECONDS, 0.1)
    requests.cancel("deaf")
    status, ended = host.ends("deaf")
    assert (status, ended.state, ended.exit_code) == (137, "cancelled", 137)
    child = int(host.output("deaf").split("child ")[1].split()[0])
    stat = Path(f"/proc/{child}/stat")
    assert not stat.exists() or stat.read_text(encoding="utf-8").split()[2] == "Z"


def test_cancelled_before_the_script_has_begun(host: Host, script: Callable[[str], Path]) -> None:
    requests.start(Wanted(script(TRAIN), ("30",), name="early"))
    eventually((places.folder("early") / places.OUTPUT).exists, SECONDS, 0.1)
    requests.cancel("early")
    assert host.ends("early")[1].state == "cancelled"
    assert "begins" not in host.output("early")


def test_interrupted_and_resumed_on_another_host(host: Host, script: Callable[[str], Path]) -> None:
    requests.start(Wanted(script(TRAIN), ("0.3",), name="moves"))
    eventually((places.folder("moves") / "checkpoints" / "003.json").exists, SECONDS, 0.1)
    host.signal("moves", signal.SIGTERM)
    _status, ended = host.ends("moves")
    assert (ended.state, ended.reason) == ("interrupted", "The host stopped.")
    host.move("two")
    [resumed] = requests.resume_interrupted()
    assert (resumed.run, resumed.attempt, resumed.instance_id) == ("moves", 2, "i-two")
    _status, ended = host.ends("moves")
    assert (ended.state, ended.attempt) == ("succeeded", 2)
    output = host.output("moves")
    saved = output.split("saved at ")[1].split()[0]
    assert int(saved) >= 3
    assert f"begins at {saved}\n" in output
    with pytest.raises(errors.Usage, match="succeeded"):
        requests.resume("moves")
    assert requests.resume_interrupted() == []


def test_two_hosts_do_not_both_resume_a_run(host: Host, script: Callable[[str], Path], monkeypatch: Any) -> None:
    requests.start(Wanted(script(TRAIN), ("0.3",), name="wanted"))
    eventually(lambda: "begins" in host.output("wanted"), SECONDS, 0.1)
    host.signal("wanted", signal.SIGTERM)
    host.ends("wanted")
    read, write = store.read("wanted"), store.write
    theirs = read[0].again("elsewhere", "i-elsewhere")

    def faster(run: Run, replaces: Document) -> Document:
        monkeypatch.setattr(store, "write", write)
        write(theirs, replaces)
        return write(run, replaces)

    monkeypatch.setattr(store, "write", faster)
    with pytest.raises(errors.Conflict, match="in other hands"):
        requests.resume("wanted")
    assert store.read("wanted")[0] == theirs
    assert not host.is_active("wanted")


def test_what_ran_on_a_host_that_is_gone_can_be_resumed(host: Host, script: Callable[[str], Path]) -> None:
    """It was killed with its host, and could tell nobody."""
    requests.start(Wanted(script(TRAIN), ("0.3",), name="gone"))
    eventually(lambda: store.read("gone")[0].state == "running", SECONDS, 0.1)
    eventually((places.folder("gone") / "checkpoints" / "002.json").exists, SECONDS, 0.1)
    with pytest.raises(errors.Conflict, match="is running on"):
        requests.resume("gone")
    host.signal("gone", signal.SIGKILL)
    eventually(lambda: not host.is_active("gone"), SECONDS, 0.1)
    assert requests.is_lost(store.read("gone")[0])
    # EC2 knows no i-1 that runs.
    requests.resume("gone")
    _status, ended = host.ends("gone")
    assert (ended.state, ended.attempt) == ("succeeded", 2)
    assert "begins at 0" not in host.output("gone").split("begins")[-1]


@pytest.mark.parametrize("stops", [False, True])
def test_a_rebalance_recommendation(host: Host, script: Callable[[str], Path], stops: bool) -> None:
    host.instance.told = {"spot": True}
    name = f"rebalance-{stops}".lower()
    requests.start(Wanted(script(TRAIN), ("0.8",), name=name, stop_on_rebalance=stops))
    eventually(lambda: "begins" in host.output(name), SECONDS, 0.1)
    host.instance.told = {"spot": True, "rebalance": {"noticeTime": "2026-01-02T03:04:05Z"}}
    _status, ended = host.ends(name)
    assert ended.state == ("interrupted" if stops else "succeeded")
    assert json.loads((places.folder(name) / places.NOTICE).read_text(encoding="utf-8"))["kind"] == "rebalance"
    assert "EC2 recommends to rebalance" in host.output(name)


def test_an_interruption_notice(host: Host, emulator: Emulator, script: Callable[[str], Path]) -> None:
    host.instance.told = {"spot": True}
    requests.start(Wanted(script(TRAIN), ("1",), name="noticed"))
    eventually(lambda: "begins" in host.output("noticed"), SECONDS, 0.1)
    moment = datetime.now(UTC) + timedelta(seconds=120)
    notice = {"action": "terminate", "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
    host.instance.told = {"spot": True, "interruption": notice}
    _status, ended = host.ends("noticed")
    assert ended.state == "interrupted"
    assert ended.reason.startswith("EC2 will terminate this instance at")
    step = int(host.output("noticed").split("saved at ")[1].split()[0])
    assert f"checkpoints/{step:03}.json" in mirrored(emulator, "noticed")


TARGET_STATE = "meta-data/autoscaling/target-lifecycle-state"


def test_a_member_that_is_to_go_keeps_its_work(host: Host, emulator: Emulator, script: Callable[[str], Path]) -> None:
    host.instance.leaves_of_it[TARGET_STATE] = "InService"
    requests.start(Wanted(script(TRAIN), ("1",), name="leaving"))
    eventually(lambda: "begins" in host.output("leaving"), SECONDS, 0.1)
    host.instance.leaves_of_it[TARGET_STATE] = "Terminated"
    _status, ended = host.ends("leaving")
    assert (ended.state, ended.reason) == ("interrupted", "Its group takes this instance away.")
    step = int(host.output("leaving").split("saved at ")[1].split()[0])
    assert f"checkpoints/{step:03}.json" in mirrored(emulator, "leaving")


def test_of_an_instance_that_is_no_spot_instance_nothing_is_asked(host: Host, script: Callable[[str], Path]) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=120)
    host.instance.leaves_of_it["meta-data/spot/instance-action"] = json.dumps(
        {"action": "stop", "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
    )
    assert spot.Metadata().notices()[0].action == "stop"
    requests.start(Wanted(script(TRAIN), ("0.1",), name="on-demand"))
    assert host.ends("on-demand")[1].state == "succeeded"


def test_the_data_are_the_versions_that_were_there(host: Host, emulator: Emulator, script: Callable[[str], Path]) -> None:
    s3_ = emulator.client("s3")
    s3_.put_object(Bucket=DATASETS, Key="processed/points/part/a.csv", Body=b"1,2\n")
    text = """
import os, pathlib
folder = pathlib.Path(os.environ["MLINFRA_DATA_DIRECTORY"], "processed", "points")
print("data", (folder / "part" / "a.csv").read_text())
"""
    run = requests.start(Wanted(script(text), name="data", data=("processed/points",)))
    s3_.put_object(Bucket=DATASETS, Key="processed/points/part/a.csv", Body=b"3,4\n")
    _status, ended = host.ends("data")
    assert ended.state == "succeeded", ended
    assert "data 1,2" in host.output("data")
    assert [one["key"] for one in run.data] == ["processed/points/part/a.csv"]
    assert run.data[0]["version_id"]
    assert not places.data("data").exists()


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ({"script": Path("no.py")}, errors.Usage, "no script"),
        ({"name": "Not/A name"}, errors.Usage, "can't name a run"),
        ({"cpus": 10_000}, errors.Usage, "this host has"),
        ({"memory": 1 << 60}, errors.Usage, "bytes of memory"),
        ({"gpus": 9}, errors.Usage, "GPUs"),
        ({"environment": "none"}, errors.Usage, "no Python environment"),
        ({"data": ("points",)}, errors.Usage, "can't name a dataset"),
        ({"data": ("raw/none",)}, errors.Missing, "no dataset"),
        ({"folder": Path("/none")}, errors.Usage, "no folder"),
    ],
)
def test_what_can_not_be_leaves_nothing(
    host: Host, script: Callable[[str], Path], wanted: dict[str, Any], error: type[Exception], said: str
) -> None:
    before = store.every()
    with pytest.raises(error, match=said):
        requests.start(Wanted(**{"script": script("pass"), **wanted}))
    assert store.every() == before
    assert not places.runs().exists()


def test_a_name_is_given_once(host: Host, script: Callable[[str], Path]) -> None:
    requests.start(Wanted(script("pass"), name="once"))
    host.ends("once")
    host.move("two")
    with pytest.raises(errors.Conflict, match="already"):
        requests.start(Wanted(script("pass"), name="once"))


def test_what_systemd_refuses_is_told_and_leaves_no_folder(
    host: Host, script: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_run: Run) -> None:
        raise errors.Problem("systemd did not start the run: no")

    monkeypatch.setattr(unit, "start", refuse)
    with pytest.raises(errors.Problem, match="systemd did not"):
        requests.start(Wanted(script("pass"), name="refused"))
    there = store.read("refused")[0]
    assert (there.state, "systemd did not" in there.reason) == ("failed", True)
    assert not places.folder("refused").exists()


def test_cores_are_its_own(host: Host, script: Callable[[str], Path]) -> None:
    text = "import os; print('cores', len(os.sched_getaffinity(0)), os.environ['OMP_NUM_THREADS'])"
    requests.start(Wanted(script(text), name="cores", cpus=1))
    host.ends("cores")
    assert "cores 1 1" in host.output("cores")
