"""Does TLS towards clients choose the right certificate, version and protocol, and survive what is no TLS?"""

import base64
import hashlib
import os
import random
import ssl

import pytest

from harness import Client, free_port, https, route, upstream
from tls_client import TLSClient, s_client

openssl_old = ["-cipher", "ALL:@SECLEVEL=0"]


def subject(port: int, server_name: str | None, *options) -> str | None:
    return s_client(port, *options, server_name=server_name).find(r"subject=CN = (\S+)")


@pytest.mark.parametrize("server_name,expected", [
    ("shop.example.com", "shop.example.com"), ("SHOP.Example.Com", "shop.example.com"), ("api.example.com", "api.example.com"),
    ("other.example.com", "wildcard"), ("deep.other.example.com", "shop.example.com"), ("example.com", "shop.example.com"),
    ("unknown.test", "shop.example.com"), (None, "shop.example.com")])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_server_name_chooses_the_certificate(make_tls_gateway, origin, server_name, expected, version):
    gateway = make_tls_gateway(origin, "shop", "wildcard", "api")
    assert subject(gateway.port, server_name, version) == expected


@pytest.mark.parametrize("options,expected", [
    (["-tls1_3", "-sigalgs", "ECDSA+SHA256"], "ECDSA"), (["-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"], "RSA-PSS"),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "ECDSA"), (["-tls1_3"], "ECDSA"),
    (["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "RSA-PSS")])
@pytest.mark.parametrize("order", [("shop", "shop-rsa"), ("shop-rsa", "shop")])
def test_rsa_and_ecdsa_side_by_side(make_tls_gateway, origin, options, expected, order):
    gateway = make_tls_gateway(origin, *order)
    assert s_client(gateway.port, *options).signature_type == expected


def test_clients_that_verify_are_content(make_tls_gateway, origin, certificates):
    gateway = make_tls_gateway(origin, "shop", "wildcard")
    for name in ("shop.example.com", "any.example.com"):
        with TLSClient(gateway.port, name, trusted=certificates.authority) as client:
            assert client.get(host=name).status == 200
    assert {request["x-forwarded-proto"] for request in origin.requests} == {"https"}


@pytest.mark.parametrize("minimum,options,is_taken", [
    ("1.2", ["-tls1", *openssl_old], False), ("1.2", ["-tls1_1", *openssl_old], False), ("1.2", ["-tls1_2"], True),
    ("1.2", ["-tls1_3"], True), ("1.3", ["-tls1_2"], False), ("1.3", ["-tls1_3"], True)])
def test_versions(make_tls_gateway, origin, minimum, options, is_taken):
    gateway = make_tls_gateway(origin, tls={"minVersion": minimum})
    assert s_client(gateway.port, *options).is_established == is_taken


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "NULL", "RC4", "3DES"])
def test_weak_ciphers_are_refused(make_tls_gateway, origin, cipher):
    gateway = make_tls_gateway(origin, "shop", "shop-rsa")
    assert not s_client(gateway.port, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0").is_established


@pytest.mark.parametrize("offered,listed,expected", [
    ("h2,http/1.1", None, "h2"), ("http/1.1,h2", None, "h2"), ("http/1.1", None, "http/1.1"), ("spdy/1", None, None),
    ("h2,http/1.1", ["http/1.1"], "http/1.1"), ("h2", ["http/1.1"], None)])
def test_alpn(make_tls_gateway, origin, offered, listed, expected):
    gateway = make_tls_gateway(origin, tls={"alpn": listed} if listed else {})
    assert s_client(gateway.port, "-alpn", offered).alpn == expected


def test_without_alpn_it_is_http_1_1(make_tls_gateway, origin):
    with TLSClient(make_tls_gateway(origin).port) as client:
        assert client.get().version == "HTTP/1.1"


def test_an_ocsp_response_is_stapled(make_gateway, origin, certificates):
    stapled = base64.b64encode(certificates.authority.ocsp_response(certificates.shop)).decode()
    gateway = make_gateway([certificates.shop.document("shop", ocspResponse=stapled), *certificates.documents("api"),
                            https(free_port(), "shop", "api"), upstream(origin.port), route()])
    assert "OCSP Response Status: successful" in s_client(gateway.port, "-status").text
    assert "OCSP response: no response sent" in s_client(gateway.port, "-status", server_name="api.example.com").text


@pytest.fixture
def two_listeners(make_gateway, origin, certificates):
    """Two hosts on one port, each with a listener of its own."""
    port = free_port()
    return make_gateway([
        *certificates.documents("shop", "api", "wildcard"),
        https(port, "shop", name="shop", hostnames=["shop.example.com"]),
        https(port, "api", name="api", hostnames=["api.example.com"]),
        upstream(origin.port), route(listeners=["shop", "api"])])


@pytest.mark.parametrize("server_name,host,status", [
    ("shop.example.com", "shop.example.com", 200), ("api.example.com", "api.example.com", 200),
    ("api.example.com", "API.example.com:8443", 200), ("shop.example.com", "api.example.com", 421),
    ("api.example.com", "shop.example.com", 421)])
def test_a_host_of_another_listener_than_the_server_name_is_misdirected(two_listeners, origin, server_name, host, status):
    with TLSClient(two_listeners.port, server_name) as client:
        assert client.get(host=host).status == status
    assert len(origin.requests) == (1 if status == 200 else 0)


def test_hosts_of_one_listener_share_a_connection(make_tls_gateway, origin):
    with TLSClient(make_tls_gateway(origin, "wildcard", hostnames=["*.example.com"]).port, "a.example.com") as client:
        assert [client.get(host=host).status for host in ("a.example.com", "b.example.com")] == [200, 200]


def test_without_a_server_name_the_host_decides(make_tls_gateway, origin):
    with TLSClient(make_tls_gateway(origin).port, None) as client:
        assert client.get(host="anything.test").status == 200


def test_plain_http_on_the_port_is_told_so(make_tls_gateway, origin):
    gateway = make_tls_gateway(origin)
    with gateway.connect() as client:
        answer = client.get()
        assert answer.status == 400 and answer.closes
    assert origin.requests == []


@pytest.mark.parametrize("bytes_sent", [
    b"\x00", b"\xff" * 4000, b"\x16\x03\x01\xff\xff" + bytes(20000), b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", b"\x80\x2e\x01\x00\x02",
    b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", b"SSH-2.0-x\r\n", b"\x15\x03\x01\x00\x02\x02\x28", random.Random(7).randbytes(2000)],
    ids=lambda data: data[:8].hex())
def test_garbage_ends_its_own_connection_only(make_tls_gateway, origin, bytes_sent):
    gateway = make_tls_gateway(origin, limits={"headerTimeout": "500ms"})
    with TLSClient(gateway.port) as steady, gateway.connect() as hostile:
        hostile.send(bytes_sent)
        hostile.read_to_end()
        assert steady.get().status == 200


def hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="shop.example.com").do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("part", [0, 1, 5, 40, None])
def test_a_handshake_that_does_not_go_on_is_ended(make_tls_gateway, origin, part):
    gateway = make_tls_gateway(origin, limits={"headerTimeout": "300ms"})
    with gateway.connect() as client:
        client.send(hello()[:part])
        client.read_to_end()


def test_a_hello_byte_by_byte_is_a_hello(make_tls_gateway, origin):
    with make_tls_gateway(origin).connect() as client:
        for byte in hello():
            client.send(bytes([byte]))
        assert client.read_exactly(6)[::5] == b"\x16\x02", "no ServerHello"


def test_large_bodies_pass_whole(make_tls_gateway, make_origin):
    body = os.urandom(1 << 20) * 10

    def script(connection):
        request = connection.read_request()
        connection.answer(request.body)
    gateway = make_tls_gateway(make_origin(script))
    with TLSClient(gateway.port) as client:
        answer = client.ask(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(body).digest()


def test_the_end_of_a_connection_is_announced(make_tls_gateway, origin):
    """Without close_notify a client cannot tell the end from an attack."""
    with TLSClient(make_tls_gateway(origin).port) as client:
        client.socket.suppress_ragged_eofs = False
        client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        received = b""
        while chunk := client.socket.recv(65536):
            received += chunk
        assert received.startswith(b"HTTP/1.1 200")


def test_a_client_that_resets_in_the_handshake_harms_nobody(make_tls_gateway, origin):
    gateway = make_tls_gateway(origin)
    for part in (3, 60, None):
        client = Client(gateway.port)
        client.send(hello()[:part])
        client.reset()
    with TLSClient(gateway.port) as client:
        assert client.get().status == 200
