"""Does the route that should take a request take it?"""

import pytest

from harness import free_port, listener, route, upstream, wait_until


@pytest.fixture
def routed(make_gateway, make_origin):
    """A gateway whose routes each have an origin of the same name."""
    def make(listeners, routes):
        origins = {each["name"]: make_origin(name=each["name"]) for each in routes}
        upstreams = [upstream(origin.port, name=name) for name, origin in origins.items()]
        documents = [*listeners, *upstreams,
                     *({**each, "forward": [{"upstream": each["name"]}]} for each in routes)]
        return make_gateway(documents)
    return make


def taken(client, host: str, path: str) -> str | int:
    """The name of the route that took it, or the status of the refusal."""
    answer = client.get(path, host=host)
    return answer.json()["origin"] if answer.status == 200 else answer.status


def test_paths(routed):
    gateway = routed([listener(free_port())], [
        route("root", prefix="/"), route("api", prefix="/api"), route("orders", prefix="/api/orders/"),
        route("exact", exact="/api/orders/1")])
    expected = {
        "/": "root", "/other": "root", "/api": "api", "/api/": "api", "/apis": "root", "/api/x": "api",
        "/api/orders": "orders", "/api/orders/": "orders", "/api/orders/2": "orders", "/api/ordersx": "api",
        "/api/orders/1": "exact", "/api/orders/1/": "orders", "/API": "root", "/api?x=/api/orders": "api",
        "/api;v=1/orders": "orders", "/%61pi/orders/1": "exact",
    }
    with gateway.connect() as client:
        assert {path: taken(client, "test", path) for path in expected} == expected


def test_hosts(routed):
    gateway = routed([listener(free_port())], [
        route("exact", hostnames=["shop.example.com"]), route("wild", hostnames=["*.example.com"]),
        route("deep", hostnames=["*.eu.example.com"]), route("api", hostnames=["shop.example.com"], prefix="/api")])
    expected = {
        ("shop.example.com", "/"): "exact", ("SHOP.example.com:8080", "/"): "exact", ("shop.example.com", "/api/x"): "api",
        ("a.example.com", "/"): "wild", ("a.b.example.com", "/"): "wild", ("a.eu.example.com", "/"): "deep",
        ("example.com", "/"): 404, ("other.org", "/"): 404, ("xexample.com", "/"): 404, ("shop.example.com.", "/"): "exact",
    }
    with gateway.connect() as client:
        assert {each: taken(client, *each) for each in expected} == expected


def test_a_less_specific_host_is_tried_when_no_path_matches(routed):
    gateway = routed([listener(free_port())], [
        route("narrow", hostnames=["shop.example.com"], prefix="/only"), route("wide", hostnames=["*.example.com"])])
    with gateway.connect() as client:
        assert taken(client, "shop.example.com", "/only") == "narrow"
        assert taken(client, "shop.example.com", "/else") == "wide"


def test_listeners_keep_to_their_routes(routed):
    first, second = free_port(), free_port()
    gateway = routed([listener(first), listener(second, name="inside")], [
        route("public", listeners=["web"]), route("private", listeners=["inside"], prefix="/private")])
    with gateway.connect() as client:
        assert taken(client, "test", "/private") == "public"
    gateway.port = second
    with gateway.connect() as client:
        assert (taken(client, "test", "/private"), taken(client, "test", "/")) == ("private", 404)


def test_listeners_on_one_port_are_told_apart_by_host(routed):
    port = free_port()
    gateway = routed([listener(port, hostnames=["*.shop.example"]), listener(port, name="rest")], [
        route("shop", listeners=["web"]), route("rest-all", listeners=["rest"])])
    with gateway.connect() as client:
        assert taken(client, "a.shop.example", "/") == "shop"
        assert taken(client, "other.example", "/") == "rest-all"


def test_the_older_route_wins(routed):
    gateway = routed([listener(free_port())], [route("zz-first", prefix="/same"), route("aa-second", prefix="/same")])
    with gateway.connect() as client:
        assert taken(client, "test", "/same") == "zz-first"


def test_round_robin_takes_turns_by_weight(make_gateway, make_origin):
    heavy, light = make_origin(name="heavy"), make_origin(name="light")
    endpoints = [{"address": "127.0.0.1", "port": heavy.port, "weight": 3}, {"address": "127.0.0.1", "port": light.port}]
    gateway = make_gateway([listener(free_port()), route(), {
        **upstream(), "endpoints": endpoints, "loadBalancing": {"algorithm": "round-robin"}}])
    with gateway.connect() as client:
        seen = [client.get().json()["origin"] for _ in range(40)]
    assert (seen.count("heavy"), seen.count("light")) == (30, 10)
    assert "heavy heavy heavy heavy" not in " ".join(seen)


def test_least_request_keeps_away_from_a_busy_endpoint(make_gateway, make_origin):
    busy = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()), name="busy")
    free = make_origin(name="free")
    gateway = make_gateway([listener(free_port()), upstream(busy.port, free.port), route()])
    clients = []
    for number in range(1, 101):
        clients.append(gateway.connect())
        clients[-1].send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: len(busy.requests) + len(free.requests) == number, "the request reached one of them")
    # Once the busy one has a request, it is taken only where both choices fall on it: in a quarter of all draws at most.
    assert len(free.requests) > 60
    for client in clients:
        client.close()
