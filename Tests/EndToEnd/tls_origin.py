"""The scripted origin of HTTP/1.1, over TLS."""

from origin import Origin
from tls_client import server_context


class TLSOrigin(Origin):
    """`names` are the server names that clients asked for."""

    def __init__(self, certificate, client_authority=None, alpn=(), **options):
        self.context = server_context(certificate, alpn, client_authority)
        self.names, self.refused, self.shown = [], [], []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        super().__init__(**options)

    def serve(self, connection):
        try:
            connection.socket = self.context.wrap_socket(connection.socket, server_side=True)
        except OSError as error:
            self.refused.append(repr(error))
            return
        self.shown.append(connection.socket.getpeercert())
        super().serve(connection)
