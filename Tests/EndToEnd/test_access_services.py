"""Are authorization services asked as they should be, and is what they say done?"""

import pytest

from access import QUICK, basic, consumer, policy, samples
from h2_origin import H2Origin
from harness import free_port, listener, route, upstream


def says(status: str, fields: str = "", body: str = ""):
    """A script for a service that says the same to everybody."""
    def script(connection):
        while True:
            connection.read_request()
            connection.answer(body, status, fields)
    return script


@pytest.fixture
def asked(make_gateway, make_origin, origin):
    """`asked(SCRIPT, setting=…)`: a gateway that asks a service with this script; the service."""
    def make(script, route_fields=None, upstream_fields=None, policy_fields=None, **settings):
        service = script if hasattr(script, "port") else make_origin(script, name="service")
        gateway = make_gateway([
            listener(free_port()), upstream(origin.port), upstream(service.port, name="service", **(upstream_fields or {})),
            policy("sso", "ext-auth", {"upstream": "service", **settings}, **(policy_fields or {})),
            route("guarded", prefix="/", policies=["sso"], **(route_fields or {})), route("open", prefix="/open")])
        return gateway, service
    return make


def test_what_it_is_asked(asked, origin):
    gateway, service = asked(says("200 OK", "X-User: ada\r\nX-Hidden: 1\r\nSet-Cookie: s=1\r\n"), path="/check",
                             requestHeaders=["authorization", "x-tenant"], responseHeadersToBackend=["X-User", "X-Group"])
    with gateway.connect() as client:
        answer = client.ask("POST /a/../b?c=d HTTP/1.1\r\nHost: shop.example:81\r\nAuthorization: Bearer t\r\nX-Tenant:  one \r\n"
                            "X-User: eve\r\nX-Group: admins\r\nCookie: a=b\r\nX-Forwarded-Uri: /lie\r\nContent-Length: 5\r\n\r\nhello")
        assert answer.status == 200
        assert client.get("/again").status == 200
    question = service.requests[0]
    assert (question.method, question.target, question["host"]) == ("GET", "/check", "service")
    assert (question["x-forwarded-method"], question["x-forwarded-uri"], question["x-forwarded-host"]) == (
        "POST", "/b?c=d", "shop.example:81")
    assert (question["x-forwarded-proto"], question["x-forwarded-for"]) == ("http", "127.0.0.1")
    assert (question["authorization"], question["x-tenant"]) == ("Bearer t", "one")
    assert question["x-request-id"] == answer["x-request-id"]
    assert [question[name] for name in ("cookie", "content-length", "x-user", "x-group")] == [None] * 4
    seen = origin.requests[0]
    assert (seen["x-user"], seen["x-hidden"], seen["x-group"], seen.body) == ("ada", None, None, b"hello")
    assert answer["set-cookie"] is None
    # Its connection is used again, and questions are no requests of clients.
    assert [each.connection for each in service.requests] == [0, 0]
    metrics = gateway.metrics()
    assert metrics['sluice_requests_total{listener="web",code="200"}'] == 2 and metrics["sluice_active_requests"] == 0
    assert samples(gateway, "sluice_ext_auth_requests_total", policy="sso", result="asked") == 2
    assert samples(gateway, "sluice_ext_auth_requests_total", policy="sso", result="failed") == 0


@pytest.mark.parametrize("said, fields, status, shown", [
    ("401 Unauthorized", 'WWW-Authenticate: Bearer realm="x"\r\nSet-Cookie: a=b\r\nX-Secret: 1\r\n', 401,
     {"www-authenticate": 'Bearer realm="x"', "set-cookie": "a=b", "x-secret": None}),
    ("403 Forbidden", "", 403, {}), ("404 Not Found", "Location: /x\r\n", 403, {"location": None}),
    ("302 Found", "Location: https://login.example/?back=1\r\nSet-Cookie: state=1; Path=/\r\n", 302,
     {"location": "https://login.example/?back=1", "set-cookie": "state=1; Path=/"})])
def test_no(asked, origin, said, fields, status, shown):
    gateway, service = asked(says(said, fields, body="no" * 100))
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.get("/x")
            assert (answer.status, answer.json()["reason"]) == (status, "ext-auth-denied")
            assert {name: answer[name] for name in shown} == shown
    assert origin.requests == [] and [each.connection for each in service.requests] == [0, 0]
    assert gateway.log_lines(2)[0]["policy"] == "sso"


def garbage(connection):
    connection.read_request()
    connection.send("nonsense\r\n\r\n")


def silence(connection):
    connection.read_request()
    connection.wait_gone()


def endless(connection):
    connection.read_request()
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.send("2000\r\n" + "x" * 0x2000 + "\r\n")


def broken_off(connection):
    connection.read_request()
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")


def huge(connection):
    connection.read_request()
    connection.answer("x" * 200_000)


@pytest.mark.parametrize("script", [garbage, silence, endless, broken_off, huge, says("500 No"), says("503 No")],
                         ids=["garbage", "silence", "endless", "broken off", "huge", "500", "503"])
@pytest.mark.parametrize("fails_open", [False, True])
def test_nobody_can_tell(asked, origin, script, fails_open):
    gateway, _ = asked(script, timeout="300ms", failOpen=fails_open)
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.get("/x")
            assert answer.status == (200 if fails_open else 503)
            assert fails_open or answer.json()["reason"] == "ext-auth-unreachable"
    assert len(origin.requests) == (2 if fails_open else 0)
    assert samples(gateway, "sluice_ext_auth_requests_total", policy="sso", result="failed") == 2


def test_a_dead_service(asked, origin):
    gateway, service = asked(says("200 OK"))
    with gateway.connect() as client:
        assert client.get("/x").status == 200
        service.stop()
        answer = client.get("/x")
        assert (answer.status, answer.json()["reason"]) == (503, "ext-auth-unreachable")
        assert client.get("/open").status == 200


def test_a_body_of_some_size_and_interim_answers(asked, origin):
    def script(connection):
        while True:
            connection.read_request()
            connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            connection.answer("x" * 60_000)
    gateway, service = asked(script)
    with gateway.connect() as client:
        assert [client.get("/x").status for _ in range(3)] == [200] * 3
    assert [each.connection for each in service.requests] == [0] * 3


def test_a_policy_that_only_observes(asked, origin):
    gateway, service = asked(says("403 Forbidden"), policy_fields={"observe": True})
    with gateway.connect() as client:
        assert client.get("/x").status == 200
    assert gateway.log_lines(1)[0]["observed"] == [{"policy": "sso", "reason": "ext-auth-denied"}]


def test_a_service_of_http2(asked, origin, running):
    service = H2Origin()
    running.append(service)
    gateway, _ = asked(service, upstream_fields={"protocol": "h2c"})
    with gateway.connect() as client:
        assert [client.get("/x").status for _ in range(3)] == [200] * 3
    assert len(service.requests) == 3 and len(service.connections) == 1


def test_not_asked_before_other_rules_have_spoken(make_gateway, make_origin, origin):
    service = make_origin(says("200 OK"), name="service")
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), upstream(service.port, name="service"),
        policy("sso", "ext-auth", {"upstream": "service"}), policy("staff", "basic"), consumer("ada", password_hash=QUICK),
        route(policies=["sso", "staff"])])
    with gateway.connect() as client:
        assert client.get().status == 401 and service.requests == []
        assert client.get(extra=basic("ada", "right")).status == 200 and len(service.requests) == 1
