"""Is the address that a balancer announces taken where the listener says so, and nothing broken let through?"""

import pytest

from harness import Client, free_port, listener, route, upstream
from tls_client import context

signature = b"\r\n\r\n\0\r\nQUIT\n"


def v2(command: int = 0x21, family: int = 0x11, addresses: bytes | None = None, length: int | None = None) -> bytes:
    addresses = bytes([203, 0, 113, 9, 10, 0, 0, 1]) + (4711).to_bytes(2, "big") + (443).to_bytes(2, "big") \
        if addresses is None else addresses
    return signature + bytes([command, family]) + (len(addresses) if length is None else length).to_bytes(2, "big") + addresses


v1 = b"PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n"
ipv6 = bytes.fromhex("20010db8000000000000000000000009" + "20010db8000000000000000000000001") + b"\x12\x67\x01\xbb"
good = {
    "v1": (v1, "203.0.113.9"), "v1 IPv6": (b"PROXY TCP6 2001:db8::9 2001:db8::1 4711 443\r\n", "2001:db8::9"),
    "v1 unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.1"), "v1 unknown with more": (b"PROXY UNKNOWN a b c d\r\n", "127.0.0.1"),
    "v2": (v2(), "203.0.113.9"), "v2 IPv6": (v2(family=0x21, addresses=ipv6), "2001:db8::9"),
    "v2 local": (v2(command=0x20, family=0, addresses=b""), "127.0.0.1"),
    "v2 with TLVs": (v2(addresses=bytes([203, 0, 113, 9, 10, 0, 0, 1, 18, 103, 1, 187]) + b"\x04\0\x03abc"), "203.0.113.9"),
}
bad = {
    "v1 address": b"PROXY TCP4 203.0.113.999 10.0.0.1 4711 443\r\n", "v1 port": b"PROXY TCP4 203.0.113.9 10.0.0.1 70000 443\r\n",
    "v1 without end": b"PROXY TCP4 " + b"1" * 200, "v1 family": b"PROXY TCP9 203.0.113.9 10.0.0.1 4711 443\r\n",
    "v1 LF alone": v1.replace(b"\r\n", b"\n"), "v2 version": v2(command=0x31), "v2 command": v2(command=0x2f),
    "v2 too short": v2(addresses=b"1234"), "v2 too long": v2(length=65535),
}


@pytest.fixture
def make_behind(make_gateway, origin):
    def make(mode: str):
        return make_gateway([listener(free_port(), proxyProtocol=mode, limits={"headerTimeout": "500ms"}), upstream(origin.port),
                             route()])
    return make


@pytest.mark.parametrize("mode", ["required", "optional"])
@pytest.mark.parametrize("header,address", good.values(), ids=good)
def test_the_announced_address_is_the_client(make_behind, origin, mode, header, address):
    with make_behind(mode).connect() as client:
        client.send(header)
        assert [client.get().status, client.get("/again").status] == [200, 200]
    assert [request["x-forwarded-for"] for request in origin.requests] == [address] * 2


@pytest.mark.parametrize("header,address", [good["v1"], good["v2"]], ids=["v1", "v2"])
def test_byte_by_byte(make_behind, origin, header, address):
    with make_behind("required").connect() as client:
        for byte in header:
            client.send(bytes([byte]))
        assert client.get().status == 200
    assert origin.requests[0]["x-forwarded-for"] == address


@pytest.mark.parametrize("mode", ["required", "optional"])
@pytest.mark.parametrize("header", bad.values(), ids=bad)
def test_a_broken_announcement_ends_the_connection(make_behind, origin, mode, header):
    with make_behind(mode).connect() as client:
        try:
            client.send(header + b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            received = client.read_to_end()
        except OSError:
            received = b""
        assert not received or received.startswith(b"HTTP/1.1 4"), received
    assert origin.requests == []


def test_required_is_required(make_behind, origin):
    with make_behind("required").connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        received = client.read_to_end()
        assert not received or received.startswith(b"HTTP/1.1 4")
    assert origin.requests == []


def test_optional_is_optional(make_behind, origin):
    with make_behind("optional").connect() as client:
        assert client.get().status == 200
    assert origin.requests[0]["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize("header", [v1, v2()], ids=["v1", "v2"])
def test_off_takes_no_announcement(make_behind, origin, header):
    with make_behind("off").connect() as client:
        assert client.ask(header + b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").status == 400
    assert origin.requests == []


@pytest.mark.parametrize("header", [v1, v2()], ids=["v1", "v2"])
def test_before_tls(make_tls_gateway, origin, header):
    gateway = make_tls_gateway(origin, proxyProtocol="required")
    with Client(gateway.port) as client:
        client.send(header)
        client.socket = context().wrap_socket(client.socket, server_hostname="shop.example.com")
        assert client.get().status == 200
    assert origin.requests[0]["x-forwarded-for"] == "203.0.113.9"
    assert gateway.log_lines(1)[0]["clientAddress"] == "203.0.113.9"
