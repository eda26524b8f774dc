"""Where do redirects lead, and what do fixed answers say: over HTTP/1.1, HTTP/2, TLS, and to curl?"""

import re
import subprocess

import pytest

from h2_client import H2Client
from harness import free_port, https, listener, upstream


def answering(name: str, prefix: str, **fields) -> dict:
    return {"kind": "route", "name": name, "matches": [{"path": {"prefix": prefix}}], **fields}


def redirecting(prefix: str = "/", name: str = "away", **redirect) -> dict:
    return answering(name, prefix, redirect=redirect)


def location(gateway, path: str = "/a/b?c=d", host: str = "shop.example", extra: str = "") -> str:
    with gateway.connect() as client:
        answer = client.get(path, host, extra)
    assert answer.status in (301, 302, 303, 307, 308) and answer.body == b""
    return answer["location"]


@pytest.mark.parametrize("redirect, expected", [
    ({"scheme": "https"}, "https://shop.example/a/b?c=d"),
    ({"scheme": "http", "hostname": "new.example"}, "http://new.example/a/b?c=d"),
    ({"hostname": "new.example"}, "http://new.example:PORT/a/b?c=d"),
    ({"hostname": "new.example", "port": 80}, "http://new.example/a/b?c=d"),
    ({"port": 443}, "http://shop.example:443/a/b?c=d"),
    ({"scheme": "https", "port": 443}, "https://shop.example/a/b?c=d"),
    ({"scheme": "https", "port": 8443}, "https://shop.example:8443/a/b?c=d"),
    ({"scheme": "https", "path": {"replaceFull": "/new;x"}}, "https://shop.example/new;x?c=d"),
    ({"scheme": "https", "path": {"replacePrefix": "/x"}}, "https://shop.example/x/a/b?c=d"),
])
def test_what_is_not_said_stays_as_it_is(make_gateway, redirect, expected):
    gateway = make_gateway([listener(free_port()), redirecting(**redirect)])
    for host in ("shop.example", "shop.example:8080", "shop.example."):
        assert location(gateway, host=host) == expected.replace("PORT", str(gateway.port))


@pytest.mark.parametrize("path, replacement, expected", [
    ("/foo/bar", "/xyz", "/xyz/bar"), ("/foo/bar", "/xyz/", "/xyz/bar"), ("/foo", "/xyz", "/xyz"),
    ("/foo/", "/xyz", "/xyz/"), ("/foo/bar", "", "/bar"), ("/foo/bar", "/", "/bar"), ("/foo", "", "/"),
    ("/foo", "/", "/"), ("/foo/", "", "/"), ("/foo/", "/", "/"), ("/foo;v=1/b;w=2", "/x", "/x/b;w=2"),
    ("/foo/%7euser/%c3%a4?q=%7e", "/x", "/x/~user/%c3%a4?q=%7e"), ("/./foo//bar", "/x", "/x/bar"),
])
def test_a_prefix_is_replaced_and_slashes_stay_single(make_gateway, path, replacement, expected):
    gateway = make_gateway([listener(free_port()),
                            redirecting("/foo", scheme="https", path={"replacePrefix": replacement})])
    assert location(gateway, path) == f"https://shop.example{expected}"


def test_the_public_port_is_named(make_gateway):
    gateway = make_gateway([listener(free_port(), publicPort=8080), redirecting(path={"replaceFull": "/new"})])
    assert location(gateway, "/") == "http://shop.example:8080/new"
    gateway = make_gateway([listener(free_port(), publicPort=80), redirecting(path={"replaceFull": "/new"})])
    assert location(gateway, "/") == "http://shop.example/new"


def test_the_listener_of_the_host_counts(make_gateway):
    port = free_port()
    gateway = make_gateway([listener(port, publicPort=81),
                            listener(port, "second", hostnames=["b.example"], publicPort=82),
                            redirecting(path={"replaceFull": "/new"})])
    assert location(gateway, "/", "a.example") == "http://a.example:81/new"
    assert location(gateway, "/", "b.example") == "http://b.example:82/new"


def test_behind_tls(make_gateway, certificates):
    gateway = make_gateway([*certificates.documents("shop"), https(free_port(), "shop"),
                            redirecting(path={"replacePrefix": "/new"})])
    with H2Client(gateway.port, tls={}) as client:
        answer = client.get("/a?b", authority="shop.example.com")
    assert answer.status == 302
    assert answer["location"] == f"https://shop.example.com:{gateway.port}/new/a?b"


def test_a_trusted_proxy_says_the_scheme(make_gateway):
    address = {"source": "x-forwarded-for", "trustedHops": 1}
    gateway = make_gateway([listener(free_port(), clientAddress=address), redirecting(path={"replaceFull": "/new"})])
    assert location(gateway, extra="X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n") == "https://shop.example/new?c=d"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_statuses_and_own_fields(make_gateway, status):
    gateway = make_gateway([listener(free_port()), redirecting(scheme="https", status=status)])
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.get()
            assert answer.status == status and answer["content-length"] == "0" and answer["date"]
            assert re.fullmatch("[0-9a-f-]{36}", answer["x-request-id"])
    line = gateway.log_lines(2)[0]
    assert (line["route"], line["status"]) == ("away", status) and "reason" not in line and "upstream" not in line


