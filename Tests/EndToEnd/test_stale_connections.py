"""What happens when a kept upstream connection turns out to be closed?"""

import threading

import pytest

from harness import wait_until


class Closing:
    """An origin that serves one request on a connection and closes when told, or upon the next request unanswered."""

    def __init__(self, closes_on_use: bool):
        self.closes_on_use = closes_on_use
        self.close_now = threading.Event()
        self.tries = 0

    def __call__(self, connection):
        connection.read_request()
        connection.answer(str(connection.number))
        if not self.closes_on_use:
            self.close_now.wait(30)
            return
        connection.read_request()
        self.tries += 1


def test_one_that_closed_while_idle_is_not_used(make_origin, make_gateway):
    script = Closing(closes_on_use=False)
    origin = make_origin(script)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        assert client.get().body == b"0"
        script.close_now.set()
        for method in ("POST", "PATCH", "GET"):
            wait_until(lambda: gateway.metrics()['sluice_connections{side="upstream"}'] == 0, "the pool is empty")
            answer = client.ask(f"{method} / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
            assert answer.status == 200


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "DELETE"])
def test_one_that_closes_on_use_is_replaced_for_a_request_that_may_be_repeated(make_origin, make_gateway, method):
    script = Closing(closes_on_use=True)
    origin = make_origin(script)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        assert client.get().body == b"0"
        answer = client.ask(f"{method} / HTTP/1.1\r\nHost: test\r\n\r\n")
        assert (answer.status, answer.body) == (200, b"1")
    assert script.tries == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_request_that_may_not_be_repeated_is_sent_once(make_origin, make_gateway, method):
    script = Closing(closes_on_use=True)
    origin = make_origin(script)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        assert client.get().body == b"0"
        answer = client.ask(f"{method} / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello")
        assert (answer.status, answer.json()["reason"]) == (503, "upstream-reset")
    assert [request.method for request in origin.requests] == ["GET", method]


def test_a_request_is_repeated_once_at_most(make_origin, make_gateway):
    def script(connection):
        connection.read_request()
        if connection.number == 0:
            connection.answer("first")
            connection.read_request()
    origin = make_origin(script)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        assert client.get().body == b"first"
        assert client.get().status == 503
    assert len(origin.requests) == 3


def test_bytes_that_nobody_asked_for_spoil_a_kept_connection(make_origin, make_gateway):
    sent = threading.Event()

    def script(connection):
        connection.read_request()
        connection.answer(str(connection.number))
        if connection.number == 0:
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            sent.set()
        connection.read_request()
        connection.answer(str(connection.number))
    gateway = make_gateway(origin=make_origin(script))
    with gateway.connect() as client:
        assert client.get().body == b"0"
        assert sent.wait(10)
        wait_until(lambda: gateway.metrics()['sluice_connections{side="upstream"}'] == 0, "the connection is closed")
        assert client.get().body == b"1"


def test_an_idle_upstream_connection_is_closed_after_its_time(make_gateway, origin):
    gateway = make_gateway(origin=origin, upstream_timeouts={"idle": "200ms"})
    with gateway.connect() as client:
        assert client.get().status == 200
        wait_until(lambda: closed(origin), "the gateway closed its idle connection")
        assert client.get().status == 200
    assert len(origin.connections) == 2


def closed(origin) -> bool:
    return origin.connections[0].socket.fileno() < 0
