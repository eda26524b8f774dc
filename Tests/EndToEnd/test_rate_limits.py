"""Do exactly as many requests pass as rate limits say, told apart as they say, and are clients told?"""

import os
import re
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from access import consumer, policy, samples
from h2_client import H2Client
from h2_frames import fields_of
from harness import Client, Closed, free_port, listener, route, upstream, wait_until
from issuer import Key, bearer, token
from issuer import policy as jwt_policy
from limiting import limit, rate_limit
from test_cors import cors
from test_grpc import server
from test_processes import connections_of
from test_redirects import redirecting
from test_websocket import accepting, echo_bytes

__all__ = ["server"]  # a fixture

ASK_FOR_TUNNEL = ("GET /chat HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


@pytest.fixture
def start(make_gateway, origin):
    """`start([POLICY, …], [DOCUMENT, …])`: a gateway whose one route names all the policies."""
    def make(policies, others=(), workers: int = 1, of_listener: dict | None = None, **fields):
        return make_gateway([listener(free_port(), **(of_listener or {})), upstream(origin.port), *policies, *others,
                             route(policies=[each["name"] for each in policies], **fields)], workers=workers)
    return make


def statuses(client, *requests: tuple) -> list[int]:
    return [client.get(*each).status for each in requests]


def told(answer) -> tuple:
    """`RateLimit-Policy`, and `RateLimit` with a `T` in the place of the seconds, which are between none and a day."""
    states = [re.sub(r";t=(\d+)", lambda found: ";t=T" if int(found[1]) <= 86400 else found[0], each)
              for each in answer.all("ratelimit")]
    return answer.all("ratelimit-policy"), states


def test_as_many_pass_as_may(start, origin):
    gateway = start([rate_limit("per-user", limit(2))])
    with gateway.connect() as client:
        answers = [client.get() for _ in range(4)]
    assert [each.status for each in answers] == [200, 200, 429, 429] and len(origin.requests) == 2
    assert [told(each) for each in answers] == [
        (['"per-user";q=2;w=86400'], [f'"per-user";r={left};t=T']) for left in (1, 0, 0, 0)]
    refused = answers[2]
    assert (refused.json()["reason"], refused["content-type"]) == ("rate-limited", "application/problem+json")
    assert 86000 < int(refused["retry-after"]) <= 86400
    assert answers[0]["retry-after"] is None and not refused.closes
    line = gateway.log_lines(4)[-1]
    assert (line["status"], line["reason"], line["policy"]) == (429, "rate-limited", "per-user")
    counted = {result: samples(gateway, "sluice_rate_limit_requests_total", policy="per-user", result=result)
               for result in ("allowed", "limited", "observed")}
    assert counted == {"allowed": 2, "limited": 2, "observed": 0}
    assert samples(gateway, "sluice_policy_refusals_total", policy="per-user", reason="rate-limited", decision="refused") == 2


def line(name: str, *values: str) -> str:
    return "".join(f"{name}: {value}\r\n" for value in values)


@pytest.mark.parametrize("key, one, same, other", [
    ({"header": "x-tenant"}, ("/", "test", line("X-Tenant", "a")), ("/", "test", line("x-tenant", "a", "b")),
     ("/", "test", line("X-Tenant", "b"))),
    ({"cookie": "id"}, ("/", "test", line("Cookie", "x=1; id=a")), ("/", "test", line("Cookie", "x=2", "id=a")),
     ("/", "test", line("Cookie", "id=b"))),
    ({"query": "k"}, ("/?k=a%20b", "test"), ("/?x&%6b=a+b&k=c", "test"), ("/?k=b", "test")),
    ({"path": True}, ("/a/b?c", "test"), ("/a/./x/../%62", "test"), ("/a/c", "test")),
])
def test_keys(start, key, one, same, other):
    with start([rate_limit("per-user", limit(1, key))]).connect() as client:
        assert statuses(client, one, same, other, one, other) == [200, 429, 200, 429, 429]


@pytest.mark.parametrize("key", [{"header": "x-tenant"}, {"cookie": "id"}, {"query": "k"}, {"claim": "sub"}, {"consumer": True}])
def test_all_who_lack_the_key_are_counted_together(start, key):
    with start([rate_limit("per-user", limit(1, key))]).connect() as client:
        assert statuses(client, ("/a",), ("/b",)) == [200, 429]


def test_the_method_as_a_key(start):
    with start([rate_limit("per-user", limit(1, {"method": True}))]).connect() as client:
        asked = [client.ask(f"{method} / HTTP/1.1\r\nHost: test\r\n\r\n").status for method in ("GET", "DELETE", "GET", "DELETE")]
    assert asked == [200, 200, 429, 429]


@pytest.mark.parametrize("one, same, other", [
    ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
    ("2001:db8::1", "2001:db8::ffff:0:0:1", "2001:db8:0:1::1"),
])
def test_the_clients_address_as_a_key(start, one, same, other):
    gateway = start([rate_limit("per-user", limit(1, {"clientAddress": True}))],
                    of_listener={"clientAddress": {"source": "header", "header": "X-Client"}})
    with gateway.connect() as client:
        assert statuses(client, *[("/", "test", line("X-Client", each)) for each in (one, same, other, one, other)]) == [
            200, 429, 200, 429, 429]


def test_the_consumer_as_a_key(start):
    gateway = start([policy("partners", "api-key", {}), rate_limit("per-user", limit(1, {"consumer": True}))],
                    [consumer("ada", "secret"), consumer("eve", "other")])
    with gateway.connect() as client:
        asked = [client.get(extra=line("X-API-Key", key)).status for key in ("secret", "secret", "wrong", "other", "other")]
    # Who is refused before is not counted.
    assert asked == [200, 429, 401, 200, 429]


def test_a_claim_as_a_key(start):
    key = Key("ES256", "key-1")
    gateway = start([jwt_policy([key]), rate_limit("per-user", limit(1, {"claim": "org.id"}))])
    with gateway.connect() as client:
        asked = [client.get(extra=bearer(token(key, sub=sub, org={"id": org}))).status
                 for sub, org in (("ada", 1), ("eve", 1), ("ada", 2), ("ada", "1"))]
    assert asked == [200, 429, 200, 429]


def test_several_parts_make_one_key(start):
    gateway = start([rate_limit("per-user", limit(1, {"header": "x-tenant"}, {"path": True}))])
    with gateway.connect() as client:
        asked = [(path, "test", line("X-Tenant", tenant)) for path, tenant in
                 (("/a", "1"), ("/a", "2"), ("/b", "1"), ("/b", "2"), ("/a", "1"))]
        assert statuses(client, *asked) == [200, 200, 200, 200, 429]


def test_only_those_count_of_which_a_limit_speaks(start):
    gateway = start([rate_limit("writes", limit(1, when={"methods": ["POST"], "path": {"prefix": "/api"}}))])
    post = "POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
    with gateway.connect() as client:
        assert client.ask(post.format("/api/x")).status == 200
        assert client.ask(post.format("/api/y")).status == 429
        for other in (client.get("/api/x"), client.ask(post.format("/apix"))):
            assert other.status == 200 and told(other) == ([], [])


def test_what_a_request_counts_as(start):
    gateway = start([rate_limit("tokens", limit(10, cost=4), limit(1000, cost=0))])
    with gateway.connect() as client:
        answers = [client.get() for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert [told(each)[1] for each in answers] == [
        [f'"tokens-1";r={left};t=T, "tokens-2";r=1000;t=T'] for left in (6, 2, 2)]


def test_nobody_passes_a_limit_of_none(start, origin):
    with start([rate_limit("closed", limit(0))]).connect() as client:
        assert statuses(client, ("/",), ("/",)) == [429, 429]
    assert origin.requests == []


def test_several_limits_all_count(start):
    gateway = start([rate_limit("both", limit(3), limit(2, {"path": True}, per="hour"))])
    with gateway.connect() as client:
        answers = [client.get(path) for path in ("/a", "/a", "/a", "/b")]
    # The third was refused by the one and counted by the other.
    assert [each.status for each in answers] == [200, 200, 429, 429]
    assert [told(each)[1] for each in answers] == [
        [f'"both-1";r={left};t=T, "both-2";r={of_path};t=T'] for left, of_path in ((2, 1), (1, 0), (0, 0), (0, 1))]
    assert told(answers[0])[0] == ['"both-1";q=3;w=86400, "both-2";q=2;w=3600']
    assert int(answers[2]["retry-after"]) <= 3600 < int(answers[3]["retry-after"])


def test_routes_share_a_policys_counts(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), rate_limit("shared", limit(2)),
                            rate_limit("own", limit(2)), route("a", prefix="/a", policies=["shared"]),
                            route("b", prefix="/b", policies=["shared"]), route("c", prefix="/c", policies=["own"])])
    with gateway.connect() as client:
        assert statuses(client, ("/a",), ("/b",), ("/a",), ("/b",), ("/c",), ("/c",), ("/c",)) == [
            200, 200, 429, 429, 200, 200, 429]


