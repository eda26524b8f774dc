"""Do bodies over HTTP/2 flow as fast as both ends take them, whole, many at once?"""

import hashlib
import os
import threading

import pytest

from h2_frames import (DATA, HEADERS, INITIAL_WINDOW_SIZE, INTERNAL_ERROR, MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE, REFUSED_STREAM,
                       fields_of)
from harness import resident_bytes, wait_until
from origin import Gone

large = os.urandom(1 << 20) * 10
block, memory_bound = bytes(65536), 24 << 20


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("extra", [[("content-length", str(len(large)))], []], ids=["length", "no length"])
def test_a_large_body_goes_up_whole(h2, origin, extra):
    answer = h2.ask(method="POST", body=large, extra=extra)
    assert (answer.json()["length"], answer.json()["sha256"]) == (len(large), digest(large))
    assert len(origin.requests[0].all("content-length") + origin.requests[0].all("transfer-encoding")) == 1


@pytest.mark.parametrize("window", [None, 1, 1000, 1 << 20])
def test_a_large_body_comes_down_whole(make_h2, make_origin, window):
    body = large if window != 1 else large[:2000]

    def script(connection):
        connection.read_request()
        connection.answer(body)
        connection.wait_gone()
    settings = {INITIAL_WINDOW_SIZE: window} if window else {}
    with make_h2(make_origin(script)).connect(settings=settings, timeout=60) as client:
        assert digest(client.get().body) == digest(body)
        assert max(len(each.payload) for each in client.seen) <= 16384, "no frame is longer than the client allows"


def test_longer_frames_may_come_when_the_client_allows(make_h2, make_origin):
    def script(connection):
        connection.read_request()
        connection.answer(large)
        connection.wait_gone()
    with make_h2(make_origin(script)).connect(settings={MAX_FRAME_SIZE: 1 << 20, INITIAL_WINDOW_SIZE: 1 << 24}) as client:
        assert digest(client.get().body) == digest(large)


@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 65535, 65536, 65537])
def test_bodies_of_every_size_go_up_and_down(make_h2, make_origin, size):
    def script(connection):
        while True:
            connection.answer(connection.read_request().body)
    with make_h2(make_origin(script)).connect() as client:
        assert client.ask(method="PUT", body=large[:size]).body == large[:size]


def test_padded_data_counts_for_the_windows(h2):
    """Padding is flow-controlled: a gateway that forgets it grinds to a halt."""
    stream = h2.open(method="POST", ends=False)
    for _ in range(400):
        while min(h2.window, h2.windows.get(stream, h2.initial_window)) < 1256:
            h2.take()
        h2.window -= 1256
        h2.windows[stream] = h2.windows.get(stream, h2.initial_window) - 1256
        h2.send_frame(DATA, 8, stream, b"\xff" + b"x" * 1000 + bytes(255))
    h2.send_frame(DATA, 1, stream)
    assert h2.answer(stream).json()["length"] == 400_000


def test_empty_data_frames_are_nothing(h2):
    stream = h2.open(method="POST", ends=False)
    for _ in range(5):
        h2.send_frame(DATA, 0, stream)
    h2.send_body(stream, b"hello")
    assert h2.answer(stream).json()["length"] == 5


def test_a_content_length_that_is_right(h2, origin):
    assert h2.ask(method="POST", body=b"hello", extra=[("content-length", "5")]).json()["length"] == 5
    assert origin.requests[0]["content-length"] == "5"


def stalled(count):
    """Waits until a number stands still for many looks."""
    last, looks = -1, 0

    def stands_still():
        nonlocal last, looks
        now = count()
        looks, last = (looks + 1 if now == last else 0), now
        return looks > 30
    wait_until(stands_still, "the sender is held up", 30)


def test_a_client_that_grants_nothing_stops_the_origin_and_only_its_own_stream(make_h2, make_origin):
    sent = []

    def script(connection):
        request = connection.read_request()
        if request.target != "/endless":
            connection.answer("ok")
            connection.wait_gone()
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send(f"{len(block):x}\r\n".encode() + block + b"\r\n")
            sent.append(len(block))
    server = make_h2(make_origin(script))
    with server.connect(grants=False) as client:
        before = resident_bytes(server.gateway.worker_pids()[0])
        client.open(path="/endless")
        # The whole of the connection's window is used up by then: the client widens that one alone.
        client.grant(0, 1 << 24)
        stalled(lambda: len(sent))
        assert resident_bytes(server.gateway.worker_pids()[0]) - before < memory_bound
        assert client.get("/other").body == b"ok"


