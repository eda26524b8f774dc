"""Which answers are compressed, for whom, and do clients get back what the origin sent?"""

import hashlib
import json
import random
import shutil
import signal
import subprocess
import threading
import time
import zlib

import brotli
import pytest
import zstandard

from harness import Closed, free_port, listener, route, upstream, wait_until

curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
text = (b"<p>The quick brown fox jumps over the lazy dog, and over the next one, and so on.</p>\n" * 200)
html = "Content-Type: text/html; charset=utf-8\r\n"


def decoder(coding: str):
    """A function that takes pieces and returns what can be read so far."""
    if coding == "br":
        return brotli.Decompressor().process
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj(read_across_frames=False).decompress
    return zlib.decompressobj(wbits=31).decompress


def decode(coding: str, body: bytes) -> bytes:
    """Strict: the body must end where its coding does."""
    if coding == "br":
        return brotli.decompress(body)
    made = zstandard.ZstdDecompressor().decompressobj() if coding == "zstd" else zlib.decompressobj(wbits=31)
    plain = made.decompress(body)
    assert made.eof and not made.unused_data
    return plain


def policy(name: str = "small", **settings) -> dict:
    return {"kind": "traffic-policy", "name": name, "type": "compression", "compression": settings}


def page(body: bytes = text, fields: str = html, status: str = "200 OK"):
    """An origin's script: always the same answer."""
    def script(connection):
        while True:
            request = connection.read_request()
            head_only = request.method == "HEAD" or status[:3] in ("204", "304")
            length = "" if status[:3] == "204" else f"Content-Length: {len(body)}\r\n"
            connection.send(f"HTTP/1.1 {status}\r\n{length}{fields}\r\n".encode() + (b"" if head_only else body))
    return script


@pytest.fixture
def compressing(make_origin, make_gateway):
    """`compressing(script, POLICY SETTINGS)`: a gateway whose listener compresses."""
    def make(script, **settings):
        return make_gateway([policy(**settings), listener(free_port(), policies=["small"]),
                             upstream(make_origin(script).port), route()])
    return make


def get(gateway, accept: str | None = "gzip", method: str = "GET", extra: str = "", version: str = "1.1"):
    line = f"Accept-Encoding: {accept}\r\n" if accept is not None else ""
    with gateway.connect() as client:
        return client.ask(f"{method} / HTTP/{version}\r\nHost: test\r\n{line}{extra}\r\n", is_head=method == "HEAD")


def is_plain(answer, body: bytes = text) -> bool:
    return answer.all("content-encoding") == [] and answer.body == body and answer.is_whole


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_each_coding_gives_back_what_the_origin_sent(compressing, coding):
    gateway = compressing(page(fields=html + 'ETag: "v1"\r\nAccept-Ranges: bytes\r\nVary: Cookie\r\nX-Stays: 1\r\n'))
    answer = get(gateway, coding)
    assert answer["content-encoding"] == coding and len(answer.body) < len(text) / 10
    assert decode(coding, answer.body) == text
    assert answer["vary"] == "Cookie, Accept-Encoding" and answer["etag"] == 'W/"v1"' and answer["x-stays"] == "1"
    assert answer.all("content-length") == [] and answer.all("accept-ranges") == []
    assert answer["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("accept, coding", [
    ("gzip, deflate, br, zstd", "br"), ("gzip, zstd", "zstd"), ("*", "br"), ("br;q=0.5, gzip;q=0.9", "gzip"),
    ("br;q=0, *", "zstd"), ("BR", "br"), ("x-gzip", "gzip"), ("gzip;q=0", None), ("deflate", None), ("identity", None),
    ("gzip;q=0.5, identity", None), ("", None), (None, None), ("gzip;q=2", None)])
def test_the_client_says_what_it_accepts(compressing, accept, coding):
    answer = get(compressing(page()), accept)
    assert answer["vary"] == "Accept-Encoding"
    if coding is None:
        assert is_plain(answer) and answer["content-length"] == str(len(text))
    else:
        assert answer["content-encoding"] == coding and decode(coding, answer.body) == text


def test_a_policy_names_its_algorithms_in_their_order(compressing):
    gateway = compressing(page(), algorithms=["gzip", "zstd"])
    assert get(gateway, "br, zstd, gzip")["content-encoding"] == "gzip"
    assert get(gateway, "br, zstd")["content-encoding"] == "zstd"
    assert is_plain(get(gateway, "br"))


