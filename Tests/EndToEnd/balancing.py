"""Endpoints that serve as a test wants, and gateways that choose among them."""

import collections
import threading

import pytest

from harness import Gateway, free_port, listener, route
from trouble import endpoints


class Serving:
    """A script for many origins: answers with the origin's name, with the status that `statuses` has for it. Origins in
    `held` keep their requests until `release` is set."""

    def __init__(self):
        self.statuses: dict[str, str] = {}
        self.held: set[str] = set()
        self.waiting = collections.Counter()
        self.seen = collections.Counter()
        self.release = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, connection):
        name = connection.origin.name
        while True:
            request = connection.read_head()
            for _ in connection.body(request):
                pass
            with self.lock:
                self.seen[name] += 1
                is_held = name in self.held
                self.waiting[name] += is_held
            if is_held:
                assert self.release.wait(30), "nobody released the request"
            connection.answer(name, status=self.statuses.get(name, "200 OK"))


@pytest.fixture
def serving():
    script = Serving()
    yield script
    script.release.set()


@pytest.fixture
def start(make_origin, make_gateway, serving):
    """`start(3, loadBalancing={…})`: a gateway before so many endpoints, a, b, c…; `weights` and `backups` by name."""
    def make(count: int, weights: dict[str, int] = {}, backups: str = "", workers: int = 1, retry: dict | None = None,
             **fields) -> Gateway:
        origins = endpoints(make_origin, serving, count)
        gateway = make_gateway(documents(origins, weights, backups, retry, **fields), workers=workers)
        gateway.origins = origins
        return gateway
    return make


def documents(origins, weights={}, backups="", retry=None, port: int | None = None, **fields) -> list[dict]:
    places = [{"address": "127.0.0.1", "port": each.port, "weight": weights.get(each.name, 1),
               "backup": each.name in backups} for each in origins]
    return [listener(port or free_port(), limits={"requestsPerConnection": 1_000_000}),
            {"kind": "upstream", "name": "origin", "endpoints": places, **fields},
            route(**({} if retry is None else {"retry": retry}))]


def names(client, count: int, extra: str = "") -> list[str]:
    return [client.get(extra=extra).body.decode() for _ in range(count)]
