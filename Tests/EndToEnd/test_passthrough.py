"""Do listeners of bytes take connections by server name or by port, and pass them unchanged?"""

import pytest

from harness import Client, Closed, free_port, https, listener, route, upstream, wait_until
from tls_client import TLSClient
from tls_origin import TLSOrigin


@pytest.fixture
def origins(running, certificates):
    made = {name: TLSOrigin(getattr(certificates, name), name=name) for name in ("shop", "api")}
    running.extend(made.values())
    return made


def routes(listeners: list[str], **hosts: list[str]) -> list[dict]:
    return [route(name, to=name, listeners=listeners, **({"hostnames": names} if names else {})) for name, names in hosts.items()]


@pytest.fixture
def passthrough(make_gateway, origins):
    return make_gateway([listener(free_port(), protocol="tls"), *(upstream(each.port, name=name) for name, each in origins.items()),
                         *routes(["web"], shop=["shop.example.com"], api=["*.example.com"])])


@pytest.mark.parametrize("server_name,expected", [("shop.example.com", "shop"), ("api.example.com", "api"), ("x.y.example.com", "api")])
def test_the_server_name_chooses_the_upstream_whose_certificate_is_seen(passthrough, origins, certificates, server_name, expected):
    with TLSClient(passthrough.port, server_name) as client:
        assert client.certificate == getattr(certificates, expected).der
        assert client.get().json()["origin"] == expected
    assert origins[expected].names == [server_name]
    assert origins[expected].requests[0].all("x-forwarded-for") == [], "nothing is added to bytes"


@pytest.mark.parametrize("server_name", ["else.test", None])
def test_a_name_that_no_route_has_is_closed(passthrough, origins, server_name):
    with pytest.raises((OSError, Closed)):
        TLSClient(passthrough.port, server_name)
    assert origins["shop"].connections == origins["api"].connections == []


def test_what_is_no_tls_is_closed(passthrough, origins):
    with passthrough.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
        client.read_to_end()
    assert origins["shop"].connections == []


def test_large_bodies_pass(passthrough):
    size = 5 << 20
    with TLSClient(passthrough.port) as client:
        assert client.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)).json()["length"] == size


def silent_echo(connection):
    while chunk := connection.receive():
        connection.send(chunk.upper())
    connection.send(b"bye")


@pytest.fixture
def tcp(make_gateway, make_origin):
    origin = make_origin(silent_echo)
    return make_gateway([listener(free_port(), protocol="tcp"), upstream(origin.port), route(listeners=["web"])]), origin


def test_tcp_passes_bytes_both_ways_and_half_closes(tcp):
    gateway, _ = tcp
    with gateway.connect() as client:
        client.send("hello\0\r\n")
        assert client.read_exactly(8) == b"HELLO\0\r\n"
        client.half_close()
        assert client.read_to_end() == b"bye"


def test_an_end_of_one_side_is_the_end_of_the_other(tcp):
    gateway, origin = tcp
    client = gateway.connect()
    client.send("x")
    assert client.read_exactly(1) == b"X"
    client.reset()
    wait_until(lambda: origin.connections[0].socket.fileno() < 0, "the origin's connection is closed")


def test_tcp_to_nowhere_is_closed(make_gateway):
    gateway = make_gateway([listener(free_port(), protocol="tcp"), upstream(free_port()), route(listeners=["web"])])
    with gateway.connect() as client:
        assert client.is_closed()


def test_an_origin_that_speaks_first(make_gateway, make_origin):
    origin = make_origin(lambda connection: (connection.send(b"220 ready\r\n"), connection.wait_gone()))
    gateway = make_gateway([listener(free_port(), protocol="tcp"), upstream(origin.port), route(listeners=["web"])])
    with Client(gateway.port) as client:
        assert client.read_until(b"\r\n") == b"220 ready\r\n"


def test_tls_ended_here_and_the_bytes_forwarded(make_gateway, make_origin, certificates):
    origin = make_origin(silent_echo)
    gateway = make_gateway([*certificates.documents("shop"), {**https(free_port(), "shop"), "protocol": "tls"}, upstream(origin.port),
                            route(listeners=["web"])])
    with TLSClient(gateway.port) as client:
        assert client.certificate == certificates.shop.der
        client.send("hello")
        assert client.read_exactly(5) == b"HELLO"
