"""The admin API over TLS: curl, a replica and the command line speak to it."""

import os
import shutil
import signal
import socket
import ssl
import subprocess

import pytest

from certificates import Certificate
from harness import Control, Process, free_port, listener, route, upstream, wait_until


@pytest.fixture
def leaf(certificates, tmp_path) -> Certificate:
    """A certificate of 127.0.0.1 whose files a test may change."""
    issued = certificates.authority.issue("control", ["IP:127.0.0.1", "DNS:localhost"])
    copies = [shutil.copy(path, tmp_path) for path in (issued.certificate, issued.key)]
    os.chmod(copies[1], 0o600)
    return Certificate(tmp_path / issued.certificate.name, tmp_path / issued.key.name, issued.authority)


@pytest.fixture
def secure(tmp_path, running, leaf) -> Control:
    running.append(Control(tmp_path, certificate=leaf))
    return running[-1]


def curl(control, leaf, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--cacert", str(leaf.authority.certificate), "-H", f"Authorization: Bearer {control.token}",
         *arguments, f"{control.url}/v1/routes"], capture_output=True, text=True, timeout=30)


def refused(tmp_path, *arguments) -> str:
    """What a start that is refused says."""
    from processes import binary
    process = Process([binary("sluice-control"), "--data", tmp_path / "refused", *arguments], tmp_path / "refused.log")
    assert process.wait(20) != 0
    return process.output()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_speaks_to_it(secure, leaf, version):
    answer = curl(secure, leaf, "-i", f"--tlsv{version}", "--tls-max", version)
    assert answer.stdout.startswith("HTTP/1.1 200"), answer.stderr
    assert "X-Request-Id" in answer.stdout


def test_older_versions_of_tls_are_refused(secure, leaf):
    answer = curl(secure, leaf, "--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")
    assert answer.returncode == 35, answer.stderr


def test_alpn_is_http_1_1(secure, leaf):
    context = ssl.create_default_context(cafile=leaf.authority.certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", secure.port)) as plain, \
            context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_the_certificate_is_verified_by_its_authority(secure, leaf, certificates):
    assert curl(secure, Certificate(leaf.certificate, leaf.key, certificates.other)).returncode == 60
    assert secure.cli("get", "routes").returncode != 0
    done = secure.cli("get", "routes", "--ca-file", leaf.authority.certificate)
    assert done.returncode == 0, done.stderr


def test_a_replica_follows_it(secure, leaf, make_replica, origin):
    port = free_port()
    for document in (listener(port), upstream(origin.port), route()):
        secure.put(document)
    replica = make_replica(secure, port, arguments=["--ca-file", leaf.authority.certificate])
    with replica.connect() as client:
        assert client.get("/").status == 200


def test_plain_http_gets_no_answer_that_could_be_taken_for_one(secure):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = connection.recv(4096)
    assert not received.startswith(b"HTTP/")
    assert secure.status("/livez") == 200


def test_a_handshake_that_never_ends_is_ended(secure):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00")
        assert connection.recv(4096) == b""
    assert secure.status("/livez") == 200


def test_limits_hold_behind_tls(secure):
    big = b" " * (2 << 20)
    assert secure.call("PUT", "/v1/routes/a", big, headers={"Content-Type": "application/json"}).status == 413
    assert secure.call("GET", "/v1/routes?x=" + "a" * 70_000).status in (400, 414, 431)
    assert secure.call("GET", "/v1/routes", headers={"Host": "evil.example"}).status == 421


def test_sighup_brings_a_new_certificate_and_keeps_the_old_one_when_it_is_spoiled(secure, leaf, certificates):
    def serial() -> str:
        pem = ssl.get_server_certificate(("127.0.0.1", secure.port))
        return ssl._ssl and subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True,
                                           text=True, check=True).stdout
    first = serial()
    leaf.certificate.write_text("spoiled")
    secure.process.signal(signal.SIGHUP)
    wait_until(lambda: "keeps its certificate" in secure.process.output(), "the log says so")
    assert serial() == first
    fresh = certificates.authority.issue("control", ["IP:127.0.0.1"])
    leaf.certificate.write_text(fresh.pem)
    leaf.key.write_text(fresh.key.read_text())
    secure.process.signal(signal.SIGHUP)
    wait_until(lambda: serial() != first, "the new certificate is shown")
    assert curl(secure, leaf).returncode == 0


def test_other_machines_are_served_with_tls_alone(tmp_path, running, leaf):
    port = free_port()
    assert "--tls-certificate" in refused(tmp_path, "--admin", f"0.0.0.0:{port}")
    from processes import binary
    process = Process([binary("sluice-control"), "--data", tmp_path / "data", "--admin", f"0.0.0.0:{port}",
                       "--tls-certificate", leaf.certificate, "--tls-key", leaf.key], tmp_path / "open.log")
    running.append(process)
    process.wait_ready(lambda: "Control plane starts" in process.output())
    assert f"https://0.0.0.0:{port}" in process.output()


def test_certificate_and_key_go_together(tmp_path, leaf, certificates):
    assert "go together" in refused(tmp_path, "--tls-certificate", leaf.certificate)
    assert "go together" in refused(tmp_path, "--tls-key", leaf.key)
    other = certificates.authority.issue("other", ["IP:127.0.0.1"])
    os.chmod(other.key, 0o600)
    assert "fits" in refused(tmp_path, "--tls-certificate", leaf.certificate, "--tls-key", other.key)
    assert "no such file" in refused(tmp_path, "--tls-certificate", leaf.certificate, "--tls-key", tmp_path / "missing")


def test_a_key_that_others_can_read_is_refused(tmp_path, leaf):
    os.chmod(leaf.key, 0o640)
    assert "chmod 600" in refused(tmp_path, "--tls-certificate", leaf.certificate, "--tls-key", leaf.key)
