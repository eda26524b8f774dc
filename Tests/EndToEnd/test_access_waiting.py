"""Do requests whose rules wait lose nothing, hold up nobody, and end when they should?"""

import contextlib
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from access import SLOW, basic, consumer, policy, samples
from h2_client import H2Client
from h2_frames import CANCEL, RST_STREAM, H2Answer
from h2_origin import H2Origin
from harness import Client, free_port, listener, route, upstream, wait_until
from test_websocket import echo_bytes
from test_websocket_h2 import accepting, fields_of_connect


class Gate:
    """A service that answers once it is told to."""

    def __init__(self):
        self.opened, self.status = threading.Event(), "200 OK"

    def script(self, connection):
        while True:
            connection.read_request()
            self.opened.wait(20)
            connection.answer(status=self.status)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def service(make_origin, gate):
    return make_origin(gate.script, name="service")


@pytest.fixture
def documents(origin, service):
    def make(to: int = 0, **fields) -> list[dict]:
        return [listener(free_port()), upstream(to or origin.port), upstream(service.port, name="service"),
                policy("sso", "ext-auth", {"upstream": "service", "timeout": "20s"}),
                route("guarded", prefix="/guarded", policies=["sso"], **fields), route("open", prefix="/open")]
    return make


def wait_for(service, count: int):
    wait_until(lambda: len(service.requests) >= count, lambda: f"{count} questions, not {len(service.requests)}")


