"""Do requests over HTTP/2 reach the origin as HTTP/1.1, and answers come back, as they would over HTTP/1.1?"""

import pytest

from h2_client import H2Client
from h2_frames import (END_HEADERS, END_STREAM, HEADER_TABLE_SIZE, HEADERS, NO_ERROR, PRIORITY,
                       PROTOCOL_ERROR, SETTINGS, fields_of, settings_payload)
from harness import free_port, listener, route, upstream


def test_a_request_and_its_answer(h2, origin):
    answer = h2.get("/a/b?c=d", extra=[("x-field", "value"), ("accept", "*/*")])
    assert (answer.status, answer.json()["target"]) == (200, "/a/b?c=d")
    assert answer["content-length"] == str(len(answer.body)) and answer["x-request-id"]
    request = origin.requests[0]
    assert (request.method, request.version, request["host"]) == ("GET", "HTTP/1.1", "shop.example.com")
    assert (request["x-field"], request["accept"], request["x-forwarded-proto"]) == ("value", "*/*", h2.scheme)
    assert request["x-forwarded-for"] == "127.0.0.1" and request["x-request-id"] == answer["x-request-id"]
    assert [name for name, _ in request.fields if name.startswith(":")] == []


def test_many_requests_on_a_connection(h2, origin):
    for number in range(300):
        assert h2.get(f"/{number}", extra=[("x-number", str(number))]).json()["target"] == f"/{number}"
    assert len(origin.connections) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT"])
def test_methods(h2, origin, method):
    assert h2.get(method=method).json()["method"] == method


def test_head_has_no_body(h2, origin):
    answer = h2.ask(method="HEAD")
    assert (answer.status, answer.body) == (200, b"") and int(answer["content-length"]) > 0
    assert h2.get("/after").status == 200


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "205 Reset Content"])
def test_answers_without_a_body(make_h2, make_origin, status):
    def script(connection):
        while True:
            connection.read_request()
            length = "Content-Length: 0\r\n" if status.startswith("205") else ""
            connection.send(f"HTTP/1.1 {status}\r\n{length}ETag: \"x\"\r\n\r\n")
    with make_h2(make_origin(script)).connect() as client:
        for _ in range(2):
            answer = client.get()
            assert (answer.status, answer.body, answer["etag"]) == (int(status[:3]), b"", '"x"')


@pytest.mark.parametrize("framing", ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                                     "Connection: close\r\n\r\nhello"], ids=["length", "chunks", "close"])
def test_framings_of_the_origin(make_h2, make_origin, framing):
    def script(connection):
        connection.read_request()
        connection.send(f"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nX-Stays: 1\r\n{framing}")
    with make_h2(make_origin(script)).connect() as client:
        answer = client.get()
    assert (answer.body, answer["x-stays"]) == (b"hello", "1")
    for name in ("transfer-encoding", "connection", "keep-alive"):
        assert answer.all(name) == []


def test_names_are_lower_case_and_values_as_they_came(make_h2, make_origin):
    def script(connection):
        connection.read_request()
        connection.answer("", fields="X-Mixed-Case: A b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\n")
        connection.wait_gone()
    with make_h2(make_origin(script)).connect() as client:
        answer = client.get()
    assert (answer["x-mixed-case"], answer.all("set-cookie"), answer["x-empty"]) == ("A b", ["a=1", "b=2"], "")
    assert [name for name, _ in answer.fields if name != name.lower()] == []


def test_cookie_crumbs_are_joined(h2, origin):
    h2.get(extra=[("cookie", "a=1"), ("x-between", "1"), ("cookie", "b=2"), ("cookie", "c=3; d=4")])
    assert origin.requests[0].all("cookie") == ["a=1; b=2; c=3; d=4"]


def test_te_trailers_is_allowed(h2):
    assert h2.get(extra=[("te", "trailers")]).status == 200


