"""Does a policy bound how many requests are under way at once, key by key, and does its queue keep order?"""

import pytest

from harness import free_port, listener, route, upstream, wait_until
from test_breaker import Holding, answered, ask, spread

reason = "too-many-requests"


@pytest.fixture
def holding():
    script = Holding()
    yield script
    script.let_go(1000)


@pytest.fixture
def start(make_origin, make_gateway, holding):
    """`start(requests=2, key=[…])`: a gateway whose one route has such a policy."""
    def make(workers: int = 1, **settings):
        origin = make_origin(holding)
        policy = {"kind": "traffic-policy", "name": "limit", "type": "concurrency", "concurrency": settings}
        gateway = make_gateway([listener(free_port()), upstream(origin.port), policy, route(policies=["limit"])],
                               workers=workers)
        gateway.origin = origin
        return gateway
    return make


def held(path: str = "/held", extra: str = "") -> str:
    return f"GET {path} HTTP/1.1\r\nHost: test\r\n{extra}\r\n"


@pytest.mark.parametrize(("settings", "status"), [({}, 503), ({"status": 429}, 429)])
def test_what_is_beyond_the_limit_is_refused(start, holding, settings, status):
    gateway = start(requests=2, **settings)
    clients = spread(gateway, 3, 1)
    ask(clients[:2])
    wait_until(lambda: holding.waiting == 2, "two are under way")
    answer = clients[2].get()
    assert (answer.status, answer.json()["reason"]) == (status, reason)
    holding.let_go(2)
    assert answered(clients[:2]) == [200, 200]
    assert [client.get().status for client in clients] == [200] * 3


def test_keys_count_by_themselves(start, holding):
    gateway = start(requests=1, key=[{"header": "x-tenant"}])
    first, second, third = spread(gateway, 3, 1)
    first.send(held(extra="X-Tenant: a\r\n"))
    wait_until(lambda: holding.waiting == 1, "a is under way")
    second.send(held(extra="X-Tenant: b\r\n"))
    wait_until(lambda: holding.waiting == 2, "b is under way")
    assert third.get(extra="X-Tenant: a\r\n").status == 503
    assert third.get(extra="X-Tenant: c\r\n").status == 200
    holding.let_go(2)
    assert answered([first, second]) == [200, 200]


def test_who_waits_is_served_in_turn(start, holding):
    gateway = start(requests=1, queue={"requests": 3, "timeout": "60s"})
    clients = spread(gateway, 5, 1)
    ask(clients[:1])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    for index, client in enumerate(clients[1:4], 1):
        client.send(held(f"/{index}"))
        wait_until(lambda: gateway.metrics()["sluice_active_requests"] == index + 1, "the request waits")
    assert clients[4].get().status == 503
    holding.let_go()
    assert answered(clients[:4]) == [200] * 4
    assert [each.target for each in gateway.origin.requests] == ["/held", "/1", "/2", "/3"]


def test_who_waits_too_long_is_refused(start, holding):
    gateway = start(requests=1, queue={"requests": 3, "timeout": "200ms"})
    first, second = spread(gateway, 2, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    answer = second.get()
    assert (answer.status, answer.json()["reason"]) == (503, reason)
    holding.let_go()
    assert first.answer().status == 200


def test_a_client_that_leaves_gives_its_place_back(start, holding):
    gateway = start(requests=1)
    first, second = spread(gateway, 2, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    first.reset()
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 0, "the client has left")
    assert second.get().status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_the_limit_is_the_replica_s(start, holding, workers):
    gateway = start(workers, requests=4)
    clients = spread(gateway, 6, workers)
    ask(clients)
    wait_until(lambda: holding.waiting == 4, "as many as may be are under way")
    holding.let_go(4)
    assert sorted(answered(clients)) == [200] * 4 + [503] * (len(clients) - 4)