@pytest.mark.parametrize("size, is_compressed", [(999, False), (1000, True)])
def test_short_answers_stay_as_they_are(compressing, size, is_compressed):
    answer = get(compressing(page(text[:size]), minBytes=1000))
    assert (answer["content-encoding"] == "gzip") is is_compressed and (answer.all("vary") != []) is is_compressed


@pytest.mark.parametrize("types, sent, is_compressed", [
    (None, "application/json", True), (None, "Text/HTML;charset=x", True), (None, "image/png", False),
    (["text/x-log"], "text/x-log", True), (["text/x-log"], "text/html", False), (None, "text/event-stream", False)])
def test_only_listed_types_are_compressed(compressing, types, sent, is_compressed):
    settings = {"types": types} if types else {}
    answer = get(compressing(page(fields=f"Content-Type: {sent}\r\n"), **settings))
    if is_compressed:
        assert decode("gzip", answer.body) == text
    else:
        assert is_plain(answer) and answer.all("vary") == []


@pytest.mark.parametrize("status, fields", [
    ("200 OK", html + "Content-Encoding: deflate\r\n"), ("200 OK", html + "Cache-Control: public, no-transform\r\n"),
    ("206 Partial Content", html + "Content-Range: bytes 0-9/100\r\n"), ("200 OK", ""),
    ("304 Not Modified", html), ("204 No Content", html)])
def test_what_must_not_be_transformed_passes_as_it_came(compressing, status, fields):
    answer = get(compressing(page(fields=fields + 'ETag: "v1"\r\n', status=status)))
    assert answer["etag"] == '"v1"' and answer.all("vary") == [] and answer.all("transfer-encoding") == []
    assert answer.body == (text if status[:3] in ("200", "206") else b"")
    assert answer.all("content-encoding") == (["deflate"] if "deflate" in fields else [])


def test_a_tag_that_was_made_weak_is_confirmed_as_such(compressing):
    gateway = compressing(page(fields=html + 'ETag: "v1"\r\n', status="304 Not Modified"))
    answer = get(gateway, extra='If-None-Match: W/"v1"\r\n')
    assert (answer.status, answer["etag"], answer["vary"]) == (304, 'W/"v1"', "Accept-Encoding")
    assert answer.all("content-length") == [] and answer.all("content-encoding") == []
    assert get(gateway, extra='If-None-Match: "v1"\r\n')["etag"] == '"v1"'


def test_errors_of_the_origin_are_compressed_and_the_gateways_own_are_not(compressing, make_gateway):
    answer = get(compressing(page(status="500 Oops")))
    assert answer.status == 500 and decode("gzip", answer.body) == text
    own = make_gateway([policy(minBytes=0), listener(free_port(), policies=["small"]), upstream(free_port()), route()],
                       name="second")
    answer = get(own)
    assert answer.status == 503 and answer.json()["status"] == 503 and answer.all("content-encoding") == []


@pytest.mark.parametrize("accept", ["gzip", "identity"])
def test_head_gets_the_fields_of_get(compressing, accept):
    gateway = compressing(page(fields=html + 'ETag: "v1"\r\n'))
    head, whole = get(gateway, accept, "HEAD"), get(gateway, accept)
    for name in ("content-encoding", "vary", "etag", "content-type", "content-length"):
        assert head.all(name) == whole.all(name)


def test_clients_of_http_1_0_get_no_compressed_answers(compressing):
    answer = get(compressing(page()), version="1.0")
    assert is_plain(answer) and answer["vary"] == "Accept-Encoding"


def test_a_connection_serves_one_compressed_answer_after_the_other(compressing):
    gateway = compressing(page())
    with gateway.connect() as client:
        for coding in ["br", "zstd", "gzip", "identity"] * 5:
            answer = client.get(extra=f"Accept-Encoding: {coding}\r\n")
            assert answer.body == text if coding == "identity" else decode(coding, answer.body) == text


def test_many_requests_at_once_leave_no_compressor_behind(compressing):
    """More clients go away within an answer than there are compressors; then answers are compressed as before."""
    def script(connection):
        connection.read_request()
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n{html}\r\n".encode() + text)
        connection.wait_gone()
    gateway = compressing(script)
    request = "GET / HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n"
    for _ in range(2):
        clients = [gateway.connect() for _ in range(80)]
        for client in clients:
            client.send(request)
        heads = [client.read_until(b"\r\n\r\n") for client in clients]
        assert 0 < sum(b"Content-Encoding: gzip" in head for head in heads) < 80
        assert all(b"Vary: Accept-Encoding" in head for head in heads)
        for client in clients:
            client.reset()
        wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 0, "the gateway has noticed")


# Bodies