def test_a_listeners_policies_count_too_and_the_same_one_once(make_gateway, origin):
    gateway = make_gateway([listener(free_port(), policies=["wide", "both"]), upstream(origin.port), rate_limit("wide", limit(3)),
                            rate_limit("both", limit(9)), route("a", prefix="/a", policies=["both"]),
                            route("b", prefix="/b", policies=["both"], inherit=False)])
    with gateway.connect() as client:
        answers = [client.get(path) for path in ("/a", "/a", "/a", "/a", "/b")]
    assert [each.status for each in answers] == [200, 200, 200, 429, 200]
    lefts = [re.findall(r'"(\w+)";r=(\d+)', ", ".join(told(each)[1])) for each in answers]
    assert lefts == [[("wide", "2"), ("both", "8")], [("wide", "1"), ("both", "7")], [("wide", "0"), ("both", "6")],
                     [("wide", "0"), ("both", "5")], [("both", "4")]]


def test_a_policy_that_only_observes(start):
    gateway = start([rate_limit("watch", limit(1), observe=True)])
    with gateway.connect() as client:
        answers = [client.get() for _ in range(3)]
    assert [each.status for each in answers] == [200] * 3 and [told(each) for each in answers] == [([], [])] * 3
    seen = [line.get("observed") for line in gateway.log_lines(3)]
    assert seen == [None] + [[{"policy": "watch", "reason": "rate-limited"}]] * 2
    assert samples(gateway, "sluice_rate_limit_requests_total", policy="watch", result="observed") == 2
    assert samples(gateway, "sluice_rate_limit_requests_total", policy="watch", result="allowed") == 1


