"""Do the clients of the HTTP/2 library get their answers, with prior knowledge?"""

import shutil
import subprocess

import pytest

from harness import free_port, listener, route, upstream

needs_tools = pytest.mark.skipif(not (shutil.which("nghttp") and shutil.which("h2load")), reason="nghttp2-client is not installed")


@pytest.fixture
def address(make_gateway, make_origin):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("x" * 1000)
    port = free_port()
    make_gateway([listener(port), upstream(make_origin(script).port), route()])
    return f"http://127.0.0.1:{port}/"


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


@needs_tools
def test_nghttp_uploads_and_reads(address, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(bytes(300_000))
    assert run("nghttp", address) == "x" * 1000
    assert "status: 200" in run("nghttp", "-nv", f"--data={body}", address)


@needs_tools
def test_h2load_loses_nothing(address):
    report = run("h2load", "-n", "400", "-c", "4", "-m", "10", address)
    assert "400 succeeded, 0 failed, 0 errored, 0 timeout" in report and "400 2xx" in report
