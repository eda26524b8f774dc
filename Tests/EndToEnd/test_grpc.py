"""Does gRPC pass end to end, with real clients and servers?"""

import threading
from concurrent import futures

import grpc
import pytest

from h2_client import H2Client
from h2_origin import H2Origin
from harness import free_port, listener, route, upstream

same = {"request_deserializer": None, "response_serializer": None}
blob = bytes(range(256)) * 4000


class Service(grpc.GenericRpcHandler):
    """Bytes in, bytes out: no generated code."""

    cancelled = threading.Event()

    def service(self, call):
        handlers = {
            "/test.Echo/Unary": grpc.unary_unary_rpc_method_handler(self.unary, **same),
            "/test.Echo/Fail": grpc.unary_unary_rpc_method_handler(self.fail, **same),
            "/test.Echo/Wait": grpc.unary_unary_rpc_method_handler(self.wait, **same),
            "/test.Echo/Down": grpc.unary_stream_rpc_method_handler(self.down, **same),
            "/test.Echo/Up": grpc.stream_unary_rpc_method_handler(self.up, **same),
            "/test.Echo/Both": grpc.stream_stream_rpc_method_handler(self.both, **same),
        }
        return handlers.get(call.method)

    def unary(self, request, context):
        context.send_initial_metadata([("x-initial", "1")])
        context.set_trailing_metadata([("x-trailing", dict(context.invocation_metadata()).get("x-sent", "")), ("x-bin", b"\0\xff")])
        return request

    def fail(self, request, context):
        context.set_trailing_metadata([("x-detail", "why")])
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today: ü")

    def wait(self, request, context):
        self.cancelled.clear()
        context.add_callback(self.cancelled.set)
        self.cancelled.wait(20)
        return b""

    def down(self, request, context):
        for number in range(int(request)):
            yield str(number).encode()

    def up(self, requests, context):
        return str(sum(len(each) for each in requests)).encode()

    def both(self, requests, context):
        for each in requests:
            yield each


@pytest.fixture(scope="module")
def server():
    server = grpc.server(futures.ThreadPoolExecutor(16), handlers=[Service()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(0)


@pytest.fixture(params=["h2c", "tls"])
def channel(request, server, make_gateway, certificates):
    """A client's channel through a gateway."""
    port, is_tls = free_port(), request.param == "tls"
    front = {"protocol": "https", "tls": {"certificates": ["shop"]}} if is_tls else {}
    make_gateway([*certificates.documents("shop"), listener(port, **front), upstream(server, protocol="h2c"), route(prefix="/test.Echo")])
    if is_tls:
        credentials = grpc.ssl_channel_credentials(certificates.authority.pem.encode())
        made = grpc.secure_channel(f"127.0.0.1:{port}", credentials, [("grpc.ssl_target_name_override", "shop.example.com")])
    else:
        made = grpc.insecure_channel(f"127.0.0.1:{port}")
    with made:
        yield made


def test_unary_with_metadata_and_trailers(channel):
    answer, call = channel.unary_unary("/test.Echo/Unary").with_call(blob, metadata=[("x-sent", "value")], timeout=20)
    assert answer == blob and dict(call.initial_metadata())["x-initial"] == "1"
    trailers = dict(call.trailing_metadata())
    assert (trailers["x-trailing"], trailers["x-bin"]) == ("value", b"\0\xff") and call.code() == grpc.StatusCode.OK


def test_an_error_comes_as_the_server_sent_it(channel):
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/test.Echo/Fail")(b"x", timeout=20)
    assert (raised.value.code(), raised.value.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "not today: ü")
    assert dict(raised.value.trailing_metadata())["x-detail"] == "why"


def test_a_method_that_the_server_does_not_have(channel):
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/test.Echo/Nothing")(b"", timeout=20)
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_streams_down_up_and_both_ways(channel):
    assert list(channel.unary_stream("/test.Echo/Down")(b"2000", timeout=30)) == [str(number).encode() for number in range(2000)]
    assert channel.stream_unary("/test.Echo/Up")(iter([b"x" * 1000] * 2000), timeout=30) == b"2000000"
    assert list(channel.stream_stream("/test.Echo/Both")(iter([blob] * 20), timeout=30)) == [blob] * 20


def test_a_conversation_is_not_held_back(channel):
    """Each side speaks only when the other has answered: no message may wait for the next."""
    heard = threading.Semaphore(1)

    def speak():
        for number in range(50):
            assert heard.acquire(timeout=10)
            yield str(number).encode()
    for number, answer in enumerate(channel.stream_stream("/test.Echo/Both")(speak(), timeout=30)):
        assert answer == str(number).encode()
        heard.release()


def test_a_deadline_passes_and_cancels_the_server(channel):
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/test.Echo/Wait")(b"", timeout=0.5)
    assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert Service.cancelled.wait(10), "the server learns of it"


def test_a_deadline_passes_after_a_fault_held_the_call_up(make_gateway, running):
    """The client's message has not ended, and nobody says anything: only the call's own clock can end it."""
    origin = H2Origin(None)
    running.append(origin)
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port, protocol="h2c"),
        route(timeouts={"request": "0s", "idle": "1h"}, policies=["slow"]),
        {"kind": "traffic-policy", "name": "slow", "type": "fault", "fault": {"delay": {"duration": "300ms"}}}])
    with H2Client(gateway.port) as client:
        call = client.open(method="POST", path="/test.Echo/Both", ends=False, extra=[
            ("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "1500m")])
        answer = client.answer(call)
    status = dict(answer.fields + answer.trailers)["grpc-status"]
    assert status == str(grpc.StatusCode.DEADLINE_EXCEEDED.value[0]) and len(origin.requests) == 1


def test_many_calls_at_once(channel):
    calls = [channel.unary_unary("/test.Echo/Unary").future(str(number).encode(), timeout=30) for number in range(300)]
    assert [call.result() for call in calls] == [str(number).encode() for number in range(300)]


def test_a_refusal_of_the_gateway_is_a_grpc_status(channel):
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/other.Service/Method")(b"", timeout=20)
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED, "no route"


def test_an_upstream_that_is_down_is_unavailable(make_gateway):
    gateway = make_gateway([listener(free_port()), upstream(free_port(), protocol="h2c"), route()])
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel, pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/test.Echo/Unary")(b"", timeout=10)
    assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
