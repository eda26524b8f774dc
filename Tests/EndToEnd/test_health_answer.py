"""Does the gateway answer a balancer's health check itself, and fail first while it drains?"""

import signal
import threading

import pytest

from harness import free_port, listener, route, upstream, wait_until


@pytest.fixture
def checked(make_gateway, make_origin):
    held = threading.Event()

    def script(connection):
        while True:
            request = connection.read_request()
            if request.target == "/held":
                held.wait(30)
            connection.answer("ok")
    origin = make_origin(script)
    gateway = make_gateway([listener(free_port(), healthCheck={"path": "/healthz"}), upstream(origin.port), route()])
    return gateway, origin, held


def test_it_answers_by_itself(checked):
    gateway, origin, _ = checked
    with gateway.connect() as client:
        for host in ("test", "10.0.0.1", "whatever.example"):
            assert client.get("/healthz", host=host).status == 200
        assert client.get("/healthz/more").body == client.get("/HealthZ").body == b"ok"
    assert [request.target for request in origin.requests] == ["/healthz/more", "/HealthZ"]


def test_it_answers_without_any_route(make_gateway):
    gateway = make_gateway([listener(free_port(), healthCheck={"path": "/healthz"})])
    with gateway.connect() as client:
        assert (client.get("/healthz").status, client.get("/other").status) == (200, 404)


def test_it_fails_while_the_gateway_drains(checked):
    """On a connection that the balancer keeps: what was begun elsewhere keeps the process up meanwhile."""
    gateway, origin, held = checked
    with gateway.connect() as busy, gateway.connect() as probe:
        busy.send("GET /held HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: origin.requests, "the request reached the origin")
        probe.send("GET /healthz HTTP/1.1\r\nHost: te")
        gateway.process.signal(signal.SIGTERM)
        wait_until(lambda: gateway.admin_status("/readyz") != 200, "the process drains")
        probe.send("st\r\n\r\n")
        answer = probe.answer()
        assert answer.status == 503 and answer.closes
        held.set()
        assert busy.answer().body == b"ok"
