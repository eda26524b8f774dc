"""Do WebSockets over HTTP/2 (RFC 8441) become those that an upstream of HTTP/1.1 knows, and end as streams end?"""

import base64
import hashlib
import signal
import socket
import threading

import h2.config
import h2.connection
import h2.events
import pytest
import websockets.frames
from websockets.frames import Opcode
from websockets.streams import StreamReader

from h2_frames import CANCEL, DATA, ENABLE_CONNECT_PROTOCOL, END_STREAM, NO_ERROR, RST_STREAM
from harness import wait_until
from test_websocket import Server, echo, echo_bytes

REFUSED = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"


def fields_of_connect(client, protocol="websocket", extra=()):
    return [(":method", "CONNECT"), (":protocol", protocol), (":scheme", client.scheme), (":authority", "shop.example.com"),
            (":path", "/chat?room=1"), ("sec-websocket-version", "13"), *extra]


def accept_of(request) -> str:
    digest = hashlib.sha1((request["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


def accepting(script):
    def run(connection):
        request = connection.read_head()
        connection.origin.record(request)
        connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        f"Sec-WebSocket-Accept: {accept_of(request)}\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
        script(connection)
    return run


def open_tunnel(client):
    stream = client.open(fields_of_connect(client), ends=False)
    while stream not in client.answers or not client.answers[stream].fields:
        client.take()
    assert client.answers[stream].status == 200
    return stream


def body_until(client, stream, size) -> bytes:
    while stream not in client.answers or len(client.answers[stream].body) < size:
        client.take()
    return bytes(client.answers[stream].body)


class Pair:
    """hyper-h2 and the frames of `websockets` as a client of RFC 8441."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.state.initiate_connection()
        self.body, self.answer, self.ended = b"", None, False
        self.flush()
        self.wait(lambda: self.state.remote_settings.enable_connect_protocol == 1)
        self.stream = self.state.get_next_available_stream_id()
        self.state.send_headers(self.stream, [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "a"), (":path", "/"),
            ("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat.v2")])
        self.flush()
        self.wait(lambda: self.answer)

    def flush(self):
        self.socket.sendall(self.state.data_to_send())

    def wait(self, condition):
        while not condition():
            data = self.socket.recv(65536)
            assert data, "the connection ended"
            for event in self.state.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    self.answer = dict(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    self.body += event.data
                    self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    self.ended = True
            self.flush()

    def send(self, opcode, data: bytes):
        wire = websockets.frames.Frame(opcode, data).serialize(mask=True)
        while wire:
            self.wait(lambda: self.state.local_flow_control_window(self.stream) > 0)
            size = min(self.state.local_flow_control_window(self.stream), self.state.max_outbound_frame_size, len(wire))
            self.state.send_data(self.stream, wire[:size])
            wire = wire[size:]
            self.flush()

    def read(self) -> websockets.frames.Frame:
        while True:
            reader = StreamReader()
            reader.feed_data(self.body)
            parser = websockets.frames.Frame.parse(reader.read_exact, mask=False)
            try:
                next(parser)
            except StopIteration as whole:
                self.body = bytes(reader.buffer)
                return whole.value
            before = len(self.body)
            self.wait(lambda: len(self.body) > before)


def test_a_real_server_and_hyper_h2(running, make_gateway):
    running.append(Server(echo, subprotocols=["chat.v2"], compression=None))
    gateway = make_gateway(origin=running[-1].port)
    client = Pair(gateway.port)
    assert client.answer[b":status"] == b"200" and client.answer[b"sec-websocket-protocol"] == b"chat.v2"
    assert not {b"upgrade", b"connection", b"sec-websocket-accept"} & set(client.answer)
    for size in (0, 5, 126, 70000, 1_000_000):
        client.send(Opcode.BINARY, b"x" * size)
        assert client.read().data == b"x" * size
    client.send(Opcode.CLOSE, (1000).to_bytes(2, "big"))
    assert client.read().opcode == Opcode.CLOSE
    client.wait(lambda: client.ended)
    client.state.end_stream(client.stream)
    client.flush()
    line = gateway.log_lines(1)[0]
    assert (line["protocol"], line["status"], line["path"]) == ("HTTP/2", 200, "/") and "reason" not in line
    assert line["bytesIn"] > 1_000_000 and line["bytesOut"] > 1_000_000


def test_what_the_upstream_gets(make_h2, make_origin):
    origin = make_origin(accepting(echo_bytes))
    with make_h2(origin).connect() as client:
        while not client.settings:
            client.take()
        assert client.settings[ENABLE_CONNECT_PROTOCOL] == 1
        stream = client.open(fields_of_connect(client, extra=[("sec-websocket-key", "the client's"), ("x-a", "1")]), ends=False)
        client.send_body(stream, b"early", ends=False)
        assert body_until(client, stream, 5) == b"early"
        answer = client.answers[stream]
        assert (answer.status, answer["sec-websocket-protocol"]) == (200, "chat")
        assert [answer.all(name) for name in ("sec-websocket-accept", "upgrade", "connection", "content-length")] == [[]] * 4
    request = origin.requests[0]
    assert (request.method, request.target, request["host"]) == ("GET", "/chat?room=1", "shop.example.com")
    assert (request["connection"], request["upgrade"], request["x-a"]) == ("Upgrade", "websocket", "1")
    assert len(base64.b64decode(request["sec-websocket-key"], validate=True)) == 16
    assert request.all("transfer-encoding") == [] and request.all("content-length") == []


def test_nothing_goes_upstream_before_its_101(make_h2, make_origin):
    def script(connection):
        request = connection.read_head()
        connection.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.socket.recv(1)
        assert connection.buffer == b""
        connection.socket.settimeout(30)
        connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        f"Sec-WebSocket-Accept: {accept_of(request)}\r\n\r\nfirst ")
        echo_bytes(connection)
    with make_h2(make_origin(script)).connect() as client:
        stream = client.open(fields_of_connect(client), ends=False)
        client.send_body(stream, b"early and the end", ends=True)
        assert client.answer(stream).body == b"first early and the end"


@pytest.mark.parametrize("answer", [
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ACCEPT\r\n"
    "Sec-WebSocket-Accept: ACCEPT\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
], ids=["no proof", "another's proof", "other protocol", "two proofs", "200", "204"])
def test_an_answer_that_is_no_consent_is_502(make_h2, make_origin, answer):
    def script(connection):
        connection.send(answer.replace("ACCEPT", accept_of(connection.read_head())))
        connection.wait_gone()
    with make_h2(make_origin(script)).connect() as client:
        stream = client.open(fields_of_connect(client), ends=False)
        refusal = client.answer(stream)
        assert refusal.status == 502 and refusal.json()["reason"] == "upstream-invalid"


def test_a_refusal_is_an_ordinary_answer(make_h2, make_origin):
    def script(connection):
        connection.read_head()
        connection.send(REFUSED)
        connection.wait_gone()
    origin = make_origin(script)
    with make_h2(origin).connect() as client:
        for _ in range(2):
            stream = client.open(fields_of_connect(client), ends=False)
            assert (client.answer(stream).status, bytes(client.answer(stream).body)) == (403, b"no")
            while client.answers[stream].reset is None:
                client.take()
            assert client.answers[stream].reset == NO_ERROR, "told to send no more"
    assert len(origin.connections) == 2


@pytest.mark.parametrize("protocol", ["connect-udp", "webtransport", "websockets", "x"])
def test_other_protocols_are_not_served(h2, origin, protocol):
    answer = h2.answer(h2.open(fields_of_connect(h2, protocol), ends=False))
    assert (answer.status, answer.json()["reason"]) == (501, "unknown-upgrade")
    assert h2.get("/after").status == 200 and len(origin.requests) == 1


def test_plain_connect_is_refused(h2, origin):
    answer = h2.answer(h2.open([(":method", "CONNECT"), (":authority", "shop.example.com:443")], ends=False))
    assert answer.status == 405 and origin.requests == []


def test_a_length_has_no_place_in_a_connect(h2, origin):
    answer = h2.answer(h2.open(fields_of_connect(h2, extra=[("content-length", "5")]), ends=False))
    assert (answer.status or answer.reset) and origin.requests == []
    assert h2.get("/after").status == 200


def test_the_clients_end_is_passed_on(make_h2, make_origin):
    def script(connection):
        data = b""
        while piece := connection.receive():
            data += piece
        connection.send(f"got {len(data)}")
    with make_h2(make_origin(accepting(script))).connect() as client:
        stream = open_tunnel(client)
        client.send_body(stream, b"x" * 500_000, ends=True)
        answer = client.answer(stream)
        assert answer.body == b"got 500000" and answer.reset is None


def test_the_upstreams_end_is_passed_on(make_h2, make_origin):
    done, total = threading.Event(), []

    def script(connection):
        connection.send(b"y" * 500_000)
        connection.socket.shutdown(socket.SHUT_WR)
        count = 0
        while data := connection.receive():
            count += len(data)
        total.append(count)
        done.set()
    server = make_h2(make_origin(accepting(script)))
    with server.connect() as client:
        stream = open_tunnel(client)
        assert client.answer(stream).body == b"y" * 500_000
        client.send_body(stream, b"x" * 300_000, ends=True)
        assert done.wait(10) and total == [300_000]
        assert client.answers[stream].reset is None
        assert "reason" not in server.gateway.log_lines(1)[0]


def test_a_reset_stream_ends_its_upstream_alone(make_h2, make_origin):
    gone = threading.Event()

    def script(connection):
        if connection.number > 0:
            return echo_bytes(connection)
        with pytest.raises(ConnectionResetError):
            while connection.socket.recv(1000):
                pass
        gone.set()
    with make_h2(make_origin(accepting(script))).connect() as client:
        first, second = open_tunnel(client), open_tunnel(client)
        client.send_frame(RST_STREAM, 0, first, CANCEL.to_bytes(4, "big"))
        assert gone.wait(10)
        client.send_body(second, b"hello", ends=False)
        assert body_until(client, second, 5) == b"hello"


def test_an_upstream_that_breaks_breaks_the_stream(make_h2, make_origin):
    def script(connection):
        connection.receive()
        connection.reset()
    with make_h2(make_origin(accepting(script))).connect() as client:
        stream = open_tunnel(client)
        client.send_body(stream, b"x", ends=False)
        assert client.answer(stream).reset is not None and not client.answer(stream).has_ended


def test_an_upstream_that_does_not_read_shuts_the_window(make_h2, make_origin):
    reads, total = threading.Event(), []

    def script(connection):
        assert reads.wait(30)
        count = 0
        while data := connection.receive():
            count += len(data)
        total.append(count)
    origin = make_origin(accepting(script), keeps_bytes=False)
    with make_h2(origin).connect() as client:
        stream = open_tunnel(client)
        sent = 0
        client.connection.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            while sent < 64_000_000:
                client.send_body(stream, b"x" * 16384, ends=False)
                sent += 16384
        assert sent < 32_000_000
        client.connection.socket.settimeout(30)
        reads.set()
        client.send_body(stream, b"", ends=True)
        client.answer(stream)
        wait_until(lambda: total, "the origin has read all")
    assert total[0] >= sent


def test_silence_ends_it(make_gateway, make_origin):
    from h2_client import H2Client
    gateway = make_gateway(origin=make_origin(accepting(echo_bytes)), timeouts={"idle": "500ms", "request": "200ms"})
    with H2Client(gateway.port) as client:
        stream = open_tunnel(client)
        assert client.answer(stream).reset is not None
    assert gateway.log_lines(1)[0]["reason"] == "idle-timeout"


def test_clients_are_told_to_go_elsewhere(make_h2, make_origin):
    server = make_h2(make_origin(accepting(echo_bytes)))
    with server.connect() as client:
        stream = open_tunnel(client)
        server.gateway.process.signal(signal.SIGTERM)
        assert body_until(client, stream, 4) == b"\x88\x02\x03\xe9"
        client.send_frame(DATA, END_STREAM, stream, b"\x88\x82\0\0\0\0\x03\xe9")
        assert client.end() == NO_ERROR
        assert client.answers[stream].has_ended
    server.gateway.process.wait(10)
