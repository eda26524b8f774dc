"""Does HTTP/2 to upstreams carry requests and answers of every shape, on few connections, and survive what upstreams do?"""

import hashlib
import json
import os
import signal
import threading
import time

import h2.settings
import pytest

from h2_client import H2Server
from h2_origin import H2Origin
from harness import free_port, https, listener, route, upstream, wait_until
from tls_origin import TLSOrigin


@pytest.fixture(params=["h2c", "h2", "auto"])
def proto(request) -> str:
    return request.param


@pytest.fixture
def make_h2_origin(certificates, running):
    origins = []

    def make(proto: str = "h2c", **options) -> H2Origin:
        secured = {} if proto == "h2c" else {"certificate": certificates.origin}
        origins.append(H2Origin(**secured, **options))
        running.append(origins[-1])
        return origins[-1]
    yield make
    assert [failure for origin in origins for failure in origin.failures] == []


@pytest.fixture
def forward(make_gateway, certificates):
    """`forward(ORIGIN, "h2")`: a gateway that speaks this to the origin; with `tls=True` it is asked over TLS."""
    def make(origin, proto: str = "h2c", tls: bool = False, timeouts: dict | None = None, route_fields: dict | None = None,
             limits: dict | None = None, **options):
        secured = {} if proto == "h2c" else {"tls": {"ca": ["ca"], "serverName": "orders.internal"}}
        extra = {"limits": limits} if limits else {}
        entry = https(free_port(), "shop", **extra) if tls else listener(free_port(), **extra)
        slow = {"timeouts": timeouts} if timeouts else {}
        return make_gateway([*certificates.documents("ca", "shop"), entry,
                             upstream(origin.port, protocol=proto, **secured, **slow), route(**(route_fields or {}))], **options)
    return make


