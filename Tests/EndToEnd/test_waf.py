"""Does a web application firewall refuse, notice and let pass what its policy says?"""

import contextlib
import os
import select
import signal
import threading

import grpc
import pytest

from access import samples
from h2_client import H2Client
from harness import Closed, free_port, listener, route, upstream, wait_until
from test_grpc import server  # noqa: F401, the fixture
from test_websocket import accepting, echo_bytes
from waf import ATTACK, WORD, events, firewall, guarded, post, requests

BROWSER = "User-Agent: Mozilla/5.0\r\nAccept: */*\r\n"


def ask(gateway, target: str = "/", host: str = "shop.example.com"):
    with gateway.connect() as client:
        return client.get(target, host, BROWSER)


def is_refused(answer) -> bool:
    return answer.status == 403 and answer.json()["reason"] == "waf-refused"


# MARK: What a policy says


def test_an_attack_is_refused_and_told(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port))
    assert ask(gateway, "/shop?page=2").status == 200
    answer = ask(gateway, f"/shop?{ATTACK}")
    assert is_refused(answer) and not answer.closes
    assert [request.target for request in origin.requests] == ["/shop?page=2"]
    event = events(gateway)[0]
    line = next(line for line in requests(gateway, 2) if line["status"] == 403)
    assert (line["reason"], line["policy"]) == ("waf-refused", "firewall")
    assert event["requestId"] == line["requestId"] == answer["x-request-id"]
    assert {key: event[key] for key in ("listener", "route", "policy", "mode", "action", "method", "host", "path")} == {
        "listener": "web", "route": "all", "policy": "firewall", "mode": "block", "action": "refused", "method": "GET",
        "host": "shop.example.com", "path": "/shop"}
    assert event["score"] >= 5 and event["clientAddress"] == "127.0.0.1"
    rule = next(rule for rule in event["rules"] if 942000 <= rule["id"] < 943000)
    assert set(rule) == {"id", "message", "severity", "place", "excerpt"} and rule["place"] == "ARGS:id"


@pytest.mark.parametrize("policy", [firewall(mode="detect"), firewall(observe=True)], ids=["detect", "observe"])
def test_who_only_looks_lets_pass(make_gateway, origin, policy):
    gateway = make_gateway(guarded(origin.port, policy))
    assert ask(gateway, f"/?{ATTACK}").status == 200
    event = events(gateway)[0]
    assert (event["action"], event["mode"]) == ("passed", "detect" if "mode" in policy["waf"] else "observe")
    assert requests(gateway)[0]["observed"] == [{"policy": "firewall", "reason": "waf-refused"}]
    assert samples(gateway, "sluice_waf_requests_total", policy="firewall", result="detected") == 1
    assert samples(gateway, "sluice_policy_refusals_total", policy="firewall", decision="observed") == 1


def test_a_match_under_the_threshold_passes_and_is_told(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, firewall(anomalyThreshold=1000)))
    assert ask(gateway, f"/?{ATTACK}").status == 200
    event = events(gateway)[0]
    assert event["action"] == "passed" and 0 < event["score"] < 1000
    assert "observed" not in requests(gateway)[0]
    assert samples(gateway, "sluice_waf_requests_total", policy="firewall", result="matched") == 1


def test_more_is_suspicious_at_a_higher_level(make_gateway, origin):
    # Of a text that only the stricter rules mind.
    target = "/?q=a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p"
    assert ask(make_gateway(guarded(origin.port, firewall(anomalyThreshold=3)), name="one"), target).status == 200
    assert is_refused(ask(make_gateway(guarded(origin.port, firewall(anomalyThreshold=3, paranoiaLevel=4)), name="four"), target))


def test_rules_that_are_left_out(make_gateway, origin):
    first = make_gateway(guarded(origin.port), name="first")
    assert is_refused(ask(first, f"/?{ATTACK}"))
    rules = [rule["id"] for rule in events(first)[0]["rules"]]
    second = make_gateway(guarded(origin.port, firewall(exclude=rules)), name="second")
    assert ask(second, f"/?{ATTACK}").status == 200


def test_rules_of_ones_own(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, firewall(extraRules=WORD)))
    assert ask(gateway, "/?q=word").status == 200
    assert is_refused(ask(gateway, "/?q=forbiddenword"))
    event = events(gateway)[0]
    assert [(rule["id"], rule["message"]) for rule in event["rules"]] == [(10001, "A word")]


