"""An origin that keeps requests until it is told, a gateway with a circuit breaker before it, and clients in numbers."""

import select
import threading

import pytest

from harness import free_port, listener, route, upstream
from test_processes import connections_of

GET = "GET /held HTTP/1.1\r\nHost: test\r\n\r\n"
requests, queue = "upstream-request-limit", "upstream-pending-limit"


class Holding:
    """An origin's script: requests for /held wait until they are let go, one by one or all; others are answered at once."""

    def __init__(self):
        self.waiting = self.answered = 0
        self.permits = threading.Semaphore(0)
        self.lock = threading.Lock()

    def __call__(self, connection):
        while True:
            request = connection.read_request()
            if request.target == "/held":
                with self.lock:
                    self.waiting += 1
                assert self.permits.acquire(timeout=30), "nobody let the request go"
            connection.answer("done")
            with self.lock:
                self.answered += 1

    def let_go(self, count: int = 1):
        self.permits.release(count)


@pytest.fixture
def holding():
    script = Holding()
    yield script
    script.let_go(1000)


@pytest.fixture
def start(make_origin, make_gateway, holding):
    """`start(workers=2, maxConnections=2)`: a gateway with such a breaker."""
    def make(workers: int = 1, **limits):
        origin = make_origin(holding)
        gateway = make_gateway([listener(free_port()), upstream(origin.port, circuitBreaker=limits), route()], workers=workers)
        gateway.origin = origin
        return gateway
    return make


def spread(gateway, count: int, workers: int) -> list:
    """So many connections to each worker process."""
    if workers == 1:
        return [gateway.connect() for _ in range(count)]
    found = [list(connections_of(gateway, workers).values()) for _ in range(count)]
    return [client for each in found for client in each]


def ask(clients) -> None:
    for client in clients:
        client.send(GET)


def refused(clients, count: int, reason: str) -> list:
    """Those of the clients that have an answer, once there are `count`; each says `reason`."""
    found = []
    while len(found) < count:
        waiting = [each.socket for each in clients if each not in found]
        ready, _, _ = select.select(waiting, [], [], 15)
        assert ready, f"{len(found)} of {count} were refused"
        for client in [each for each in clients if each.socket in ready]:
            answer = client.answer()
            assert (answer.status, answer.json()["reason"]) == (503, reason)
            found.append(client)
    assert len(found) == count
    return found


def answered(clients) -> list[int]:
    return [client.answer().status for client in clients]