@pytest.mark.parametrize("fields", [
    fields_of(extra=[("host", "shop.example.com")]),
    [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", "shop.example.com")]], ids=["both alike", "host alone"])
def test_host_may_stand_for_the_authority(make_gateway, origin, fields):
    gateway = make_gateway(origin=origin)
    with H2Client(gateway.port) as client:
        assert client.ask(fields).status == 200
    assert origin.requests[0].all("host") == ["shop.example.com"]


@pytest.mark.parametrize("path,expected", [
    ("/a/../b", "/b"), ("/a/./b//c", "/a/b/c"), ("/%61", "/a"), ("/a;x=1", "/a;x=1"), ("/%2F", 400), ("/%00", 400), ("/%5c", 400),
    ("a", 400), ("/a b", 400), ("/a\x7f", 400), ("/" + "x" * 40000, 414)], ids=lambda value: str(value)[:20])
def test_paths_obey_the_rules_of_http_1(h2, origin, path, expected):
    answer = h2.get(path)
    if isinstance(expected, str):
        assert answer.json()["target"] == expected
    else:
        assert answer.status == expected or answer.reset is not None and expected == 400
        assert origin.requests == []
    assert h2.get("/after").status == 200


@pytest.mark.parametrize("fields,status", [
    (fields_of(method="TRACE"), 405), ([(":method", "CONNECT"), (":authority", "shop.example.com:443")], 405),
    (fields_of(extra=[("x_under", "1")]), 400), (fields_of(authority="a b"), 400), (fields_of(authority="user@host"), 400)])
def test_refusals_are_answers(make_h2, origin, fields, status):
    with make_h2(origin).connect() as client:
        answer = client.ask(fields)
        if answer.reset is None:
            assert answer.status == status, answer
            assert answer["content-type"] == "application/problem+json" and answer.json()["status"] == status
        else:
            assert (answer.reset, status) == (PROTOCOL_ERROR, 400), "a malformed request may also be a stream error"
        assert client.get().status == 200
    assert len(origin.requests) == 1


@pytest.mark.parametrize("extra", [
    [("x-long", "x" * 4000)], [(f"x-{number}", "1") for number in range(30)], [("cookie", "a=1")] * 30],
    ids=["size", "count", "crumbs"])
def test_heads_over_the_limits(make_h2, origin, extra):
    with make_h2(origin, limits={"headerBytes": "2Ki", "headerCount": 20}).connect() as client:
        answer = client.get(extra=extra)
        assert (answer.status, answer.json()["reason"]) == (431, "head-too-large")
        assert client.get(extra=[("x-short", "1")]).status == 200
    assert len(origin.requests) == 1


def test_bodies_over_the_limit(make_h2, origin):
    with make_h2(origin, limits={"bodyBytes": 100}).connect() as client:
        declared = client.open(method="POST", extra=[("content-length", "101")], ends=False)
        assert client.answer(declared).status == 413
        sent = client.open(method="POST", ends=False)
        client.send_body(sent, b"x" * 101)
        assert client.answer(sent).status == 413
        assert client.get().status == 200


def test_an_unknown_host_is_404(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), route(hostnames=["shop.example.com"])])
    with H2Client(gateway.port) as client:
        assert [client.get(authority=host).status for host in ("shop.example.com", "else.test")] == [200, 404]


def test_the_log_says_http_2(make_h2, origin):
    server = make_h2(origin)
    with server.connect() as client:
        assert client.get("/logged").status == 200
    line = server.gateway.log_lines(1)[0]
    assert line["protocol"].startswith("HTTP/2") and line["path"] == "/logged" and line["host"] == "shop.example.com"


def test_http_1_and_2_share_a_plain_port(make_gateway, origin):
    gateway = make_gateway(origin=origin)
    with gateway.connect() as old, H2Client(gateway.port) as new:
        assert old.get().status == new.get().status == 200
        # Upgrading is obsolete (RFC 9113, section 3.1): the request is answered as HTTP/1.1.
        answer = old.get(extra="Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n")
        assert (answer.status, answer.version) == (200, "HTTP/1.1")


def test_what_is_to_be_ignored_is_ignored(h2):
    h2.send_frame(SETTINGS, payload=settings_payload({0x4a4a: 1, HEADER_TABLE_SIZE: 0}))
    h2.send_frame(0xfa, 0xff, 0, b"unknown")
    h2.send_frame(PRIORITY, 0, 77, bytes([0, 0, 0, 3, 10]))
    h2.send_frame(16, 0, 0, (1).to_bytes(4, "big") + b"u=0")
    assert h2.get().status == 200


def test_padding_and_priority_in_headers(h2):
    block = h2.encoder.encode(fields_of(scheme=h2.scheme))
    h2.send_frame(HEADERS, END_STREAM | END_HEADERS | 0x28, 1, bytes([4, 0, 0, 0, 0, 15]) + block + bytes(4))
    assert h2.answer(1).status == 200
    h2.close()


def test_a_ping_is_answered(h2):
    h2.send_frame(6, 0, 0, b"12345678")
    while (read := h2.take()).kind != 6:
        pass
    assert read[1:] == (1, 0, b"12345678") and h2.goaway in (None, NO_ERROR)
