"""Do bodies that firewalls look into arrive whole, or not at all?"""

import contextlib
import hashlib
import subprocess
import threading

import pytest

from access import samples
from h2_client import H2Client
from h2_origin import H2Origin
from harness import Closed, upstream, wait_until
from waf import firewall, guarded, post, requests

SIZES = [0, 1, 5000, 70_000, 131_072]


def blob(size: int) -> bytes:
    """Letters: nothing in it looks like anything."""
    return (b"abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[:size]


def is_faithful(answer, body: bytes) -> bool:
    seen = answer.json()
    return answer.status == 200 and (seen["length"], seen["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("mode", ["block", "detect"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", SIZES)
def test_bodies_arrive_whole_and_with_a_length(make_gateway, origin, size, framing, mode):
    body = blob(size)
    with make_gateway(guarded(origin.port, firewall(mode=mode))).connect() as client:
        assert is_faithful(client.ask(post(body, framing=framing)), body)
        assert is_faithful(client.ask(post(body, framing=framing)), body)
    for request in origin.requests:
        assert request["content-length"] == str(size) and request["transfer-encoding"] is None and request.body == body


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_in_small_pieces(make_gateway, origin, framing):
    body = blob(300)
    with make_gateway(guarded(origin.port)).connect() as client:
        for byte in post(body, framing=framing):
            client.send(bytes([byte]))
        assert is_faithful(client.answer(), body)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [10, 40_000])
def test_pipelined_requests_come_in_their_order(make_gateway, origin, size, framing):
    body = blob(size)
    with make_gateway(guarded(origin.port)).connect() as client:
        sender = threading.Thread(target=client.send, args=(
            b"".join(post(body, path=f"/{number}", framing=framing) for number in range(20)),))
        sender.start()
        for number in range(20):
            answer = client.answer()
            assert is_faithful(answer, body) and answer.json()["target"] == f"/{number}"
        sender.join()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("declares", [True, False])
def test_bodies_of_http2(make_gateway, origin, size, declares):
    body = blob(size)
    gateway = make_gateway(guarded(origin.port))
    with H2Client(gateway.port) as client:
        for _ in range(2):
            extra = [("content-length", str(size))] if declares else []
            stream = client.open(path="/", method="POST", ends=False, extra=extra)
            client.send_body(stream, body)
            assert is_faithful(client.answer(stream), body)
    assert [request["content-length"] for request in origin.requests] == [str(size)] * 2


def test_streams_of_one_connection(make_gateway, origin):
    body = blob(30_000)
    with H2Client(make_gateway(guarded(origin.port)).port) as client:
        streams = [client.open(path=f"/{number}", method="POST", ends=False) for number in range(10)]
        assert client.get("/between").status == 200
        for stream in reversed(streams):
            client.send_body(stream, body)
        assert all(is_faithful(client.answer(stream), body) for stream in streams)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_bodies_for_upstreams_that_speak_http2(make_gateway, running, size, framing):
    body = blob(size)
    origin = H2Origin()
    running.append(origin)
    gateway = make_gateway(guarded(0, to=upstream(origin.port, protocol="h2c")))
    with gateway.connect() as client:
        assert client.ask(post(body, framing=framing)).status == 200
    assert origin.requests[0].body == body and origin.requests[0]["content-length"] == str(size)


# MARK: Expectations


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_the_gateway_itself_asks_for_the_body(make_gateway, origin, framing):
    head, _, body = post(b"hello", framing=framing, extra="Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with make_gateway(guarded(origin.port)).connect() as client:
        client.send(head + b"\r\n\r\n")
        assert client.any_answer().status == 100 and origin.requests == []
        client.send(body)
        assert is_faithful(client.any_answer(), b"hello")
    assert origin.requests[0]["expect"] is None


def test_an_expectation_over_http2(make_gateway, origin):
    with H2Client(make_gateway(guarded(origin.port)).port) as client:
        stream = client.open(path="/", method="POST", ends=False, extra=[("expect", "100-continue")])
        client.send_body(stream, b"hello")
        assert is_faithful(client.answer(stream), b"hello")


def test_curl_waits_for_the_gateway(make_gateway, origin, tmp_path):
    (tmp_path / "body").write_bytes(blob(100_000))
    gateway = make_gateway(guarded(origin.port))
    seen = subprocess.run(
        ["curl", "-sS", "-v", "--expect100-timeout", "10", "-H", "Expect: 100-continue", "-H", "Content-Type: text/plain",
         "--data-binary", f"@{tmp_path}/body", f"http://127.0.0.1:{gateway.port}/"],
        capture_output=True, text=True, timeout=20)
    assert "HTTP/1.1 100 Continue" in seen.stderr and '"length": 100000' in seen.stdout


# MARK: Longer than may be scanned


@pytest.mark.parametrize("size", [1001, 200_000])
def test_a_longer_body_is_refused(make_gateway, origin, size):
    with make_gateway(guarded(origin.port, firewall(requestBodyLimit=1000))).connect() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {size}\r\nExpect: 100-continue\r\n\r\n")
        answer = client.any_answer()
        assert answer.status == 413 and answer.json()["reason"] == "waf-body-too-large" and answer.closes
    assert origin.requests == []


@pytest.mark.parametrize("size", [1001, 200_000])
def test_a_longer_body_of_unknown_length_is_refused(make_gateway, origin, size):
    gateway = make_gateway(guarded(origin.port, firewall(requestBodyLimit=1000)))
    with gateway.connect() as client:
        client.send(post(blob(size), framing="chunked")[:-5])
        assert client.answer().status == 413
    with H2Client(gateway.port) as client:
        stream = client.open(path="/", method="POST", ends=False)
        client.send_body(stream, blob(1001), ends=False)
        assert client.answer(stream).status == 413
        assert client.get("/next").status == 200
    assert [request.target for request in origin.requests] == ["/next"]


def test_a_body_as_long_as_may_be(make_gateway, origin):
    with make_gateway(guarded(origin.port, firewall(requestBodyLimit=1000))).connect() as client:
        for framing in ("length", "chunked"):
            assert is_faithful(client.ask(post(blob(1000), framing=framing)), blob(1000))


@pytest.mark.parametrize("way", ["mode", "observe"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [1001, 70_000, 3_000_000])
def test_a_longer_body_flows_where_nobody_blocks(make_gateway, origin, size, framing, way):
    policy = firewall(requestBodyLimit=1000, **({"mode": "detect"} if way == "mode" else {"observe": True}))
    gateway = make_gateway(guarded(origin.port, policy))
    body = blob(size)
    with gateway.connect() as client:
        for _ in range(2):
            sender = threading.Thread(target=client.send, args=(post(body, framing=framing),))
            sender.start()
            assert is_faithful(client.answer(), body)
            sender.join()
    assert requests(gateway, 2)[0]["observed"] == [{"policy": "firewall", "reason": "waf-body-too-large"}]


@pytest.mark.parametrize("protocol", ["http1", "h2c"])
def test_a_longer_body_of_http2_flows_where_nobody_blocks(make_gateway, make_origin, running, protocol):
    body = blob(500_000)
    origin = make_origin() if protocol == "http1" else H2Origin()
    running.append(origin)
    to = upstream(origin.port, protocol=protocol)
    gateway = make_gateway(guarded(0, firewall(requestBodyLimit=1000, mode="detect"), to=to))
    with H2Client(gateway.port) as client:
        stream = client.open(path="/", method="POST", ends=False)
        client.send_body(stream, body)
        assert client.answer(stream).status == 200
    with gateway.connect() as client:
        sender = threading.Thread(target=client.send, args=(post(body, framing="chunked"),))
        sender.start()
        assert client.answer().status == 200
        sender.join()
    assert [request.body for request in origin.requests] == [body, body]


def test_the_limits_of_the_listener_apply(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, limits={"bodyBytes": 1000}))
    with gateway.connect() as client:
        answer = client.ask(post(blob(2000), framing="chunked"))
        assert answer.status == 413 and answer.json()["reason"] == "body-too-large"
    assert origin.requests == []


# MARK: Trouble


def test_a_slow_body_holds_nobody_up_and_is_late(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, limits={"bodyTimeout": "1s"}))
    with gateway.connect() as slow, gateway.connect() as quick:
        slow.send(post(blob(5000))[:-1000])
        for _ in range(20):
            assert is_faithful(quick.ask(post(blob(50))), blob(50))
        answer = slow.answer()
        assert answer.status == 408 and answer.closes


def test_a_body_has_a_time_of_its_own(make_gateway, make_origin):
    def script(connection):
        while True:
            request = connection.read_request()
            if request.target == "/late":
                connection.wait_gone()
                return
            connection.answer(request.body)
    gateway = make_gateway(guarded(make_origin(script).port, timeouts={"request": "1s"}))
    with gateway.connect() as client, gateway.connect() as other:
        request = post(blob(100))
        client.send(request[:-1])
        assert other.get("/late").status == 504, "the time of an answer is over"
        client.send(request[-1:])
        assert client.answer().body == blob(100)


def test_clients_that_leave_give_everything_back(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, firewall(requestBodyLimit=4 << 20)))
    for _ in range(40):
        with gateway.connect() as client:
            client.send(post(blob(3_000_000), framing="chunked")[:-10])
            client.reset()
    with gateway.connect() as client:
        assert is_faithful(client.ask(post(blob(3_000_000), framing="chunked")), blob(3_000_000))
    assert gateway.metrics()["sluice_active_requests"] == 0


