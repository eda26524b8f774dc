"""What goes with connections that are passed as bytes: names, limits, times, TLS on either side, logs, and draining."""

import shutil
import signal
import socket
import subprocess
import threading

import pytest

from certificates import Certificates
from harness import Client, Closed, free_port, https, listener, route, upstream, wait_until
from test_proxy_protocol import bad, v1, v2
from tls_client import TLSClient, context, s_client
from tls_origin import TLSOrigin


def loud_echo(connection):
    while chunk := connection.receive():
        connection.send(chunk.upper())


def to_origin(port: int, **fields) -> list[dict]:
    return [upstream(port), route(listeners=["web"], **fields)]


@pytest.fixture
def make_tcp(make_gateway, make_origin):
    """`make_tcp(script, timeouts={…}, arguments=[…], …)`: a gateway with a tcp listener to an origin with this script."""
    def make(script=loud_echo, timeouts=None, arguments=(), **fields):
        origin = make_origin(script)
        times = {"timeouts": timeouts} if timeouts else {}
        return make_gateway([listener(free_port(), protocol="tcp", **fields), *to_origin(origin.port, **times)],
                            arguments=arguments), origin
    return make


@pytest.fixture
def make_passthrough(make_gateway, running, certificates):
    """`make_passthrough(…)`: a gateway that passes TLS for shop.example.com to an origin that ends it."""
    def make(**fields):
        running.append(origin := TLSOrigin(certificate=certificates.shop))
        return make_gateway([listener(free_port(), protocol="tls", **fields),
                             *to_origin(origin.port, hostnames=["shop.example.com"])]), origin
    return make


@pytest.fixture
def make_ended(make_gateway, make_origin, certificates):
    """`make_ended(script)`: a gateway that ends TLS and passes on what was in it."""
    def make(script=loud_echo, **fields):
        origin = make_origin(script)
        return make_gateway([*certificates.documents("shop"), {**https(free_port(), "shop", **fields), "protocol": "tls"},
                             *to_origin(origin.port, hostnames=["shop.example.com"])]), origin
    return make


class TestTelemetry:
    def test_a_tcp_connection_has_a_line(self, make_tcp):
        gateway, origin = make_tcp()
        with gateway.connect() as client:
            client.send("hello")
            assert client.read_exactly(5) == b"HELLO"
            assert gateway.metrics()['sluice_connections{side="client"}'] == 1
            assert gateway.metrics()['sluice_connections{side="upstream"}'] == 1
        line = gateway.log_lines(1)[0]
        assert (line["protocol"], line["listener"], line["route"], line["upstream"]) == ("TCP", "web", "all", "origin")
        assert (line["endpoint"], line["clientAddress"]) == (f"127.0.0.1:{origin.port}", "127.0.0.1")
        assert (line["bytesIn"], line["bytesOut"]) == (5, 5) and line["durationMs"] > 0
        assert not {"status", "reason", "method", "path"} & set(line)
        wait_until(lambda: gateway.metrics()['sluice_connections{side="client"}'] == 0, "the connection no longer counts")
        assert [name for name in gateway.metrics() if name.startswith("sluice_requests_total")] == []

    def test_a_passed_tls_connection_has_a_line(self, make_passthrough):
        gateway, _ = make_passthrough()
        with TLSClient(gateway.port) as client:
            assert client.get().status == 200
        line = gateway.log_lines(1)[0]
        assert (line["protocol"], line["route"]) == ("TLS", "all") and "tls" not in line
        assert line["bytesIn"] > 300 and line["bytesOut"] > 1000

    def test_an_ended_tls_connection_has_a_line(self, make_ended):
        gateway, _ = make_ended()
        with TLSClient(gateway.port) as client:
            client.send("hello")
            assert client.read_exactly(5) == b"HELLO"
        line = gateway.log_lines(1)[0]
        assert (line["protocol"], line["bytesIn"], line["bytesOut"]) == ("TLS", 5, 5) and line["tls"]

    def test_an_upstream_that_refuses_is_told(self, make_gateway):
        gateway = make_gateway([listener(free_port(), protocol="tcp"), *to_origin(free_port())])
        with gateway.connect() as client:
            assert client.is_closed()
        assert gateway.log_lines(1)[0]["reason"] == "upstream-connect-failed"


