"""Are event streams and long polls left alone by the request timeout, and ended by `idle` only?"""

import threading

import pytest

from harness import wait_until

timeouts = {"request": "400ms", "idle": "10s"}
head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream{}\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(text: str) -> str:
    data = f"data: {text}\n\n"
    return f"{len(data):x}\r\n{data}\r\n"


@pytest.mark.parametrize("parameter", ["", "; charset=utf-8"])
def test_events_come_at_once_and_the_request_timeout_does_not_cut_them(make_origin, make_gateway, parameter):
    next_one = threading.Semaphore(0)

    def script(connection):
        connection.read_request()
        connection.send(head.format(parameter))
        for number in range(4):
            assert next_one.acquire(timeout=20)
            connection.send(event(str(number)))
        connection.send("0\r\n\r\n")
    gateway = make_gateway(origin=make_origin(script), timeouts=timeouts)
    with gateway.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n")
        client.read_until(b"\r\n\r\n")
        for number in range(4):
            # Longer than the request's timeout in all.
            threading.Timer(0.3, next_one.release).start()
            client.read_until(f"data: {number}\n\n".encode())
        client.read_until(b"0\r\n\r\n")


def test_the_request_timeout_still_counts_until_the_head(make_origin, make_gateway):
    origin = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()))
    with make_gateway(origin=origin, timeouts=timeouts).connect() as client:
        assert client.get(extra="Accept: text/event-stream\r\n").status == 504


def test_a_stream_without_events_ends_by_idle(make_origin, make_gateway):
    def script(connection):
        connection.read_request()
        connection.send(head.format("") + event("only"))
        connection.wait_gone()
    gateway = make_gateway(origin=make_origin(script), timeouts={"request": "10s", "idle": "300ms"})
    with gateway.connect() as client:
        answer = client.get()
        assert (answer.body, answer.is_whole) == (b"data: only\n\n", False)


def test_over_http_2(make_h2, make_origin):
    go_on = threading.Event()

    def script(connection):
        connection.read_request()
        connection.send(head.format("") + event("one"))
        go_on.wait(20)
        connection.send(event("two") + "0\r\n\r\n")
    with make_h2(make_origin(script)).connect() as client:
        stream = client.open()
        while not client.answers.get(stream) or b"one" not in client.answers[stream].body:
            client.take()
        go_on.set()
        assert client.answer(stream).body == b"data: one\n\ndata: two\n\n"


def test_a_client_that_leaves_ends_the_origins_stream(make_origin, make_gateway):
    ended = threading.Event()

    def script(connection):
        connection.read_request()
        connection.send(head.format("") + event("one"))
        connection.wait_gone()
        ended.set()
    client = make_gateway(origin=make_origin(script)).connect()
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    client.read_until(b"one\n\n")
    client.reset()
    wait_until(ended.is_set, "the origin's connection is closed")