def test_more_than_may_be_kept_at_once_is_refused(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, firewall(requestBodyLimit=8 << 20), limits={"bodyBytes": 8 << 20}))
    request, clients, statuses = post(blob(7_900_000)), [], []
    try:
        for _ in range(12):
            clients.append(gateway.connect())
            with contextlib.suppress(OSError):
                clients[-1].send(request[:-1])
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(request[-1:])
            with contextlib.suppress(Closed, OSError):
                statuses.append(client.answer().status)
    finally:
        for client in clients:
            client.close()
    assert set(statuses) == {200, 503}
    with gateway.connect() as client:
        assert client.ask(request).status == 200


def test_broken_chunks_are_refused(make_gateway, origin):
    with make_gateway(guarded(origin.port)).connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        answer = client.answer()
        assert answer.status == 400 and answer.closes
    assert origin.requests == []


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_that_was_read_first_can_be_sent_again(make_gateway, make_origin, framing):
    turns = []

    def script(connection):
        while True:
            request = connection.read_request()
            turns.append(request.body)
            connection.answer(status="503 Busy" if len(turns) < 3 else "200 OK")
    origin = make_origin(script)
    gateway = make_gateway(guarded(origin.port, retry={
        "attempts": 3, "statusCodes": [503], "methods": ["POST"], "backoff": {"base": "0s", "max": "0s"}}))
    with gateway.connect() as client:
        assert client.ask(post(blob(90_000), framing=framing)).status == 200
    assert turns == [blob(90_000)] * 3


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("limit", [1000, 100_000])
@pytest.mark.parametrize("size", [0, 1, 900, 50_000])
def test_mirrors_get_the_same_body(make_gateway, make_origin, origin, framing, limit, size):
    shadow = make_origin(name="shadow")
    gateway = make_gateway([*guarded(origin.port, firewall(requestBodyLimit=limit, mode="detect"), mirror=[{"upstream": "shadow"}]),
                            upstream(shadow.port, name="shadow")])
    with gateway.connect() as client:
        assert is_faithful(client.ask(post(blob(size), framing=framing)), blob(size))
    wait_until(lambda: shadow.requests, "the copy comes")
    assert shadow.requests[0].body == blob(size)
