"""What do backends see of host and path after a rewrite?"""

import subprocess

import pytest

from h2_client import H2Client
from h2_origin import H2Origin
from harness import free_port, listener, route, upstream


@pytest.fixture
def seen(make_gateway, origin):
    """`seen(path, rewrite=…)`: the request as the origin gets it."""
    def ask(path: str, prefix: str = "/foo", host: str = "shop.example", **fields):
        gateway = make_gateway([listener(free_port()), upstream(origin.port), route(prefix=prefix, **fields)])
        with gateway.connect() as client:
            answer = client.get(path, host)
        assert answer.status == 200, answer.body
        return origin.requests[-1]
    return ask


@pytest.mark.parametrize("path, replacement, expected", [
    ("/foo/bar", "/xyz", "/xyz/bar"), ("/foo/bar", "/xyz/", "/xyz/bar"), ("/foo/", "/xyz", "/xyz/"), ("/foo", "/xyz", "/xyz"),
    ("/foo/bar", "", "/bar"), ("/foo/bar", "/", "/bar"), ("/foo", "", "/"), ("/foo", "/", "/"), ("/foo/", "", "/"),
    ("/foo/bar?a=%2F&b", "/x", "/x/bar?a=%2F&b"), ("/foo;p=1/bar;q=2?r", "/x", "/x/bar;q=2?r"),
    ("/foo/%e4%20%2e%c3?%zz", "/x", "/x/%e4%20.%c3?%zz"), ("//foo/./bar/..", "/x", "/x/"),
])
def test_a_prefix_is_replaced_and_slashes_stay_single(seen, path, replacement, expected):
    assert seen(path, rewrite={"path": {"replacePrefix": replacement}}).target == expected


def test_the_whole_path_is_replaced_and_the_query_stays(seen):
    assert seen("/foo/bar?a=b", rewrite={"path": {"replaceFull": "/new"}}).target == "/new?a=b"


def test_the_longest_prefix_of_the_route_counts(make_gateway, origin):
    paths = [{"path": {"prefix": prefix}} for prefix in ("/", "/a", "/a/b/c", "/a/b")]
    gateway = make_gateway([listener(free_port()), upstream(origin.port),
                            {**route(rewrite={"path": {"replacePrefix": "/x"}}), "matches": paths}])
    expected = {"/a/b/c/d": "/x/d", "/a/b/cc": "/x/cc", "/a": "/x", "/ab": "/x/ab", "/": "/x/"}
    with gateway.connect() as client:
        for path in expected:
            client.get(path)
    assert [request.target for request in origin.requests] == list(expected.values())


def test_the_host_is_rewritten_and_the_clients_is_told(seen):
    request = seen("/foo", host="shop.example:8080", rewrite={"hostname": "orders.internal"})
    assert (request["host"], request["x-forwarded-host"], request.target) == ("orders.internal", "shop.example:8080", "/foo")


def test_a_share_has_its_own(seen):
    request = seen("/foo/a", rewrite={"hostname": "one", "path": {"replacePrefix": "/one"}},
                   forward=[{"upstream": "origin", "rewrite": {"path": {"replacePrefix": "/two"}}}])
    assert (request.target, request["host"]) == ("/two/a", "shop.example")


def test_a_target_without_a_path(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), route(rewrite={"path": {"replacePrefix": "/x"}})])
    with gateway.connect() as client:
        client.ask("GET http://shop.example?q HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    assert origin.requests[0].target == "/x/?q"


def test_over_http2_on_both_sides(make_gateway, running):
    origin = H2Origin()
    running.append(origin)
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port, protocol="h2c"),
        route(prefix="/foo", rewrite={"hostname": "orders.internal", "path": {"replacePrefix": "/v2"}})])
    with H2Client(gateway.port) as client:
        assert client.ask(path="/foo/a;b?c", method="POST", authority="shop.example", body=b"hello").status == 200
    request = origin.requests[0]
    assert (request[":path"], request[":authority"], request.body) == ("/v2/a;b?c", "orders.internal", b"hello")
    assert request["x-forwarded-host"] == "shop.example"


def test_a_long_replacement_finds_room(make_gateway, origin):
    new = "/" + "x" * 4095
    gateway = make_gateway([listener(free_port()), upstream(origin.port), route(prefix="/foo", rewrite={"path": {"replacePrefix": new}})])
    with gateway.connect() as client:
        assert client.get("/foo/bar", extra=f"X-Long: {'y' * 8000}\r\n").status == 200
    assert origin.requests[0].target == new + "/bar"


def test_curl(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), route(prefix="/foo", rewrite={"path": {"replacePrefix": "/"}})])
    for version in ("--http1.1", "--http2-prior-knowledge"):
        done = subprocess.run(["curl", "-sS", version, "--max-time", "20", f"http://127.0.0.1:{gateway.port}/foo/a?b"],
                              capture_output=True, text=True)
        assert '"target": "/a?b"' in done.stdout


@pytest.mark.parametrize("path, regex, substitution, expected", [
    ("/foo/users/42/posts?a=b", "^/foo/users/([0-9]+)", "/u/$1", "/u/42/posts?a=b"),
    ("/foo/a/a/a", "a", "b", "/foo/b/b/b"), ("/foo/x", "^/foo/(?<rest>.*)$", "/${rest}", "/x"),
    ("/foo/x", "nothing", "/y", "/foo/x"), ("/foo/x", "^.*$", "", "/"), ("/foo/x", "^/foo/", "", "/x"),
    ("/foo/a;b=c/d", "^/foo", "", "/a;b=c/d"),
    # What comes of parts of segments is made canonical as every path is.
    ("/foo/x../secret", "^/foo/x", "/foo/", "/secret"), ("/foo/x", "^/foo", "//foo", "/foo/x"),
])
def test_a_regular_expression_changes_the_path(seen, path, regex, substitution, expected):
    assert seen(path, rewrite={"path": {"regex": regex, "substitution": substitution}}).target == expected


def test_an_expression_that_is_given_up_is_refused(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port),
                            route(rewrite={"path": {"regex": "(a|a|aa)+$", "substitution": "x"}})])
    with gateway.connect() as client:
        answer = client.get("/" + "a" * 3000 + "b")
        assert answer.status == 400 and answer.json()["reason"] == "pattern-limit"
        assert client.get("/b").status == 200
    assert [request.target for request in origin.requests] == ["/b"]


def test_a_prefix_whose_conditions_do_not_hold_is_not_the_one_that_matched(make_gateway, origin):
    matches = [{"path": {"prefix": "/a/b"}, "headers": [{"name": "x-deep", "exact": "1"}]}, {"path": {"prefix": "/a"}}]
    gateway = make_gateway([listener(free_port()), upstream(origin.port),
                            {**route(rewrite={"path": {"replacePrefix": "/x"}}), "matches": matches}])
    with gateway.connect() as client:
        client.get("/a/b/c")
        client.get("/a/b/c", extra="X-Deep: 1\r\n")
    assert [request.target for request in origin.requests] == ["/x/b/c", "/x/c"]
