# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificates of an authority of one's own."""

from __future__ import annotations

import datetime
import ipaddress
import traceback
import typing as t

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    MISSING = ""
except ImportError:
    # The module says so.
    MISSING = traceback.format_exc()

AUTHORITY_DAYS = 3650
# Clocks of hosts differ a little.
_EARLIER = datetime.timedelta(minutes=10)
# Of a common name, by X.520.
_LONGEST = 64


def new(name: str) -> tuple[bytes, bytes]:
    """Return the key and the certificate of a new authority, as PEM.

    Args:
        name: the authority's.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    called = _called(name)
    public = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(called, called, key.public_key(), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(public, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, certificate.public_bytes(serialization.Encoding.PEM)


def sign(key: bytes, authority: bytes, request: bytes, name: str, addresses: t.Iterable[str], days: int) -> bytes:
    """Return a certificate for both ends of a connection, as PEM.

    Args:
        key: the authority's key.
        authority: the authority's certificate.
        request: what is asked for. Of it the public key counts, which has to have signed it.
        name: whose it is.
        addresses: IP addresses at which others reach it.
        days: how long it is valid.

    Raises:
        ValueError: the request is none, or its signature is not that of its key; or an address is none.
    """
    signer = serialization.load_pem_private_key(key, None)
    issuer = x509.load_pem_x509_certificate(authority)
    asked = x509.load_pem_x509_csr(request)
    try:
        holds = asked.is_signature_valid
    except InvalidSignature:
        holds = False
    if not holds:
        raise ValueError("its signature is not that of its key")
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        _builder(_called(name), issuer.subject, asked.public_key(), days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_LONGEST])])


def _builder(subject: x509.Name, issuer: x509.Name, public_key: t.Any, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
