"""Are requests kept out where policies say so, and what does the backend see of those that pass?"""

import json

import pytest

from access import QUICK, basic, consumer, policy, samples
from h2_client import H2Client
from harness import free_port, https, listener, route, upstream
from tls_client import TLSClient


@pytest.fixture
def guarded(make_gateway, origin):
    """`guarded([POLICY, …], [CONSUMER, …])`: a gateway whose one route names all the policies."""
    def make(policies, consumers=(), **fields):
        return make_gateway([listener(free_port()), upstream(origin.port), *policies, *consumers,
                             route(policies=[each["name"] for each in policies], **fields)])
    return make


def test_addresses(guarded):
    gateway = guarded([policy("office", "ip", {"deny": ["127.0.0.0/8"]})])
    with gateway.connect() as client:
        answer = client.get()
        assert (answer.status, answer.json()["reason"], answer["content-type"]) == (
            403, "address-denied", "application/problem+json")
        # The connection goes on.
        assert client.get().status == 403
    line = gateway.log_lines(2)[0]
    assert (line["status"], line["reason"], line["policy"]) == (403, "address-denied", "office")
    assert samples(gateway, "sluice_policy_refusals_total", policy="office", reason="address-denied", decision="refused") == 2
    assert samples(gateway, "sluice_gateway_answers_total", reason="address-denied") == 2


def test_a_policy_that_only_observes(guarded, origin):
    gateway = guarded([policy("office", "ip", {"deny": ["127.0.0.1"]}, observe=True)])
    with gateway.connect() as client:
        assert client.get().status == 200
    line = gateway.log_lines(1)[0]
    assert line["observed"] == [{"policy": "office", "reason": "address-denied"}] and "policy" not in line
    assert samples(gateway, "sluice_policy_refusals_total", policy="office", decision="observed") == 1


def test_a_listeners_policies_hold_unless_the_route_does_not_inherit(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port(), policies=["office"]), upstream(origin.port), policy("office", "ip", {"deny": ["127.0.0.1"]}),
        route("open", prefix="/open", inherit=False), route("closed")])
    with gateway.connect() as client:
        assert [client.get(path).status for path in ("/open", "/closed")] == [200, 403]


def test_keys(guarded, origin):
    gateway = guarded([policy("partners", "api-key", {"forwardConsumer": "X-Consumer"})], [consumer("ada", "secret")])
    with gateway.connect() as client:
        refused = client.get()
        assert (refused.status, refused.json()["reason"]) == (401, "missing-credentials")
        assert refused["www-authenticate"]
        assert client.get(extra="X-API-Key: wrong\r\n").json()["reason"] == "invalid-api-key"
        assert client.get(extra="X-API-Key: secret\r\nX-API-Key: secret\r\n").json()["reason"] == "ambiguous-credentials"
        assert client.get(extra="X-API-Key: secret\r\nX-Other: 1\r\nX-Consumer: eve\r\n").status == 200
    seen = origin.requests[-1]
    assert (seen["x-consumer"], seen["x-other"], seen["x-api-key"]) == ("ada", "1", None)
    lines = gateway.log_lines(4)
    assert lines[-1]["consumer"] == "ada" and "policy" not in lines[-1]
    assert "secret" not in gateway.access_log.read_text()


@pytest.mark.parametrize("query, left", [
    ("?key=secret", ""), ("?a=1&key=secret&b=2", "?a=1&b=2"), ("?k%65y=secret&a", "?a"), ("?a=1&&key=secret&", "?a=1&&"),
    ("?monkey=1&key=secret", "?monkey=1")])
def test_a_key_in_the_query_is_not_passed_on(guarded, origin, query, left):
    gateway = guarded([policy("partners", "api-key", {"from": [{"query": "key"}]})], [consumer("ada", "secret")])
    with gateway.connect() as client:
        assert client.get(f"/a/./b{query}").status == 200
    assert origin.requests[-1].target == f"/a/b{left}"


@pytest.mark.parametrize("lines, left", [
    ("Cookie: key=secret\r\n", []), ("Cookie: a=1; key=secret; b=2\r\n", ["a=1; b=2"]),
    ("Cookie: a=1\r\nX: y\r\ncookie:key=secret;b=2 \r\n", ["a=1", "b=2"]), ("Cookie: monkey=1;key=secret\r\n", ["monkey=1"])])
def test_a_key_in_a_cookie_is_not_passed_on(guarded, origin, lines, left):
    gateway = guarded([policy("partners", "api-key", {"from": [{"cookie": "key"}]})], [consumer("ada", "secret")])
    with gateway.connect() as client:
        assert client.get(extra=lines).status == 200
    assert origin.requests[-1].all("cookie") == left


def test_a_key_may_stay(guarded, origin):
    gateway = guarded([policy("partners", "api-key", {"from": [{"query": "key"}], "strip": False})], [consumer("ada", "secret")])
    with gateway.connect() as client:
        assert client.get("/?key=secret").status == 200
    assert origin.requests[-1].target == "/?key=secret"


