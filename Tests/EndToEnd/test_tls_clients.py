"""Are client certificates required, checked and forgotten as the listener says?"""

import ssl

import pytest

from client import Closed
from harness import listener, free_port, route, upstream
from tls_client import TLSClient, s_client

versions = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def outcome(port: int, certificate, version: str = "1.3", extra: str = "") -> int | str:
    """The status, or "refused". In TLS 1.3 a client learns of a refusal only when it reads."""
    try:
        with TLSClient(port, certificate=certificate, maximum=versions[version]) as client:
            return client.get(extra=extra).status
    except (ssl.SSLError, Closed, ConnectionResetError, BrokenPipeError):
        return "refused"


@pytest.mark.parametrize("version", versions)
@pytest.mark.parametrize("mode,shown,expected", [
    ("require", "client", 200), ("require", None, "refused"), ("require", "other_client", "refused"),
    ("require", "shop", "refused"), ("optional", "client", 200), ("optional", None, 200),
    ("optional", "other_client", "refused"), ("request", "client", 200), ("request", None, 200),
    ("request", "other_client", 200)])
def test_modes(make_tls_gateway, origin, certificates, mode, shown, expected, version):
    gateway = make_tls_gateway(origin, stored=("ca",), tls={"clientValidation": {"mode": mode, "ca": ["ca"]}})
    assert outcome(gateway.port, shown and getattr(certificates, shown), version) == expected
    assert len(origin.requests) == (1 if expected == 200 else 0)


def test_several_authorities(make_tls_gateway, origin, certificates):
    gateway = make_tls_gateway(origin, stored=("ca", "other-ca"),
                               tls={"clientValidation": {"mode": "require", "ca": ["ca", "other-ca"]}})
    assert outcome(gateway.port, certificates.client) == outcome(gateway.port, certificates.other_client) == 200
    names = s_client(gateway.port, "-tls1_2").text
    assert "CN = Test CA" in names and "CN = Other CA" in names, "the authorities are named to the client"


@pytest.mark.parametrize("mode", ["require", "optional"])
def test_revoked_certificates_are_refused(make_tls_gateway, origin, certificates, mode):
    gateway = make_tls_gateway(origin, stored=("ca",), tls={
        "clientValidation": {"mode": mode, "ca": ["ca"], "crl": [certificates.crl]}})
    assert outcome(gateway.port, certificates.revoked_client) == "refused"
    assert outcome(gateway.port, certificates.client) == 200


def test_without_a_list_nothing_is_revoked(make_tls_gateway, origin, certificates):
    gateway = make_tls_gateway(origin, stored=("ca",), tls={"clientValidation": {"mode": "require", "ca": ["ca"]}})
    assert outcome(gateway.port, certificates.revoked_client) == 200


def test_a_refusal_is_told_by_an_alert(make_tls_gateway, origin):
    gateway = make_tls_gateway(origin, stored=("ca",), tls={"clientValidation": {"mode": "require", "ca": ["ca"]}})
    assert "handshake failure" in s_client(gateway.port, "-tls1_2").text
    seen = s_client(gateway.port, "-tls1_3", request="GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert "alert certificate required" in seen.text


forged = ["X-Forwarded-Client-Cert: Hash=00;Subject=\"CN=root\"", "x-forwarded-client-cert: Hash=00", "X-FORWARDED-CLIENT-CERT: a"]


@pytest.mark.parametrize("line", forged)
@pytest.mark.parametrize("mode", [None, "require", "optional", "request"])
def test_what_clients_claim_of_certificates_never_passes(make_tls_gateway, origin, certificates, line, mode):
    tls = {"clientValidation": {"mode": mode, "ca": ["ca"], "forward": "sanitize"}} if mode else {}
    gateway = make_tls_gateway(origin, stored=("ca",), tls=tls)
    assert outcome(gateway.port, mode and certificates.client, extra=f"{line}\r\n") == 200
    assert origin.requests[0].all("x-forwarded-client-cert") == []


def test_nor_does_it_without_tls(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), route()])
    with gateway.connect() as client:
        assert client.get(extra=f"{forged[0]}\r\n").status == 200
    assert origin.requests[0].all("x-forwarded-client-cert") == []
