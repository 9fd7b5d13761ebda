# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter certificate_problems, on certificates that openssl makes."""

from __future__ import annotations

import re
import subprocess
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from ansible_collections.mlinfra.aws.plugins.filter import certificate_problems

problems = certificate_problems.FilterModule().filters()["certificate_problems"]


def made(folder: Path, *arguments: str) -> tuple[str, str]:
    """A self-signed certificate and its key."""
    folder.mkdir()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=x"]
        + ["-keyout", str(key), "-out", str(certificate), *arguments],
        check=True,
        capture_output=True,
    )
    return certificate.read_text(), key.read_text()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return made(tmp_path_factory.mktemp("pair") / "x", "-noenc")


def test_a_certificate_with_its_key_is_fine(pair: tuple[str, str]) -> None:
    assert problems(*pair) == []


def test_a_chain_counts_by_its_first_certificate(pair: tuple[str, str], tmp_path: Path) -> None:
    other, other_key = made(tmp_path / "other", "-noenc")
    assert problems(pair[0] + other, pair[1]) == []
    assert problems(pair[0] + other, other_key) == ["the key is not the certificate's"]


def test_an_encrypted_key_is_named(tmp_path: Path) -> None:
    [told] = problems(*made(tmp_path / "x", "-passout", "pass:secret"))
    assert told.startswith("the key is encrypted")


def test_an_expired_certificate_is_named(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime):
        """A hundred years from now."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=36500)

    monkeypatch.setattr(certificate_problems, "datetime", Later)
    [told] = problems(*pair)
    assert re.fullmatch(r"the certificate expired on \d{4}-\d\d-\d\d", told)


def test_all_is_named_at_once_and_nothing_of_it_quoted() -> None:
    told = problems("SECRET", "SECRET")
    assert told == ["the certificate is no PEM text of a certificate", "the key is no PEM text of a private key"]