class TestNames:
    def test_a_name_that_no_route_has_gets_an_alert(self, make_passthrough, make_ended):
        for make in make_passthrough, make_ended:
            seen = s_client(make()[0].port, server_name="else.test")
            assert "unrecognized name" in seen.text, seen.text

    def test_case_and_final_dot_do_not_count(self, make_passthrough):
        gateway, _ = make_passthrough()
        assert s_client(gateway.port, server_name="SHOP.example.COM").is_established

    def test_a_route_without_names_takes_connections_without_one(self, make_gateway, running, certificates):
        running.append(TLSOrigin(certificate=certificates.shop))
        gateway = make_gateway([listener(free_port(), protocol="tls"), *to_origin(running[-1].port)])
        with TLSClient(gateway.port, None) as client:
            assert client.get().status == 200

    def test_a_route_for_http_does_not_take_bytes(self, make_gateway, origin):
        gateway = make_gateway([listener(free_port(), protocol="tcp"), listener(free_port(), name="http"), upstream(origin.port),
                                route(listeners=["http"])])
        with pytest.raises((OSError, Closed)), gateway.connect() as client:
            client.send("x")
            client.read_exactly(1)
        assert origin.connections == []


class TestHello:
    def test_it_may_come_byte_by_byte(self, make_passthrough, certificates):
        gateway, origin = make_passthrough()
        ours, theirs = socket.socketpair()
        with gateway.connect() as client:
            def drip():
                hello = ours.recv(65536)
                for at in range(len(hello)):
                    client.socket.sendall(hello[at:at + 1])
                try:
                    while data := client.receive():
                        ours.sendall(data)
                except OSError:
                    pass
            threading.Thread(target=drip, daemon=True).start()
            with context().wrap_socket(theirs, server_hostname="shop.example.com", do_handshake_on_connect=False) as tls:
                tls.settimeout(10)
                # The client's second flight does not reach the gateway: its certificate has been seen by then.
                tls.do_handshake()
                assert tls.getpeercert(binary_form=True) == certificates.shop.der
        assert origin.server_names == ["shop.example.com"]

    def test_one_that_does_not_come_is_closed(self, make_passthrough):
        gateway, origin = make_passthrough(limits={"handshakeTimeout": "300ms"})
        for begun in (b"", b"\x16\x03\x01\x02\x00\x01"):
            with gateway.connect() as client:
                client.send(begun)
                assert client.is_closed()
        assert origin.connections == []


class TestTimes:
    def test_silence_ends_a_tunnel(self, make_tcp):
        gateway, _ = make_tcp(timeouts={"idle": "500ms"})
        with gateway.connect() as client:
            for _ in range(3):
                client.socket.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    client.socket.recv(1)
                client.socket.settimeout(10)
                client.send("x")
                assert client.read_exactly(1) == b"X"
            assert client.is_closed()
        assert gateway.log_lines(1)[0]["reason"] == "idle-timeout"

    def test_tunnels_live_to_the_end_of_a_drain(self, make_tcp):
        gateway, _ = make_tcp(arguments=["--drain-timeout", "3s"])
        with gateway.connect() as client:
            client.send("x")
            assert client.read_exactly(1) == b"X"
            gateway.process.signal(signal.SIGTERM)
            wait_until(lambda: refuses(gateway.port), "nothing is accepted")
            client.send("still")
            assert client.read_exactly(5) == b"STILL"
            assert client.read_to_end() == b""
        gateway.process.wait(10)
        assert gateway.log_lines(1)[-1]["reason"] == "draining"

    def test_a_drain_ends_with_the_last_tunnel(self, make_tcp):
        gateway, _ = make_tcp(arguments=["--drain-timeout", "60s"])
        with gateway.connect() as client:
            client.send("x")
            assert client.read_exactly(1) == b"X"
            gateway.process.signal(signal.SIGTERM)
            wait_until(lambda: refuses(gateway.port), "nothing is accepted")
        gateway.process.wait(10)


def refuses(port: int) -> bool:
    try:
        Client(port).close()
        return False
    except ConnectionRefusedError:
        return True


class TestLimits:
    def test_of_connections(self, make_tcp):
        gateway, origin = make_tcp(limits={"maxConnections": 2})
        with gateway.connect() as one, gateway.connect() as two:
            for client in one, two:
                client.send("x")
                assert client.read_exactly(1) == b"X"
            with pytest.raises((OSError, Closed)), gateway.connect() as three:
                three.send("x")
                three.read_exactly(1)
            one.send("y")
            assert one.read_exactly(1) == b"Y"
        assert len(origin.connections) == 2


