"""Keys and certificates of a cluster."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from hack.cluster.pki import Authority, signing_key, write_private

if TYPE_CHECKING:
    from pathlib import Path


def test_a_client_is_named_by_its_certificate(tmp_path: Path) -> None:
    """Kubernetes takes CN for the user and O for the group (its authentication reference)."""
    pair = Authority(tmp_path).client("admin", "admin", "system:masters")

    subject = x509.load_pem_x509_certificate(pair.certificate.read_bytes()).subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "admin"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:masters"


def test_server_and_client_trust_each_other_and_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    authority, other = Authority(tmp_path), Authority(tmp_path / "other")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.certificate)
    server.load_cert_chain(*paths(authority, "server"))
    server.verify_mode = ssl.CERT_REQUIRED

    assert handshake(server, client_of(authority, trusting=authority)) is None
    assert isinstance(
        handshake(server, client_of(authority, trusting=other)), ssl.SSLCertVerificationError
    )


def paths(authority: Authority, name: str) -> tuple[Path, Path]:
    pair = authority.server(name) if name == "server" else authority.client(name, name)
    return pair.certificate, pair.key


def client_of(authority: Authority, *, trusting: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=trusting.certificate)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain(*paths(authority, "client"))
    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> Exception | None:
    """Shake hands over a pair of sockets; return what the client thinks is wrong."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as wrapped:
                wrapped.recv(1)
        except (OSError, ssl.SSLError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname="127.0.0.1"):
            return None
    except ssl.SSLError as error:
        return error
    finally:
        ours.close()
        thread.join()


def test_a_private_file_is_private_even_when_it_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("readable by all")
    path.chmod(0o644)

    write_private(path, b"secret")

    assert path.read_bytes() == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("pattern", ["*.key", "*.pub"])
def test_the_signing_key_is_private_too(tmp_path: Path, pattern: str) -> None:
    signing_key(tmp_path)

    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(pattern)] == [0o600]
