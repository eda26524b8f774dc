"""Do WebSockets pass, over HTTP/1.1 and over HTTP/2 (RFC 8441), whole and both ways?"""

import os
import socket
import ssl
import threading

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

from h2_frames import DATA, ENABLE_CONNECT_PROTOCOL, END_STREAM
from harness import wait_until
from tls_client import context


class WebSocketOrigin:
    """Sends back what it gets, in the text `chat` when that was asked for."""

    def __init__(self):
        self.paths, self.headers, self.closed = [], [], []
        self.server = serve(self.handle, "127.0.0.1", 0, max_size=None, select_subprotocol=lambda _, offered: (
            "chat" if "chat" in offered else None))
        self.port = self.server.socket.getsockname()[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handle(self, connection):
        self.paths.append(connection.request.path)
        self.headers.append(connection.request.headers)
        for message in connection:
            connection.send(message)
        self.closed.append((connection.close_code, connection.close_reason))

    def stop(self):
        self.server.shutdown()


@pytest.fixture
def websockets(running):
    running.append(WebSocketOrigin())
    return running[-1]


@pytest.fixture(params=["plain", "tls"])
def open_socket(request, websockets, make_gateway, make_tls_gateway):
    """`open_socket(path)`: a client's connection through a gateway with short timeouts, which must not matter."""
    limits = {"idleTimeout": "500ms", "bodyTimeout": "500ms", "headerTimeout": "5s"}
    if request.param == "tls":
        port = make_tls_gateway(websockets, limits=limits).port
        return lambda path="/", **options: connect(f"wss://shop.example.com{path}", sock=socket.create_connection(
            ("127.0.0.1", port)), ssl=tls(), **options)
    port = make_gateway(origin=websockets.port, limits=limits, timeouts={"request": "500ms"}).port
    return lambda path="/", **options: connect(f"ws://127.0.0.1:{port}{path}", **options)


def tls() -> ssl.SSLContext:
    return context(alpn=["http/1.1"])


def test_messages_pass_both_ways(open_socket, websockets):
    with open_socket("/socket?x=1", subprotocols=["chat"], max_size=None) as client:
        assert client.subprotocol == "chat"
        for message in ("hello", "ü" * 1000, b"\0\xff" * 10, os.urandom(3 << 20)):
            client.send(message)
            assert client.recv(timeout=20) == message
    wait_until(lambda: websockets.closed, "the origin sees the end")
    assert (websockets.paths, websockets.closed) == (["/socket?x=1"], [(1000, "")])
    assert websockets.headers[0]["x-forwarded-for"] == "127.0.0.1"


def test_a_quiet_socket_outlives_the_timeouts_of_requests(open_socket):
    with open_socket() as client:
        with pytest.raises(TimeoutError):
            client.recv(timeout=2)
        client.send("still here")
        assert client.recv(timeout=10) == "still here"


def test_many_sockets_at_once(open_socket):
    clients = [open_socket() for _ in range(50)]
    for number, client in enumerate(clients):
        client.send(str(number))
    for number, client in enumerate(clients):
        assert client.recv(timeout=10) == str(number)
        client.close()


def test_a_client_that_vanishes_ends_the_origins_side(open_socket, websockets):
    client = open_socket()
    client.send("x")
    client.recv(timeout=10)
    client.socket.close()
    wait_until(lambda: websockets.closed, "the origin sees the end")


key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"


def test_nothing_goes_upstream_before_the_origin_has_agreed(make_origin, make_gateway):
    """Else a client smuggles requests through an origin that refused to switch."""
    def script(connection):
        connection.read_request()
        connection.answer("no", status="403 Forbidden")
        assert connection.receive() == b"", "bytes came after an upgrade that was refused"
    origin = make_origin(script)
    with make_gateway(origin=origin).connect() as client:
        client.send(f"GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{key}\r\n"
                    "GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n")
        assert client.answer().status == 403
        client.read_to_end()
    assert [request.target for request in origin.requests] in (["/"], ["/", "/smuggled"])
    assert len({request.connection for request in origin.requests}) == len(origin.requests), "no connection was used again"


@pytest.mark.parametrize("protocol", ["h2c", "foo", "TLS/1.0"])
def test_only_websocket_is_forwarded(gateway, origin, protocol):
    with gateway.connect() as client:
        assert client.get(extra=f"Connection: Upgrade\r\nUpgrade: {protocol}\r\n").status in (200, 400)
    assert all(request.all("upgrade") == [] for request in origin.requests)


def extended(scheme: str, path: str = "/socket") -> list[tuple[str, str]]:
    return [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", scheme), (":authority", "shop.example.com"),
            (":path", path), ("sec-websocket-version", "13")]


def masked(text: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


def test_over_http_2(make_h2, websockets):
    with make_h2(websockets).connect() as client:
        while ENABLE_CONNECT_PROTOCOL not in client.settings:
            client.take()
        assert client.settings[ENABLE_CONNECT_PROTOCOL] == 1
        stream = client.open(extended(client.scheme), ends=False)
        while not client.answers.get(stream) or not client.answers[stream].fields:
            client.take()
        assert client.answers[stream].status == 200 and client.answers[stream].all("sec-websocket-accept") == []
        for text in (b"hello", b"again"):
            client.send_body(stream, masked(text), ends=False)
            while not client.answers[stream].body.endswith(bytes([0x81, len(text)]) + text):
                client.take()
        client.send_body(stream, bytes([0x88, 0x82]) + bytes(4) + (1000).to_bytes(2, "big"), ends=False)
        while not client.answers[stream].body.endswith(bytes([0x88, 2]) + (1000).to_bytes(2, "big")):
            client.take()
        client.send_frame(DATA, END_STREAM, stream)
        assert client.answer(stream).has_ended
    assert websockets.paths == ["/socket"]


def test_another_protocol_over_http_2_is_refused(make_h2, origin):
    with make_h2(origin).connect() as client:
        fields = [(name, "connect-udp" if name == ":protocol" else value) for name, value in extended(client.scheme)]
        answer = client.answer(client.open(fields))
        assert answer.status in (400, 405, 501) or answer.reset is not None
        assert client.get().status == 200


def test_an_origin_that_refuses_over_http_2(make_h2, make_origin):
    def script(connection):
        connection.read_request()
        connection.answer("no", status="403 Forbidden")
    with make_h2(make_origin(script)).connect() as client:
        answer = client.answer(client.open(extended(client.scheme), ends=False))
        assert (answer.status, answer.body) == (403, b"no")