def test_bodies_wait_with_the_client(make_gateway, documents, origin, service, gate):
    gateway = make_gateway(documents())
    body = bytes(range(256)) * 8000
    with gateway.connect() as client:
        sender = threading.Thread(target=client.send, args=(
            f"POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body,))
        sender.start()
        wait_for(service, 1)
        assert origin.requests == []
        gate.opened.set()
        assert client.answer().json()["length"] == len(body)
        sender.join()
        client.send("POST /guarded HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        assert client.answer().json()["length"] == 5
    assert origin.requests[0].body == body


def test_a_refusal_of_a_request_whose_body_is_still_to_come(make_gateway, documents, origin, service, gate):
    gateway = make_gateway(documents())
    gate.status = "403 Forbidden"
    with gateway.connect() as client:
        client.send("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
        wait_for(service, 1)
        gate.opened.set()
        answer = client.any_answer()
        assert answer.status == 403 and answer.closes and client.is_closed()
    assert origin.requests == []


def test_an_expectation_is_met_once_the_request_may_pass(make_gateway, documents, make_origin, service, gate):
    def script(connection):
        request = connection.read_head()
        connection.send("HTTP/1.1 100 Continue\r\n\r\n")
        connection.answer(b"".join(connection.body(request)))
    gateway = make_gateway(documents(to=make_origin(script).port))
    with gateway.connect() as client:
        client.send("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        wait_for(service, 1)
        gate.opened.set()
        assert client.any_answer().status == 100
        client.send("hello")
        assert client.answer().body == b"hello"


def test_pipelined_requests_come_in_their_order(make_gateway, documents, service, gate):
    gateway = make_gateway(documents())
    with gateway.connect() as client:
        client.send("".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n" for path in ("/guarded/1", "/open/2", "/guarded/3")))
        wait_for(service, 1)
        gate.opened.set()
        assert [client.answer().json()["target"] for _ in range(3)] == ["/guarded/1", "/open/2", "/guarded/3"]


def test_other_streams_of_a_connection_go_on(make_gateway, documents, service, gate):
    gateway = make_gateway(documents())
    with H2Client(gateway.port) as client:
        streams = [client.open(path="/guarded"), client.open(path="/guarded", method="POST", ends=False)]
        client.send_body(streams[1], b"hello")
        wait_for(service, 2)
        assert client.get("/open").status == 200
        gate.opened.set()
        answers = [client.answer(stream) for stream in streams]
        assert [answer.status for answer in answers] == [200, 200] and answers[1].json()["length"] == 5


def test_websockets(make_gateway, documents, make_origin, service, gate):
    def script(connection):
        connection.read_head()
        connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        while data := connection.buffer or connection.receive():
            connection.buffer = b""
            connection.send(data)
    gateway = make_gateway(documents(to=make_origin(script).port))
    with gateway.connect() as client:
        client.send("GET /guarded HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nearly")
        wait_for(service, 1)
        gate.opened.set()
        assert client.any_answer().status == 101
        assert client.read_exactly(5) == b"early"


def test_websockets_over_http2(make_gateway, documents, make_origin, service, gate):
    gateway = make_gateway(documents(to=make_origin(accepting(echo_bytes)).port))
    with H2Client(gateway.port) as client:
        fields = [(name, "/guarded" if name == ":path" else value) for name, value in fields_of_connect(client)]
        stream = client.open(fields, ends=False)
        client.send_body(stream, b"early", ends=False)
        wait_for(service, 1)
        gate.opened.set()
        while len(client.answers.setdefault(stream, H2Answer()).body) < 5:
            client.take()
        assert client.answers[stream].status == 200 and client.answers[stream].body == b"early"
    assert service.requests[0]["x-forwarded-method"] == "GET"


@pytest.mark.parametrize("status, code", [("200 OK", None), ("401 No", "16"), ("403 No", "7"), ("500 No", "14")])
def test_calls_of_grpc(make_gateway, documents, running, service, gate, status, code):
    backend = H2Origin()
    running.append(backend)
    gate.status = status
    gateway = make_gateway([*documents(forward=[{"upstream": "calls"}]), upstream(backend.port, name="calls", protocol="h2c")])
    with H2Client(gateway.port) as client:
        stream = client.open(path="/guarded", method="POST", ends=False,
                             extra=[("content-type", "application/grpc"), ("te", "trailers")])
        client.send_body(stream, b"\0\0\0\0\0")
        wait_for(service, 1)
        gate.opened.set()
        answer = client.answer(stream)
        assert answer.status == 200 and answer["grpc-status"] == code
    assert len(backend.requests) == (1 if code is None else 0)


def test_mirrors_get_what_the_backend_gets(make_gateway, make_origin, documents, origin, service, gate):
    shadow = make_origin(name="shadow")
    gateway = make_gateway([*documents(mirror=[{"upstream": "shadow"}]), upstream(shadow.port, name="shadow")])
    with gateway.connect() as client:
        client.send("GET /guarded HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(service, 1)
        assert shadow.requests == []
        gate.opened.set()
        assert client.answer().status == 200
    wait_until(lambda: shadow.requests, "the copy")
    assert shadow.requests[0].fields == origin.requests[0].fields


@pytest.mark.parametrize("how", ["reset", "stream"])
def test_a_client_that_leaves(make_gateway, documents, origin, service, gate, how):
    gateway = make_gateway(documents())
    if how == "reset":
        client = gateway.connect()
        client.send("GET /guarded HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(service, 1)
        client.reset()
        lines = gateway.log_lines(1)
    else:
        with H2Client(gateway.port) as client:
            stream = client.open(path="/guarded")
            wait_for(service, 1)
            client.send_frame(RST_STREAM, 0, stream, CANCEL.to_bytes(4, "big"))
            lines = gateway.log_lines(1)
    assert lines[0]["reason"] == "client-closed"
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 0, "the request is over")
    gate.opened.set()
    with gateway.connect() as client:
        assert client.get("/guarded").status == 200
    assert len(origin.requests) == 1 and samples(gateway, "sluice_invariant_broken_total") == 0


def test_the_routes_time_ends_a_wait(make_gateway, documents, origin, service, gate):
    gateway = make_gateway(documents(timeouts={"request": "300ms"}))
    with gateway.connect() as client:
        answer = client.get("/guarded")
        assert (answer.status, answer.json()["reason"]) == (504, "upstream-timeout")
    assert origin.requests == []


def test_a_configuration_that_is_swapped(make_gateway, documents, origin, service, gate):
    """A request that waits keeps the rules it came under."""
    gateway = make_gateway(documents())
    with gateway.connect() as client:
        client.send("GET /guarded/1 HTTP/1.1\r\nHost: a\r\nX-Rest: 1\r\n\r\n")
        wait_for(service, 1)
        left = [each for each in documents() if each["name"] not in ("sso", "service", "guarded")]
        port = gateway.port
        gateway.reload([{**each, "port": port} if each["kind"] == "listener" else each for each in left])
        gate.opened.set()
        assert client.answer().status == 200
        assert client.get("/open").status == 200 and client.get("/guarded").status == 404


def test_a_drain_lets_it_finish(make_gateway, documents, service, gate):
    gateway = make_gateway(documents(), arguments=["--drain-delay", "0s", "--drain-timeout", "20s"])
    with gateway.connect() as client:
        client.send("GET /guarded HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(service, 1)
        gateway.process.signal(signal.SIGTERM)
        wait_until(lambda: gateway.admin_status("/readyz") != 200, "it drains")
        gate.opened.set()
        answer = client.answer()
        assert answer.status == 200


def test_no_more_wait_than_there_is_room_for(make_gateway, origin, running):
    """A service that says nothing, and more requests than may wait."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=4096)
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), upstream(silent.getsockname()[1], name="service"),
        policy("sso", "ext-auth", {"upstream": "service", "timeout": "60s"}),
        route("guarded", prefix="/guarded", policies=["sso"]), route("open", prefix="/open")])
    with contextlib.ExitStack() as stack:
        for streams in [100] * 10 + [24]:
            client = stack.enter_context(H2Client(gateway.port))
            for _ in range(streams):
                client.open(path="/guarded")
        wait_until(lambda: samples(gateway, "sluice_ext_auth_requests_total", result="asked") == 1024, "1,024 wait")
        with gateway.connect() as client:
            answer = client.get("/guarded")
            assert (answer.status, answer.json()["reason"]) == (503, "ext-auth-unreachable")
            assert client.get("/open").status == 200
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 0, "they have gone with their clients")
    assert gateway.metrics()["sluice_connections{side=\"upstream\"}"] <= 1
    silent.close()


def test_many_wrong_passwords_hold_up_nobody_else(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), policy("staff", "basic"), consumer("ada", password_hash=SLOW),
        route("guarded", prefix="/guarded", policies=["staff"]), route("open", prefix="/open")])

    def guess(number: int) -> str:
        with Client(gateway.port, timeout=60) as client:
            return client.get("/guarded", extra=basic("ada", f"wrong-{number}")).json()["reason"]
    with ThreadPoolExecutor(120) as pool:
        guesses = [pool.submit(guess, number) for number in range(120)]
        wait_until(lambda: gateway.metrics()["sluice_active_requests"] > 20, "many wait")
        with gateway.connect() as client:
            for _ in range(50):
                assert client.get("/open").status == 200
        reasons = [each.result() for each in guesses]
    assert set(reasons) <= {"invalid-credentials", "authentication-overloaded"}
    assert reasons.count("authentication-overloaded") >= 120 - 64 - 20 and "invalid-credentials" in reasons
    with gateway.connect() as client:
        assert client.get("/guarded", extra=basic("ada", "right")).status == 200
