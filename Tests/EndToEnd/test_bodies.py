"""Do bodies arrive whole in both directions, whatever their framing and size, and with bounded memory?"""

import hashlib
import threading

import pytest

from harness import Gone, resident_bytes, wait_until

block = bytes(range(256)) * 256  # 64 KiB
large_blocks = 800  # 50 MiB
# What a worker may hold for one exchange beyond what it had: far less than the body.
memory_bound = 16 * 2**20


def digest_of(blocks: int) -> str:
    whole = hashlib.sha256()
    for _ in range(blocks):
        whole.update(block)
    return whole.hexdigest()


def send_large(connection, is_chunked: bool, blocks: int):
    """Sends the blocks as a body; for a client and for an origin."""
    for _ in range(blocks):
        connection.send(f"{len(block):x}\r\n".encode() + block + b"\r\n" if is_chunked else block)
    if is_chunked:
        connection.send(b"0\r\n\r\n")


def framing(is_chunked: bool, blocks: int) -> str:
    return "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {blocks * len(block)}"


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_large_request_body_arrives_whole(gateway, client, is_chunked):
    client.send(f"POST /large HTTP/1.1\r\nHost: test\r\n{framing(is_chunked, large_blocks)}\r\n\r\n")
    send_large(client, is_chunked, large_blocks)
    seen = client.answer().json()
    assert seen["length"] == large_blocks * len(block)
    assert seen["sha256"] == digest_of(large_blocks)
    assert client.get("/after").json()["target"] == "/after"


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_large_answer_arrives_whole(make_origin, make_gateway, is_chunked):
    def large(connection):
        while True:
            connection.read_request()
            connection.send(f"HTTP/1.1 200 OK\r\n{framing(is_chunked, large_blocks)}\r\n\r\n")
            send_large(connection, is_chunked, large_blocks)
    gateway = make_gateway(origin=make_origin(large))
    with gateway.connect(timeout=60) as client:
        for _ in range(2):
            answer = client.get("/large")
            assert answer.is_whole and hashlib.sha256(answer.body).hexdigest() == digest_of(large_blocks)


def test_an_answer_that_ends_with_its_connection_arrives_whole(make_origin, make_gateway):
    def until_close(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n" + block)
    gateway = make_gateway(origin=make_origin(until_close))
    with gateway.connect() as client:
        answer = client.get()
        assert answer.is_whole and answer.body == block


@pytest.mark.parametrize("sizes", [[1], [1, 1, 1], [16383, 16384, 16385], [1, 65536, 1], [5] * 1000],
                         ids=["one", "ones", "edges", "mixed", "many"])
def test_chunks_of_all_sizes_arrive_whole(client, sizes):
    body = b"".join(block[:size] for size in sizes)
    chunks = b"".join(f"{size:X}\r\n".encode() + block[:size] + b"\r\n" for size in sizes)
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    seen = client.answer().json()
    assert (seen["length"], seen["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


def test_chunk_extensions_and_trailers_do_not_pass(make_origin, make_gateway):
    received = []

    def raw(connection):
        request = connection.read_request()
        received.append(bytes(connection.received))
        connection.answer(request.body)
    gateway = make_gateway(origin=make_origin(raw))
    with gateway.connect() as client:
        answer = client.ask("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "5;name=value\r\nhello\r\n0\r\nX-Trailer: evil\r\n\r\n")
    assert answer.body == b"hello"
    assert b"name=value" not in received[0] and b"X-Trailer" not in received[0]


@pytest.mark.parametrize("raw", ["Content-Length: 0", "Transfer-Encoding: chunked"], ids=["length", "chunked"])
def test_empty_bodies(client, raw):
    end = "0\r\n\r\n" if "chunked" in raw else ""
    assert client.ask(f"POST / HTTP/1.1\r\nHost: test\r\n{raw}\r\n\r\n{end}").json()["length"] == 0
    assert client.get("/after").json()["target"] == "/after"


def test_a_client_that_does_not_read_stops_the_origin(make_origin, make_gateway):
    sent = []

    def endless(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send(f"{len(block):x}\r\n".encode() + block + b"\r\n")
            sent.append(len(block))
    gateway = make_gateway(origin=make_origin(endless))
    with gateway.connect(receive_buffer=65536) as client:
        before = resident_bytes(gateway.worker_pids()[0])
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        stalled(sent)
        assert resident_bytes(gateway.worker_pids()[0]) - before < memory_bound


def test_an_origin_that_does_not_read_stops_the_client(make_origin, make_gateway):
    go_on = threading.Event()

    def late(connection):
        request = connection.read_head()
        go_on.wait(30)
        connection.answer(str(sum(len(each) for each in connection.body(request))))
    gateway = make_gateway(origin=make_origin(late, keeps_bytes=False))
    sent = []
    with gateway.connect(timeout=60) as client:
        before = resident_bytes(gateway.worker_pids()[0])
        client.send(f"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {large_blocks * len(block)}\r\n\r\n")
        sender = threading.Thread(target=send_counted, args=(client, sent), daemon=True)
        sender.start()
        stalled(sent)
        assert len(sent) < large_blocks
        assert resident_bytes(gateway.worker_pids()[0]) - before < memory_bound
        go_on.set()
        assert client.answer().body == str(large_blocks * len(block)).encode()
        sender.join(10)


def send_counted(client, sent: list):
    for _ in range(large_blocks):
        client.send(block)
        sent.append(len(block))


def stalled(sent: list):
    """Waits until a sender has been held up: its count stands still for many looks."""
    last, looks = -1, 0

    def stands_still():
        nonlocal last, looks
        looks = looks + 1 if len(sent) == last else 0
        last = len(sent)
        return looks > 30
    wait_until(stands_still, "the sender is held up", 30)


def test_an_answer_flows_before_the_origin_has_finished_it(make_origin, make_gateway):
    go_on = threading.Event()

    def two_parts(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
        if not go_on.wait(30):
            raise Gone
        connection.send("two")
        connection.wait_gone()
    gateway = make_gateway(origin=make_origin(two_parts))
    with gateway.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        client.read_until(b"\r\n\r\n")
        assert client.read_exactly(3) == b"one"
        go_on.set()
        assert client.read_exactly(3) == b"two"


def test_a_request_body_flows_before_the_client_has_finished_it(make_origin, make_gateway):
    first = threading.Event()

    def watch(connection):
        request = connection.read_head()
        pieces = connection.body(request)
        got = next(pieces)
        first.set()
        connection.answer(got + b"".join(pieces))
    gateway = make_gateway(origin=make_origin(watch))
    with gateway.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        assert first.wait(10)
        assert client.ask("3\r\ntwo\r\n0\r\n\r\n").body == b"onetwo"
