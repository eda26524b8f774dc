"""Are answers without a body, and interim ones, understood on both sides?"""

import threading

import pytest

head_only = {
    "204": "HTTP/1.1 204 No Content\r\nX-Kind: none\r\n\r\n",
    "304": "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 100\r\n\r\n",
    "304 without length": "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
}


def fixed(raw: str):
    def script(connection):
        while True:
            connection.read_request()
            connection.send(raw)
    return script


@pytest.mark.parametrize("raw", head_only.values(), ids=head_only)
def test_no_body_is_waited_for(make_origin, make_gateway, raw):
    origin = make_origin(fixed(raw))
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        for _ in range(3):
            answer = client.get()
            assert answer.status == int(raw[9:12]) and answer.all("transfer-encoding") == []
    assert len(origin.connections) == 1


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked", "X-None: 1"])
def test_head_has_the_fields_and_no_body(make_origin, make_gateway, framing):
    origin = make_origin(fixed(f"HTTP/1.1 200 OK\r\n{framing}\r\nX-Kind: head\r\n\r\n"))
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        for _ in range(3):
            answer = client.ask("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n", is_head=True)
            assert answer["x-kind"] == "head"
            if framing.startswith("Content-Length"):
                assert answer["content-length"] == "1000"
    assert origin.requests[0].method == "HEAD"


def test_gateway_answers_to_head_have_no_body(client):
    answer = client.ask("HEAD /%2F HTTP/1.1\r\nHost: test\r\n\r\n", is_head=True)
    assert answer.status == 400
    if answer.closes:
        assert client.is_closed()
    else:
        assert client.get().status == 200


def test_interim_answers_pass(make_origin, make_gateway):
    def hints(connection):
        while True:
            connection.read_request()
            connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
                            "HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n")
            connection.answer("final")
    gateway = make_gateway(origin=make_origin(hints))
    with gateway.connect() as client:
        for _ in range(2):
            client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            assert client.any_answer()["link"] == "</a.css>; rel=preload"
            assert client.any_answer()["link"] == "</b.css>; rel=preload"
            assert client.any_answer().body == b"final"


def test_interim_answers_do_not_reach_http_1_0(make_origin, make_gateway):
    def hints(connection):
        connection.read_request()
        connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
        connection.answer("final")
    gateway = make_gateway(origin=make_origin(hints))
    with gateway.connect() as client:
        client.send("GET / HTTP/1.0\r\nHost: test\r\n\r\n")
        assert client.any_answer().body == b"final"


def asking(connection):
    """An origin that says when it wants the body (RFC 9110 section 10.1.1)."""
    while True:
        request = connection.read_head()
        if request.all("expect"):
            connection.send("HTTP/1.1 100 Continue\r\n\r\n")
        request.body = b"".join(connection.body(request))
        connection.origin.record(request)
        connection.answer(request.body)


@pytest.fixture
def polite(make_origin, make_gateway):
    """An origin that keeps to `Expect`, and a client of a gateway in front of it."""
    origin = make_origin(asking)
    with make_gateway(origin=origin).connect() as client:
        yield origin, client


def test_expect_continue_is_answered_before_the_body_comes(polite):
    origin, client = polite
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert client.any_answer().status == 100
    assert client.ask("hello").body == b"hello"


def test_expect_continue_reaches_no_body_when_the_origin_refuses(make_origin, make_gateway):
    refused = threading.Event()

    def refuse(connection):
        connection.read_head()
        connection.answer("no", status="413 Content Too Large")
        refused.set()
        connection.wait_gone()
    gateway = make_gateway(origin=make_origin(refuse))
    with gateway.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        answer = client.answer()
        assert answer.status == 413


def test_expect_with_the_body_at_once(polite):
    origin, client = polite
    answer = client.ask("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
    assert answer.body == b"hello"
    assert client.get().status == 200


def test_the_origin_gets_one_whole_request_after_expect(polite):
    origin, client = polite
    client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    assert client.any_answer().status == 100
    assert client.ask("5\r\nhello\r\n0\r\n\r\n").status == 200
    assert [request.body for request in origin.requests] == [b"hello"]


def test_a_switch_that_nobody_asked_for_is_a_bad_answer(make_origin, make_gateway):
    def switch(connection):
        connection.read_request()
        connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
        connection.wait_gone()
    gateway = make_gateway(origin=make_origin(switch))
    with gateway.connect() as client:
        answer = client.get()
        assert (answer.status, answer.json()["reason"]) == (502, "upstream-invalid")