def test_a_path_is_scanned_as_it_came_and_as_it_goes_on(make_gateway, origin):
    rules = "\n".join([
        'SecRule REQUEST_URI_RAW "@beginsWith /secret" "id:10002,phase:1,deny,status:403,msg:\'Canonical\'"',
        'SecRule REQUEST_URI_RAW "@contains /a/../" "id:10003,phase:1,deny,status:403,msg:\'As it came\'"'])
    excluded = [930100, 930110]
    one = make_gateway(guarded(origin.port, firewall(extraRules=rules, exclude=excluded)))
    for target in ("/secret", "/x/../secret", "/%73ecret", "/a/../open"):
        assert is_refused(ask(one, target)), target
    assert ask(one, "/x/../open").status == 200
    assert [request.target for request in origin.requests] == ["/open"]


def test_the_listeners_firewall_comes_first(make_gateway, origin):
    strict = firewall("strict", extraRules=WORD)
    gateway = make_gateway([
        listener(free_port(), policies=["strict"]), upstream(origin.port), strict, firewall("loose", mode="detect"),
        route(policies=["loose"], name="all"), route("alone", prefix="/alone", inherit=False)])
    assert is_refused(ask(gateway, "/?q=forbiddenword"))
    assert events(gateway)[0]["policy"] == "strict"
    assert ask(gateway, f"/alone?{ATTACK}").status == 200
    assert ask(gateway, "/").status == 200


# MARK: Bodies


@pytest.mark.parametrize("kind,body", [
    ("application/x-www-form-urlencoded", b"name=x&q=forbiddenword"),
    ("application/json", b'{"a": [{"q": "forbiddenword"}]}'),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\nforbiddenword\r\n--b--\r\n'),
])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_bodies_are_scanned(make_gateway, origin, kind, body, framing):
    gateway = make_gateway(guarded(origin.port, firewall(extraRules=WORD)))
    good = body.replace(b"forbidden", b"pleasant.")
    with gateway.connect() as client:
        for _ in range(2):
            assert client.ask(post(good, kind, framing=framing)).status == 200
            answer = client.ask(post(body, kind, framing=framing))
            assert is_refused(answer) and not answer.closes
    assert [request.body for request in origin.requests] == [good, good]


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_pipelined_behind_a_refused_body(make_gateway, origin, framing):
    kind = "application/x-www-form-urlencoded"
    gateway = make_gateway(guarded(origin.port, firewall(extraRules=WORD)))
    bodies = [b"q=fine&n=%d" % number if number % 2 else b"q=forbiddenword&n=%d" % number for number in range(12)]
    with gateway.connect() as client:
        client.send(b"".join(post(body, kind, framing=framing) for body in bodies))
        assert [client.answer().status for _ in bodies] == [403, 200] * 6
    assert [request.body for request in origin.requests] == bodies[1::2]


def test_bodies_of_http2_are_scanned(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, firewall(extraRules=WORD)))
    extra = [("content-type", "application/x-www-form-urlencoded"), ("user-agent", "test"), ("accept", "*/*")]
    with H2Client(gateway.port) as client:
        bad = client.open(path="/", method="POST", ends=False, extra=extra)
        good = client.open(path="/", method="POST", ends=False, extra=extra)
        client.send_body(good, b"q=fine")
        client.send_body(bad, b"q=forbiddenword")
        assert client.answer(good).status == 200 and client.answer(bad).status == 403
        assert client.get(f"/?{ATTACK}").status == 403
        assert client.get("/").status == 200
    assert len(origin.requests) == 2


def test_a_word_at_the_end_of_a_long_body(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port, firewall(extraRules=WORD)))
    filler = b"&".join(b"field%d=%s" % (number, b"x" * 100) for number in range(700))
    kind = "application/x-www-form-urlencoded"
    with gateway.connect() as client:
        assert client.ask(post(filler, kind)).status == 200
        assert is_refused(client.ask(post(filler + b"&q=forbiddenword", kind)))


