"""Which methods are tried again, and when is a body sent once more? Never one that was passed on."""

import hashlib

import pytest

from h2_client import H2Client
from harness import free_port
from retrying import retried, serving
from trouble import Turns, answers, closes, endpoints, resets, resets_within_body


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_methods_that_may_be_repeated(make_origin, make_gateway, method):
    request = f"{method} / HTTP/1.1\r\nHost: test\r\n\r\n"
    answer, turns = retried(make_origin, make_gateway, [resets], request=request)
    assert (answer.status, turns.methods) == (200, [method, method])


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_methods_that_may_not(make_origin, make_gateway, method):
    request = f"{method} / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
    answer, turns = retried(make_origin, make_gateway, [resets] * 9, request=request)
    assert (answer.status, turns.methods) == (503, [method])


def test_methods_replace_the_default(make_origin, make_gateway):
    post = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
    answer, turns = retried(make_origin, make_gateway, [resets], retry={"methods": ["POST"]}, request=post)
    assert (answer.status, turns.methods) == (200, ["POST", "POST"])
    answer, turns = retried(make_origin, make_gateway, [resets] * 9, retry={"methods": ["POST"]})
    assert (answer.status, turns.methods) == (503, ["GET"])


bodies = {
    "length": "Content-Length: 300000\r\n\r\n" + "x" * 300_000,
    "chunks": "Transfer-Encoding: chunked\r\n\r\n" + "".join(f"3e8\r\n{'x' * 1000}\r\n" for _ in range(300)) + "0\r\n\r\n",
}


@pytest.mark.parametrize("way", [resets, closes, resets_within_body, answers("503 Busy")],
                         ids=["reset", "close", "within", "503"])
@pytest.mark.parametrize("framing", bodies)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_was_sent_is_never_sent_again(make_origin, make_gateway, method, framing, way):
    request = f"{method} / HTTP/1.1\r\nHost: test\r\n{bodies[framing]}"
    answer, turns = retried(make_origin, make_gateway, [way] * 9, retry={"methods": ["POST", "PUT"]}, request=request)
    assert (answer.status, turns.methods) == (503, [method])


def test_an_order_is_never_placed_twice(make_origin, make_gateway):
    """What the origin had of a POST without retries for POST, however small: one arrival."""
    for way in (resets, closes, resets_within_body, answers("503 Busy")):
        answer, turns = retried(make_origin, make_gateway, [way] * 9,
                                request="POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\norder")
        assert (answer.status, turns.methods) == (503, ["POST"])


@pytest.mark.parametrize("framing", bodies)
def test_a_body_that_was_not_sent_yet_goes_where_a_connection_is(make_origin, make_gateway, framing):
    alive = make_origin(Turns(), name="alive")
    gateway = serving(make_gateway, [free_port(), free_port(), alive.port], {"methods": ["POST"]})
    for _ in range(6):
        with gateway.connect() as client:
            assert client.ask(f"POST / HTTP/1.1\r\nHost: test\r\n{bodies[framing]}").status == 200
    digests = {hashlib.sha256(each.body).hexdigest() for each in alive.requests}
    assert digests == {hashlib.sha256(b"x" * 300_000).hexdigest()} and len(alive.requests) == 6


def test_an_early_answer_is_passed_on_and_the_body_goes_nowhere_else(make_origin, make_gateway):
    def early(connection, request):
        connection.answer("enough", status="503 Busy", fields="Connection: close\r\n")
        connection.wait_gone()
    turns = Turns(*[early] * 9)
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins], {})
    with gateway.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10000000\r\n\r\n" + "x" * 1000)
        answer = client.answer()
        assert (answer.status, answer.body) == (503, b"enough")
    assert len(turns.names) == 1


def test_a_body_over_http2_is_never_sent_again(make_origin, make_gateway):
    turns = Turns(*[resets] * 9)
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins], {"methods": ["POST"]})
    with H2Client(gateway.port) as client:
        assert client.ask(method="POST", body=b"x" * 200_000).status == 503
    assert turns.methods == ["POST"]