# Who answers

def test_redirects_and_refusals_are_told_too(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port()), upstream(1, name="gone"), rate_limit("all", limit(9)),
        redirecting("/away", hostname="new.example") | {"policies": ["all"]},
        route("gone", to="gone", prefix="/gone", policies=["all"]), route("plain", to="gone", prefix="/plain")])
    with gateway.connect() as client:
        answers = [client.get(path) for path in ("/away", "/gone", "/plain", "/nowhere")]
    assert [each.status for each in answers] == [302, 503, 503, 404]
    assert [told(each)[1] for each in answers] == [['"all";r=8;t=T'], ['"all";r=7;t=T'], [], []]


def test_what_the_backend_says_of_limits_is_left_out(make_origin, make_gateway):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("x", fields='RateLimit: "mine";r=1\r\nRateLimit-Policy: "mine";q=1\r\nX-RateLimit: kept\r\n')
    gateway = make_gateway([listener(free_port()), upstream(make_origin(script).port), rate_limit("all", limit(9)),
                            route("limited", prefix="/limited", policies=["all"]), route("plain")])
    with gateway.connect() as client:
        limited, plain = client.get("/limited"), client.get("/")
    assert told(limited) == (['"all";q=9;w=86400'], ['"all";r=8;t=T']) and limited["x-ratelimit"] == "kept"
    assert told(plain) == (['"mine";q=1'], ['"mine";r=1'])


def test_pages_of_other_origins_may_read_the_fields(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), cors(exposeHeaders="*", allowCredentials=True),
                            rate_limit("all", limit(1)), route(policies=["pages", "all"])])
    with gateway.connect() as client, H2Client(gateway.port) as h2:
        page = line("Origin", "https://app.example.com")
        answers = [client.get(extra=page), client.get(extra=page),
                   h2.ask(fields_of(extra=[("origin", "https://app.example.com")]))]
    assert [int(each.status) for each in answers] == [200, 429, 429]
    for answer in answers:
        exposed = {each.strip().lower() for each in answer["access-control-expose-headers"].split(",")}
        assert {"ratelimit", "ratelimit-policy"} <= exposed
        assert len(told(answer)[1]) == 1