def test_an_origin_that_does_not_read_stops_the_client(make_h2, make_origin):
    go_on = threading.Event()

    def late(connection):
        request = connection.read_head()
        go_on.wait(60)
        connection.answer(str(sum(len(each) for each in connection.body(request))))
        connection.wait_gone()
    server = make_h2(make_origin(late, keeps_bytes=False))
    total = 64 << 20
    with server.connect(timeout=60) as client:
        before = resident_bytes(server.gateway.worker_pids()[0])
        stream = client.open(method="POST", ends=False)
        sender = threading.Thread(target=client.send_body, args=(stream, bytes(total)), daemon=True)
        sender.start()
        stalled(lambda: client.window)
        assert sender.is_alive(), "the gateway took all of it"
        assert resident_bytes(server.gateway.worker_pids()[0]) - before < memory_bound
        go_on.set()
        sender.join(60)
        assert client.answer(stream).body == str(total).encode()


def test_streams_are_answered_in_the_order_of_their_answers(make_h2, make_origin):
    last = threading.Event()

    def script(connection):
        while True:
            request = connection.read_request()
            if request.target == "/last":
                last.wait(30)
            connection.answer(request.target)
    with make_h2(make_origin(script)).connect() as client:
        slow = client.open(path="/last")
        others = [client.open(path=f"/{number}") for number in range(50)]
        assert [client.answer(stream).body for stream in others] == [f"/{number}".encode() for number in range(50)]
        assert not client.answers.get(slow)
        last.set()
        assert client.answer(slow).body == b"/last"


def test_a_hundred_bodies_at_once(h2):
    streams = {h2.open(method="POST", path=f"/{number}", ends=False): number for number in range(100)}
    for _ in range(5):
        for stream in streams:
            h2.send_body(stream, b"x" * 100, ends=False)
    for stream in streams:
        h2.send_body(stream, b"")
    for stream, number in streams.items():
        answer = h2.answer(stream).json()
        assert (answer["target"], answer["length"]) == (f"/{number}", 500)


def test_more_streams_than_allowed_are_refused_and_the_others_served(make_h2, make_origin):
    held = threading.Event()

    def script(connection):
        while True:
            connection.read_request()
            held.wait(30)
            connection.answer("ok")
    with make_h2(make_origin(script), http2={"maxConcurrentStreams": 10}).connect() as client:
        # All at once, before the client can know the limit.
        streams = [client.open() for _ in range(15)]
        assert [client.answer(stream).reset for stream in streams[10:]] == [REFUSED_STREAM] * 5
        assert client.settings[MAX_CONCURRENT_STREAMS] == 10
        held.set()
        assert [client.answer(stream).body for stream in streams[:10]] == [b"ok"] * 10
        assert client.get().body == b"ok"


def test_an_answer_flows_before_the_origin_has_finished_it(make_h2, make_origin):
    go_on = threading.Event()

    def script(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
        if not go_on.wait(30):
            raise Gone
        connection.send("two")
        connection.wait_gone()
    with make_h2(make_origin(script)).connect() as client:
        stream = client.open()
        while (read := client.take()).kind != DATA:
            pass
        assert read.payload == b"one"
        go_on.set()
        assert client.answer(stream).body == b"onetwo"


def test_an_answer_that_breaks_off_is_never_complete(make_h2, make_origin):
    def script(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\nonly this")
    with make_h2(make_origin(script)).connect() as client:
        answer = client.get()
        assert (answer.status, answer.body, answer.has_ended) == (200, b"only this", False)
        assert answer.reset == INTERNAL_ERROR


def test_trailers_of_the_client_do_not_pass_nor_harm(h2, origin):
    stream = h2.open(fields_of(method="POST", scheme=h2.scheme), ends=False)
    h2.send_body(stream, b"hello", ends=False)
    h2.send_frame(HEADERS, 5, stream, h2.encoder.encode([("x-sum", "1")]))
    assert h2.answer(stream).json()["length"] == 5
    assert origin.requests[0].all("x-sum") == []


def test_trailers_of_an_origin_without_grpc_are_dropped(make_h2, make_origin):
    def script(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")
        connection.wait_gone()
    with make_h2(make_origin(script)).connect() as client:
        answer = client.get()
        assert (answer.body, answer.trailers, answer.has_ended) == (b"hello", [], True)
