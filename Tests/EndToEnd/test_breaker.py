"""Do the limits of a circuit breaker hold for the replica as a whole, and what becomes of the requests beyond them?"""

import os
import signal
import threading

import pytest

from breaking import GET, answered, ask, holding, refused, requests, spread, start
from h2_client import H2Client
from h2_frames import INITIAL_WINDOW_SIZE
from h2_origin import H2Origin
from harness import free_port, listener, route, upstream, wait_until
from test_processes import connections_of
from trouble import Held, endpoints, resets

__all__ = ["holding", "start"]  # fixtures


@pytest.mark.parametrize("workers", [1, 2])
def test_requests_at_once(start, holding, workers):
    gateway = start(workers, maxParallelRequests=4)
    clients = spread(gateway, 6, workers)
    ask(clients)
    gone = refused(clients, len(clients) - 4, requests)
    wait_until(lambda: holding.waiting == 4, "as many as may be are under way")
    holding.let_go(4)
    assert answered([each for each in clients if each not in gone]) == [200] * 4
    # What was taken is given back, on every worker.
    assert [client.get().status for client in clients] == [200] * len(clients)


def test_requests_at_once_over_http2(start, holding):
    gateway = start(maxParallelRequests=2)
    with H2Client(gateway.port) as client:
        streams = [client.open(path="/held") for _ in range(5)]
        while sum(client.answers[each].has_ended for each in client.answers) < 3:
            client.take()
        holding.let_go(2)
        statuses = [client.answer(each).status for each in streams]
    assert sorted(statuses) == [200, 200, 503, 503, 503] and holding.waiting == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_retries_at_once(make_origin, make_gateway, workers):
    """Each request fails once; of the retries so many are under way, and the others are not made."""
    held = Held()
    lock, seen = threading.Lock(), set()

    def script(connection):
        while True:
            request = connection.read_head()
            with lock:
                is_first = request["x-number"] not in seen
                seen.add(request["x-number"])
            (resets if is_first else held)(connection, request)
    origins = endpoints(make_origin, script, 2)
    gateway = make_gateway([
        listener(free_port()), upstream(*[each.port for each in origins], circuitBreaker={"maxParallelRetries": 2}),
        route(retry={"backoff": {"base": "0s", "max": "0s"}, "budget": {"percent": 100, "minConcurrency": 100}})],
        workers=workers)
    clients = [gateway.connect() for _ in range(8 * workers)]
    for number, client in enumerate(clients):
        client.send(f"GET / HTTP/1.1\r\nHost: test\r\nX-Number: {number}\r\n\r\n")
    wait_until(lambda: len(seen) == len(clients) and 1 <= held.arrived <= 2, "retries are under way")
    held.release.set()
    statuses = sorted(answered(clients))
    assert 1 <= statuses.count(200) <= 2 and set(statuses) == {200, 503}, statuses
    assert held.arrived == statuses.count(200)


def test_what_a_dead_worker_held_is_given_back(start, holding):
    gateway = start(workers=2, maxParallelRequests=2)
    held = connections_of(gateway, 2)
    victim, survivor = held
    held[victim].send(GET)
    wait_until(lambda: holding.waiting == 1, "the victim holds one of two")
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: gateway.metrics()["sluice_worker_respawns_total"] == 1, "the dead process is replaced")
    busy = [gateway.connect() for _ in range(2)]
    ask(busy)
    wait_until(lambda: holding.waiting == 3, "both may be under way again")
    answer = held[survivor].get()
    assert (answer.status, answer.json()["reason"]) == (503, requests)
    holding.let_go(3)
    assert answered(busy) == [200, 200]


def test_limits_hold_for_streams_of_an_http2_upstream(make_gateway, running):
    let_go, lock, waiting = threading.Event(), threading.Lock(), []

    def script(request):
        with lock:
            waiting.append(request)
        threading.Thread(target=lambda: let_go.wait(30) and request.answer("done"), daemon=True).start()
    origin = H2Origin(script)
    running.append(origin)
    gateway = make_gateway([listener(free_port()), route(),
                            upstream(origin.port, protocol="h2c", circuitBreaker={"maxParallelRequests": 3})])
    clients = spread(gateway, 5, 1)
    ask(clients)
    gone = refused(clients, 2, requests)
    let_go.set()
    assert answered([each for each in clients if each not in gone]) == [200] * 3 and len(waiting) == 3


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/held", 504)])
def test_a_slow_reader_holds_no_place(make_origin, make_gateway, holding, path, status):
    """The upstream has answered, or has been given up: what the client makes of it is no load of the upstream."""
    origin = make_origin(holding)
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port, circuitBreaker={"maxParallelRequests": 1}), route(),
        route("held", prefix="/held", timeouts={"request": "300ms"})])
    with H2Client(gateway.port, settings={INITIAL_WINDOW_SIZE: 0}) as slow, gateway.connect() as other:
        stream = slow.open(path=path)
        while stream not in slow.answers or not slow.answers[stream].fields:
            slow.take()
        assert slow.answers[stream].status == status and not slow.answers[stream].has_ended
        wait_until(lambda: other.get().status == 200, "the place is free", 5)
        slow.grant(stream, 65535)
        assert slow.answer(stream).has_ended


def test_a_websocket_is_a_request_under_way_until_it_ends(make_origin, make_gateway):
    def script(connection):
        request = connection.read_request()
        if request["upgrade"]:
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            connection.wait_gone()
        else:
            connection.answer("done")
    origin = make_origin(script)
    gateway = make_gateway([listener(free_port()), upstream(origin.port, circuitBreaker={"maxParallelRequests": 1}), route()])
    with gateway.connect() as socket, gateway.connect() as client:
        socket.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        assert socket.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 101")
        assert client.get().status == 503
        socket.close()
        wait_until(lambda: client.get().status == 200, "the tunnel's place is free")


def test_a_changed_limit_holds_at_once(make_origin, make_gateway, holding):
    origin = make_origin(holding)

    def documents(port: int, limit: int):
        return [listener(port), upstream(origin.port, circuitBreaker={"maxParallelRequests": limit}), route()]
    gateway = make_gateway(documents(free_port(), 1))
    first, second, third = spread(gateway, 3, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    assert second.get().status == 503
    gateway.reload(documents(gateway.port, 2))
    ask([second])
    wait_until(lambda: holding.waiting == 2, "two are under way")
    assert third.get().status == 503
    holding.let_go(2)
    assert answered([first, second]) == [200, 200]


def test_a_breaker_of_one_upstream_is_not_the_other_s(make_origin, make_gateway, holding):
    origin, other = make_origin(holding), make_origin(holding)
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port, circuitBreaker={"maxParallelRequests": 1}),
        upstream(other.port, name="other"), route(), route("other", to="other", prefix="/other")])
    with gateway.connect() as first, gateway.connect() as second:
        first.send(GET)
        wait_until(lambda: holding.waiting == 1, "a request is under way")
        answer = second.get("/")
        assert (answer.status, answer.json()["reason"]) == (503, requests)
        assert second.get("/other").status == 200
        holding.let_go()
        assert first.answer().status == 200


def test_without_limits_there_are_none(start, holding):
    gateway = start()
    clients = spread(gateway, 50, 1)
    ask(clients)
    wait_until(lambda: holding.waiting == 50, "all are under way")
    holding.let_go(50)
    assert answered(clients) == [200] * 50
