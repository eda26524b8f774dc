"""Are sessions resumed by every worker process, and never past another listener's client validation?"""

import ssl

import pytest

from client import Closed
from harness import https, free_port, route, upstream
from tls_client import TLSClient, context, s_client

versions = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
every_version = pytest.mark.parametrize("version", versions)


def session_of(port: int, using: ssl.SSLContext, server_name: str = "shop.example.com") -> ssl.SSLSession:
    """A session from a whole handshake and an answer, with which TLS 1.3 sends its tickets."""
    with TLSClient(port, server_name, using=using) as client:
        assert client.get(host=server_name).status == 200
        assert client.socket.session.has_ticket
        return client.socket.session


@every_version
@pytest.mark.parametrize("workers", [1, 2])
def test_every_worker_resumes_a_session(make_tls_gateway, origin, version, workers):
    gateway = make_tls_gateway(origin, workers=workers)
    using = context(maximum=versions[version])
    session = session_of(gateway.port, using)
    resumed = []
    for _ in range(40):
        with TLSClient(gateway.port, using=using, session=session) as client:
            assert client.get().status == 200
            resumed.append(client.socket.session_reused)
    assert all(resumed), f"{resumed.count(False)} of 40 connections shook hands anew"


@every_version
def test_a_resumed_session_can_be_resumed_again(make_tls_gateway, origin, version):
    gateway = make_tls_gateway(origin)
    using = context(maximum=versions[version])
    session = session_of(gateway.port, using)
    for _ in range(5):
        with TLSClient(gateway.port, using=using, session=session) as client:
            assert client.get().status == 200 and client.socket.session_reused
            session = client.socket.session


@every_version
def test_openssl_resumes(make_tls_gateway, origin, tmp_path, version):
    gateway = make_tls_gateway(origin)
    options = [f"-tls{version.replace('.', '_')}", "-sess_out", tmp_path / "session"]
    request = "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    assert not s_client(gateway.port, *options, request=request).is_resumed
    assert s_client(gateway.port, *options, "-sess_in", tmp_path / "session", request=request).is_resumed


@every_version
@pytest.mark.parametrize("first_mode", [None, "optional", "request"])
@pytest.mark.parametrize("shares_port", [True, False])
def test_a_session_is_no_way_around_another_listeners_client_validation(make_gateway, origin, certificates, version, first_mode,
                                                                        shares_port):
    open_port = free_port()
    closed_port = open_port if shares_port else free_port()
    validation = {"clientValidation": {"mode": first_mode, "ca": ["ca"]}} if first_mode else {}
    make_gateway([
        *certificates.documents("shop", "wildcard", "ca"),
        https(open_port, "wildcard", name="open", hostnames=["open.example.com"], tls=validation),
        https(closed_port, "wildcard", name="closed", hostnames=["closed.example.com"],
              tls={"clientValidation": {"mode": "require", "ca": ["ca"]}}),
        upstream(origin.port), route(listeners=["open", "closed"])])
    using = context(maximum=versions[version])
    session = session_of(open_port, using, "open.example.com")
    before = len(origin.requests)
    # A session that is good for the open listener, with the name and then only the Host of the closed one.
    assert attempt(closed_port, using, session, "closed.example.com", "closed.example.com") == "refused"
    assert attempt(open_port, using, session, "open.example.com", "closed.example.com") in (421, 404)
    assert len(origin.requests) == before


def attempt(port: int, using: ssl.SSLContext, session: ssl.SSLSession, server_name: str, host: str) -> int | str:
    try:
        with TLSClient(port, server_name, using=using, session=session) as client:
            return client.get(host=host).status
    except (ssl.SSLError, Closed, ConnectionResetError, BrokenPipeError):
        return "refused"


def test_a_session_of_an_authority_is_no_way_past_another(make_gateway, origin, certificates):
    """Both listeners require a certificate, of different authorities: the session of one must not open the other."""
    ports = {"ca": free_port(), "other-ca": free_port()}
    make_gateway([
        *certificates.documents("shop", *ports), upstream(origin.port), route(listeners=list(ports)),
        *(https(port, "shop", name=name, tls={"clientValidation": {"mode": "require", "ca": [name]}})
          for name, port in ports.items())])
    using = context(certificate=certificates.client)
    session = session_of(ports["ca"], using)
    assert attempt(ports["ca"], using, session, "shop.example.com", "test") == 200
    assert attempt(ports["other-ca"], using, session, "shop.example.com", "test") == "refused"
