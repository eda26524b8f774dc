"""What does a client see when the upstream does not do its part?"""

import threading

import pytest

from harness import Closed, free_port, listener, route, upstream

bad_answers = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "binary": bytes(range(256)) + b"\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and coding": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "head without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000,
    "space before colon": b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
    "cut head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "NUL in a field": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
}


def says(raw: bytes, then=lambda connection: None):
    def script(connection):
        connection.read_request()
        connection.send(raw)
        then(connection)
    return script


def failed(gateway, request="GET / HTTP/1.1\r\nHost: test\r\n\r\n"):
    """Status and reason, and that the connection is good for the next request or says that it closes."""
    with gateway.connect() as client:
        answer = client.ask(request)
        problem = answer.json()
        assert (answer["content-type"], problem["status"]) == ("application/problem+json", answer.status)
        if not answer.closes:
            assert client.get("/again").status in (502, 503, 504)
        return answer.status, problem["reason"]


def test_refused(make_gateway):
    assert failed(make_gateway(origin=free_port())) == (503, "upstream-connect-failed")


def test_closed_before_the_first_byte(make_origin, make_gateway):
    assert failed(make_gateway(origin=make_origin(says(b"")))) == (503, "upstream-reset")


def test_reset_before_the_first_byte(make_origin, make_gateway):
    gateway = make_gateway(origin=make_origin(says(b"", lambda connection: connection.reset())))
    assert failed(gateway) == (503, "upstream-reset")


@pytest.mark.parametrize("raw", bad_answers.values(), ids=bad_answers)
def test_garbage(make_origin, make_gateway, raw):
    assert failed(make_gateway(origin=make_origin(says(raw)))) == (502, "upstream-invalid")


def test_silence_after_the_request(make_origin, make_gateway):
    origin = make_origin(says(b"", lambda connection: connection.wait_gone()))
    assert failed(make_gateway(origin=origin, timeouts={"request": "200ms"})) == (504, "upstream-timeout")


def test_silence_within_a_try(make_origin, make_gateway):
    origin = make_origin(says(b"", lambda connection: connection.wait_gone()))
    gateway = make_gateway(origin=origin, timeouts={"request": "30s", "backendRequest": "200ms"})
    assert failed(gateway) == (504, "upstream-timeout")


def test_silence_within_the_head(make_origin, make_gateway):
    origin = make_origin(says(b"HTTP/1.1 200 OK\r\nContent-", lambda connection: connection.wait_gone()))
    assert failed(make_gateway(origin=origin, timeouts={"request": "200ms"})) == (504, "upstream-timeout")


broken_bodies = {
    "length, closed": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "close"),
    "length, reset": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "reset"),
    "chunk, closed": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello", "close"),
    "no last chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "close"),
    "bad chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", "wait_gone"),
}


@pytest.mark.parametrize(("raw", "ending"), broken_bodies.values(), ids=broken_bodies)
def test_an_answer_that_breaks_off_is_passed_on_as_broken(make_origin, make_gateway, raw, ending):
    head_read = threading.Event()

    def script(connection):
        connection.read_request()
        head, separator, body = raw.partition(b"\r\n\r\n")
        connection.send(head + separator + (body[:2] if ending != "wait_gone" else body))
        if ending != "wait_gone":
            head_read.wait(10)
            connection.send(body[2:])
        getattr(connection, ending)()
    gateway = make_gateway(origin=make_origin(script))
    with gateway.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        if ending != "wait_gone":
            client.fill()
        head_read.set()
        try:
            answer = client.answer()
        except Closed:
            return
        assert not answer.is_whole or answer.status == 502, f"{answer} looks complete"
        if answer.status == 200:
            assert client.is_closed()


def test_an_early_answer_passes_and_the_rest_of_the_body_is_no_request(make_origin, make_gateway):
    def early(connection):
        connection.read_head()
        connection.answer("enough", status="403 Forbidden", fields="Connection: close\r\n")
        connection.wait_gone()
    origin = make_origin(early)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10000000\r\n\r\n")
        answer = client.answer()
        assert (answer.status, answer.body) == (403, b"enough")
        try:
            client.send(b"GET /evil HTTP/1.1\r\nHost: test\r\n\r\n" * 1000)
        except ConnectionError:
            pass
    assert all("/evil" not in request.target for request in origin.requests)


def test_a_body_that_the_client_breaks_off_is_never_complete_upstream(make_origin, make_gateway):
    ended = threading.Event()
    seen = []

    def script(connection):
        try:
            seen.append(connection.read_request())
        finally:
            ended.set()
    gateway = make_gateway(origin=make_origin(script))
    for framing, part in (("Content-Length: 100", "half"), ("Transfer-Encoding: chunked", "4\r\nhalf\r\n")):
        ended.clear()
        client = gateway.connect()
        client.send(f"POST / HTTP/1.1\r\nHost: test\r\n{framing}\r\n\r\n{part}")
        client.half_close()
        client.reset()
        # The gateway may have given up before it connected: then nothing comes, and waiting ends by itself.
        ended.wait(2)
    assert seen == []


def test_two_upstreams_fail_apart(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), upstream(free_port(), name="dead"),
        route("good", prefix="/good"), route("bad", to="dead", prefix="/bad")])
    with gateway.connect() as client:
        for _ in range(5):
            assert client.get("/bad").status == 503
            assert client.get("/good").status == 200


def test_an_endless_row_of_interim_answers_is_cut(make_origin, make_gateway):
    def endless(connection):
        connection.read_request()
        while True:
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)
    gateway = make_gateway(origin=make_origin(endless, keeps_bytes=False), timeouts={"request": "2s"})
    with gateway.connect() as client:
        assert client.get().status in (502, 504)
