"""What is no HTTP, or hardly any, gets a problem document from the admin port; and what HTTP asks of a server."""

import json
import socket

import pytest

from harness import Control, upstream


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    control = Control(tmp_path_factory.mktemp("http"))
    yield control
    control.stop()


def talk(control, data: bytes, half_close: bool = False) -> bytes:
    """Sends bytes and reads until the connection is closed."""
    with socket.create_connection(("127.0.0.1", control.port), timeout=20) as connection:
        try:
            connection.sendall(data)
        except OSError:  # it was refused before it was all sent
            pass
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while True:
            try:
                part = connection.recv(65536)
            except ConnectionResetError:
                return received
            if not part:
                return received
            received += part


def ask(control, target: bytes, method: bytes = b"GET", fields: bytes = b"", body: bytes = b"", token: bool = True) -> bytes:
    authorization = b"Authorization: Bearer " + control.token.encode() + b"\r\n" if token else b""
    return method + b" " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + authorization + fields + b"\r\n" + body


def answer(received: bytes) -> tuple[int, dict, dict]:
    """The status, the fields and the problem document of the last answer."""
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert fields.get("content-type") == "application/problem+json", received[:300]
    assert len(fields["x-request-id"]) == 24
    problem = json.loads(body)
    assert problem["requestId"] == fields["x-request-id"]
    status = int(lines[0].split(" ")[1])
    assert problem["status"] == status
    return status, fields, problem


@pytest.mark.parametrize("data", [
    b"nonsense\r\n\r\n", b"GET /livez\r\n\r\n", b"GET /livez HTTP/9.9\r\n\r\n", b"G@T /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: localhost\r\nA\x00b: c\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), b"\x00" * 64,
])
def test_what_is_no_http_gets_a_problem_document(shared, data):
    status, fields, problem = answer(talk(shared, data))
    assert (status, problem["reason"]) == (400, "malformed-request")
    assert fields["connection"] == "close"
    assert shared.status("/livez") == 200


def test_a_problem_comes_after_the_answers_before_it(shared):
    good = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    received = talk(shared, good + good + b"nonsense\r\n\r\n")
    assert received.count(b"HTTP/1.1 200") == 2
    last = received.rindex(b"HTTP/1.1 400")
    assert answer(received[last:])[0] == 400


@pytest.mark.parametrize("fields", [b"A: " + b"a" * 20_000 + b"\r\n", b"".join(b"A%d: %s\r\n" % (n, b"a" * 9000) for n in range(9)),
                                    b"".join(b"A%d: b\r\n" % n for n in range(200))])
def test_heads_that_are_too_large_get_a_problem_document(shared, fields):
    status, _, problem = answer(talk(shared, ask(shared, b"/livez", fields=fields)))
    assert status in (400, 431) and problem["reason"] in ("head-too-large", "malformed-request")


