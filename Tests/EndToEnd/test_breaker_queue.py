"""Do requests that wait for a connection get one in turn, and does what they meet on the way leave nothing behind?"""

import os
import signal
import threading

import pytest

from breaking import GET, answered, ask, holding, queue, refused, spread, start
from h2_client import H2Client
from h2_frames import INITIAL_WINDOW_SIZE
from h2_origin import H2Origin
from harness import free_port, listener, route, upstream, wait_until
from test_processes import connections_of
from tls_origin import TLSOrigin

__all__ = ["holding", "start"]  # fixtures


@pytest.mark.parametrize("workers", [1, 2])
def test_connections_and_the_queue_before_them(start, holding, workers):
    gateway = start(workers, maxConnections=2, maxPendingRequests=2)
    clients = spread(gateway, 4, workers)
    ask(clients)
    gone = refused(clients, len(clients) - 4, queue)
    wait_until(lambda: holding.waiting == 2, "two requests have a connection")
    assert len([each for each in gateway.origin.connections if each.socket.fileno() >= 0]) <= 2 + (workers > 1) * 2
    holding.let_go(4)
    assert answered([each for each in clients if each not in gone]) == [200] * 4
    assert holding.waiting == 4


def test_without_a_queue_a_request_beyond_the_connections_is_refused(start, holding):
    gateway = start(maxConnections=1, maxPendingRequests=0)
    clients = spread(gateway, 3, 1)
    ask(clients[:1])
    wait_until(lambda: holding.waiting == 1, "the connection is in use")
    ask(clients[1:])
    refused(clients[1:], 2, queue)
    holding.let_go()
    assert clients[0].answer().status == 200
    assert [client.get().status for client in clients] == [200] * 3 and len(gateway.origin.connections) == 1


def test_who_waits_is_served_in_turn(start, holding):
    gateway = start(maxConnections=1, maxPendingRequests=10)
    clients = spread(gateway, 5, 1)
    for index, client in enumerate(clients):
        client.send(f"GET /{index or 'held'} HTTP/1.1\r\nHost: test\r\n\r\n")
        if index == 0:
            wait_until(lambda: holding.waiting == 1, "the connection is in use")
        else:
            wait_until(lambda: gateway.metrics()["sluice_active_requests"] == index + 1, "the request waits")
    holding.let_go()
    assert answered(clients) == [200] * 5
    assert [each.target for each in gateway.origin.requests] == ["/held", "/1", "/2", "/3", "/4"]


def test_who_waits_waits_no_longer_than_the_request_may_take(make_origin, make_gateway, holding):
    origin = make_origin(holding)
    gateway = make_gateway([listener(free_port()), upstream(origin.port, circuitBreaker={"maxConnections": 1}),
                            route("held", prefix="/held"), route(timeouts={"request": "500ms"})])
    with gateway.connect() as first, gateway.connect() as second:
        first.send(GET)
        wait_until(lambda: holding.waiting == 1, "the connection is in use")
        assert second.get("/").status == 504
        holding.let_go()
        assert first.answer().status == 200
    assert [each.target for each in origin.requests] == ["/held"]


def test_a_client_that_leaves_the_queue_makes_room(start, holding):
    gateway = start(maxConnections=1, maxPendingRequests=1)
    first, second, third = spread(gateway, 3, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "the connection is in use")
    ask([second])
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 2, "the second waits")
    second.reset()
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 1, "the second has left")
    ask([third])
    holding.let_go(2)
    assert answered([first, third]) == [200, 200] and holding.waiting == 2


def test_newcomers_do_not_overtake(start, holding):
    gateway = start(maxConnections=1, maxPendingRequests=10)
    first, second, third = spread(gateway, 3, 1)
    assert third.get().status == 200
    ask([first])
    wait_until(lambda: holding.waiting == 1, "the connection is in use")
    second.send("GET /second HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 2, "the second waits")
    # The worker finds in one turn that the connection is free and that there is a new request.
    [worker] = gateway.worker_pids()
    os.kill(worker, signal.SIGSTOP)
    try:
        holding.let_go()
        wait_until(lambda: holding.answered == 2, "the first is answered")
        third.send("GET /third HTTP/1.1\r\nHost: test\r\n\r\n")
    finally:
        os.kill(worker, signal.SIGCONT)
    assert answered([first, second, third]) == [200] * 3
    assert [each.target for each in gateway.origin.requests] == ["/", "/held", "/second", "/third"]


# Connections that cannot be made

nowhere = {"address": "224.0.0.1", "port": 80}  # no host: the system refuses to connect, at once


def before_nowhere(port: int, origin_port: int, endpoints: list[dict] | None = None, **fields) -> list[dict]:
    """Documents of a gateway with one connection and, besides the origin, an endpoint that nobody can connect to."""
    known = [{"address": "127.0.0.1", "port": origin_port}, nowhere] if endpoints is None else endpoints
    return [listener(port), route(**fields),
            {"kind": "upstream", "name": "origin", "endpoints": known, "loadBalancing": {"algorithm": "round-robin"},
             "circuitBreaker": {"maxConnections": 1, "maxPendingRequests": 19}}]


def test_who_waited_and_cannot_connect_is_tried_elsewhere(make_origin, make_gateway, holding):
    origin = make_origin(holding)
    retry = {"on": ["connect-failure"], "attempts": 5, "backoff": {"base": "5ms", "max": "5ms"}}
    gateway = make_gateway(before_nowhere(free_port(), origin.port, retry=retry))
    [worker] = gateway.worker_pids()
    clients = spread(gateway, 20, 1)
    for turn in range(5):
        ask(clients[:1])
        wait_until(lambda: holding.waiting == turn + 1, "the connection is in use")
        for client in clients[1:]:
            client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: gateway.metrics()["sluice_active_requests"] == len(clients), "all others wait")
        holding.let_go()
        assert answered(clients) == [200] * len(clients)
    assert gateway.worker_pids() == [worker]