def body_of(count: int) -> bytes:
    """Half of it cannot be compressed."""
    source = random.Random(7)
    return b"".join(source.randbytes(5000) + text[:5000] for _ in range(count // 10_000))


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("body", [body_of(10 << 20), random.Random(8).randbytes(2 << 20)], ids=["mixed", "noise"])
def test_large_bodies_come_whole_whatever_their_framing(compressing, coding, framing, body):
    def script(connection):
        connection.read_request()
        if framing == "chunked":
            connection.send(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{html}\r\n")
            for start in range(0, len(body), 100_001):
                piece = body[start:start + 100_001]
                connection.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            connection.send("0\r\n\r\n")
        else:
            length = f"Content-Length: {len(body)}\r\n" if framing == "length" else ""
            connection.send(f"HTTP/1.1 200 OK\r\n{length}{html}\r\n".encode() + body)
    answer = get(compressing(script), coding)
    assert answer.is_whole and answer["content-encoding"] == coding
    assert hashlib.sha256(decode(coding, answer.body)).digest() == hashlib.sha256(body).digest()


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_a_slow_client_holds_the_origin_back(compressing, coding):
    body = random.Random(9).randbytes(24 << 20)
    sent = []

    def script(connection):
        connection.read_request()
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{html}\r\n")
        for start in range(0, len(body), 1 << 16):
            connection.send(body[start:start + (1 << 16)])
            sent.append(start)
    gateway = compressing(script)
    with gateway.connect(receive_buffer=8192) as client:
        client.send(f"GET / HTTP/1.1\r\nHost: test\r\nAccept-Encoding: {coding}\r\n\r\n")
        head = client.read_until(b"\r\n\r\n")
        assert f"Content-Encoding: {coding}".encode() in head
        time.sleep(1)
        assert len(sent) * (1 << 16) < len(body)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_events_are_not_held_back(compressing, coding):
    """The origin sends the next event only after the client has read the last one."""
    go = threading.Semaphore(0)

    def script(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(5):
            event = f"data: {number}\n\n".encode()
            connection.send(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            assert go.acquire(timeout=20)
        connection.send("0\r\n\r\n")
    gateway = compressing(script, types=["text/event-stream"])
    with gateway.connect() as client:
        client.send(f"GET / HTTP/1.1\r\nHost: test\r\nAccept-Encoding: {coding}\r\n\r\n")
        assert f"Content-Encoding: {coding}".encode() in client.read_until(b"\r\n\r\n")
        read, plain = decoder(coding), b""
        for number in range(5):
            while f"data: {number}\n\n".encode() not in plain:
                size = int(client.read_until(b"\r\n"), 16)
                plain += read(client.read_exactly(size))
                client.read_exactly(2)
            go.release()
        while size := int(client.read_until(b"\r\n"), 16):
            plain += read(client.read_exactly(size))
            client.read_exactly(2)
    assert plain == b"".join(f"data: {number}\n\n".encode() for number in range(5))


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_broken_answer_never_looks_complete(compressing, coding, framing, how):
    def script(connection):
        connection.read_request()
        if framing == "length":
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n{html}\r\n".encode() + text)
        else:
            connection.send(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{html}\r\n{len(text):x}\r\n".encode() + text)
        if how == "reset":
            connection.reset()
    gateway = compressing(script)
    try:
        answer = get(gateway, coding)
    except Closed:
        return
    assert not answer.is_whole or answer.status >= 500
    if answer.body and answer.status == 200:
        with pytest.raises((zlib.error, zstandard.ZstdError, brotli.error, AssertionError)):
            decode(coding, answer.body)


def test_chunks_that_are_none_give_a_clean_refusal(compressing):
    def script(connection):
        connection.read_request()
        connection.send(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{html}\r\n5\r\nhello\r\nzz\r\n")
        connection.wait_gone()
    answer = get(compressing(script))
    assert answer.status == 502 and answer.json()["status"] == 502 and answer.all("content-encoding") == []


# Who compresses

def test_a_route_replaces_what_its_listener_says_or_refuses_it(make_origin, make_gateway):
    documents = [policy("all"), policy("gzip-only", algorithms=["gzip"]), listener(free_port(), policies=["all"]),
                 upstream(make_origin(page()).port),
                 route("inherits", prefix="/inherits"), route("own", prefix="/own", policies=["gzip-only"]),
                 route("none", prefix="/none", inherit=False),
                 route("alone", prefix="/alone", inherit=False, policies=["gzip-only"])]
    gateway = make_gateway(documents)
    with gateway.connect() as client:
        seen = {path: client.get(path, extra="Accept-Encoding: br, gzip\r\n").all("content-encoding")
                for path in ("/inherits", "/own", "/none", "/alone")}
    assert seen == {"/inherits": ["br"], "/own": ["gzip"], "/none": [], "/alone": ["gzip"]}


def test_of_listeners_on_one_port_the_one_that_took_the_host_counts(make_origin, make_gateway):
    port = free_port()
    gateway = make_gateway([
        policy("br", algorithms=["br"]), policy("gzip", algorithms=["gzip"]),
        listener(port, "plain"), listener(port, "a", hostnames=["a.example"], policies=["br"]),
        listener(port, "b", hostnames=["*.b.example"], policies=["gzip"]), upstream(make_origin(page()).port), route()])
    with gateway.connect() as client:
        seen = {host: client.get("/", host, extra="Accept-Encoding: br, gzip\r\n").all("content-encoding")
                for host in ("a.example", "A.Example:80", "x.b.example", "other.example")}
    assert seen == {"a.example": ["br"], "A.Example:80": ["br"], "x.b.example": ["gzip"], "other.example": []}


def test_an_answer_under_way_keeps_the_policy_it_began_with(make_origin, make_gateway):
    go = threading.Event()

    def script(connection):
        while True:
            request = connection.read_request()
            if request.target == "/slow":
                assert go.wait(20)
            connection.answer(text, fields=html)
    documents = [policy(), listener(free_port(), policies=["small"]), upstream(make_origin(script).port), route()]
    gateway = make_gateway(documents)
    with gateway.connect() as slow, gateway.connect() as client:
        slow.send("GET /slow HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n")
        assert client.get(extra="Accept-Encoding: gzip\r\n")["content-encoding"] == "gzip"
        documents[1] = listener(gateway.port)
        gateway.write(documents[1:])
        gateway.process.signal(signal.SIGHUP)
        wait_until(lambda: client.get(extra="Accept-Encoding: gzip\r\n").all("content-encoding") == [],
                   "the policy is gone")
        go.set()
        answer = slow.answer()
        assert answer["content-encoding"] == "gzip" and decode("gzip", answer.body) == text


@pytest.mark.parametrize("settings, pointer", [
    ({"algorithms": []}, "algorithms"), ({"algorithms": ["deflate"]}, "algorithms"), ({"types": []}, "types"),
    ({"types": ["text"]}, "types"), ({"types": ["*/*"]}, "types"), ({"types": ["text/(x)"]}, "types"),
    ({"minBytes": -1}, "minBytes")])
def test_policies_that_cannot_be_are_refused(make_origin, make_gateway, settings, pointer):
    gateway = make_gateway([policy(**settings), listener(free_port(), policies=["small"]), upstream(1), route()],
                           waits=False)
    assert gateway.process.wait() != 0
    assert pointer in (gateway.folder / "gateway.log").read_text()


# Real clients

@curl
@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_curl_reads_what_was_compressed(compressing, tmp_path, version, coding):
    body = body_of(10 << 20)
    gateway = compressing(page(body, html + 'ETag: "v1"\r\nVary: Cookie\r\n'))
    done = subprocess.run(["curl", "-sS", "--max-time", "60", version, "--compressed", "-H", f"Accept-Encoding: {coding}",
                           "-D", tmp_path / "head", "-o", tmp_path / "body", f"http://127.0.0.1:{gateway.port}/"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    head = (tmp_path / "head").read_text().lower()
    assert f"content-encoding: {coding}\n" in head and 'etag: w/"v1"\n' in head
    assert head.count("vary: cookie, accept-encoding\n") == 1 and "content-length" not in head
    assert (tmp_path / "body").read_bytes() == body


@curl
def test_http_2_heads_and_broken_streams(compressing, tmp_path):
    def script(connection):
        while True:
            request = connection.read_request()
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n{html}\r\n".encode())
            if request.method != "HEAD":
                connection.send(text)
                return
    url = f"http://127.0.0.1:{compressing(script).port}/"
    base = ["curl", "-sS", "--max-time", "30", "--http2-prior-knowledge", "--compressed"]
    head = subprocess.run([*base, "-I", url], capture_output=True, text=True)
    assert head.returncode == 0 and "content-encoding: " in head.stdout and "content-length" not in head.stdout
    broken = subprocess.run([*base, "-o", tmp_path / "body", url], capture_output=True, text=True)
    assert broken.returncode == 92, (broken.returncode, broken.stderr)


def test_the_access_log_counts_what_was_sent(compressing):
    gateway = compressing(page())
    answer = get(gateway)
    line = gateway.log_lines(1)[-1]
    assert len(answer.body) <= line["bytesOut"] < len(text), json.dumps(line)