def test_a_body_that_nobody_reads_does_no_harm(make_gateway):
    gateway = make_gateway([listener(free_port()), redirecting(scheme="https")])
    with gateway.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + "x" * 100000)
        assert client.answer().status == 302
    with H2Client(gateway.port) as client:
        assert client.ask(method="POST", body=b"x" * 60000).status == 302
        assert client.get().status == 302


def test_a_client_that_says_no_host_is_refused(make_gateway):
    gateway = make_gateway([listener(free_port()), redirecting(scheme="https")])
    with gateway.connect() as client:
        assert client.ask("GET / HTTP/1.0\r\n\r\n").status == 400


def test_no_byte_of_a_request_splits_the_head(make_gateway):
    gateway = make_gateway([listener(free_port()), redirecting(scheme="https")])
    for path in ("/%0d%0aX-Evil:1", "//evil.example/x", "/%5cevil.example", "/?%0d%0aX-Evil:1"):
        with gateway.connect() as client:
            answer = client.get(path)
        assert answer.all("x-evil") == []
        if answer.status == 302:
            assert answer["location"].startswith("https://test/") and "evil.example/x" not in answer["location"][:20]


def test_fixed_answers(make_gateway):
    gateway = make_gateway([listener(free_port()), answering("fixed", "/", respond={
        "status": 418, "contentType": "text/x-tea", "body": "short & stout\n",
        "headers": {"X-Tea": ["a", "b"], "Cache-Control": "no-store"}})])
    with gateway.connect() as client:
        answer = client.get()
        assert (answer.status, answer.body, answer["content-type"]) == (418, b"short & stout\n", "text/x-tea")
        assert answer.all("x-tea") == ["a", "b"] and answer["cache-control"] == "no-store" and answer["date"]
        head = client.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", is_head=True)
        assert (head.status, head["content-length"], head.body) == (418, "14", b"")
    with H2Client(gateway.port) as client:
        answer = client.get()
        assert (answer.status, answer.body, answer["content-length"]) == (418, b"short & stout\n", "14")
        assert answer.all("x-tea") == ["a", "b"] and answer["x-request-id"] and answer["date"]
        head = client.ask(method="HEAD")
        assert (head.status, head["content-length"], head.body) == (418, "14", b"")


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(make_gateway, status):
    gateway = make_gateway([listener(free_port()), answering("fixed", "/", respond={"status": status})])
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.get()
            assert answer.status == status and answer.all("content-length") == [] == answer.all("content-type")
    with H2Client(gateway.port) as client:
        assert client.get().status == status


def test_the_largest_body(make_gateway):
    body = "x" * 65536
    gateway = make_gateway([listener(free_port()), answering("fixed", "/", respond={"body": body})])
    with gateway.connect() as client:
        assert client.get().body == body.encode()
    with H2Client(gateway.port) as client:
        assert client.get().body == body.encode()


def test_rules_of_the_route_apply(make_gateway):
    rules = {"set": {"Content-Type": "text/html", "X-Request-Id": "mine", "Date": "never"}, "add": {"X-More": "1"},
             "remove": ["x-gone"]}
    gateway = make_gateway([
        listener(free_port()),
        answering("fixed", "/fixed", respond={"body": "ok", "headers": {"X-Gone": "1", "X-Stays": "1"}}, responseHeaders=rules),
        answering("away", "/away", redirect={"scheme": "https"}, responseHeaders=rules)])

    def check(answer):
        assert answer.all("content-type") == ["text/html"] and answer.all("x-request-id") == ["mine"]
        assert answer.all("date") == ["never"] and answer.all("x-more") == ["1"] and answer.all("x-gone") == []
    for path in ("/fixed", "/away"):
        with gateway.connect() as client:
            check(client.get(path))
        with H2Client(gateway.port) as client:
            check(client.get(path))
    with gateway.connect() as client:
        assert client.get("/fixed")["x-stays"] == "1"
        assert client.get("/away")["location"] == "https://test/away"


def test_what_is_counted(make_gateway):
    gateway = make_gateway([listener(free_port()), redirecting(scheme="https"), upstream(free_port())])
    assert location(gateway)
    metrics = gateway.metrics()
    assert metrics['sluice_requests_total{listener="web",code="302"}'] == 1
    assert not any("gateway_answers" in name for name in metrics)


def test_curl_follows(make_gateway, origin):
    port = free_port()
    gateway = make_gateway([
        listener(port), upstream(origin.port), redirecting("/old", path={"replacePrefix": "/new"}, status=308),
        {"kind": "route", "name": "new", "matches": [{"path": {"prefix": "/new"}}], "forward": [{"upstream": "origin"}]}])

    def curl(*arguments) -> str:
        done = subprocess.run(["curl", "-sS", "--max-time", "20", *arguments, f"http://127.0.0.1:{port}/old/x?y=z"],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout
    answer = curl("--http1.1", "-L", "-d", "hello")
    assert '"target": "/new/x?y=z"' in answer and '"method": "POST"' in answer
    # With prior knowledge it cannot use a connection twice. A body that it has not sent must not cost it the answer.
    for body in ([], ["-d", "hello"]):
        answer = curl("--http2-prior-knowledge", *body, "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")
        assert answer == f"308 http://127.0.0.1:{port}/new/x?y=z"
    assert gateway.log_lines(4)
