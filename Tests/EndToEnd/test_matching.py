"""Which route takes a request: methods, headers, query parameters, cookies, regular expressions, and which comes first."""

import json
import subprocess

import pytest

from harness import free_port, listener, route, upstream


def matched(name: str, *matches: dict, **fields) -> dict:
    return {**route(name), "matches": list(matches), **fields}


def header(value: str, name: str = "x-env") -> dict:
    return {"name": name, "exact": value}


ROUTES = [
    matched("root", {"path": {"prefix": "/"}}),
    matched("api", {"path": {"prefix": "/api"}}),
    matched("writes", {"path": {"prefix": "/api"}, "methods": ["POST", "PUT"]}),
    matched("heads", {"path": {"prefix": "/api"}, "methods": ["HEAD"]}),
    matched("canary", {"path": {"prefix": "/api"}, "headers": [header("canary"), {"name": "x-build", "regex": r"^2\."}]}),
    matched("staging", {"path": {"prefix": "/api"}, "headers": [header("canary")]}),
    matched("beta", {"path": {"prefix": "/api"}, "query": [{"name": "a b", "exact": "ü 1"}]}),
    matched("group", {"path": {"prefix": "/api"}, "cookies": [{"name": "group", "regex": "^[bc]$"}]}),
    matched("numbers", {"path": {"regex": r"^/items/\d+$"}}),
    matched("number-posts", {"path": {"regex": r"^/items/\d+$"}, "methods": ["POST"]}),
    matched("item-seven", {"path": {"exact": "/items/7"}}),
    matched("either", {"path": {"exact": "/either"}, "methods": ["POST"]}, {"path": {"exact": "/or"}}),
    matched("host", {"path": {"prefix": "/api"}, "methods": ["GET"]}, hostnames=["shop.example.com"]),
    matched("wild", {"path": {"prefix": "/"}}, hostnames=["*.example.com"]),
    matched("slow", {"path": {"prefix": "/slow"}, "headers": [{"name": "x-text", "regex": "(a+)+$"}]}),
]