def test_tunnels_pass_and_their_heads_are_scanned(make_gateway, make_origin):
    gateway = make_gateway(guarded(make_origin(accepting(echo_bytes)).port))
    head = (f"GET /%s HTTP/1.1\r\nHost: shop.example.com\r\n{BROWSER}Connection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    with gateway.connect() as client:
        client.send(head % f"?{ATTACK}")
        assert is_refused(client.answer())
    with gateway.connect() as client:
        client.send(head % "")
        assert client.any_answer().status == 101
        client.send("forbidden or not")
        assert client.read_exactly(16) == b"forbidden or not"


def test_calls_of_grpc_pass_as_they_are(make_gateway, server):
    gateway = make_gateway(guarded(0, to=upstream(server, protocol="h2c")))
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        assert channel.unary_unary("/test.Echo/Unary")(b"x" * 500_000, timeout=20) == b"x" * 500_000
        assert list(channel.stream_stream("/test.Echo/Both")(iter([b"' OR 1=1 --"] * 5), timeout=20)) == [b"' OR 1=1 --"] * 5
        with pytest.raises(grpc.RpcError) as raised:
            channel.unary_unary("/test.Echo/Unary")(b"x", metadata=[("x-query", "1' UNION SELECT a FROM b --"), (
                "cookie", "a=1' UNION SELECT password FROM users --")], timeout=20)
        assert raised.value.code() == grpc.StatusCode.PERMISSION_DENIED


# MARK: Numbers and faults


def test_what_is_counted(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port))
    for target in ("/", "/", f"/?{ATTACK}"):
        ask(gateway, target)
    counted = {result: samples(gateway, "sluice_waf_requests_total", policy="firewall", result=result)
               for result in ("filtered", "clean", "matched", "refused", "failed")}
    assert counted["refused"] == 1 and counted["filtered"] + counted["clean"] == 2 and counted["failed"] == 0
    for rule in events(gateway)[0]["rules"]:
        assert samples(gateway, "sluice_waf_matches_total", policy="firewall", rule=rule["id"]) >= 1
    assert gateway.metrics()["sluice_waf_scan_seconds_count"] >= 1
    assert "# TYPE sluice_waf_scan_seconds histogram" in gateway.admin("/metrics").text


def test_a_long_scan_holds_nobody_up(make_gateway, origin):
    gateway = make_gateway([*guarded(origin.port, firewall(requestBodyLimit=1 << 20, mode="detect")),
                            route("open", prefix="/open")])
    # Hundreds of parameters, into each of which all rules look: seconds of work.
    body = b"&".join(b"a%d=select%%20%d%%20from%%20x%%20where" % (number, number) for number in range(900))
    with gateway.connect() as slow, gateway.connect() as quick:
        slow.send(post(body, "application/x-www-form-urlencoded"))
        for _ in range(5):
            assert quick.get("/open").status == 200
        assert select.select([slow.socket], [], [], 0)[0] == [], "the scan is over before five other requests are"
        assert slow.answer().status == 200


def test_a_crash_costs_one_worker_process(make_gateway, origin):
    gateway = make_gateway(guarded(origin.port), workers=2)
    before = gateway.worker_pids()
    stop, statuses = threading.Event(), []

    def serve():
        while not stop.is_set():
            try:
                statuses.append(ask(gateway, "/").status)
            except (OSError, Closed):
                statuses.append(0)
    threads = [threading.Thread(target=serve, daemon=True) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        wait_until(lambda: len(statuses) > 20, "requests are served")
        os.kill(before[0], signal.SIGSEGV)
        # Where a crash is written down first, what came from outside does not come again by itself.
        wait_until(lambda: before[0] not in gateway.worker_pids() or "Backtrace took" in gateway.process.output(), "it crashes")
        with contextlib.suppress(ProcessLookupError):
            os.kill(before[0], signal.SIGSEGV)
        wait_until(lambda: len(set(gateway.worker_pids()) - {before[0]}) == 2, "there is another worker process")
        wait_until(lambda: gateway.metrics()['sluice_workers{state="ready"}'] == 2, "it serves")
        seen = len(statuses)
        wait_until(lambda: len(statuses) > seen + 20, "requests go on")
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    # What was under way in that process is lost with it, and nothing else.
    assert before[1] in gateway.worker_pids() and set(statuses) <= {200, 0} and statuses.count(0) <= 4
    assert is_refused(ask(gateway, f"/?{ATTACK}"))
