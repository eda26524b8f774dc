"""Does an HTTP/2 connection begin, end and give up streams without losing a request?"""

import signal
import threading

import pytest

from h2_frames import (ACK, CANCEL, ENABLE_PUSH, GOAWAY, INITIAL_WINDOW_SIZE, NO_ERROR, RST_STREAM, SETTINGS, frame,
                       preface, settings_payload)
from harness import Closed, free_port, wait_until
from traffic import Traffic


def test_the_gateway_speaks_first_and_acknowledges(h2):
    first = h2.take()
    assert (first.kind, first.flags) == (SETTINGS, 0)
    while (read := h2.take()).kind != SETTINGS or read.flags != ACK:
        pass
    assert h2.settings.get(ENABLE_PUSH, 0) == 0


def test_a_preface_byte_by_byte(make_h2, origin):
    with make_h2(origin).connect(greets=False) as client:
        for byte in preface + frame(SETTINGS, 0, 0):
            client.send(bytes([byte]))
        assert client.get().status == 200


@pytest.mark.parametrize("start", [preface[:-1] + b"x" + frame(SETTINGS, 0, 0), preface + frame(6, 0, 0, bytes(8)),
                                   preface + frame(SETTINGS, 0, 0, b"12345")])
def test_a_wrong_preface_ends_the_connection(make_h2, origin, start):
    with make_h2(origin, limits={"headerTimeout": "1s"}).connect(greets=False) as client:
        client.send(start)
        assert client.end() != NO_ERROR


def test_the_number_of_requests_is_bounded(make_h2, make_origin):
    held = threading.Event()

    def script(connection):
        while True:
            request = connection.read_request()
            if request.target == "/held":
                held.wait(30)
            connection.answer("ok")
    with make_h2(make_origin(script), limits={"requestsPerConnection": 3}).connect() as client:
        waiting = client.open(path="/held")
        assert client.get().status == client.get().status == 200
        while client.goaway is None:
            client.take()
        assert client.goaway == NO_ERROR
        held.set()
        assert client.answer(waiting).body == b"ok", "what was begun is finished"
        assert client.end() == NO_ERROR and client.last_stream == 5


def test_an_idle_connection_is_closed_with_goodbye(make_h2, origin):
    with make_h2(origin, limits={"idleTimeout": "300ms"}).connect() as client:
        assert client.get().status == 200
        assert client.end() == NO_ERROR


def test_a_connection_with_a_waiting_stream_is_not_idle(make_h2, make_origin):
    answered = threading.Event()

    def script(connection):
        connection.read_request()
        answered.wait(1.5)
        connection.answer("late")
        connection.wait_gone()
    with make_h2(make_origin(script), limits={"idleTimeout": "300ms"}).connect() as client:
        assert client.get().body == b"late"


def test_a_body_that_does_not_come_is_408(make_h2, origin):
    with make_h2(origin, limits={"bodyTimeout": "300ms"}).connect() as client:
        stream = client.open(method="POST", ends=False, extra=[("content-length", "50")])
        client.send_body(stream, b"five", ends=False)
        answer = client.answer(stream)
        assert answer.status == 408 and answer.json()["reason"] == "request-timeout"
        assert client.get().status == 200
    assert len(origin.requests) == 1


def test_a_head_without_its_end_is_ended(make_h2, origin):
    with make_h2(origin, limits={"headerTimeout": "300ms"}).connect() as client:
        client.send_frame(1, 1, 1, client.encoder.encode([(":method", "GET")]))
        client.end()
    assert origin.requests == []


def test_a_reset_stream_ends_its_upstream_exchange(make_h2, make_origin):
    origin = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()))
    server = make_h2(origin)
    with server.connect() as client:
        streams = [client.open() for _ in range(5)]
        wait_until(lambda: len(origin.requests) == 5, "the requests reached the origin")
        for stream in streams:
            client.send_frame(RST_STREAM, 0, stream, CANCEL.to_bytes(4, "big"))
        wait_until(lambda: server.gateway.metrics()["sluice_active_requests"] == 0, "the exchanges ended")
        wait_until(lambda: all(each.socket.fileno() < 0 for each in origin.connections), "the upstream connections are closed")


def test_a_client_that_leaves_takes_its_exchanges_along(make_h2, make_origin):
    origin = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()))
    server = make_h2(origin)
    client = server.connect()
    for _ in range(5):
        client.open()
    wait_until(lambda: len(origin.requests) == 5, "the requests reached the origin")
    client.connection.reset()
    wait_until(lambda: server.gateway.metrics()["sluice_active_requests"] == 0, "the exchanges ended")


def test_draining_says_goodbye_and_finishes_what_was_begun(make_h2, make_origin):
    arrived, held = threading.Event(), threading.Event()

    def script(connection):
        while True:
            request = connection.read_request()
            if request.target == "/held":
                arrived.set()
                held.wait(30)
            connection.answer("ok")
    server = make_h2(make_origin(script))
    with server.connect() as client:
        stream = client.open(path="/held")
        assert arrived.wait(10)
        server.gateway.process.signal(signal.SIGTERM)
        while client.goaway is None:
            client.take()
        assert client.goaway == NO_ERROR and client.last_stream >= stream
        held.set()
        assert client.answer(stream).body == b"ok"
        assert client.end() == NO_ERROR
    server.gateway.process.wait()


def test_draining_loses_no_stream_of_busy_clients(make_h2, origin, running):
    """A client that obeys GOAWAY, as all do: every stream that it did not exclude has an answer."""
    server = make_h2(origin, workers=2)

    def connect(_):
        return BusyClient(server)
    traffic = Traffic(server.gateway.port, connections=6, connect=connect)
    running.append(traffic)
    wait_until(lambda: traffic.answered > 200, "traffic runs")
    traffic.ends.set()
    server.gateway.process.signal(signal.SIGTERM)
    traffic.stop()
    assert traffic.failures == []


class BusyClient:
    """One request after the other, in the terms of `Traffic`; a stream that GOAWAY excludes was never begun."""

    def __init__(self, server):
        self.client = server.connect()

    def get(self, path: str):
        stream = self.client.open(path=path)
        try:
            answer = self.client.answer(stream)
        except Closed as closed:
            raise Closed(b"" if self.is_excluded(stream) else b"lost") from closed
        answer.is_whole, answer.closes = answer.has_ended, self.client.goaway is not None
        return answer

    def is_excluded(self, stream: int) -> bool:
        return self.client.goaway == NO_ERROR and stream > self.client.last_stream

    def close(self):
        self.client.close()


def test_settings_may_change_in_the_middle(make_h2, make_origin):
    def script(connection):
        connection.read_request()
        connection.answer(bytes(200_000))
        connection.wait_gone()
    with make_h2(make_origin(script)).connect(settings={INITIAL_WINDOW_SIZE: 0}) as client:
        stream = client.open()
        while not client.answers.get(stream) or not client.answers[stream].fields:
            client.take()
        client.send_frame(SETTINGS, payload=settings_payload({INITIAL_WINDOW_SIZE: 100_000}))
        assert len(client.answer(stream).body) == 200_000


def test_a_goaway_of_the_client_lets_its_streams_finish(h2):
    stream = h2.open()
    h2.send_frame(GOAWAY, 0, 0, bytes(8))
    assert h2.answer(stream).status == 200
    assert h2.end() in (NO_ERROR, None)


def test_an_upstream_that_is_down_is_503(make_h2, make_origin):
    origin = make_origin()
    origin.port = free_port()
    with make_h2(origin).connect() as client:
        answer = client.get()
        assert answer.status == 503 and answer["content-type"] == "application/problem+json"
        assert client.goaway is None
