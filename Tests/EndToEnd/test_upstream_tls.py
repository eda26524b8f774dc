"""Are origins over TLS verified, named and shown the gateway's certificate as the upstream says?"""

import pytest

from h2_origin import H2Origin
from harness import free_port, https, listener, route, upstream
from tls_client import TLSClient
from tls_origin import TLSOrigin


@pytest.fixture
def make_tls_origin(running):
    def make(*arguments, **options) -> TLSOrigin:
        running.append(TLSOrigin(*arguments, **options))
        return running[-1]
    return make


@pytest.fixture
def ask(make_gateway, certificates):
    """`ask(origin, tls={…})`: the answer to one request, and the gateway."""
    def make(origin, tls: dict, *stored: str, protocol: str = "http1"):
        gateway = make_gateway([*certificates.documents(*dict.fromkeys(("ca", *stored))), listener(free_port()),
                                upstream(origin.port, protocol=protocol, tls=tls), route()])
        with gateway.connect() as client:
            return client.get(), gateway
    return make


good = {"ca": ["ca"], "serverName": "orders.internal"}


def test_a_verified_origin_is_asked_by_its_name(ask, make_tls_origin, certificates):
    origin = make_tls_origin(certificates.origin)
    assert ask(origin, good)[0].status == 200
    assert origin.names == ["orders.internal"] and origin.requests[0]["host"] == "test"


@pytest.mark.parametrize("tls,shown,is_trusted", [
    (good, "origin", True), (good, "shop", False), (good, "other_shop", False), (good, "expired", False),
    ({"ca": ["other-ca"], "serverName": "orders.internal"}, "origin", False),
    ({"ca": ["ca", "other-ca"], "serverName": "shop.example.com"}, "other_shop", True),
    ({"ca": ["ca"], "serverName": "other.name"}, "origin", False),
    ({"ca": ["ca"], "serverName": "any.example.com"}, "wildcard", True),
    ({"ca": ["ca"], "serverName": "a.b.example.com"}, "wildcard", False),
    ({"ca": ["ca"], "serverName": "other.name", "subjectAltNames": [{"dns": "orders.internal"}]}, "origin", True),
    ({"ca": ["ca"], "serverName": "other.name", "subjectAltNames": [{"uri": "spiffe://test/orders"}]}, "origin", True),
    ({"ca": ["ca"], "serverName": "orders.internal", "subjectAltNames": [{"dns": "else"}]}, "origin", False),
    ({"serverName": "orders.internal"}, "origin", False), ({"verify": False, "serverName": "x"}, "expired", True)])
@pytest.mark.parametrize("protocol", ["http1", "h2"])
def test_verification(ask, make_tls_origin, running, certificates, tls, shown, is_trusted, protocol):
    certificate = getattr(certificates, shown)
    if protocol == "h2":
        origin = H2Origin(certificate=certificate)
        running.append(origin)
    else:
        origin = make_tls_origin(certificate)
    answer, gateway = ask(origin, tls, *tls.get("ca", []), protocol=protocol)
    assert (answer.status == 200) == is_trusted
    if not is_trusted:
        assert answer.status in (502, 503) and origin.requests == []
        line = gateway.log_lines(1)[0]
        assert line["reason"] == answer.json()["reason"] and line["status"] == answer.status


def test_the_gateway_shows_its_certificate(ask, make_tls_origin, certificates):
    origin = make_tls_origin(certificates.origin, client_authority=certificates.authority)
    assert ask(origin, {**good, "clientCertificate": "client"}, "client")[0].status == 200
    assert (("commonName", "alice"),) in origin.shown[0]["subject"]


def test_an_origin_that_wants_a_certificate_gets_no_request_without(ask, make_tls_origin, certificates):
    origin = make_tls_origin(certificates.origin, client_authority=certificates.authority)
    assert ask(origin, good)[0].status in (502, 503)
    assert origin.requests == []


def test_an_origin_without_tls_is_no_origin_with_tls(ask, make_origin):
    def script(connection):
        connection.receive()
        connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    assert ask(make_origin(script), good)[0].status in (502, 503)


def test_connections_are_kept(make_gateway, make_tls_origin, certificates):
    origin = make_tls_origin(certificates.origin)
    gateway = make_gateway([*certificates.documents("ca"), listener(free_port()), upstream(origin.port, tls=good), route()])
    with gateway.connect() as client:
        assert [client.get().status for _ in range(20)] == [200] * 20
    assert len(origin.connections) == 1


def test_tls_on_both_sides_and_a_large_body(make_gateway, make_tls_origin, certificates):
    origin = make_tls_origin(certificates.origin)
    gateway = make_gateway([*certificates.documents("ca", "shop"), https(free_port(), "shop"), upstream(origin.port, tls=good), route()])
    with TLSClient(gateway.port) as client:
        size = 5 << 20
        answer = client.ask(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
        assert answer.json()["length"] == size


@pytest.mark.parametrize("alpn,version", [(("h2", "http/1.1"), "h2"), (("http/1.1",), "http/1.1"), ((), "http/1.1")])
def test_auto_speaks_what_the_origin_chooses(make_gateway, make_tls_origin, running, certificates, alpn, version):
    if version == "h2":
        origin = H2Origin(certificate=certificates.origin)
        running.append(origin)
    else:
        origin = make_tls_origin(certificates.origin, alpn=alpn)
    gateway = make_gateway([*certificates.documents("ca"), listener(free_port()), upstream(origin.port, protocol="auto", tls=good), route()])
    with gateway.connect() as client:
        assert client.get("/auto").json()["target"] == "/auto"
