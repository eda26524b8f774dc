"""Are hostile and broken HTTP/2 clients ended with the right code, while others are served?"""

import contextlib
import time

import pytest

import corpus
from h2_frames import (COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR,
                       FRAME_SIZE_ERROR, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, INTERNAL_ERROR, NO_ERROR, PING, PRIORITY, PROTOCOL_ERROR,
                       PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM_CLOSED, WINDOW_UPDATE, fields_of, frame, settings_payload)
from harness import Closed, resident_bytes, wait_until

limits = {"headerTimeout": "2s", "requestsPerConnection": 1_000_000}


@pytest.fixture
def attacked(make_h2, origin):
    """A gateway, a hostile client and a good one, which is served at the end and was never disturbed."""
    server = make_h2(origin, limits=limits)
    with server.connect() as hostile, server.connect() as good:
        assert good.get().status == 200
        yield server, hostile
        assert good.get().status == 200, "the good client's connection is served"
    with server.connect() as late:
        assert late.get().status == 200


def ends_with(client, *codes: int):
    """The gateway says goodbye with one of the codes, or closes at once."""
    code = client.end()
    assert code in codes or code is None and None in codes, f"GOAWAY with {code}, not one of {codes}"


frames = [case for case in corpus.read("h2-frames.json") if case["verdict"] == "error"]


@pytest.mark.parametrize("case", frames, ids=[case["id"] for case in frames])
def test_broken_frames(attacked, origin, case):
    _, hostile = attacked
    before = len(origin.requests)
    hostile.send(bytes.fromhex(case["wire_hex"]))
    hostile.send_frame(PING, payload=bytes(8))
    ends_with(hostile, *case["error"], FRAME_SIZE_ERROR, PROTOCOL_ERROR)
    assert len(origin.requests) == before


def head(client, fields, flags=END_STREAM | END_HEADERS, stream=1) -> bytes:
    return frame(HEADERS, flags, stream, client.encoder.encode(fields))


