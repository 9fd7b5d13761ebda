# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of training runs needs neither AWS nor systemd: records, code, limits, what is mirrored, and how things are called."""

from __future__ import annotations

import fcntl
import json
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlinfra.errors import Conflict, Problem, Usage
from mlinfra.runs import code, limits, mirror, places, record, script, spot, unit
from mlinfra.runs.record import Run

RUN = Run(run="digits", state="running", script="train.py", arguments=["--epochs", "3"], memory=1 << 30, grace=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a script, a module, and things that are no code."""
    for name in ("train.py", "lib/helper.py", ".venv/bin/python", "lib/__pycache__/helper.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n", encoding="utf-8")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    """Call git as somebody."""
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_a_record_is_what_it_was_and_knows_no_later_release_s_words() -> None:
    assert Run.load({**RUN.content(), "later": 1}) == RUN


def test_resumed_it_forgets_how_it_ended() -> None:
    ended = RUN.to("interrupted", exit_code=0, reason="The host stopped.", ended="then", started="before")
    again = ended.again("two", "i-2")
    assert (again.state, again.attempt, again.exit_code, again.reason, again.ended) == ("starting", 2, None, "", "")
    assert (again.host, again.instance_id) == ("two", "i-2")
    assert [ended.has_ended, again.has_ended] == [True, False]


@pytest.mark.parametrize(
    ("name", "made"), [("a/Train Digits.py", "train-digits-20260102-030405"), ("_.py", "run-20260102-030405")]
)
def test_a_name_is_made_of_the_script_s(name: str, made: str) -> None:
    assert record.name_for(name, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == made


def test_the_code_is_the_script_or_the_folder_without_what_is_no_code(folder: Path) -> None:
    assert code.find(folder / "train.py", None).files == ("train.py",)
    found = code.find(Path("train.py"), folder)
    assert (found.files, found.script) == (("lib/helper.py", "train.py"), "train.py")
    code.copy(found, folder / "copy")
    assert (folder / "copy" / "lib" / "helper.py").read_text(encoding="utf-8") == "lib/helper.py\n"


def test_the_version_is_a_commit_or_a_checksum_of_all_files(folder: Path) -> None:
    plain = code.find(Path("train.py"), folder).version
    assert len(plain) == 64
    (folder / "lib" / "helper.py").write_text("changed\n", encoding="utf-8")
    assert code.find(Path("train.py"), folder).version != plain
    git(folder, "init", "--quiet")
    git(folder, "add", "train.py", "lib/helper.py")
    git(folder, "commit", "--quiet", "--message", "one")
    assert code.find(Path("train.py"), folder).version == git(folder, "rev-parse", "HEAD")
    (folder / "train.py").write_text("changed\n", encoding="utf-8")
    assert len(code.find(Path("train.py"), folder).version) == 64


def test_a_file_that_git_does_not_know_yet_is_in_no_commit(folder: Path) -> None:
    git(folder, "init", "--quiet")
    git(folder, "add", "lib/helper.py")
    git(folder, "commit", "--quiet", "--message", "one")
    assert len(code.find(folder / "train.py", None).version) == 64


def test_packed_it_keeps_its_version(folder: Path, tmp_path: Path) -> None:
    found = code.find(Path("train.py"), folder)
    code.pack(found, tmp_path / "code.tar.gz")
    with tarfile.open(tmp_path / "code.tar.gz") as packed:
        packed.extractall(tmp_path / "there", filter="data")
    there = code.find(Path("train.py"), tmp_path / "there")
    assert there.version == found.version
    code.copy(there, tmp_path / "copy")
    assert {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*.*")} == set(found.files)


def test_what_is_no_code_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "other.py").write_text("", encoding="utf-8")
    with pytest.raises(Usage, match="is not in"):
        code.find(folder.parent / "other.py", folder)
    monkeypatch.setattr(code, "LARGEST", 3)
    with pytest.raises(Usage, match="code may have"):
        code.find(Path("train.py"), folder)
    (folder.parent / "other.py").unlink()


@pytest.mark.parametrize(("text", "amount"), [("1", 1), ("2K", 2048), ("512M", 512 << 20), ("4G", 4 << 30)])
def test_memory_in_bytes(text: str, amount: int) -> None:
    assert limits.in_bytes(text) == amount


@pytest.mark.parametrize("text", ["", "0", "4 G", "4GB", "-1G", "much"])
def test_what_is_no_amount_of_memory(text: str) -> None:
    with pytest.raises(Usage, match="no amount of memory"):
        limits.in_bytes(text)


def test_cores_that_another_run_has_are_taken_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LOCKS", tmp_path)
    first, second = limits.Held(), limits.Held()
    assert first.cpus(2, range(4)) == {0, 1}
    assert second.cpus(3, range(4)) == {0, 2, 3}


def test_a_gpu_is_one_run_s_until_its_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LOCKS", tmp_path)
    first = limits.Held()
    assert first.gpus(1, [0, 1]) == [0]
    assert limits.Held().gpus(1, [0, 1]) == [1]
    with pytest.raises(Conflict, match="2 GPUs were asked for, and 1 are free"):
        limits.Held().gpus(2, [0, 1])
    # As the end of its process does.
    for file in first._files:
        fcntl.flock(file, fcntl.LOCK_UN)
    assert limits.Held().gpus(1, [0, 1]) == [0]


def test_processes_share_gpus_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "host_gpus", lambda: [0, 1])
    limits.check(None, None, 2, 2)
    with pytest.raises(Usage, match="evenly"):
        limits.check(None, None, 2, 3)


def group(root: Path, **files: str) -> Path:
    """A control group of this process, under a root of its own."""
    path = root / "unit"
    path.mkdir(parents=True)
    for name, text in files.items():
        (path / name.replace("_", ".", 1)).write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel that has this process in a control group."""
    monkeypatch.setattr(limits, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(limits, "PROC", tmp_path / "proc")
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text("1:name=systemd:/unit\n0::/unit\n", encoding="utf-8")
    return tmp_path


def test_memory_that_the_kernel_holds_to_its_limit(kernel: Path) -> None:
    path = group(kernel / "cgroup", memory_max="1024\n", memory_events="low 0\noom_kill 2\n")
    memory = limits.Memory(1024)
    assert memory.is_held
    assert not memory.is_exceeded()
    (path / "memory.events").write_text("low 0\noom_kill 3\n", encoding="utf-8")
    assert memory.is_exceeded()


@pytest.mark.parametrize(("kib", "exceeds"), [(40, False), (60, True)])
def test_memory_that_nobody_else_holds_to_its_limit(kernel: Path, kib: int, exceeds: bool) -> None:
    group(kernel / "cgroup" / "unified", cgroup_procs="7\n8\n9\n")
    for pid in ("7", "8"):
        (kernel / "proc" / pid).mkdir()
        (kernel / "proc" / pid / "status").write_text(f"Name:\tx\nRssAnon:\t{kib} kB\nRssShmem:\t5 kB\n", encoding="utf-8")
    memory = limits.Memory(100 << 10)
    assert not memory.is_held
    assert memory.is_exceeded() is exceeds


def test_what_is_mirrored(tmp_path: Path) -> None:
    names = ("run.json", "output.log", "checkpoints/1.pt", "checkpoints/.partial-2.pt", "checkpoints/3.tmp", "other/x")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert set(mirror.found(tmp_path)) == {"output.log", "checkpoints/1.pt"}


def test_a_checkpoint_has_to_rest_and_a_log_does_not() -> None:
    second = 10**9
    seen = {"output.log": (100 * second, 5), "checkpoints/1": (90 * second, 5), "checkpoints/2": (99 * second, 5)}
    assert mirror.due(seen, {}, 100, 3) == (["output.log", "checkpoints/1"], [])
    assert mirror.due(seen, {}, 100, 0)[0] == ["output.log", "checkpoints/1", "checkpoints/2"]
    assert mirror.due({}, seen, 100, 3) == ([], list(seen))
    assert mirror.due(seen, seen, 100, 0) == ([], [])


def test_the_unit_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLINFRA_RUNS_DIRECTORY", "/there")
    command = unit.command(RUN, Path("/lib"))
    assert command[:5] == ["systemd-run", "--user", "--collect", "--quiet", "--unit=mlinfra-run-digits.service"]
    assert {"--property=MemoryMax=1073741824", "--property=TimeoutStopSec=90", "--property=KillMode=mixed"} <= set(command)
    assert {"--setenv=PYTHONPATH=/lib", "--setenv=MLINFRA_RUNS_DIRECTORY=/there"} <= set(command)
    assert command[-4:] == ["-P", "-m", "mlinfra.runs.supervisor", "digits"]


def test_the_sandbox_of_a_run_is_rated_no_worse_than_it_should_be(tmp_path: Path) -> None:
    """As systemd rates it from 0 to 10; 9.6 is a unit without any, and files and devices stay as the user's sessions have them."""
    lines = [word.removeprefix("--property=") for word in unit.command(RUN, Path("/lib")) if word.startswith("--property=")]
    file = tmp_path / "mlinfra-run-digits.service"
    file.write_text("\n".join(["[Service]", "ExecStart=/bin/true", *lines]))
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=68", "--no-pager", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_host_without_a_manager_of_the_user_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(unit, "LINGERING", tmp_path)
    with pytest.raises(Problem, match="no systemd manager") as caught:
        unit.await_manager()
    assert "loginctl enable-linger" in caught.value.advice


def test_how_the_script_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLINFRA_RUNS_DIRECTORY", "/runs")
    assert script.command(RUN, "/bin/python") == ["/bin/python", "/runs/digits/code/train.py", "--epochs", "3"]
    several = script.command(RUN.to("running", processes=2), "/bin/python")
    assert several[:5] == ["/bin/python", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    assert several[-3:] == ["/runs/digits/code/train.py", "--epochs", "3"]


def test_what_the_script_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLINFRA_RUNS_DIRECTORY", "/runs")
    for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    told = script.environment(RUN.to("running", cpus=4, processes=2), "/venv/bin/python", [1, 2])
    assert told["MLINFRA_CHECKPOINT_DIRECTORY"] == "/runs/digits/checkpoints"
    assert told["CUDA_VISIBLE_DEVICES"] == "1,2"
    assert (told["OMP_NUM_THREADS"], told["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"]) == ("2", "30")
    assert told["PATH"].startswith("/venv/bin:")
    assert "CUDA_VISIBLE_DEVICES" not in script.environment(RUN, "/venv/bin/python", None)


def test_an_environment_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/sh")
    assert script.python_of(str(tmp_path)) == str(tmp_path / "bin" / "python")
    with pytest.raises(Usage, match="no Python environment"):
        script.python_of("none")


def test_a_notice_as_the_script_finds_it() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    notice = spot.Notice("interruption", "terminate", moment)
    assert json.loads(notice.dump()) == {"kind": "interruption", "action": "terminate", "time": "2026-01-02T03:04:05Z"}
    assert notice.seconds_left(datetime(2026, 1, 2, 3, 3, 5, tzinfo=UTC)) == 60


def test_outside_ec2_nobody_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
    assert spot.Metadata().instance_id() is None
    assert not spot.Metadata().is_spot()
