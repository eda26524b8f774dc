"""Do mirrors get faithful copies, as many as they should, and does nobody else notice?"""

import hashlib

import pytest

from h2_client import H2Client
from h2_origin import H2Origin
from harness import free_port, listener, route, upstream, wait_until


@pytest.fixture
def shadow(make_origin):
    return make_origin(name="shadow")


def mirrored(origin, shadow, percent=None, protocol="http1", **fields) -> list[dict]:
    mirror = {"upstream": "shadow", **({} if percent is None else {"percent": percent})}
    return [listener(free_port()), upstream(origin.port), upstream(shadow.port, name="shadow", protocol=protocol),
            route(mirror=[mirror], **fields)]


def sample(gateway, result: str) -> float:
    return gateway.metrics().get(f'sluice_mirror_requests_total{{upstream="shadow",result="{result}"}}', 0)


def wait_for(shadow, count: int):
    wait_until(lambda: len(shadow.requests) >= count, lambda: f"{count} copies, not {len(shadow.requests)}")


def test_a_copy_is_like_the_original(make_gateway, origin, shadow):
    gateway = make_gateway(mirrored(origin, shadow, rewrite={"path": {"replacePrefix": "/v2"}},
                                    requestHeaders={"set": {"X-Set": "1"}}))
    with gateway.connect() as client:
        answer = client.get("/a?b=c", "shop.example", "X-Own: 1\r\n")
        assert answer.status == 200 and answer.json()["origin"] == "origin"
    wait_for(shadow, 1)
    one, other = origin.requests[0], shadow.requests[0]
    assert (one.method, one.target, one.fields) == (other.method, other.target, other.fields)
    assert (other.target, other["host"], other["x-set"]) == ("/v2/a?b=c", "shop.example", "1")
    assert other["x-request-id"] == answer["x-request-id"]
    wait_until(lambda: sample(gateway, "answered") == 1, "the copy is counted")


@pytest.mark.parametrize("framing", ["length", "chunked", "pieces"])
@pytest.mark.parametrize("size", [1, 5000, 300_000])
def test_bodies(make_gateway, origin, shadow, framing, size):
    gateway = make_gateway(mirrored(origin, shadow))
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    with gateway.connect() as client:
        if framing == "length":
            client.send(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode() + body)
        else:
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            step = size if framing == "chunked" else max(1, size // 7)
            for at in range(0, size, step):
                piece = body[at:at + step]
                client.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            client.send("0\r\n\r\n")
        answer = client.answer()
        assert answer.json()["sha256"] == hashlib.sha256(body).hexdigest()
    wait_for(shadow, 1)
    assert shadow.requests[0].body == body and shadow.requests[0]["content-length"] == str(size)


def test_over_http2_on_both_sides(make_gateway, origin, running):
    shadow = H2Origin()
    running.append(shadow)
    gateway = make_gateway(mirrored(origin, shadow, protocol="h2c"))
    with H2Client(gateway.port) as client:
        assert client.ask(method="POST", path="/x", body=b"hello" * 10_000).status == 200
        assert client.get("/y").status == 200
    wait_until(lambda: len([each for each in shadow.requests if each.has_ended]) == 2, "two copies")
    bodies = {each[":path"]: each.body for each in shadow.requests}
    assert bodies == {"/x": b"hello" * 10_000, "/y": b""}
    wait_until(lambda: sample(gateway, "answered") == 2, "the copies are counted")


def test_a_part_of_the_requests(make_gateway, origin, shadow):
    gateway = make_gateway(mirrored(origin, shadow, percent=25))
    with gateway.connect() as client:
        for _ in range(800):
            assert client.get().status == 200
    wait_until(lambda: 0 < sample(gateway, "answered") == len(shadow.requests), "all copies are answered")
    assert 120 <= len(shadow.requests) <= 280 and len(origin.requests) == 800


def test_none_and_several(make_gateway, make_origin, origin, shadow):
    other = make_origin(name="other")
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), upstream(shadow.port, name="shadow"), upstream(other.port, name="other"),
        route(mirror=[{"upstream": "shadow", "percent": 0}, {"upstream": "other"}, {"upstream": "other"}])])
    with gateway.connect() as client:
        assert client.get().status == 200
    wait_for(other, 2)
    assert shadow.requests == []


@pytest.mark.parametrize("what", ["refuses", "is silent", "breaks off"])
def test_a_mirror_that_fails_harms_nobody(make_gateway, make_origin, origin, what):
    def script(connection):
        connection.read_request()
        if what == "is silent":
            connection.wait_gone()
    shadow = make_origin(script)
    if what == "refuses":
        shadow.stop()
    gateway = make_gateway(mirrored(origin, shadow, timeouts={"request": "500ms"}))
    with gateway.connect() as client:
        for _ in range(5):
            assert client.get().status == 200
    wait_until(lambda: sample(gateway, "failed") == 5, "the failures are counted")
    metrics = gateway.metrics()
    assert metrics['sluice_requests_total{listener="web",code="200"}'] == 5
    assert not any("gateway_answers" in name for name in metrics) and metrics["sluice_active_requests"] == 0
    assert len(gateway.log_lines(5)) == 5


def test_a_slow_mirror_slows_nobody(make_gateway, make_origin, origin):
    shadow = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()))
    gateway = make_gateway(mirrored(origin, shadow, timeouts={"request": "60s"}))
    with gateway.connect() as client:
        for _ in range(50):
            assert client.get().status == 200
    wait_for(shadow, 50)


def test_a_long_body_is_not_mirrored(make_gateway, origin, shadow):
    gateway = make_gateway(mirrored(origin, shadow))
    size = 3 << 20
    with gateway.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        assert client.answer().json()["length"] == size
    wait_until(lambda: sample(gateway, "dropped") == 1, "it is counted")
    assert shadow.requests == []


def test_a_request_that_never_comes_whole_is_not_mirrored(make_gateway, origin, shadow):
    gateway = make_gateway(mirrored(origin, shadow))
    with gateway.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
    wait_until(lambda: sample(gateway, "dropped") == 1, "it is counted")
    assert shadow.requests == []


def test_mirrors_do_not_hold_up_the_end(make_gateway, make_origin, origin):
    shadow = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()))
    gateway = make_gateway(mirrored(origin, shadow, timeouts={"request": "60s"}))
    with gateway.connect() as client:
        assert client.get(extra="Connection: close\r\n").status == 200
    wait_for(shadow, 1)
    gateway.stop()
