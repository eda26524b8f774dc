"""Do requests share HTTP/2 connections to origins, and survive what origins do to them?"""

import threading

import pytest

from h2_origin import H2Origin
from harness import free_port, listener, route, upstream, wait_until

good = {"ca": ["ca"], "serverName": "orders.internal"}


@pytest.fixture(params=["h2c", "h2"])
def make_pair(request, make_gateway, certificates, running):
    """`make_pair(script)`: an HTTP/2 origin and a gateway in front of it."""
    def make(*arguments, timeouts=None, **options):
        is_tls = request.param == "h2"
        origin = H2Origin(*arguments, certificate=certificates.origin if is_tls else None, **options)
        running.append(origin)
        tls = {"tls": good} if is_tls else {}
        gateway = make_gateway([*(certificates.documents("ca") if is_tls else []), listener(free_port()),
                                upstream(origin.port, protocol=request.param, **tls),
                                route(**({"timeouts": timeouts} if timeouts else {}))])
        return origin, gateway
    return make


def test_a_request_and_its_answer(make_pair):
    origin, gateway = make_pair()
    with gateway.connect() as client:
        answer = client.ask("POST /a?b=c HTTP/1.1\r\nHost: shop.test:81\r\nX-Mixed-Case: A\r\nConnection: x-gone\r\nX-Gone: 1\r\n"
                            "Content-Length: 5\r\n\r\nhello")
    assert (answer.status, answer.json()["length"], answer["content-type"]) == (200, 5, "application/json")
    request = origin.requests[0]
    assert (request[":method"], request[":path"], request[":authority"]) == ("POST", "/a?b=c", "shop.test:81")
    assert (request["x-mixed-case"], request.all("x-gone"), request.all("connection"), request.all("host")) == ("A", [], [], [])
    assert request["x-forwarded-for"] == "127.0.0.1" and origin.failures == []


def test_requests_at_once_share_a_connection(make_pair):
    held, waiting = threading.Event(), []

    def script(request):
        waiting.append(request)
        if len(waiting) == 50:
            held.set()
            for each in reversed(waiting):
                each.answer(each[":path"])
    origin, gateway = make_pair(script)
    clients = [gateway.connect() for _ in range(50)]
    for number, client in enumerate(clients):
        client.send(f"GET /{number} HTTP/1.1\r\nHost: test\r\n\r\n")
    for number, client in enumerate(clients):
        assert client.answer().body == f"/{number}".encode()
        client.close()
    assert len(origin.connections) <= 2 and origin.failures == []


def test_large_bodies_both_ways(make_pair):
    _, gateway = make_pair(lambda request: request.answer(request.body))
    body = bytes(range(256)) * 20_000
    with gateway.connect(timeout=60) as client:
        assert client.ask(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body) + body).body == body
        chunked = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
        assert client.ask(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked).body == body


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stream_that_goodbye_excludes_is_sent_anew(make_pair, method):
    """The origin has promised that it did not process it, so any method may be repeated (RFC 9113, section 6.8)."""
    def on_head(request):
        if len(origin.connections) == 1:
            request.connection.goaway(last_stream=request.stream - 2 if request.stream > 1 else 0)
            request.connection.close()

    def script(request):
        if len(origin.connections) > 1:
            request.answer("second")
    origin, gateway = make_pair(script, on_head=on_head)
    with gateway.connect() as client:
        answer = client.ask(f"{method} / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
    assert (answer.status, answer.body) == (200, b"second")


def test_goodbye_after_every_request_loses_none(make_pair):
    def script(request):
        request.connection.goaway()
        request.answer("ok")
    origin, gateway = make_pair(script)
    with gateway.connect() as client:
        assert [client.get().status for _ in range(30)] == [200] * 30
    assert len(origin.connections) == 30


def test_a_refused_stream_is_sent_anew(make_pair):
    def script(request):
        if len(origin.requests) == 1:
            request.reset(7)
        else:
            request.answer("ok")
    origin, gateway = make_pair(script)
    with gateway.connect() as client:
        assert client.get().body == b"ok"


def test_a_reset_before_an_answer_is_503_and_within_it_a_broken_answer(make_pair):
    def script(request):
        if request[":path"] == "/within":
            request.head(200, [("content-length", "10")])
            request.data(b"five5")
        request.reset(2)
    _, gateway = make_pair(script)
    with gateway.connect() as client:
        answer = client.ask("POST /before HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
        assert answer.status == 503 and answer.json()["reason"]
    with gateway.connect() as client:
        assert not client.get("/within").is_whole


def test_a_reset_stream_leaves_the_others_alone(make_pair):
    waiting = []

    def script(request):
        if request[":path"] == "/victim":
            request.reset(2)
            waiting[0].answer("ok")
        else:
            waiting.append(request)
    origin, gateway = make_pair(script)
    with gateway.connect() as steady, gateway.connect() as victim:
        steady.send("GET /steady HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: waiting, "the first request arrived")
        victim.send("POST /victim HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
        assert (steady.answer().body, victim.answer().status) == (b"ok", 503)
    assert len(origin.connections) == 1


def test_a_client_that_leaves_resets_its_stream_alone(make_pair):
    origin, gateway = make_pair(lambda request: request[":path"] == "/held" or request.answer("ok"))
    client = gateway.connect()
    client.send("GET /held HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_until(lambda: origin.requests, "the request arrived")
    client.reset()
    wait_until(lambda: origin.connections[0].resets, "the stream is reset")
    with gateway.connect() as other:
        assert other.get().body == b"ok"
    assert len(origin.connections) == 1


def test_a_slow_origin_is_504(make_pair):
    _, gateway = make_pair(None, timeouts={"request": "300ms"})
    with gateway.connect() as client:
        assert client.get().status == 504


def test_an_origin_of_http_1_is_502_or_503(make_gateway, make_origin):
    origin = make_origin(lambda connection: (connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"), connection.wait_gone()))
    gateway = make_gateway([listener(free_port()), upstream(origin.port, protocol="h2c"), route()])
    with gateway.connect() as client:
        assert client.get().status in (502, 503)