@pytest.mark.parametrize("length", [1_000, 15_000, 60_000, 200_000, 2_000_000])
def test_long_targets_are_refused(shared, length):
    for target in (b"/v1/routes?x=" + b"a" * length, b"/v1/" + b"a" * length, b"/v1/routes?" + b"&a" * (length // 2),
                   b"/v1/routes?" + b"a=1&" * (length // 4)):
        received = talk(shared, ask(shared, target))
        assert not received or 400 <= int(received.split(b" ")[1]) < 500, received[:100]
    assert shared.status("/livez") == 200


@pytest.mark.parametrize("target", [
    b"/v1/routes/a%2Fb", b"/v1/routes/%2e%2e", b"/v1/routes/..", b"/v1/routes/../tokens", b"/v1/./routes/x", b"/v1/routes/%",
    b"/v1/routes/%zz", b"/v1/routes/%ff", b"/v1/routes/\xff\xfe", b"/v1/routes/%00", b"/v1/routes/a%0d%0ab", b"/%76%31/routes/x",
    b"/v1/routes/a?x=%ff", b"/v1/routes?cursor=%ff", b"/v1/routes?cursor=\xff", b"/v1/routes?limit=%zz", b"/v1/routes/a;b", b"//",
    b"/v1/routes/" + b"a" * 300, b"/v1/versions/99999999999999999999", b"/v1/routes/{name}", b"/\\", b"/v1/routes/a#b", b"*",
    b"http:", b"http://", b"http:///", b"localhost:1", b"routes", b"?", b"http://?", b"http://@:/",
])
def test_odd_targets_are_refused_as_requests(shared, target):
    for method in (b"GET", b"PUT", b"DELETE", b"HEAD", b"OPTIONS"):
        body = b"{}" if method == b"PUT" else b""
        fields = b"Content-Type: application/json\r\nContent-Length: 2\r\n" if body else b""
        received = talk(shared, ask(shared, target, method, fields, body))
        assert received and 400 <= int(received.split(b" ")[1]) < 500, (method, received[:200])
    assert shared.status("/livez") == 200


def test_an_absolute_target_is_answered_as_its_path(shared):
    assert talk(shared, ask(shared, b"http://localhost/livez", token=False)).startswith(b"HTTP/1.1 200")
    assert talk(shared, ask(shared, b"HTTP://localhost:1/v1/routes?limit=1")).startswith(b"HTTP/1.1 200")
    evil = b"GET http://localhost/livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert talk(shared, evil).startswith(b"HTTP/1.1 421")
    assert talk(shared, ask(shared, b"http://localhost", token=False)).startswith(b"HTTP/1.1 401")


def test_several_hosts_are_refused(shared):
    status, _, problem = answer(talk(shared, ask(shared, b"/livez", fields=b"Host: localhost\r\n")))
    assert (status, problem["reason"]) == (400, "malformed-header")


def test_head_answers_as_get_without_the_body(shared):
    for path in ("/livez", "/v1/routes", "/metrics", "/v1/openapi.json"):
        get, head = shared.call("GET", path), shared.call("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        if path != "/metrics":
            assert head.headers["Content-Length"] == get.headers["Content-Length"]
    missing = shared.call("HEAD", "/v1/routes/none")
    assert (missing.status, missing.body) == (404, b"")


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "POST", "PROPFIND"])
def test_a_method_that_is_not_there_is_told_what_is(shared, method):
    refused = shared.call(method, "/v1/routes/a")
    assert refused.status == 405
    assert {"GET", "HEAD", "PUT", "DELETE"} <= set(refused.headers["Allow"].split(", "))
    assert shared.call(method, "/v1/nothing").status == 404


def test_a_body_that_is_cut_off_changes_nothing(shared):
    whole = json.dumps(upstream(1, name="cut")).encode()
    for sent in (b"", whole[:10], whole[:-1]):
        fields = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(whole)
        received = talk(shared, ask(shared, b"/v1/upstreams/cut", b"PUT", fields, sent), half_close=True)
        assert not received or 400 <= int(received.split(b" ")[1]) < 500, received[:100]
        received = talk(shared, ask(shared, b"/v1/upstreams/cut", b"PUT", b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
                                    b"%x\r\n%s" % (len(whole), sent)), half_close=True)
        assert not received or 400 <= int(received.split(b" ")[1]) < 500, received[:100]
    assert shared.call("GET", "/v1/upstreams/cut").status == 404


@pytest.mark.parametrize("body", [b"zz\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"5\r\nabcdefgh\r\n", b"2;\x00\r\n{}\r\n0\r\n\r\n"])
def test_broken_chunks_get_a_problem_document(shared, body):
    received = talk(shared, ask(shared, b"/v1/upstreams/cut", b"PUT", b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", body))
    assert answer(received)[0] == 400


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"1", b"\"a\"", b"\xff", b"{", b"{}{}", b"[" * 100_000, b'{"a":' * 50_000, b"1" * 100_000])
def test_odd_bodies_are_refused_as_requests(shared, body):
    for method, path in (("PUT", "/v1/upstreams/odd"), ("POST", "/v1/apply"), ("POST", "/v1/tokens"), ("POST", "/v1/explain")):
        refused = shared.call(method, path, body, headers={"Content-Type": "application/json"})
        assert 400 <= refused.status < 500 or (path == "/v1/apply" and refused.status == 200), (path, body[:20], refused.text)


def test_preconditions_can_be_required(tmp_path, running):
    control = Control(tmp_path, arguments=["--require-preconditions"])
    running.append(control)
    made = control.call("PUT", "/v1/upstreams/a", upstream(1, name="a"))
    assert made.status == 201
    for method, body in (("PUT", upstream(2, name="a")), ("PATCH", {"description": "x"}), ("DELETE", None)):
        refused = control.call(method, "/v1/upstreams/a", body)
        assert (refused.status, refused.json()["reason"]) == (428, "precondition-required")
        assert refused.headers["ETag"] == made.headers["ETag"]
    assert control.call("DELETE", "/v1/upstreams/none").status == 404
    changed = control.call("PUT", "/v1/upstreams/a", upstream(2, name="a"), headers={"If-Match": made.headers["ETag"]})
    assert changed.status == 200
    assert control.call("PUT", "/v1/upstreams/a", upstream(2, name="a"), headers={"If-Match": made.headers["ETag"]}).status == 412
    assert control.call("POST", "/v1/apply", [upstream(3, name="a")]).status == 200
    assert control.call("DELETE", "/v1/upstreams/a", headers={"If-Match": "*"}).status == 200


# ---- the log


def test_the_log_can_be_read(shared):
    page = shared.call("GET", "/v1/logs").json()
    (line,) = [each for each in page["items"] if each["message"] == "Control plane starts"]
    assert (line["level"], line["logger"]) == ("notice", "sluice-control")
    numbers = [each["sequence"] for each in page["items"]]
    assert numbers == sorted(numbers) and page["next"] >= numbers[-1]
    assert shared.call("GET", f"/v1/logs?after={page['next']}").json()["items"] == []
    assert shared.call("GET", "/v1/logs?level=critical").json()["items"] == []
    assert [each["sequence"] for each in shared.call("GET", "/v1/logs?after=0&limit=1").json()["items"]] == numbers[:1]
    assert shared.call("GET", "/v1/logs?after=99999").json()["items"][0]["sequence"] == numbers[0]


@pytest.mark.parametrize("query", ["level=loud", "limit=0", "limit=1001", "after=-1", "after=x", "wait=x"])
def test_odd_questions_about_the_log_are_refused(shared, query):
    assert shared.call("GET", f"/v1/logs?{query}").status == 400


def test_a_call_that_waits_gets_the_next_line_of_its_level(control):
    import threading
    answers = []
    start = control.call("GET", "/v1/logs").json()["next"]
    thread = threading.Thread(target=lambda: answers.append(
        control.call("GET", f"/v1/logs?after={start}&level=warning&wait=25s").json()))
    thread.start()
    for _ in range(13):
        control.call("GET", "/v1/routes", token="a.b.c")
    thread.join(20)
    assert [each["message"] for each in answers[0]["items"]][:1] == ["Too many wrong tokens"]
    assert answers[0]["next"] > start


def test_calls_that_wait_for_the_log_end_when_the_control_plane_stops(control):
    import threading
    answers = []
    start = control.call("GET", "/v1/logs").json()["next"]
    with socket.create_connection(("127.0.0.1", control.port), timeout=20) as connection:
        connection.sendall(ask(control, f"/v1/logs?after={start}&level=critical&wait=25s".encode()))
        thread = threading.Thread(target=lambda: answers.append(connection.recv(4096)))
        thread.start()
        control.call("GET", "/livez")
        control.process.signal(15)
        assert control.process.wait(10) == 0
        thread.join(5)
    assert not answers[0] or answers[0].startswith(b"HTTP/1.1 200")
