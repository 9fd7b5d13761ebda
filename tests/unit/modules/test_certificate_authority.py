# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates of an authority of one's own: who is believed, and what is not signed."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils import authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def request(name: str = "anybody") -> tuple[bytes, bytes]:
    """A key and a request of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    asked = x509.CertificateSigningRequestBuilder().subject_name(called).sign(key, hashes.SHA256())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, asked.public_bytes(serialization.Encoding.PEM)


def test_only_the_public_key_of_a_request_counts():
    key, certificate = authority.new("mlinfra-dev")
    _own, asked = request("root")
    signed = x509.load_pem_x509_certificate(authority.sign(key, certificate, asked, "worker-1", ["10.0.1.11"], 90))
    assert signed.subject.rfc4514_string() == "CN=worker-1"
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["worker-1"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("10.0.1.11")]
    assert not signed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert abs(signed.not_valid_after_utc - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=1)
    assert signed.public_key() == x509.load_pem_x509_csr(asked).public_key()
    signed.verify_directly_issued_by(x509.load_pem_x509_certificate(certificate))


def test_a_name_of_any_length_is_signed():
    key, certificate = authority.new("n" * 100)
    authority.sign(key, certificate, request()[1], "w" * 100, [], 90)


@pytest.mark.parametrize(
    ("asked", "addresses"), [(b"nothing", []), (request()[1], ["nowhere"])], ids=["no request", "no address"]
)
def test_what_is_not_signed(asked: bytes, addresses: list[str]):
    key, certificate = authority.new("mlinfra-dev")
    with pytest.raises(ValueError, match="."):
        authority.sign(key, certificate, asked, "worker-1", addresses, 90)


def test_a_request_that_its_key_did_not_sign_is_refused():
    key, certificate = authority.new("mlinfra-dev")
    asked = x509.load_pem_x509_csr(request()[1])
    der = bytearray(asked.public_bytes(serialization.Encoding.DER))
    # The signature is the last of it.
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(ValueError, match="signature"):
        authority.sign(key, certificate, forged, "worker-1", [], 90)


def shaken(tmp_path: Path, client: tuple[bytes, bytes], believed: bytes, server: tuple[bytes, bytes]) -> bool:
    """Whether both ends of a connection believe each other, as Ray asks it of both."""

    def context(purpose: ssl.Purpose, mine: tuple[bytes, bytes], name: str) -> ssl.SSLContext:
        files = [tmp_path / f"{name}.{part}" for part in ("pem", "key")]
        for file, content in zip(files, mine, strict=True):
            file.write_bytes(content)
        made = ssl.create_default_context(purpose, cadata=believed.decode())
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_cert_chain(*files)
        return made

    ends = socket.socketpair()
    inner = context(ssl.Purpose.CLIENT_AUTH, server, "server")
    outer = context(ssl.Purpose.SERVER_AUTH, client, "client")
    told = []

    def serve() -> None:
        try:
            with inner.wrap_socket(ends[0], server_side=True) as channel:
                told.append(channel.recv(1) == b"x")
        except ssl.SSLError:
            told.append(False)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with outer.wrap_socket(ends[1], server_hostname="10.0.1.11") as channel:
            channel.send(b"x")
    except (ssl.SSLError, OSError):
        told.append(False)
    thread.join()
    return told == [True]


def test_hosts_of_one_authority_believe_each_other_and_nobody_else(tmp_path: Path):
    key, certificate = authority.new("mlinfra-dev")
    other = authority.new("mlinfra-dev")

    def member(signer: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        own, asked = request()
        return authority.sign(*signer, asked, "worker", ["10.0.1.11"], 90), own

    head, worker, stranger = member((key, certificate)), member((key, certificate)), member(other)
    assert shaken(tmp_path, worker, certificate, head)
    assert not shaken(tmp_path, stranger, certificate, head)
    assert not shaken(tmp_path, worker, certificate, stranger)
