"""Does traffic go on unharmed while everything about it changes?"""

import itertools

import pytest

from breaking import Holding
from harness import free_port, listener, route, upstream, wait_until
from traffic import Traffic
from trouble import Turns, endpoints

algorithms = ["least-request", "round-robin", "random", "consistent-hash", "peak-ewma"]
# What an upstream may say besides its endpoints, one after the other.
settings = [
    *[{"loadBalancing": {"algorithm": each}} for each in algorithms],
    {"loadBalancing": {"algorithm": "round-robin", "slowStart": "1s"}},
    {"sessionPersistence": {"type": "cookie"}},
    {"healthChecks": {"active": {"type": "tcp", "interval": "100ms"}}},
    {"healthChecks": {"passive": {}}},
    {"circuitBreaker": {"maxParallelRequests": 100}},
    {"circuitBreaker": {"maxConnections": 4}},
    {"timeouts": {"idle": "100ms"}},
    {},
]


@pytest.fixture
def steady(running):
    """`steady(port)`: traffic beside a test."""
    def make(port: int) -> Traffic:
        running.append(Traffic(port))
        return running[-1]
    return make


def test_no_request_fails_while_an_upstream_changes(make_origin, make_gateway, steady):
    origins = endpoints(make_origin, Turns(), 4)
    port = free_port()

    def documents(count: int, **fields):
        return [listener(port), upstream(*[each.port for each in origins[:count]], **fields), route()]
    gateway = make_gateway(documents(4), workers=2)
    traffic = steady(port)
    # Each change also adds or removes endpoints that are in use.
    for fields, count in zip(settings * 2, itertools.cycle((1, 3, 2, 4))):
        seen = traffic.answered
        gateway.reload(documents(count, **fields))
        wait_until(lambda: traffic.answered > seen + 50, lambda: f"traffic flows with {fields}; {traffic.failures[:3]}")
    traffic.stop()
    assert traffic.failures == []


def test_no_request_fails_while_a_route_changes(make_origin, make_gateway, steady):
    origins = endpoints(make_origin, Turns(), 3)
    port = free_port()
    rules = [
        {"forward": [{"upstream": "a", "weight": 90}, {"upstream": "b", "weight": 10}]},
        {"forward": [{"upstream": "a", "weight": 0}, {"upstream": "b"}, {"upstream": "c"}]},
        {"forward": [{"upstream": "a"}, {"upstream": "b"}], "sticky": {"by": "cookie"}},
        {"forward": [{"upstream": "c"}, {"upstream": "b"}], "sticky": {"by": "header", "name": "x-user"}},
        {"forward": [{"upstream": "c"}], "retry": {}},
        {"forward": [{"upstream": "c"}], "rewrite": {"path": {"replacePrefix": "/x"}}, "requestHeaders": {"set": {"x-a": "1"}}},
        {"forward": [{"upstream": "a"}], "responseHeaders": {"set": {"x-a": "1"}}, "mirror": [{"upstream": "b", "percent": 50}]},
        {"forward": [{"upstream": "b"}], "matches": [{"path": {"regex": "^/"}, "methods": ["GET"]}]},
        {"respond": {"body": "closed"}},
        {"forward": [{"upstream": "a"}]},
    ]

    def documents(rule):
        return [listener(port), *[upstream(each.port, name=each.name) for each in origins],
                {"kind": "route", "name": "all", **rule}]
    gateway = make_gateway(documents(rules[-1]), workers=2)
    traffic = steady(port)
    for rule in rules * 2:
        seen = traffic.answered
        gateway.reload(documents(rule))
        wait_until(lambda: traffic.answered > seen + 50, lambda: f"traffic flows with {rule}; {traffic.failures[:3]}")
    traffic.stop()
    assert traffic.failures == []


def test_requests_under_way_at_an_endpoint_that_goes_are_finished(make_origin, make_gateway):
    holding = Holding()
    origins = [make_origin(holding, name=name) for name in "ab"]
    port = free_port()
    gateway = make_gateway([listener(port), upstream(origins[0].port), route()])
    with gateway.connect() as first, gateway.connect() as second:
        first.send("GET /held HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: holding.waiting == 1, "the request is under way")
        gateway.reload([listener(port), upstream(origins[1].port), route()])
        assert second.get().status == 200
        assert [len(each.requests) for each in origins] == [1, 1]
        holding.let_go()
        assert first.answer().status == 200
        assert first.get().status == 200
    assert [len(each.requests) for each in origins] == [1, 2]
