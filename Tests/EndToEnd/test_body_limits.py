"""Are bodies that are larger than a policy allows refused before, or while, they come?"""

import grpc
import pytest

from access import samples
from h2_client import H2Client
from harness import free_port, listener, route, upstream
from limiting import body_limit
from test_grpc import server
from test_websocket import accepting, echo_bytes, open_raw

__all__ = ["server"]  # a fixture


@pytest.fixture
def start(make_gateway, origin):
    """`start([POLICY, …])`: a gateway whose one route names all the policies."""
    def make(policies, of_listener=(), **fields):
        return make_gateway([listener(free_port(), policies=[each["name"] for each in of_listener]), upstream(origin.port),
                             *policies, *of_listener, route(policies=[each["name"] for each in policies], **fields)])
    return make


def post(body: bytes, extra: str = "") -> bytes:
    return f"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


def chunked(*parts: bytes) -> bytes:
    head = b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in parts) + b"0\r\n\r\n"


def is_refused(answer) -> bool:
    return (answer.status, answer.json()["reason"]) == (413, "body-too-large")


def test_a_length_beyond_the_limit_reaches_nobody(start, origin):
    gateway = start([body_limit("small", 10)])
    with gateway.connect() as client:
        assert client.ask(post(b"x" * 10)).status == 200
        client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
        answer = client.any_answer()
        assert is_refused(answer) and answer.closes
    assert [len(each.body) for each in origin.requests] == [10]
    line = gateway.log_lines(2)[1]
    assert (line["status"], line["reason"], line["policy"], line["bytesIn"]) == (413, "body-too-large", "small", 0)
    assert samples(gateway, "sluice_policy_refusals_total", policy="small", reason="body-too-large", decision="refused") == 1


def test_chunks_are_counted_as_they_come(start, origin):
    gateway = start([body_limit("small", 10)])
    with gateway.connect() as client:
        assert client.ask(chunked(b"12345", b"67890")).status == 200
    with gateway.connect() as client:
        assert is_refused(client.ask(chunked(b"12345", b"67890", b"1")))
    with gateway.connect() as client:
        # The end never comes, and need not.
        client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        client.send("1000\r\n" + "x" * 100)
        assert is_refused(client.answer())
    assert [each.body for each in origin.requests] == [b"1234567890"]
    assert [line.get("policy") for line in gateway.log_lines(3)] == [None, "small", "small"]
    assert samples(gateway, "sluice_policy_refusals_total", policy="small", decision="refused") == 2


@pytest.mark.parametrize("says_length", [True, False])
def test_over_http2(start, origin, says_length):
    gateway = start([body_limit("small", 10)])
    with H2Client(gateway.port) as client:
        for size, status in ((10, 200), (11, 413), (10, 200)):
            lines = [("content-length", str(size))] if says_length else []
            stream = client.open([(":method", "POST"), (":scheme", "http"), (":authority", "test"), (":path", "/"), *lines],
                                 ends=False)
            client.send_body(stream, b"x" * size)
            answer = client.answer(stream)
            assert answer.status == status
            assert status == 200 or answer.json()["reason"] == "body-too-large"
    assert [len(each.body) for each in origin.requests] == [10, 10]
    assert [line.get("policy") for line in gateway.log_lines(3)] == [None, "small", None]


def test_the_strictest_counts(start, origin):
    gateway = start([body_limit("large", 100), body_limit("small", 10)], [body_limit("middle", 50)])
    with gateway.connect() as client:
        assert is_refused(client.ask(post(b"x" * 200)))
    with gateway.connect() as client:
        assert is_refused(client.ask(chunked(b"x" * 200)))
    assert [line["policy"] for line in gateway.log_lines(2)] == ["small", "small"]


def test_a_listeners_limit_holds_unless_the_route_does_not_inherit(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port(), policies=["small"]), upstream(origin.port), body_limit("small", 10),
        route("open", prefix="/open", inherit=False), route("closed")])
    for path, status in (("/open", 200), ("/closed", 413)):
        with gateway.connect() as client:
            assert client.ask(post(b"x" * 11).replace(b"/", path.encode(), 1)).status == status


def test_the_listeners_own_limit_stays(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port(), limits={"bodyBytes": 5}), upstream(origin.port), body_limit("large", 10), route(policies=["large"])])
    with gateway.connect() as client:
        assert is_refused(client.ask(chunked(b"x" * 6)))
    assert "policy" not in gateway.log_lines(1)[0]


def test_a_policy_that_only_observes(start, origin):
    gateway = start([body_limit("watch", 10, observe=True), body_limit("more", 20, observe=True), body_limit("most", 30)])
    with gateway.connect() as client:
        assert client.ask(post(b"x" * 11)).status == 200
        assert client.ask(chunked(b"x" * 5, b"x" * 10)).status == 200
        assert client.ask(chunked(b"x" * 15, b"x" * 10)).status == 200
        assert is_refused(client.ask(chunked(*[b"x" * 5] * 7)))
    lines = gateway.log_lines(4)
    watch, more = ({"policy": name, "reason": "body-too-large"} for name in ("watch", "more"))
    assert [line["observed"] for line in lines] == [[watch], [watch], [watch, more], [watch, more]]
    assert [line.get("policy") for line in lines] == [None, None, None, "most"]
    assert samples(gateway, "sluice_policy_refusals_total", policy="watch", decision="observed") == 4


def test_tunnels_have_no_body(make_gateway, make_origin):
    origin = make_origin(accepting(echo_bytes))
    gateway = make_gateway([listener(free_port()), upstream(origin.port), body_limit("small", 10), route(policies=["small"])])
    with open_raw(gateway) as client:
        client.send(b"x" * 1000)
        assert client.read_exactly(1000) == b"x" * 1000


def test_calls_have_bodies(make_gateway, server):
    gateway = make_gateway([listener(free_port()), upstream(server, protocol="h2c"), body_limit("small", 1000), route(policies=["small"])])
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        unary = channel.unary_unary("/test.Echo/Unary")
        assert unary(b"x" * 900, timeout=20) == b"x" * 900
        with pytest.raises(grpc.RpcError):
            unary(b"x" * 1100, timeout=20)
        with pytest.raises(grpc.RpcError):
            channel.stream_unary("/test.Echo/Up")(iter([b"x" * 100] * 20), timeout=20)
        assert unary(b"x" * 900, timeout=20) == b"x" * 900
    refused = [line for line in gateway.log_lines(4) if line.get("reason") == "body-too-large"]
    assert [line["policy"] for line in refused] == ["small", "small"]
