"""Clients over TLS: the raw client on Python's own TLS, and openssl s_client for what Python hides."""

import re
import socket
import ssl
import subprocess

from certificates import Authority, Certificate
from client import Client


def context(trusted: Authority | None = None, alpn: list[str] = (), certificate: Certificate | None = None,
            minimum=ssl.TLSVersion.TLSv1_2, maximum=ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A client's context; without `trusted` any certificate will do."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version, made.maximum_version = minimum, maximum
    if trusted:
        made.load_verify_locations(trusted.certificate)
    else:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if alpn:
        made.set_alpn_protocols(list(alpn))
    if certificate:
        made.load_cert_chain(certificate.certificate, certificate.key)
    return made


def server_context(certificate: Certificate, alpn: tuple[str, ...] = (), client_authority: Authority | None = None):
    """A server's TLS, for origins."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if client_authority:
        context.load_verify_locations(client_authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class TLSClient(Client):
    """A raw HTTP/1.1 client on a TLS connection. `server_name=None` sends no SNI."""

    def __init__(self, port: int, server_name: str | None = "shop.example.com", session: ssl.SSLSession | None = None,
                 using: ssl.SSLContext | None = None, timeout: float = 15.0, **options):
        super().__init__(port, timeout)
        using = using or context(**options)
        try:
            self.socket = using.wrap_socket(self.socket, server_hostname=server_name, session=session)
        except BaseException:
            self.socket.close()
            raise

    @property
    def certificate(self) -> bytes:
        """What the server showed, as DER."""
        return self.socket.getpeercert(binary_form=True)

    def receive(self) -> bytes:
        try:
            return super().receive()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def reset(self):
        self.socket = socket.socket(fileno=self.socket.detach())
        super().reset()


class Seen:
    """What openssl s_client said about a connection."""

    def __init__(self, text: str, status: int):
        self.text, self.status = text, status

    def find(self, pattern: str) -> str | None:
        found = re.search(pattern, self.text, re.M)
        return found.group(1) if found else None

    @property
    def version(self) -> str | None:
        return self.find(r"^New, (TLSv[\d.]+)") or self.find(r"^Reused, (TLSv[\d.]+)")

    @property
    def is_resumed(self) -> bool:
        return bool(re.search(r"^Reused, TLS", self.text, re.M))

    @property
    def alpn(self) -> str | None:
        return self.find(r"^ALPN protocol: (\S+)")

    @property
    def signature_type(self) -> str | None:
        return self.find(r"^Peer signature type: (\S+)")

    @property
    def cipher(self) -> str | None:
        return self.find(r"Cipher is (\S+)")

    @property
    def is_established(self) -> bool:
        return self.version is not None and self.cipher not in (None, "(NONE)")


def s_client(port: int, *arguments, server_name: str | None = "shop.example.com", request: str = "") -> Seen:
    """One connection of openssl s_client, which sends `request` and reads what comes until the server closes or, without
    a request, leaves right after the handshake."""
    name = ["-servername", server_name] if server_name else ["-noservername"]
    reads = ["-ign_eof"] if request else []
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *name, *reads, *map(str, arguments)],
                          input=request.encode(), capture_output=True, timeout=30)
    return Seen((done.stdout + done.stderr).decode(errors="replace"), done.returncode)