def post(client, data: bytes, path: str = "/", chunked: bool = False):
    if chunked:
        client.send(f"POST {path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(data), 50_000):
            piece = data[start:start + 50_000]
            client.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        client.send("0\r\n\r\n")
    else:
        client.send(f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
    return client.answer()


def test_requests_share_a_connection(forward, make_h2_origin, proto):
    origin = make_h2_origin(proto)
    gateway = forward(origin, proto)
    with gateway.connect() as client, gateway.connect() as other:
        for _ in range(3):
            assert client.get("/a?b", host="shop.test", extra="X-Own: Yes\r\nTE: trailers\r\n").json()["target"] == "/a?b"
            assert other.get("/c").json()["target"] == "/c"
    assert len(origin.connections) == 1
    request = origin.requests[0]
    assert request[":scheme"] == ("http" if proto == "h2c" else "https")
    assert (request[":authority"], request[":method"], request["x-own"]) == ("shop.test", "GET", "Yes")
    assert (request["x-forwarded-host"], request["x-forwarded-for"]) == ("shop.test", "127.0.0.1")
    assert request["x-request-id"] and request["host"] is None
    assert not set(dict(request.fields)) & {"connection", "transfer-encoding", "keep-alive", "upgrade"}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_request_bodies(forward, make_h2_origin, proto, chunked, size):
    data = os.urandom(size)
    with forward(make_h2_origin(proto), proto).connect() as client:
        for _ in range(2):
            answer = post(client, data, chunked=chunked).json()
            assert (answer["length"], answer["sha256"]) == (size, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("has_length", [True, False])
def test_answer_bodies(forward, make_h2_origin, proto, has_length):
    data = os.urandom(3_000_000)

    def script(request):
        if has_length:
            return request.answer(data)
        request.head()
        request.data(data, ends=True)

    with forward(make_h2_origin(proto, script=script), proto).connect() as client:
        for _ in range(2):
            answer = client.get()
            assert answer.is_whole and answer.body == data
            assert (answer["content-length"] is not None) == has_length


def test_answers_without_a_body(forward, make_h2_origin):
    def script(request):
        status = int(request[":path"][1:])
        request.head(status, ends=True)

    origin = make_h2_origin(script=script)
    with forward(origin).connect() as client:
        for status in (200, 204, 304, 404, 200):
            answer = client.get(f"/{status}")
            assert (answer.status, answer.body, answer.is_whole) == (status, b"", True)
        client.send("HEAD /200 HTTP/1.1\r\nHost: test\r\n\r\n")
        assert client.answer(is_head=True).status == 200
        assert client.get("/200").status == 200


def test_interim_answers_are_passed_on(forward, make_h2_origin):
    def script(request):
        request.connection.act(lambda state: state.send_headers(request.stream, [(":status", "103"), ("link", "</a>")]))
        request.answer("ok")

    with forward(make_h2_origin(script=script)).connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        early = client.any_answer()
        assert (early.status, early["link"]) == (103, "</a>")
        assert client.answer().body == b"ok"


def test_http2_on_both_sides(forward, make_h2_origin, proto):
    origin = make_h2_origin(proto)
    data = os.urandom(1_000_000)
    with H2Server(forward(origin, proto), False).connect() as client:
        streams = [client.open(method="POST", ends=False) for _ in range(8)]
        for stream in streams:
            client.send_body(stream, data)
        for stream in streams:
            assert json.loads(client.answer(stream).body)["sha256"] == hashlib.sha256(data).hexdigest()
    assert len(origin.connections) == 1


def test_the_upstreams_limit_of_streams_opens_more_connections(forward, make_h2_origin):
    release = threading.Event()

    def script(request):
        threading.Thread(target=lambda: (release.wait(20), request.answer("ok")), daemon=True).start()

    limit = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 3}
    origin = make_h2_origin(script=script, settings=limit)
    gateway = forward(origin)
    clients = [gateway.connect() for _ in range(8)]
    for client in clients:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_until(lambda: len(origin.requests) == 8, lambda: f"8 requests, not {len(origin.requests)}")
    assert len(origin.connections) >= 3
    assert all(len(connection.requests) <= 3 for connection in origin.connections)
    release.set()
    assert [client.answer().body for client in clients] == [b"ok"] * 8


@pytest.mark.parametrize("code,expected", [(2, "upstream-reset"), (7, "upstream-reset")])
def test_a_reset_before_the_head(forward, make_h2_origin, code, expected):
    origin = make_h2_origin(script=lambda request: request.reset(code))
    with forward(origin).connect() as client:
        answer = client.get()
        assert (answer.status, answer.json()["reason"]) == (503, expected)
        assert len(origin.requests) == (2 if code == 7 else 1)


@pytest.mark.parametrize("data", [b"", b"x" * 1000])
def test_a_refused_request_is_sent_once_more(forward, make_h2_origin, data):
    def script(request):
        if len(request.connection.origin.requests) == 1:
            request.reset(7)
        else:
            request.answer(request.body)

    origin = make_h2_origin(script=script)
    with forward(origin).connect() as client:
        answer = post(client, data)
        assert (answer.status, answer.body) == (200, data)
    assert len(origin.requests) == 2


def test_requests_above_a_goodbye_are_sent_once_more(forward, make_h2_origin):
    def script(request):
        if len(request.connection.origin.requests) == 2:
            request.connection.goaway(last_stream=1)
        else:
            request.answer("ok")

    origin = make_h2_origin(script=script)
    with forward(origin).connect() as client:
        assert client.get().body == b"ok"
        assert post(client, b"body").body == b"ok"
        assert client.get().body == b"ok"
    assert len(origin.requests) == 4 and len(origin.connections) == 2


def test_requests_below_a_goodbye_are_finished(forward, make_h2_origin):
    def script(request):
        request.connection.goaway()
        request.answer("ok")

    origin = make_h2_origin(script=script)
    with forward(origin).connect() as client:
        assert [client.get().body for _ in range(3)] == [b"ok"] * 3
    assert len(origin.connections) == 3


def test_a_connection_that_was_closed_while_idle(forward, make_h2_origin):
    origin = make_h2_origin()
    with forward(origin).connect() as client:
        assert client.get().status == 200
        origin.connections[0].close()
        assert client.get().status == 200


@pytest.mark.parametrize("has_length", [True, False])
@pytest.mark.parametrize("breaks", ["reset", "close"])
def test_an_answer_that_breaks_off_is_not_whole(forward, make_h2_origin, has_length, breaks):
    def script(request):
        request.head(fields=[("content-length", "1000")] if has_length else [])
        request.data(b"part")
        time.sleep(0.1)
        request.reset() if breaks == "reset" else request.connection.close()

    with forward(make_h2_origin(script=script)).connect() as client:
        answer = client.get()
        assert (answer.status, answer.body, answer.is_whole) == (200, b"part", False)


def test_a_length_that_lies_breaks_the_answer(forward, make_h2_origin):
    def script(request):
        request.head(fields=[("content-length", "1000")])
        request.data(b"part", ends=True)

    with forward(make_h2_origin(script=script)).connect() as client:
        assert not client.get().is_whole


def test_a_client_that_leaves_resets_its_stream_alone(forward, make_h2_origin):
    origin = make_h2_origin(script=lambda request: None if request[":path"] == "/slow" else request.answer("ok"))
    gateway = forward(origin)
    with gateway.connect() as leaving, gateway.connect() as staying:
        leaving.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: origin.requests, lambda: "a request")
        leaving.reset()
        wait_until(lambda: origin.connections[0].resets == [1], lambda: "a reset")
        assert staying.get().body == b"ok"
    assert len(origin.connections) == 1


def test_a_slow_client_holds_back_its_own_stream(forward, make_h2_origin):
    sent = []

    def script(request):
        if request[":path"] != "/large":
            return request.answer("ok")
        request.head()
        request.data(bytes(20_000_000), ends=True)
        sent.append(request)

    origin = make_h2_origin(script=script)
    gateway = forward(origin)
    with gateway.connect(receive_buffer=65536) as slow, gateway.connect() as fast:
        slow.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: sent, lambda: "the answer's start")
        time.sleep(0.5)
        assert fast.get("/").body == b"ok"
        waiting = len(origin.connections[0].queues[sent[0].stream][0])
        assert waiting > 10_000_000, f"{20_000_000 - waiting} bytes were taken for a client that does not read"
        answer = slow.answer()
        assert answer.is_whole and len(answer.body) == 20_000_000


