"""Do real clients and a real server get along with the gateway?"""

import hashlib
import shutil
import subprocess

import pytest

from harness import Process, free_port, request


def needs(program: str):
    return pytest.mark.skipif(not shutil.which(program, path="/usr/sbin:/usr/bin:/bin:/usr/local/bin"),
                              reason=f"{program} is not installed")


def curl(*arguments) -> str:
    done = subprocess.run(["curl", "-sS", "--max-time", "30", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs("curl")
def test_curl(gateway):
    url = f"http://127.0.0.1:{gateway.port}"
    assert '"target": "/a?b=c"' in curl(f"{url}/a?b=c")
    assert '"length": 11' in curl("-d", "hello=world", f"{url}/form")
    assert '"method": "PUT"' in curl("-X", "PUT", "-H", "Transfer-Encoding: chunked", "-d", "x", url)
    assert "HTTP/1.1 200" in curl("-I", url)
    assert curl("-0", "-o", "/dev/null", "-w", "%{http_code}", url) == "200"
    assert curl("-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects} ", f"{url}/1", f"{url}/2") == "1 0 "


@needs("curl")
def test_curl_uploads_and_downloads_large_files(gateway, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(bytes(range(256)) * 40_000)
    answer = curl("-T", file, f"http://127.0.0.1:{gateway.port}/large")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in answer


@needs("wrk")
def test_wrk_sees_no_error(make_gateway, origin):
    gateway = make_gateway(origin=origin, workers=2)
    done = subprocess.run(["wrk", "-t1", "-c32", "-d1s", f"http://127.0.0.1:{gateway.port}/"], capture_output=True,
                          text=True)
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    assert "requests in" in done.stdout


@pytest.fixture
def nginx(tmp_path, running):
    """nginx as an origin: files, ranges, conditional requests, gzip."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "large.txt").write_bytes(b"0123456789" * 500_000)
    (tmp_path / "www" / "index.html").write_text("<h1>hello</h1>")
    port = free_port()
    (tmp_path / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log;
events {{ }}
http {{
    access_log off; gzip on; gzip_types text/plain; gzip_proxied any; gzip_http_version 1.0;
    client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f;
    uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
    server {{ listen 127.0.0.1:{port}; root {tmp_path}/www; location /empty {{ return 204; }} }}
}}
""")
    server = Process(["/usr/sbin/nginx", "-c", tmp_path / "nginx.conf", "-p", tmp_path], tmp_path / "nginx.log")
    running.append(server)

    def answers() -> bool:
        try:
            return request(port, "GET", "/").status == 200
        except OSError:
            return False
    server.wait_ready(answers)
    return port


@needs("nginx")
@needs("curl")
def test_nginx_as_an_origin(nginx, make_gateway, tmp_path):
    gateway = make_gateway(origin=nginx)
    url = f"http://127.0.0.1:{gateway.port}"
    expected = hashlib.sha256(b"0123456789" * 500_000).hexdigest()
    for options in ([], ["--compressed"], ["-0"]):
        curl(*options, "-o", tmp_path / "got", f"{url}/large.txt")
        assert hashlib.sha256((tmp_path / "got").read_bytes()).hexdigest() == expected, options
    with gateway.connect() as client:
        first = client.get("/large.txt")
        part = client.get("/large.txt", extra="Range: bytes=5-14\r\n")
        assert (part.status, part.body) == (206, b"5678901234")
        again = client.get("/large.txt", extra=f"If-None-Match: {first['etag']}\r\n")
        assert (again.status, again.body) == (304, b"")
        assert client.get("/empty").status == 204
        assert client.get("/nothing").status == 404
        head = client.ask("HEAD /large.txt HTTP/1.1\r\nHost: test\r\n\r\n", is_head=True)
        assert head["content-length"] == "5000000"
        assert client.get("/").body == b"<h1>hello</h1>"
