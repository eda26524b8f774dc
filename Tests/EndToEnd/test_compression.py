"""Are answers compressed when client, type and size say so, and never otherwise?"""

import gzip
import shutil
import subprocess

import pytest

from harness import free_port, listener, route, upstream

text = b"The quick brown fox jumps over the lazy dog. " * 400
policy = {"kind": "traffic-policy", "name": "small", "type": "compression",
          "compression": {"algorithms": ["br", "zstd", "gzip"], "minBytes": 1000, "types": ["text/*", "application/json"]}}


def decoded(coding: str | None, body: bytes) -> bytes:
    if coding is None:
        return body
    if coding == "gzip":
        return gzip.decompress(body)
    program = {"br": "brotli", "zstd": "zstd"}[coding]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    return subprocess.run([program, "-d", "-c"], input=body, capture_output=True, check=True).stdout


@pytest.fixture
def make_compressing(make_gateway, make_origin):
    def make(body: bytes = text, fields: str = "Content-Type: text/plain; charset=utf-8\r\n", status: str = "200 OK",
             is_chunked: bool = False):
        def script(connection):
            while True:
                connection.read_request()
                if is_chunked:
                    connection.send(f"HTTP/1.1 {status}\r\n{fields}Transfer-Encoding: chunked\r\n\r\n".encode())
                    for at in range(0, len(body), 1000):
                        part = body[at:at + 1000]
                        connection.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                    connection.send("0\r\n\r\n")
                else:
                    connection.answer(body, status=status, fields=fields)
        origin = make_origin(script)
        return make_gateway([policy, listener(free_port(), policies=["small"]), upstream(origin.port), route()])
    return make


@pytest.mark.parametrize("accepted,expected", [
    ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip, br, zstd", "br"), ("gzip;q=1, br;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"),
    ("identity", None), ("*;q=0", None), ("deflate", None), ("", None), ("GZIP", "gzip"), ("gzip;q=0", None)])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_the_client_chooses(make_compressing, accepted, expected, is_chunked):
    with make_compressing(is_chunked=is_chunked).connect() as client:
        for _ in range(2):
            answer = client.get(extra=f"Accept-Encoding: {accepted}\r\n")
            assert (answer.status, answer["content-encoding"]) == (200, expected)
            assert decoded(expected, answer.body) == text
            assert "accept-encoding" in (answer["vary"] or "").lower()
            assert expected is None or len(answer.body) < len(text) / 4


@pytest.mark.parametrize("options", [
    {"body": b"short"}, {"fields": "Content-Type: image/png\r\n"}, {"fields": ""},
    {"fields": "Content-Type: text/plain\r\nContent-Encoding: br\r\n"},
    {"fields": "Content-Type: text/plain\r\nCache-Control: public, no-transform\r\n"},
    {"fields": "Content-Type: text/plain\r\nContent-Range: bytes 0-17999/99999\r\n", "status": "206 Partial Content"}],
    ids=["short", "image", "no type", "already", "no-transform", "range"])
def test_what_stays_as_it_is(make_compressing, options):
    with make_compressing(**options).connect() as client:
        answer = client.get(extra="Accept-Encoding: gzip\r\n")
        assert answer.body == options.get("body", text) and answer["content-encoding"] != "gzip"


def test_a_strong_etag_becomes_weak(make_compressing):
    with make_compressing(fields="Content-Type: text/plain\r\nETag: \"abc\"\r\n").connect() as client:
        assert client.get(extra="Accept-Encoding: gzip\r\n")["etag"] == 'W/"abc"'
        assert client.get()["etag"] == '"abc"'


def test_head_says_nothing_wrong(make_gateway, make_origin):
    def script(connection):
        while True:
            connection.read_request()
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n")
    origin = make_origin(script)
    gateway = make_gateway([policy, listener(free_port(), policies=["small"]), upstream(origin.port), route()])
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.ask("HEAD / HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n", is_head=True)
            assert answer.status == 200 and not (answer["content-encoding"] and answer["content-length"])


def test_without_the_policy_nothing_is_compressed(gateway):
    with gateway.connect() as client:
        assert client.get(extra="Accept-Encoding: gzip, br, zstd\r\n")["content-encoding"] is None


def test_http_1_0_gets_no_chunks(make_compressing):
    with make_compressing().connect() as client:
        answer = client.ask("GET / HTTP/1.0\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n")
        assert answer.all("transfer-encoding") == [] and decoded(answer["content-encoding"], answer.body) == text
