"""Does TLS to upstreams verify what it should, and carry requests and answers of every shape?"""

import hashlib
import os
import ssl

import pytest

from harness import free_port, listener, route, upstream
from tls_origin import TLSOrigin


@pytest.fixture
def make_tls_origin(certificates, running):
    def make(**options) -> TLSOrigin:
        running.append(TLSOrigin(**{"certificate": certificates.origin, **options}))
        return running[-1]
    return make


@pytest.fixture
def connect(make_gateway, certificates):
    """`connect(ORIGIN, tls={…})`: a gateway that speaks TLS to the origin."""
    def make(origin, tls: dict | None = None, **options):
        tls = {"ca": ["ca"], "serverName": "orders.internal"} if tls is None else tls
        documents = [*certificates.documents("ca", "other-ca", "client", "other-client"), listener(free_port()),
                     upstream(origin.port, tls=tls, **options), route()]
        return make_gateway(documents)
    return make


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_requests_reach_an_upstream_under_tls(connect, make_tls_origin, version):
    origin = make_tls_origin(maximum=version)
    with connect(origin).connect() as client:
        for _ in range(3):
            assert client.get("/a?b").json()["target"] == "/a?b"
    assert origin.server_names == ["orders.internal"]
    assert len(origin.connections) == 1


@pytest.mark.parametrize("tls", [
    {"ca": ["ca"], "serverName": "orders.internal"},
    {"ca": ["other-ca", "ca"], "serverName": "orders.internal"},
    {"ca": ["ca"], "serverName": "other.internal", "subjectAltNames": [{"dns": "orders.internal"}]},
    {"ca": ["ca"], "subjectAltNames": [{"uri": "spiffe://test/other"}, {"uri": "spiffe://test/orders"}]},
    {"verify": False}, {"verify": False, "serverName": "anything.test"}])
def test_certificates_that_are_accepted(connect, make_tls_origin, tls):
    assert connect(make_tls_origin(), tls).connect().get().status == 200


@pytest.mark.parametrize("tls", [
    {"ca": ["other-ca"], "serverName": "orders.internal"}, {"serverName": "orders.internal"}, {"ca": ["ca"]},
    {"ca": ["ca"], "serverName": "other.internal"},
    {"ca": ["ca"], "serverName": "orders.internal", "subjectAltNames": [{"dns": "other.internal"}]},
    {"ca": ["ca"], "subjectAltNames": [{"uri": "spiffe://test/other"}]}])
def test_certificates_that_are_refused(connect, make_tls_origin, tls):
    origin = make_tls_origin()
    gateway = connect(origin, tls)
    answer = gateway.connect().get()
    assert (answer.status, answer.json()["reason"]) == (503, "upstream-tls-failed")
    assert origin.requests == []
    line = gateway.log_lines(1)[0]
    assert line["reason"] == "upstream-tls-failed" and "verify" in line["detail"]


def test_the_address_is_verified_where_no_name_is_given(connect, make_tls_origin, certificates):
    assert connect(make_tls_origin(certificate=certificates.shop), {"ca": ["ca"]}).connect().get().status == 200


def test_an_expired_certificate_is_refused(connect, make_tls_origin, certificates):
    origin = make_tls_origin(certificate=certificates.expired)
    assert connect(origin, {"ca": ["ca"], "serverName": "shop.example.com"}).connect().get().status == 503


def test_a_client_certificate_is_shown(connect, make_tls_origin, certificates):
    origin = make_tls_origin(client_authority=certificates.authority)
    tls = {"ca": ["ca"], "serverName": "orders.internal", "clientCertificate": "client"}
    assert connect(origin, tls).connect().get().status == 200
    assert origin.subjects == ["alice"]


@pytest.mark.parametrize("name", [None, "other-client"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_without_the_right_client_certificate_nothing_is_served(connect, make_tls_origin, certificates, name, version):
    origin = make_tls_origin(client_authority=certificates.authority, maximum=version)
    tls = {"ca": ["ca"], "serverName": "orders.internal", **({"clientCertificate": name} if name else {})}
    answer = connect(origin, tls).connect().get()
    assert answer.status == 503 and origin.requests == []


def test_large_bodies_both_ways(connect, make_tls_origin):
    data = os.urandom(5_000_000)

    def script(connection):
        request = connection.read_request()
        connection.answer(request.body[::-1])
        connection.read_head()

    with connect(make_tls_origin(script=script)).connect() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
        answer = client.answer()
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(data[::-1]).digest()


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_a_body_that_ends_with_the_connection_needs_a_goodbye(connect, make_tls_origin, says_goodbye):
    def script(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\n\r\nall of it")
        if says_goodbye:
            connection.socket.unwrap()

    answer = connect(make_tls_origin(script=script)).connect().get()
    assert answer.body == b"all of it"
    assert answer.is_whole == says_goodbye


def test_an_answer_head_in_many_records(connect, make_tls_origin):
    def script(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
        for index in range(40):
            connection.send(f"X-{index}: {'v' * 1000}\r\n")
        connection.send("\r\nok")

    answer = connect(make_tls_origin(script=script)).connect().get()
    assert (answer.body, answer["x-39"]) == (b"ok", "v" * 1000)


def test_what_speaks_no_tls_is_refused(connect, make_origin):
    answer = connect(make_origin(lambda connection: connection.send("HTTP/1.1 400 No\r\n\r\n"))).connect().get()
    assert (answer.status, answer.json()["reason"]) == (503, "upstream-tls-failed")


def test_a_silent_handshake_runs_into_the_connect_timeout(connect, make_origin):
    gateway = connect(make_origin(lambda connection: connection.wait_gone()), timeouts={"connect": "300ms"})
    assert gateway.connect().get().json()["reason"] == "upstream-timeout"


def test_sessions_are_resumed(connect, make_tls_origin):
    def script(connection):
        connection.read_request()
        connection.answer("ok", fields="Connection: close\r\n")

    origin = make_tls_origin(script=script)
    with connect(origin).connect() as client:
        assert [client.get().status for _ in range(3)] == [200] * 3
    assert origin.resumed == [False, True, True]