# curl's arguments, the path, the route
CASES = [
    ([], "/", "root"), ([], "/api", "api"), (["-X", "POST"], "/api", "writes"), (["-X", "DELETE"], "/api", "api"),
    (["-H", "X-Env: canary"], "/api/x", "staging"), (["-H", "x-env: canary", "-H", "X-BUILD: 2.7"], "/api/x", "canary"),
    (["-H", "x-env: canary", "-H", "x-build: 12.7"], "/api", "staging"), (["-H", "x-env: Canary"], "/api", "api"),
    (["-H", "x-env: other", "-H", "x-env: canary"], "/api", "api"),
    (["-X", "PUT", "-H", "x-env: canary", "-H", "x-build: 2.7"], "/api", "writes"),
    ([], "/api?x&a+b=%C3%BC%201", "beta"), ([], "/api?a%20b=no&a+b=%C3%BC+1", "api"), ([], "/other?a+b=%C3%BC+1", "root"),
    (["-H", "x-env: canary"], "/api?a+b=%C3%BC+1", "staging"), (["-b", "x=1; group=c"], "/api", "group"),
    (["-b", 'group="b"'], "/api", "group"), (["-b", "group=bb"], "/api", "api"), (["-b", "Group=b"], "/api", "api"),
    (["-b", "group=b"], "/api?a+b=%C3%BC+1", "beta"),
    ([], "/items/12", "numbers"), ([], "/items/7", "item-seven"), (["-X", "POST"], "/items/7", "item-seven"),
    (["-X", "POST"], "/items/12", "number-posts"), ([], "/items/12/x", "root"), ([], "/items/1%32", "numbers"),
    ([], "/either", "root"), (["-X", "POST"], "/either", "either"), ([], "/or", "either"),
    (["-H", "Host: shop.example.com"], "/api", "host"), (["-H", "Host: shop.example.com", "-X", "PUT"], "/api", "wild"),
    (["-H", "Host: shop.example.com"], "/else", "wild"), (["-H", "x-text: aaa"], "/slow", "slow"),
    (["-H", "x-text: b"], "/slow", "root"),
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    from harness import Gateway, Origin
    origins = {each["name"]: Origin(name=each["name"]) for each in ROUTES}
    documents = [listener(free_port()), *(upstream(origin.port, name=name) for name, origin in origins.items()),
                 *({**each, "forward": [{"upstream": each["name"]}]} for each in ROUTES)]
    running = Gateway(tmp_path_factory.mktemp("matching"), documents)
    running.origins = origins
    yield running
    running.stop()
    for origin in origins.values():
        origin.stop()


def curl(gateway, version: str, arguments: list[str], path: str) -> tuple[int, str]:
    command = ["curl", "-sS", "--max-time", "10", version, "-w", "\n%{http_code}", *arguments,
               f"http://127.0.0.1:{gateway.port}{path}"]
    output = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    body, _, status = output.rpartition("\n")
    return int(status), body


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_the_right_route_takes_it(gateway, version):
    taken = {}
    for arguments, path, _ in CASES:
        status, body = curl(gateway, version, arguments, path)
        taken[(*arguments, path)] = json.loads(body)["origin"] if status == 200 else status
    assert taken == {(*arguments, path): name for arguments, path, name in CASES}


def test_a_head_is_no_get(gateway):
    with gateway.connect() as client:
        client.send("HEAD /api HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
        assert client.answer(is_head=True).status == 200
    assert "HEAD" in [request.method for request in gateway.origins["wild"].requests]
    assert "HEAD" not in [request.method for request in gateway.origins["host"].requests]


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_a_pattern_that_takes_too_long_refuses_the_request(gateway, version):
    status, body = curl(gateway, version, ["-H", f"x-text: {'a' * 60}!"], "/slow")
    assert (status, json.loads(body)["reason"]) == (400, "pattern-limit")


BASE = [listener(18080), upstream(9000)]


def test_a_pattern_that_does_not_compile_is_refused(control):
    for document in BASE:
        control.put(document)
    bad = {**route("bad"), "matches": [{"path": {"regex": "^/(a"}, "headers": [{"name": "x", "exact": "1"},
                                                                         {"name": "y", "regex": "a["}]}],
           "rewrite": {"path": {"regex": "(a)", "substitution": "/$2"}}}
    answer = control.call("PUT", "/v1/routes/bad", bad)
    assert answer.status == 422
    errors = {error["pointer"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"/matches/0/path/regex", "/matches/0/headers/1/regex", "/rewrite/path/substitution"}
    assert {error["code"] for error in errors.values()} == {"regex"}
    assert "at byte 4" in errors["/matches/0/path/regex"]["detail"]
    applied = control.call("POST", "/v1/apply", [bad])
    assert applied.status == 422 and applied.json()["errors"][0]["code"] == "regex"


def test_a_match_that_nothing_reaches_is_warned_of(control):
    for document in BASE:
        control.put(document)
    first = control.put(matched("first", {"path": {"prefix": "/a"}, "methods": ["GET", "POST"]}))
    assert first.status == 201 and "warnings" not in first.json()
    second = matched("second", {"path": {"prefix": "/a/"}, "methods": ["GET"]}, {"path": {"prefix": "/a"}})
    for query in ["?dryRun=true", ""]:
        warnings = control.put(second, query).json()["warnings"]
        assert [(each["code"], each["pointer"]) for each in warnings] == [("shadowed", "/matches/0")]
        assert "first" in warnings[0]["detail"]
    again = control.put({**second, "description": "again"}).json()
    assert again["warnings"]
    assert control.call("PUT", "/v1/routes/second", {**again, "description": "as it was answered"}).status == 200
    applied = control.call("POST", "/v1/apply", [{**second, "hostnames": ["a.example.com"]}]).json()
    assert "warnings" not in applied


def test_explain_names_what_failed(control):
    for document in [*BASE, matched("canary", {"path": {"prefix": "/a"}, "headers": [header("canary")]}),
                     matched("posts", {"path": {"prefix": "/a"}, "methods": ["POST"]}), matched("all", {"path": {"prefix": "/"}})]:
        assert control.put(document).status == 201
    ask = {"method": "GET", "url": "http://x.example:18080/a/%62?q=1", "headers": {"X-Env": ["canary", "b"]}}
    found = control.call("POST", "/v1/explain", ask).json()
    assert (found["route"], found["request"]["path"]) == ("canary", "/a/b")
    found = control.call("POST", "/v1/explain", {**ask, "headers": {"x-env": "b"}}).json()
    assert [(each["route"], each["failed"]) for each in found["candidates"]] == [
        ("posts", "method"), ("canary", "header x-env"), ("all", None)]
    shown = control.cli("explain", "POST", "http://x.example:18080/a", "-H", "x-env: canary")
    assert shown.returncode == 0 and "route     posts" in shown.stdout, shown.stdout + shown.stderr
    refused = control.call("POST", "/v1/explain", {"url": "http://x.example:18080/%2f"}).json()
    assert (refused["route"], refused["reason"]) == (None, "bad-request")