broken = {
    "a stream of the server's": (lambda client: head(client, fields_of(), stream=2), (PROTOCOL_ERROR,)),
    "a push": (lambda client: frame(PUSH_PROMISE, END_HEADERS, 1, bytes([0, 0, 0, 2, 0x82])), (PROTOCOL_ERROR,)),
    "data on an idle stream": (lambda client: frame(DATA, 0, 1, b"x"), (PROTOCOL_ERROR,)),
    "window of an idle stream": (lambda client: frame(WINDOW_UPDATE, 0, 1, bytes([0, 0, 0, 1])), (PROTOCOL_ERROR,)),
    "reset of an idle stream": (lambda client: frame(RST_STREAM, 0, 1, bytes(4)), (PROTOCOL_ERROR,)),
    "a continuation of nothing": (lambda client: frame(CONTINUATION, END_HEADERS, 1, b"\x82"), (PROTOCOL_ERROR,)),
    "a frame within a head": (lambda client: head(client, fields_of(), flags=END_STREAM) + frame(PING, 0, 0, bytes(8)),
                              (PROTOCOL_ERROR,)),
    "another stream within a head": (lambda client: head(client, fields_of(), flags=END_STREAM) + frame(
        CONTINUATION, END_HEADERS, 3), (PROTOCOL_ERROR,)),
    "no HPACK": (lambda client: frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\xff" * 20), (COMPRESSION_ERROR,)),
    "an index beyond the table": (lambda client: frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\xfe"), (COMPRESSION_ERROR,)),
    "a table larger than allowed": (lambda client: frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x3f\xe1\xff\xff\x7f\x82"),
                                    (COMPRESSION_ERROR,)),
    "a window overflow": (lambda client: frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff") * 2, (FLOW_CONTROL_ERROR,)),
    "a window of nothing": (lambda client: frame(WINDOW_UPDATE, 0, 0, bytes(4)), (PROTOCOL_ERROR,)),
    "a huge initial window": (lambda client: frame(SETTINGS, 0, 0, settings_payload({INITIAL_WINDOW_SIZE: 1 << 31})),
                              (FLOW_CONTROL_ERROR,)),
    "a push setting of 2": (lambda client: frame(SETTINGS, 0, 0, settings_payload({2: 2})), (PROTOCOL_ERROR,)),
    "a frame size too small": (lambda client: frame(SETTINGS, 0, 0, settings_payload({5: 1})), (PROTOCOL_ERROR,)),
    "a frame too long": (lambda client: frame(DATA, 0, 1, bytes(1 << 20)), (FRAME_SIZE_ERROR,)),
}


@pytest.mark.parametrize("make,codes", broken.values(), ids=broken)
def test_broken_sequences(attacked, make, codes):
    _, hostile = attacked
    with contextlib.suppress(OSError):
        hostile.send(make(hostile))
    ends_with(hostile, *codes)


def test_a_stream_number_that_goes_backwards_is_an_error_or_ignored(attacked, origin):
    _, hostile = attacked
    before = len(origin.requests)
    hostile.send(head(hostile, fields_of("/five"), stream=5) + head(hostile, fields_of("/three"), stream=3))
    try:
        hostile.answer(5)
        hostile.send_frame(PING, 0, 0, bytes(8))
        while hostile.take().kind != PING:
            pass
    except Closed:
        assert hostile.goaway in (PROTOCOL_ERROR, STREAM_CLOSED)
    assert "/three" not in [request.target for request in origin.requests[before:]]


@pytest.mark.parametrize("fields", [
    fields_of()[1:], fields_of()[:1] + fields_of()[2:], fields_of()[:3], [*fields_of(), (":path", "/b")],
    [*fields_of(), (":authority", "b")], [*fields_of(), (":status", "200")], [*fields_of(), (":unknown", "1")],
    [("x-first", "1"), *fields_of()], fields_of(path=""), fields_of(method=""), fields_of(method="GE T"),
    fields_of(extra=[("connection", "close")]), fields_of(extra=[("transfer-encoding", "chunked")]),
    fields_of(extra=[("keep-alive", "5")]), fields_of(extra=[("upgrade", "websocket")]),
    fields_of(extra=[("proxy-connection", "close")]), fields_of(extra=[("te", "gzip")]),
    fields_of(extra=[("X-Upper", "1")]), fields_of(extra=[("x-cr", "a\rb")]), fields_of(extra=[("x-lf", "a\nb")]),
    fields_of(extra=[("x-nul", "a\0b")]), fields_of(extra=[("x-crlf", "a\r\nx-evil: 1")]), fields_of(extra=[("x y", "1")]),
    fields_of(extra=[("x:y", "1")]), fields_of(extra=[("", "1")]), fields_of(extra=[("x-\r\nevil", "1")]),
    fields_of(path="/a\r\nx-evil: 1"), fields_of(path="/a HTTP/1.1\r\n\r\nGET /b"), fields_of(authority="a\r\nx-evil: 1"),
    fields_of(method="GET / HTTP/1.1\r\nx: 1\r\n\r\nGET"), fields_of(extra=[("host", "other.example.com")]),
    fields_of(extra=[("content-length", "5")]), fields_of(extra=[("content-length", "x")]),
    fields_of(extra=[("content-length", "0"), ("content-length", "1")]), fields_of(scheme="htt p")],
    ids=lambda fields: repr(fields[-1])[:40])
def test_malformed_heads_are_stream_errors_or_400_and_never_reach_the_origin(attacked, origin, fields):
    _, hostile = attacked
    before = len(origin.requests)
    try:
        answer = hostile.ask(fields)
        assert answer.status in (400, 413) or answer.reset in (PROTOCOL_ERROR, 7), answer
    except Closed:
        assert hostile.goaway == PROTOCOL_ERROR
    assert len(origin.requests) == before, origin.requests[-1].raw_head


@pytest.mark.parametrize("length,body", [(5, b"four"), (5, b"sixsix"), (5, b""), (0, b"x")])
def test_a_body_of_another_length_than_declared_is_never_complete(attacked, origin, length, body):
    _, hostile = attacked
    before = len(origin.requests)
    stream = hostile.open(method="POST", extra=[("content-length", str(length))], ends=False)
    hostile.send_frame(DATA, END_STREAM, stream, body)
    answer = hostile.answer(stream)
    assert answer.reset == PROTOCOL_ERROR or answer.status == 400, answer
    assert len(origin.requests) == before


def flood(client, data: bytes, count: int = 20_000, batch: int = 500, seconds: float = 20):
    """Sends the same again and again until it is over with the connection; whether the gateway ended it."""
    deadline = time.monotonic() + seconds
    client.connection.socket.settimeout(5)
    for _ in range(0, count, batch):
        try:
            client.connection.send(data * batch)
        except OSError:
            return True
        if time.monotonic() > deadline:
            break
    client.connection.socket.settimeout(10)
    try:
        client.end()
        return True
    except OSError:
        return client.goaway is not None


floods = {
    "pings": frame(PING, 0, 0, bytes(8)), "settings": frame(SETTINGS, 0, 0, settings_payload({INITIAL_WINDOW_SIZE: 65535})),
    "empty settings": frame(SETTINGS, 0, 0),
}


@pytest.mark.parametrize("data", floods.values(), ids=floods)
def test_floods_that_ask_for_answers_are_ended(attacked, data):
    """The client never reads: whoever queues an answer to each frame runs out of memory."""
    server, hostile = attacked
    before = resident_bytes(server.gateway.worker_pids()[0])
    assert flood(hostile, data)
    assert hostile.goaway in (ENHANCE_YOUR_CALM, None)
    assert resident_bytes(server.gateway.worker_pids()[0]) - before < 16 << 20


@pytest.mark.parametrize("kind", ["empty data", "empty continuation", "priority", "unknown"])
def test_floods_of_nothing_are_ended_or_harmless(attacked, origin, kind):
    server, hostile = attacked
    before = resident_bytes(server.gateway.worker_pids()[0])
    if kind == "empty data":
        hostile.open(method="POST", ends=False)
        data = frame(DATA, 0, 1)
    elif kind == "empty continuation":
        hostile.send(head(hostile, fields_of(), flags=0))
        data = frame(CONTINUATION, 0, 1)
    else:
        data = frame(PRIORITY, 0, 1, bytes(5)) if kind == "priority" else frame(0xfa, 0, 0)
    has_ended = flood(hostile, data, count=100_000, batch=2000)
    assert has_ended or kind in ("priority", "unknown")
    assert hostile.goaway != NO_ERROR
    assert resident_bytes(server.gateway.worker_pids()[0]) - before < 16 << 20


def test_rapid_reset_is_ended_and_does_not_flood_the_origin(attacked, origin):
    """CVE-2023-44487: streams opened and reset at once, which no limit of concurrent streams sees."""
    server, hostile = attacked
    for _ in range(200):
        burst = b""
        for _ in range(100):
            burst += head(hostile, fields_of(scheme=hostile.scheme), stream=hostile.next_stream)
            burst += frame(RST_STREAM, 0, hostile.next_stream, (8).to_bytes(4, "big"))
            hostile.next_stream += 2
        try:
            hostile.connection.send(burst)
        except OSError:
            break
    # The RFC names no code for it; libraries choose differently.
    ends_with(hostile, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, INTERNAL_ERROR, None)
    assert len(origin.connections) < 2000, "most of 20,000 requests never reached the origin"
    wait_until(lambda: server.gateway.metrics()["sluice_active_requests"] == 0, "nothing is left over")


def test_made_to_reset_is_ended(attacked):
    """CVE-2025-8671: the client breaks the rules of a stream after asking, so that the gateway resets it."""
    _, hostile = attacked
    for _ in range(200):
        burst = b""
        for _ in range(100):
            stream, hostile.next_stream = hostile.next_stream, hostile.next_stream + 2
            burst += head(hostile, fields_of(scheme=hostile.scheme), stream=stream) + frame(WINDOW_UPDATE, 0, stream, bytes(4))
        try:
            hostile.connection.send(burst)
        except OSError:
            break
    ends_with(hostile, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, None)


def test_a_continuation_flood_is_ended(attacked):
    """CVE-2024-27316: a head that never ends."""
    server, hostile = attacked
    before = resident_bytes(server.gateway.worker_pids()[0])
    hostile.send(head(hostile, fields_of(), flags=END_STREAM))
    block = hostile.encoder.encode([(f"x-{number}", "y" * 50) for number in range(200)])
    assert flood(hostile, frame(CONTINUATION, 0, 1, block[:16000]), count=2000, batch=10)
    assert resident_bytes(server.gateway.worker_pids()[0]) - before < 16 << 20


def test_a_compressed_bomb_is_431_or_ended(attacked, origin):
    """One long field in the dynamic table, named by a byte as often as a frame holds."""
    server, hostile = attacked
    before, seen = resident_bytes(server.gateway.worker_pids()[0]), len(origin.requests)
    hostile.encoder.header_table_size = 4096
    block = hostile.encoder.encode([*fields_of(), ("x-bomb", "x" * 3900)]) + b"\xbe" * 12000
    hostile.send_frame(HEADERS, END_STREAM | END_HEADERS, 1, block)
    try:
        answer = hostile.answer(1)
        assert answer.status == 431 or answer.reset in (ENHANCE_YOUR_CALM, PROTOCOL_ERROR, 2, 7)
    except Closed:
        assert hostile.goaway in (ENHANCE_YOUR_CALM, COMPRESSION_ERROR, PROTOCOL_ERROR)
    assert len(origin.requests) == seen
    assert resident_bytes(server.gateway.worker_pids()[0]) - before < 16 << 20


def test_streams_that_flow_control_keeps_from_moving_hold_little(make_h2, make_origin):
    """A hundred answers that the client never grants: nobody reads them ahead."""
    def script(connection):
        while True:
            connection.read_request()
            connection.answer(bytes(4 << 20))
    server = make_h2(make_origin(script, keeps_bytes=False))
    with server.connect(settings={INITIAL_WINDOW_SIZE: 0}, grants=False) as hostile, server.connect() as good:
        before = resident_bytes(server.gateway.worker_pids()[0])
        streams = [hostile.open() for _ in range(100)]
        wait_until(lambda: hostile.take() and all(hostile.answers.get(each) and hostile.answers[each].fields for each in streams),
                   "every head has come")
        assert resident_bytes(server.gateway.worker_pids()[0]) - before < 64 << 20
        assert len(good.get().body) == 4 << 20


@pytest.mark.parametrize("settings", [{1: 0}, {1: 1 << 30}, {6: 1}, {3: 0}, {4: 0x7fffffff}])
def test_odd_settings_are_obeyed(attacked, settings):
    server, _ = attacked
    with server.connect(settings=settings) as odd:
        answer = odd.get()
        assert answer.status == 200 or answer.reset is not None


def test_what_the_corpus_calls_good_does_not_crash_anything(attacked):
    server, _ = attacked
    for case in corpus.read("h2-frames.json"):
        if case["verdict"] == "ok":
            with server.connect() as client:
                client.send(bytes.fromhex(case["wire_hex"]))
                client.send_frame(GOAWAY, 0, 0, bytes(8))
                client.connection.half_close() if not server.is_tls else client.close()