def test_a_slow_upstream_holds_back_its_own_stream(forward, make_h2_origin):
    origin = make_h2_origin(reads=False, script=lambda request: request.answer("ok"))
    gateway = forward(origin)
    with gateway.connect() as client, gateway.connect() as other:
        client.socket.settimeout(2)
        with pytest.raises(TimeoutError):
            post(client, bytes(50_000_000))
        assert other.get().body == b"ok"
        assert len(origin.requests[0].body) < 200_000


def test_too_slow_an_answer(forward, make_h2_origin):
    origin = make_h2_origin(script=lambda request: None)
    with forward(origin, route_fields={"timeouts": {"request": "300ms"}}).connect() as client:
        assert client.get().json()["reason"] == "upstream-timeout"
        wait_until(lambda: origin.connections[0].resets, lambda: "a reset")


def test_an_idle_connection_is_closed(forward, make_h2_origin):
    origin = make_h2_origin()
    with forward(origin, timeouts={"idle": "300ms"}).connect() as client:
        assert client.get().status == 200
        wait_until(lambda: origin.connections[0].socket.fileno() == -1, lambda: "the end of the connection")
        assert client.get().status == 200
    assert len(origin.connections) == 2


def test_auto_speaks_http1_where_the_upstream_wants_it(forward, certificates, running):
    origin = TLSOrigin(certificate=certificates.origin)
    running.append(origin)
    gateway = forward(origin, "auto")
    clients = [gateway.connect() for _ in range(5)]
    for client in clients:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert [client.answer().status for client in clients] == [200] * 5
    before = len(origin.connections)
    assert [clients[0].get().status for _ in range(5)] == [200] * 5
    assert len(origin.connections) == before


def test_h2_is_required_where_it_is_configured(forward, certificates, running):
    origin = TLSOrigin(certificate=certificates.origin)
    running.append(origin)
    gateway = forward(origin, "h2")
    assert gateway.connect().get().json()["reason"] == "upstream-tls-failed"
    assert gateway.log_lines(1)[0]["detail"]


def test_what_speaks_no_http2(forward, make_origin):
    origin = make_origin(lambda connection: (connection.send("HTTP/1.1 400 No\r\n\r\n"), connection.wait_gone()))
    assert forward(origin).connect().get().status in (502, 503)


def test_a_change_of_the_upstream_lets_requests_finish(forward, make_h2_origin):
    release = threading.Event()

    def script(request):
        if request["x-probe"]:
            return request.answer("old")
        threading.Thread(target=lambda: (release.wait(20), request.answer("old")), daemon=True).start()

    old, new = make_h2_origin(script=script), make_h2_origin(script=lambda request: request.answer("new"))
    gateway = forward(old)
    with gateway.connect() as client, gateway.connect() as other:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: old.requests, lambda: "a request")
        gateway.write([listener(gateway.port), upstream(new.port, protocol="h2c"), route()])
        gateway.process.signal(signal.SIGHUP)
        wait_until(lambda: other.get(extra="X-Probe: 1\r\n").body == b"new", lambda: "the new upstream")
        release.set()
        assert client.answer().body == b"old"
        wait_until(lambda: old.connections[0].socket.fileno() == -1, lambda: "the end of the old connection")
