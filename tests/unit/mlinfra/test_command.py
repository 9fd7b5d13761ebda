# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command itself: what it takes from the host, and how it tells failures."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from mlinfra import environment, errors

LIBRARY = Path(__file__).parents[3] / "roles" / "ml_host" / "files"


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """One call of the command, as the launcher makes it."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "mlinfra", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(LIBRARY), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(code: str, **more: str) -> ClientError:
    """What botocore raises where S3 refuses."""
    return ClientError({"Error": {"Code": code, "Message": "no", **more}}, "PutObject")


def test_it_says_what_it_can_do() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "Datasets, training runs, models" in done.stdout


def test_the_hosts_file_fills_what_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "environment"
    file.write_text('# A remark.\nMLINFRA_TEST_A="a \\"b\\" \\\\c"\nMLINFRA_TEST_B="of the file"\n')
    monkeypatch.setenv("MLINFRA_TEST_B", "told")
    monkeypatch.delenv("MLINFRA_TEST_A", raising=False)
    environment.load(file)
    assert (os.environ.pop("MLINFRA_TEST_A"), os.environ["MLINFRA_TEST_B"]) == ('a "b" \\c', "told")
    environment.load(tmp_path / "none")


def test_a_bucket_that_nobody_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLINFRA_MODELS_BUCKET", raising=False)
    with pytest.raises(errors.Usage) as caught:
        environment.models_bucket()
    assert "MLINFRA_MODELS_BUCKET" in caught.value.advice


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (refusal("AccessDenied"), 1, "PutObject is not allowed: no"),
        (refusal("ExpiredToken"), 1, "expired"),
        (refusal("NoSuchBucket", BucketName="b"), 3, "The bucket b does not exist"),
        (refusal("InternalError"), 1, "PutObject failed: InternalError: no"),
        (EndpointConnectionError(endpoint_url="https://example.org"), 1, "AWS could not be asked"),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), 1, "The disk of /data/x is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), 1, "/data/x: Permission denied."),
    ],
)
def test_an_error_of_a_library_becomes_a_sentence(error: Exception, status: int, said: str) -> None:
    problem = errors.told(error)
    assert problem is not None
    assert (problem.status, said in problem.text) == (status, True)


def test_a_fault_of_the_program_stays_one() -> None:
    assert errors.told(KeyError("x")) is None
