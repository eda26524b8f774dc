"""Do WebSockets over HTTP/1.1 pass as they are: the upgrade, every byte both ways, both ends, and nothing before its time?"""

import hashlib
import signal
import socket
import ssl
import threading

import pytest
import websockets.exceptions
import websockets.sync.client
import websockets.sync.server

from harness import Gone, free_port, listener, route, upstream

ACCEPT = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
ASK = ("GET /chat HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


class Server:
    """A WebSocket server of the library `websockets`."""

    def __init__(self, handler, **options):
        self.server = websockets.sync.server.serve(handler, "127.0.0.1", 0, max_size=None, **options)
        self.port = self.server.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join(timeout=5)


def echo(connection):
    for message in connection:
        connection.send(message)


@pytest.fixture
def make_server(running):
    def make(handler=echo, **options) -> Server:
        running.append(Server(handler, **options))
        return running[-1]
    return make


def accepting(script):
    """A script for an origin: takes one WebSocket, then goes on with `script(connection)`."""
    def run(connection):
        connection.origin.record(connection.read_head())
        connection.send(ACCEPT)
        script(connection)
    return run


def echo_bytes(connection):
    while data := connection.buffer or connection.receive():
        connection.buffer = b""
        connection.send(data)


def open_raw(gateway):
    client = gateway.connect()
    client.send(ASK)
    assert client.any_answer().status == 101
    return client


@pytest.fixture(params=["http", "https"])
def connect(request, make_gateway, make_tls_gateway, certificates):
    """`connect(server, …)`: a client of the library, over a gateway with or without TLS."""
    def make(server, **options):
        if request.param == "http":
            gateway = make_gateway(origin=server.port)
            return gateway, websockets.sync.client.connect(
                f"ws://127.0.0.1:{gateway.port}/chat?room=1", max_size=None, **options)
        gateway = make_tls_gateway(server, "shop")
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        return gateway, websockets.sync.client.connect(
            f"wss://127.0.0.1:{gateway.port}/chat?room=1", ssl=trust, server_hostname="shop.example.com", max_size=None, **options)
    return make


def test_messages_both_ways(make_server, connect):
    gateway, client = connect(make_server(compression=None), compression=None)
    with client:
        for message in ["hello", "", b"\0\1\2", "ü" * 1000, b"x" * 70000]:
            client.send(message)
            assert client.recv(timeout=10) == message
        assert client.ping().wait(10)
    line = gateway.log_lines(1)[0]
    assert (line["status"], line["route"], line["path"], line["protocol"]) == (101, "all", "/chat", "HTTP/1.1")
    assert "reason" not in line and line["bytesIn"] > 70000 and line["bytesOut"] > 70000


def test_large_messages(make_server, connect):
    _, client = connect(make_server(compression=None), compression=None)
    message = hashlib.sha256(b"seed").digest() * (12 * 1024 * 1024 // 32)
    with client:
        client.send(message)
        assert client.recv(timeout=60) == message


def test_subprotocol_and_compression_are_the_ends_business(make_server, connect):
    _, client = connect(make_server(subprotocols=["chat.v2"]), subprotocols=["chat.v1", "chat.v2"], compression="deflate")
    with client:
        assert client.subprotocol == "chat.v2"
        assert "permessage-deflate" in client.response.headers["Sec-WebSocket-Extensions"]
        client.send("a" * 100000)
        assert client.recv(timeout=10) == "a" * 100000


def test_close_codes_pass(make_server, connect):
    _, client = connect(make_server(lambda connection: connection.close(4001, "enough")))
    with client, pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
        client.recv(timeout=10)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "enough")


def test_a_server_that_dies_is_no_orderly_end(make_server, connect):
    def die(connection):
        connection.recv()
        connection.socket.shutdown(socket.SHUT_RDWR)
    gateway, client = connect(make_server(die))
    with client:
        client.send("die")
        with pytest.raises(websockets.exceptions.ConnectionClosedError):
            client.recv(timeout=10)


def test_the_upgrade_is_asked_for_anew(make_gateway, make_origin):
    origin = make_origin(accepting(echo_bytes))
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        client.send(ASK)
        answer = client.any_answer()
        assert answer.status == 101 and answer["x-request-id"]
        assert (answer["upgrade"], answer["connection"], answer["sec-websocket-accept"]) == ("websocket", "Upgrade", "x")
    request = origin.requests[0]
    assert (request["connection"], request["upgrade"]) == ("Upgrade", "websocket")
    assert request["sec-websocket-key"] == "dGhlIHNhbXBsZSBub25jZQ==" and request.all("content-length") == []


def test_nothing_goes_upstream_before_its_101(make_gateway, make_origin):
    asked, seen = threading.Event(), []

    def script(connection):
        connection.read_head()
        connection.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            seen.append(connection.socket.recv(1))
        connection.socket.settimeout(30)
        assert connection.buffer == b"" and seen == []
        connection.send(ACCEPT + "behind the head")
        while len(connection.buffer) < 5:
            connection.buffer += connection.receive()
        assert connection.buffer == b"early"
        connection.send(" and early")
        asked.set()
    gateway = make_gateway(origin=make_origin(script))
    with gateway.connect() as client:
        client.send(ASK + "early")
        assert client.any_answer().status == 101
        assert client.read_exactly(25) == b"behind the head and early"
        assert asked.wait(10)


@pytest.mark.parametrize("status", ["403 Forbidden", "200 OK", "426 Upgrade Required"])
def test_any_other_answer_is_an_ordinary_one(make_gateway, make_origin, status):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("no", status)
    origin = make_origin(script)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.ask(ASK)
            assert (answer.status, answer.body) == (int(status[:3]), b"no") and answer.all("upgrade") == []
        assert client.get("/after").body == b"no"
    assert len(origin.connections) == 3, "a connection that was asked to upgrade was used again"
    assert [request["upgrade"] for request in origin.requests] == ["websocket", "websocket", None]


@pytest.mark.parametrize("ask, answer", [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ACCEPT),
    (ASK, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    (ASK, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n"),
    (ASK.replace("Upgrade: WebSocket", "Upgrade: h2c"), ACCEPT),
    (ASK.replace("keep-alive, Upgrade", "keep-alive"), ACCEPT),
], ids=["unasked", "other", "unnamed", "asked for another", "not in Connection"])
def test_a_101_that_nobody_asked_for_is_502(make_gateway, make_origin, ask, answer):
    def script(connection):
        connection.read_head()
        connection.send(answer)
        connection.wait_gone()
    gateway = make_gateway(origin=make_origin(script))
    with gateway.connect() as client:
        assert client.ask(ask).json()["reason"] == "upstream-invalid"


@pytest.mark.parametrize("ask", [
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
], ids=["h2c", "HTTP/1.0", "POST", "body", "not in Connection"])
def test_other_upgrades_are_dropped(gateway, origin, ask):
    with gateway.connect() as client:
        assert client.ask(ask).status == 200
    assert origin.requests[0].all("upgrade") == [] and origin.requests[0].all("connection") == []


def test_the_clients_end_is_passed_on(make_gateway, make_origin):
    def script(connection):
        data = b""
        while piece := connection.receive():
            data += piece
        connection.send(f"got {len(data)}")
    gateway = make_gateway(origin=make_origin(accepting(script)))
    with open_raw(gateway) as client:
        client.send(b"x" * 3_000_000)
        client.half_close()
        assert client.read_to_end() == b"got 3000000"
    assert "reason" not in gateway.log_lines(1)[0]


def test_the_upstreams_end_is_passed_on(make_gateway, make_origin):
    done, total = threading.Event(), []

    def script(connection):
        connection.send(b"y" * 3_000_000)
        connection.socket.shutdown(socket.SHUT_WR)
        count = 0
        while data := connection.receive():
            count += len(data)
        total.append(count)
        done.set()
    gateway = make_gateway(origin=make_origin(accepting(script)))
    with open_raw(gateway) as client:
        assert len(client.read_to_end()) == 3_000_000
        client.send(b"x" * 2_000_000)
        client.half_close()
        assert done.wait(10) and total == [2_000_000]
    assert "reason" not in gateway.log_lines(1)[0]


def test_a_reset_is_passed_on(make_gateway, make_origin):
    gone = threading.Event()

    def script(connection):
        with pytest.raises(ConnectionResetError):
            while connection.socket.recv(1000):
                pass
        gone.set()
    gateway = make_gateway(origin=make_origin(accepting(script)))
    client = open_raw(gateway)
    client.send(b"x")
    client.reset()
    assert gone.wait(10)
    assert gateway.log_lines(1)[0]["reason"] == "client-closed"


@pytest.mark.parametrize("who", ["client", "upstream"])
def test_a_side_that_does_not_read_holds_the_other(make_gateway, make_origin, who):
    blob, reads, result = hashlib.sha256(b"x").digest() * 2_000_000, threading.Event(), []

    def pour(connection):
        connection.settimeout(1)
        sent = 0
        try:
            while sent < len(blob):
                sent += connection.send(blob[sent:sent + 65536])
        except TimeoutError:
            pass
        assert sent < 32_000_000, "nothing holds the sender"
        reads.set()
        connection.settimeout(60)
        connection.sendall(blob[sent:])
        connection.shutdown(socket.SHUT_WR)

    def drink(connection, begun=b""):
        assert reads.wait(30)
        digest = hashlib.sha256(begun)
        while data := connection.recv(262144):
            digest.update(data)
        result.append(digest.digest())
    upstream_does, client_does = (pour, drink) if who == "client" else (drink, pour)
    done = threading.Event()

    def script(connection):
        upstream_does(connection.socket)
        if upstream_does is pour:
            connection.wait_gone()
        done.set()
    gateway = make_gateway(origin=make_origin(accepting(script), keeps_bytes=False))
    with open_raw(gateway) as client:
        client.socket.settimeout(60)
        client_does(client.socket, *([client.buffer] if client_does is drink else []))
        if client_does is drink:
            client.half_close()
        assert done.wait(60)
    assert result == [hashlib.sha256(blob).digest()]


def test_the_requests_time_does_not_count(make_gateway, make_origin):
    gateway = make_gateway(origin=make_origin(accepting(echo_bytes)),
                           timeouts={"request": "500ms", "backendRequest": "500ms", "idle": "5s"})
    with open_raw(gateway) as client:
        client.socket.settimeout(1.5)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.send(b"still here")
        assert client.read_exactly(10) == b"still here"


def test_a_101_that_does_not_come_is_504(make_gateway, make_origin):
    def script(connection):
        connection.read_head()
        connection.wait_gone()
    gateway = make_gateway(origin=make_origin(script), timeouts={"request": "300ms"})
    with gateway.connect() as client:
        assert client.ask(ASK).status == 504


def test_silence_ends_a_tunnel(make_gateway, make_origin):
    gateway = make_gateway(origin=make_origin(accepting(echo_bytes)), timeouts={"idle": "600ms"})
    with open_raw(gateway) as client:
        for _ in range(4):
            client.socket.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.socket.recv(1)
            client.socket.settimeout(10)
            client.send(b"x")
            assert client.read_exactly(1) == b"x"
        assert client.is_closed()
    line = gateway.log_lines(1)[0]
    assert (line["status"], line["reason"]) == (101, "idle-timeout") and line["durationMs"] > 1200


def test_another_configuration_leaves_them_alone(make_gateway, make_origin):
    first, second = make_origin(accepting(echo_bytes)), make_origin()
    gateway = make_gateway(origin=first)
    with open_raw(gateway) as client:
        gateway.write([listener(gateway.port), upstream(second.port), route()])
        gateway.process.signal(signal.SIGHUP)
        with gateway.connect() as other:
            while other.get("/").status != 200 or not second.requests:
                pass
        client.send(b"same upstream")
        assert client.read_exactly(13) == b"same upstream"


class TestDraining:
    def test_clients_are_told_to_go_elsewhere(self, make_server, connect):
        gateway, client = connect(make_server())
        with client:
            client.send("before")
            assert client.recv(timeout=10) == "before"
            gateway.process.signal(signal.SIGTERM)
            with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
                client.recv(timeout=10)
        assert closed.value.rcvd.code == 1001
        gateway.process.wait(10)

    def test_no_frame_is_broken_for_it(self, make_gateway, make_origin):
        half, whole = threading.Event(), threading.Event()

        def script(connection):
            connection.send(b"\x82\x04ab")
            half.set()
            assert whole.wait(10)
            connection.send(b"cd\x81\x01x")
            assert connection.receive() == b"\x88\x80mask"
        gateway = make_gateway(origin=make_origin(accepting(script)))
        with open_raw(gateway) as client:
            assert half.wait(10) and client.read_exactly(4) == b"\x82\x04ab"
            gateway.process.signal(signal.SIGTERM)
            client.socket.settimeout(0.5)
            with pytest.raises(TimeoutError):
                client.socket.recv(1)
            client.socket.settimeout(10)
            whole.set()
            assert client.read_exactly(6) == b"cd\x88\x02\x03\xe9", "told between two frames, and nothing after it"
            client.send(b"\x88\x80mask")
            assert client.is_closed()
        gateway.process.wait(10)

    def test_who_does_not_leave_is_left(self, make_gateway, make_origin):
        gateway = make_gateway(origin=make_origin(accepting(echo_bytes)))
        with open_raw(gateway) as client:
            gateway.process.signal(signal.SIGTERM)
            assert client.read_exactly(4) == b"\x88\x02\x03\xe9"
            assert client.is_closed()
        gateway.process.wait(10)