def test_a_preflight_is_not_counted(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), cors(), rate_limit("all", limit(1)),
                            route(policies=["pages", "all"])])
    with gateway.connect() as client:
        for _ in range(3):
            client.send("OPTIONS / HTTP/1.1\r\nHost: test\r\nOrigin: https://app.example.com\r\n"
                        "Access-Control-Request-Method: GET\r\n\r\n")
            assert client.answer().status == 204
        assert statuses(client, ("/",), ("/",)) == [200, 429]


def test_streams_are_requests(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), rate_limit("all", limit(2)), route(policies=["all"])])
    with H2Client(gateway.port) as client:
        streams = [client.open() for _ in range(3)]
        answers = [client.answer(each) for each in streams]
    assert [each.status for each in answers] == [200, 200, 429]
    assert [told(each) for each in answers] == [(['"all";q=2;w=86400'], [f'"all";r={left};t=T']) for left in (1, 0, 0)]
    assert answers[2].json()["reason"] == "rate-limited" and int(answers[2]["retry-after"]) > 86000


def test_calls_are_requests(make_gateway, server):
    gateway = make_gateway([listener(free_port()), upstream(server, protocol="h2c"), rate_limit("all", limit(1)),
                            route(policies=["all"])])
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        unary = channel.unary_unary("/test.Echo/Unary")
        answer, call = unary.with_call(b"x", timeout=20)
        assert dict(call.initial_metadata())["ratelimit-policy"] == '"all";q=1;w=86400' and answer == b"x"
        with pytest.raises(grpc.RpcError) as raised:
            unary(b"x", timeout=20)
    assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
    assert gateway.log_lines(2)[1]["policy"] == "all"


def test_a_tunnel_counts_once(make_gateway, make_origin):
    origin = make_origin(accepting(echo_bytes))
    gateway = make_gateway([listener(free_port()), upstream(origin.port), rate_limit("all", limit(1)), route(policies=["all"])])
    with gateway.connect() as client, gateway.connect() as other:
        client.send(ASK_FOR_TUNNEL)
        opened = client.any_answer()
        assert opened.status == 101 and told(opened)[1] == ['"all";r=0;t=T']
        client.send(b"x" * 1000)
        assert client.read_exactly(1000) == b"x" * 1000
        other.send(ASK_FOR_TUNNEL)
        assert other.any_answer().status == 429


def test_a_refused_body_closes_the_connection(start):
    with start([rate_limit("all", limit(0))]).connect() as client:
        answer = client.ask("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n")
        assert answer.status == 429 and answer.closes


# Memory

def test_counts_stay_when_the_configuration_changes(make_gateway, origin):
    port = free_port()

    def documents(most: int, *others: dict) -> list[dict]:
        return [listener(port), upstream(origin.port), rate_limit("all", *others, limit(most, {"path": True})),
                route(policies=["all"])]
    gateway = make_gateway(documents(2))
    with gateway.connect() as client:
        assert statuses(client, *[("/",)] * 3) == [200, 200, 429]
        gateway.reload(documents(4, limit(100)))
        assert statuses(client, *[("/",)] * 3) == [200, 200, 429]
        # Another key is another limit.
        gateway.reload([*documents(4)[:2], rate_limit("all", limit(4, {"method": True})), route(policies=["all"])])
        assert client.get().status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_counts_outlive_a_worker_process(start, workers):
    gateway = start([rate_limit("all", limit(1000))], workers=workers)
    victim, client = next(iter(connections_of(gateway, workers).items()))
    left = int(re.search(r"r=(\d+)", client.get()["ratelimit"])[1])
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in gateway.worker_pids() and len(gateway.worker_pids()) == workers, "the dead process is replaced")

    def answered() -> int | None:
        try:
            with gateway.connect() as again:
                return int(re.search(r"r=(\d+)", again.get()["ratelimit"])[1])
        except (Closed, OSError):
            return None
    assert wait_until(answered, "it serves again") < left


def test_workers_count_together_and_exactly(start, origin):
    gateway = start([rate_limit("all", limit(150))], workers=4)

    def once(_) -> int:
        with Client(gateway.port) as client:
            return client.get().status
    with ThreadPoolExecutor(32) as pool:
        found = Counter(pool.map(once, range(400)))
    assert found == {200: 150, 429: 250} and len(origin.requests) == 150
    assert samples(gateway, "sluice_rate_limit_requests_total", policy="all", result="allowed") == 150