def test_passwords(guarded, origin):
    gateway = guarded([policy("staff", "basic", {"realm": "the house", "forwardUser": "X-User"})],
                      [consumer("ada", password_hash=QUICK)])
    with gateway.connect() as client:
        refused = client.get()
        assert refused.status == 401 and refused["www-authenticate"] == 'Basic realm="the house", charset="UTF-8"'
        assert client.get(extra=basic("ada", "right")).status == 200
        assert client.get(extra=basic("ada", "right")).status == 200
        wrong = client.get(extra=basic("ada", "wrong"))
        assert (wrong.status, wrong.json()["reason"]) == (401, "invalid-credentials") and wrong["www-authenticate"]
        assert client.get(extra=basic("nobody", "right")).json()["reason"] == "invalid-credentials"
        assert client.get(extra="Authorization: Basic !\r\n").json()["reason"] == "invalid-credentials"
    assert [each["x-user"] for each in origin.requests] == ["ada", "ada"]


@pytest.mark.parametrize("mode, shown, wanted, reason", [
    ("require", "client", "alice.clients", None), ("require", "client", "*.clients", None),
    ("require", "client", "bob.clients", "certificate-denied"), ("optional", None, "*", "certificate-required"),
    ("request", "other_client", "*", "certificate-required")])
def test_certificates(make_gateway, origin, certificates, mode, shown, wanted, reason):
    """Which certificate it is counts, and one that was not verified is none."""
    gateway = make_gateway([
        *certificates.documents("shop", "ca"),
        https(free_port(), "shop", tls={"clientValidation": {"mode": mode, "ca": ["ca"]}}), upstream(origin.port),
        policy("machines", "mtls", {"dnsNames": [wanted], "forward": {"dnsName": "X-Machine"}}), route(policies=["machines"])])
    with TLSClient(gateway.port, certificate=shown and getattr(certificates, shown)) as client:
        answer = client.get(extra="X-Machine: root\r\n")
        assert answer.status == (403 if reason else 200) and (not reason or answer.json()["reason"] == reason)
    assert [each["x-machine"] for each in origin.requests] == ([] if reason else ["alice.clients"])


def test_over_http2(guarded, origin):
    gateway = guarded([policy("staff", "basic", {"forwardUser": "X-User"})], [consumer("ada", password_hash=QUICK)])
    field = basic("ada", "right").strip().split(": ")[1]
    with H2Client(gateway.port) as client:
        refused = client.get()
        assert refused.status == 401 and refused["www-authenticate"].startswith("Basic")
        assert client.get(extra=[("authorization", field), ("x-user", "eve")]).status == 200
        body = b"x" * 200_000
        wrong = basic("ada", "wrong").strip().split(": ")[1]
        assert client.ask(method="POST", body=body[:30_000], extra=[("authorization", wrong)]).status == 401
        assert client.ask(method="POST", body=body, extra=[("authorization", field)]).status == 200
    assert [each["x-user"] for each in origin.requests] == ["ada", "ada"] and origin.requests[-1].body == body


def test_fields_that_policies_write_are_nobodys_else(make_gateway, origin):
    """They decide over no route and reach no backend, also where a route has no policy."""
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), policy("staff", "basic", {"forwardUser": "X-User"}),
        consumer("ada", password_hash=QUICK),
        {"kind": "route", "name": "admin", "matches": [{"headers": [{"name": "X-User", "exact": "ada"}]}],
         "respond": {"status": 418}},
        route("guarded", prefix="/guarded", policies=["staff"]), route("open")])
    with gateway.connect() as client:
        for line in ("X-User: ada\r\n", "x-uSER:ada\r\n", "X-User: a\r\nX-Other: 1\r\nX-User: ada\r\n"):
            assert client.get(extra=line).status == 200
        assert client.get("/guarded", extra="X-User: eve\r\nX-Other: 1\r\n" + basic("ada", "right")).status == 200
    assert [each["x-user"] for each in origin.requests] == [None, None, None, "ada"]
    assert origin.requests[2]["x-other"] == origin.requests[3]["x-other"] == "1"
    documents = json.loads(gateway.file.read_text())
    gateway.reload([each for each in documents if each["name"] not in ("staff", "guarded")])
    with gateway.connect() as client:
        assert client.get(extra="X-User: ada\r\n").status == 418


def test_a_routes_own_header_rules_have_the_last_word(guarded, origin):
    gateway = guarded([policy("partners", "api-key", {"forwardConsumer": "X-Consumer"})], [consumer("ada", "secret")],
                      requestHeaders={"set": {"X-Consumer": "hidden", "X-API-Key": "own"}})
    with gateway.connect() as client:
        assert client.get(extra="X-API-Key: secret\r\n").status == 200
    assert (origin.requests[-1]["x-consumer"], origin.requests[-1]["x-api-key"]) == ("hidden", "own")


def test_a_long_head_with_long_lines_for_the_backend(guarded, origin):
    gateway = guarded([policy("partners", "api-key", {"forwardConsumer": "X-" + "c" * 60})], [consumer("a" * 60, "secret")])
    with gateway.connect() as client:
        for size in (3000, 3900, 4000, 4090, 4200, 9000):
            lines = f"X-Long: {'x' * size}\r\nX-API-Key: secret\r\n"
            assert client.get(extra=lines).status == 200
            assert origin.requests[-1]["x-" + "c" * 60] == "a" * 60


def test_routes_that_answer_themselves(make_gateway):
    gateway = make_gateway([listener(free_port()), policy("partners", "api-key"), consumer("ada", "secret"),
                            {"kind": "route", "name": "fixed", "policies": ["partners"], "respond": {"status": 204}}])
    with gateway.connect() as client:
        assert [client.get(extra=line).status for line in ("", "X-API-Key: secret\r\n")] == [401, 204]
