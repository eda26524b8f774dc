"""The scripted origin under TLS."""

import ssl
from dataclasses import dataclass, field

from certificates import Authority, Certificate
from origin import Connection, Origin
from tls_client import server_context


@dataclass
class TLSOrigin(Origin):
    """Speaks TLS with `certificate`, and asks for client certificates of `client_authority`."""

    certificate: Certificate | None = None
    client_authority: Authority | None = None
    alpn: tuple[str, ...] = ("http/1.1",)
    maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    refused: list[str] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    resumed: list[bool] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.context = server_context(self.certificate, self.alpn, self.client_authority)
        self.context.maximum_version = self.maximum
        self.context.sni_callback = lambda _, name, __: self.server_names.append(name)
        super().__post_init__()

    def serve(self, connection: Connection):
        try:
            connection.socket = self.context.wrap_socket(connection.socket, server_side=True)
        except OSError as error:
            self.refused.append(repr(error))
            return connection.close()
        self.resumed.append(connection.socket.session_reused)
        shown = connection.socket.getpeercert() or {}
        self.subjects += [value for part in shown.get("subject", ()) for key, value in part if key == "commonName"]
        super().serve(connection)