class TestProxyProtocol:
    @pytest.mark.parametrize("header", [v1, v2()], ids=["v1", "v2"])
    def test_tcp(self, make_tcp, header):
        gateway, origin = make_tcp(proxyProtocol="required")
        with gateway.connect() as client:
            client.send(header + b"hello")
            assert client.read_exactly(5) == b"HELLO"
        assert bytes(origin.connections[0].received) == b"hello", "the header ends here"
        assert gateway.log_lines(1)[0]["clientAddress"] == "203.0.113.9"

    @pytest.mark.parametrize("header", bad.values(), ids=bad)
    def test_broken_ones_go_nowhere(self, make_tcp, header):
        gateway, origin = make_tcp(proxyProtocol="required", limits={"handshakeTimeout": "500ms"})
        with gateway.connect() as client:
            client.send(header)
            client.read_to_end()
        assert origin.connections == []

    def test_tls(self, make_passthrough):
        gateway, origin = make_passthrough(proxyProtocol="required")
        client = gateway.connect()
        client.send(v1)
        client.socket = context().wrap_socket(client.socket, server_hostname="shop.example.com")
        with client:
            assert client.get().status == 200
        assert gateway.log_lines(1)[0]["clientAddress"] == "203.0.113.9"


class TestTLSOnEitherSide:
    def test_it_may_end_here_and_begin_again(self, make_gateway, running, certificates: Certificates):
        running.append(origin := TLSOrigin(loud_echo, certificate=certificates.api))
        gateway = make_gateway([
            *certificates.documents("shop"), {**https(free_port(), "shop"), "protocol": "tls"},
            upstream(origin.port, tls={"serverName": "api.example.com", "verify": False}), route(listeners=["web"])])
        with TLSClient(gateway.port) as client:
            client.send(b"x" * 300_000)
            assert client.read_exactly(300_000) == b"X" * 300_000
        assert origin.server_names == ["api.example.com"]

    def test_it_may_begin_here(self, make_gateway, running, certificates: Certificates):
        running.append(TLSOrigin(loud_echo, certificate=certificates.api))
        gateway = make_gateway([
            listener(free_port(), protocol="tcp"),
            upstream(running[-1].port, tls={"serverName": "api.example.com", "verify": False}), route(listeners=["web"])])
        with gateway.connect() as client:
            client.send("early")
            assert client.read_exactly(5) == b"EARLY"
            client.half_close()
            assert client.is_closed()

    def test_the_end_is_said_on_both_sides(self, make_ended):
        ended = threading.Event()

        def script(connection):
            loud_echo(connection)
            ended.set()
        gateway, _ = make_ended(script)
        with TLSClient(gateway.port) as client:
            client.send("x")
            assert client.read_exactly(1) == b"X"
            client.socket.settimeout(10)
            client.socket = client.socket.unwrap()
            assert ended.wait(10)
        assert "reason" not in gateway.log_lines(1)[0]

    def test_a_connection_cut_off_is_no_orderly_end(self, make_ended):
        cut = threading.Event()

        def script(connection):
            connection.receive()
            connection.send("X")
            with pytest.raises(ConnectionResetError):
                while connection.socket.recv(1000):
                    pass
            cut.set()
        gateway, _ = make_ended(script)
        client = TLSClient(gateway.port)
        client.send("x")
        assert client.read_exactly(1) == b"X"
        raw = socket.socket(fileno=client.socket.detach())
        raw.close()
        assert cut.wait(10)


def test_an_upstream_that_resets_is_passed_on(make_tcp):
    def script(connection):
        connection.send("half of it")
        connection.receive()
        connection.reset()
    gateway, _ = make_tcp(script)
    with gateway.connect() as client:
        assert client.read_exactly(10) == b"half of it"
        client.send("x")
        with pytest.raises(ConnectionResetError):
            client.socket.recv(1)
    assert gateway.log_lines(1)[0]["reason"] == "upstream-reset"


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx")
def test_nginx_and_curl(make_gateway, certificates, tmp_path):
    port, folder = free_port(), tmp_path / "nginx"
    folder.mkdir()
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificates.shop.certificate};
            ssl_certificate_key {certificates.shop.key}; location / {{ return 200 "$server_protocol"; }} }}
}}
""")
    nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        wait_until(lambda: not refuses(port), "nginx listens")
        gateway = make_gateway([listener(free_port(), protocol="tls"), *to_origin(port, hostnames=["shop.example.com"])])
        for version, expected in (("--http2", b"HTTP/2.0"), ("--http1.1", b"HTTP/1.1")):
            done = subprocess.run(
                ["curl", "-sk", version, "--connect-to", f"::127.0.0.1:{gateway.port}", "https://shop.example.com/"],
                capture_output=True, timeout=20, check=True)
            assert done.stdout == expected
    finally:
        nginx.terminate()
        nginx.wait()
