"""Which header fields pass, which are dropped, and which does the gateway speak for?"""

import re

import pytest

from harness import free_port, listener, route, upstream

hop_by_hop = ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X-Sum", "Upgrade: h2c"]


def test_end_to_end_fields_pass_as_they_came(client, origin):
    client.get(extra="X-Two: 1\r\nx-two: 2\r\nAccept: */*\r\nCookie: a=b; c=\"d\"\r\nX-Empty:\r\nX-Latin: caf\xe9\r\n")
    request = origin.requests[0]
    assert request.all("x-two") == ["1", "2"]
    assert (request["accept"], request["cookie"], request["x-empty"]) == ("*/*", 'a=b; c="d"', "")
    assert request["x-latin"] == "caf\xe9"


@pytest.mark.parametrize("line", hop_by_hop)
def test_hop_by_hop_fields_of_requests_stop_here(client, origin, line):
    client.get(extra=f"{line}\r\nX-Stays: 1\r\n")
    assert origin.requests[0].all(line.partition(":")[0]) == []
    assert origin.requests[0]["x-stays"] == "1"


def test_fields_named_by_connection_stop_here(client, origin):
    client.get(extra="Connection: keep-alive, X-Secret ,x-other\r\nX-Secret: 1\r\nX-Other: 2\r\nX-Stays: 3\r\n")
    request = origin.requests[0]
    assert request.all("x-secret") == [] and request.all("x-other") == [] and request["x-stays"] == "3"
    assert not any("x-secret" in value.lower() for value in request.all("connection"))


@pytest.mark.parametrize("name", ["Host", "Content-Length", "X-Forwarded-For", "Authorization"])
def test_connection_cannot_take_away_what_the_message_means(client, origin, name):
    answer = client.ask(f"POST / HTTP/1.1\r\nHost: test\r\nConnection: {name}\r\nAuthorization: x\r\n"
                        "Content-Length: 5\r\n\r\nhello")
    if answer.status == 400:
        assert origin.requests == []
    else:
        request = origin.requests[0]
        assert (request["host"], request.body) == ("test", b"hello") and request["x-forwarded-for"] == "127.0.0.1"


def test_hop_by_hop_fields_of_answers_stop_here(make_origin, make_gateway):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("ok", fields="Connection: keep-alive, X-Internal\r\nX-Internal: 1\r\nKeep-Alive: timeout=5\r\n"
                                           "Proxy-Connection: x\r\nX-Stays: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n")
    gateway = make_gateway(origin=make_origin(script))
    with gateway.connect() as client:
        answer = client.get()
    assert answer["x-stays"] == "1" and answer.all("set-cookie") == ["a=1", "b=2"]
    for name in ("x-internal", "keep-alive", "proxy-connection"):
        assert answer.all(name) == []


def test_forwarded_fields_are_the_gateways_alone(client, origin):
    client.get(host="shop.example.com:8080", extra=(
        "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n"
        "Forwarded: for=6.6.6.6\r\nX-Real-Ip: 6.6.6.6\r\nX-Request-Id: mine\r\n"))
    request = origin.requests[0]
    assert (request["x-forwarded-for"], request["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert request["x-forwarded-host"] == "shop.example.com:8080"
    assert "6.6.6.6" not in " ".join(request.all("forwarded")) and request["x-request-id"] != "mine"
    assert request.all("x-forwarded-port") != ["1"]


def test_the_request_id_is_the_same_on_both_sides_and_new_each_time(client, origin):
    seen = {client.get()["x-request-id"] for _ in range(20)}
    assert len(seen) == 20 and seen == {request["x-request-id"] for request in origin.requests}
    assert all(re.fullmatch(r"[0-9a-zA-Z-]{16,64}", each) for each in seen)


def test_an_id_of_the_origin_does_not_make_two(make_origin, make_gateway):
    def script(connection):
        connection.read_request()
        connection.answer("ok", fields="X-Request-Id: theirs\r\n")
    gateway = make_gateway(origin=make_origin(script))
    with gateway.connect() as client:
        assert len(client.get().all("x-request-id")) == 1


def test_the_host_reaches_the_origin_as_it_came(client, origin):
    client.get(host="Shop.Example.com:8080")
    assert origin.requests[0]["host"].lower() == "shop.example.com:8080"


def test_absolute_form_wins_over_host(client, origin):
    answer = client.ask("GET http://real.example.com:81/p?q=1 HTTP/1.1\r\nHost: other.example.com\r\n\r\n")
    if answer.status == 400:
        assert origin.requests == []
    else:
        request = origin.requests[0]
        assert (request.target, request["host"]) == ("/p?q=1", "real.example.com:81")


def test_absolute_form_without_a_path(client, origin):
    assert client.ask("GET http://test?q=1 HTTP/1.1\r\nHost: test\r\n\r\n").status == 200
    assert origin.requests[0].target == "/?q=1"


def test_options_asterisk(client, origin):
    answer = client.ask("OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n")
    assert answer.status in (200, 400, 404)
    assert all(request.target == "*" for request in origin.requests)


@pytest.mark.parametrize("name", ["X_Forwarded_For", "a_b", "_", "Content_Length"])
def test_names_with_an_underscore_are_refused(client, origin, name):
    assert client.ask(f"GET / HTTP/1.1\r\nHost: test\r\n{name}: 1\r\n\r\n").status == 400
    assert origin.requests == []


def test_paths_are_sent_as_they_were_routed(make_gateway, make_origin):
    public, secret = make_origin(name="public"), make_origin(name="secret")
    gateway = make_gateway([
        listener(free_port()), upstream(public.port), upstream(secret.port, name="secret"), route(),
        route("admin", to="secret", prefix="/admin")])
    with gateway.connect() as client:
        for target in ("/admin", "/x/../admin", "/x/%2e%2e/admin", "//admin", "/./admin/", "/%61dmin", "/admin;x=1",
                       "/admin/../admin/a?b=/../c"):
            seen = client.get(target).json()
            assert seen["origin"] == "secret", f"{target} went past the route as {seen['target']}"
            assert ".." not in seen["target"].partition("?")[0]
        for target in ("/administrator", "/Admin", "/a/admin", "/admin/.."):
            assert client.get(target).json()["origin"] == "public", target


@pytest.mark.parametrize("target", ["/a%2Fb", "/a%2fb", "/a%5Cb", "/a\\b", "/%00", "/a%", "/a%zz"])
def test_targets_that_servers_read_differently_are_refused(client, origin, target):
    assert client.get(target).status == 400
    assert origin.requests == []


def test_the_query_passes_untouched(client, origin):
    client.get("/p?a=%2F..%2f&b=/../&c=%zz&&d=?e")
    assert origin.requests[0].target == "/p?a=%2F..%2f&b=/../&c=%zz&&d=?e"