def test_who_was_refused_is_not_sent_on(make_origin, make_gateway, holding):
    """The client shuts its window, so that the refusal cannot go out: the request is over all the same."""
    origin = make_origin(holding)
    port, here = free_port(), {"address": "127.0.0.1", "port": origin.port}
    gateway = make_gateway(before_nowhere(port, origin.port, [here]))
    [worker] = gateway.worker_pids()
    with H2Client(port, settings={INITIAL_WINDOW_SIZE: 0}) as shut, gateway.connect() as first, gateway.connect() as other:
        ask([first])
        wait_until(lambda: holding.waiting == 1, "the connection is in use")
        stream = shut.open(path="/refused")
        wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 2, "the request waits")
        gateway.reload(before_nowhere(port, origin.port, [nowhere]))
        holding.let_go()
        assert first.answer().status == 200
        while stream not in shut.answers or not shut.answers[stream].fields:
            shut.take()
        assert shut.answers[stream].status == 503
        # Connections come and go again: each wakes who still waits.
        gateway.reload(before_nowhere(port, origin.port, [here]))
        assert [other.get().status for _ in range(20)] == [200] * 20
        shut.grant(stream, 65535)
        assert shut.answer(stream).json()["reason"] == "upstream-connect-failed"
        assert [other.get().status for _ in range(20)] == [200] * 20
    assert {each.target for each in origin.requests} == {"/held", "/"} and gateway.worker_pids() == [worker]


# HTTP/2 and TLS

@pytest.fixture
def start_h2c(make_gateway, running):
    """`start_h2c(2, workers=1)`: a gateway with one connection to so many HTTP/2 endpoints. Who waits until the time of a
    request is over waits longer than the tests' clients do."""
    def make(count: int, workers: int):
        origins = [H2Origin(lambda request: request.answer(request.connection.origin.name), name=name) for name in "abc"[:count]]
        running.extend(origins)
        return make_gateway([
            listener(free_port()), route(timeouts={"request": "60s"}),
            upstream(*[each.port for each in origins], protocol="h2c", loadBalancing={"algorithm": "round-robin"},
                     circuitBreaker={"maxConnections": 1})], workers=workers)
    return make


def test_an_idle_connection_of_http2_makes_room_for_another_endpoint(start_h2c):
    with start_h2c(2, workers=1).connect() as client:
        answers = [client.get() for _ in range(4)]
    assert [each.status for each in answers] == [200] * 4 and {bytes(each.body) for each in answers} == {b"a", b"b"}


def test_an_idle_connection_of_http2_makes_room_for_another_worker(start_h2c):
    clients = list(connections_of(start_h2c(1, workers=2), 2).values())
    assert [client.get().status for _ in range(3) for client in clients] == [200] * 6


def test_those_who_find_http1_where_http2_might_be_wait_for_the_connection(make_gateway, certificates, running):
    """All wait for one handshake; then it shows that the connection serves one request at a time."""
    gate = threading.Event()

    class Late(TLSOrigin):
        def serve(self, connection):
            assert gate.wait(30)
            super().serve(connection)
    origin = Late(certificate=certificates.origin)
    running.append(origin)
    gateway = make_gateway([
        *certificates.documents("ca"), listener(free_port()), route(),
        upstream(origin.port, protocol="auto", tls={"ca": ["ca"], "serverName": "orders.internal"},
                 circuitBreaker={"maxConnections": 1}, healthChecks={"passive": {"consecutiveGatewayErrors": 1}})])
    clients = spread(gateway, 6, 1)
    for client in clients:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == len(clients), "all wait")
    gate.set()
    assert answered(clients) == [200] * len(clients)
    assert len(origin.connections) == 1 and origin.failures == []
