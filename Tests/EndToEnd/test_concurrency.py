"""Are no more requests under way at once than a policy allows, over all worker processes, and does each give its place back?"""

import os
import signal

import pytest

from access import samples
from breaking import answered, ask, holding, spread
from h2_client import H2Client
from h2_frames import CANCEL, RST_STREAM
from harness import free_port, listener, route, upstream, wait_until
from limiting import concurrency
from test_processes import connections_of
from test_websocket import accepting, echo_bytes, open_raw

__all__ = ["holding"]  # a fixture


@pytest.fixture
def start(make_origin, make_gateway, holding):
    """`start([POLICY, …], workers=2)`: a gateway whose one route names the policies, before an origin that keeps requests for
    /held."""
    def make(policies, workers: int = 1, of_listener=(), script=None, **fields):
        origin = make_origin(script or holding)
        gateway = make_gateway(
            [listener(free_port(), policies=[each["name"] for each in of_listener]), upstream(origin.port), *policies,
             *[each for each in of_listener if each not in policies],
             route("held", prefix="/held", policies=[each["name"] for each in policies], **fields), route("rest")], workers=workers)
        gateway.origin = origin
        return gateway
    return make


def refusal(answer) -> tuple:
    return answer.status, answer.json()["reason"], answer["retry-after"]


def waiting(gateway, name: str, count: int):
    wait_until(lambda: samples(gateway, "sluice_concurrency_waiting", policy=name) == count, f"{count} requests wait")


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_than_may_be(start, holding, workers):
    gateway = start([concurrency("few", 2)], workers)
    clients = spread(gateway, 2, workers)
    ask(clients[:2])
    wait_until(lambda: holding.waiting == 2, "two are under way")
    for client in clients[2:]:
        assert refusal(client.get("/held")) == (503, "concurrency-limited", "1")
    holding.let_go(2)
    assert answered(clients[:2]) == [200, 200]
    # All places are free again, whichever worker is asked.
    ask(clients[-2:])
    wait_until(lambda: holding.waiting == 4, "two more are under way")
    holding.let_go(2)
    assert answered(clients[-2:]) == [200, 200]
    count = len(clients) - 2
    assert samples(gateway, "sluice_policy_refusals_total", policy="few", reason="concurrency-limited") == count


def test_the_status_may_be_429(start, holding):
    gateway = start([concurrency("few", 1, status=429)])
    first, second = spread(gateway, 2, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    assert refusal(second.get("/held")) == (429, "concurrency-limited", "1")
    line = gateway.log_lines(1)[-1]
    assert (line["status"], line["reason"], line["policy"]) == (429, "concurrency-limited", "few")
    holding.let_go()
    assert answered([first]) == [200]


def test_keys_count_apart(start, holding):
    gateway = start([concurrency("few", 1, {"header": "x-tenant"})])
    clients = spread(gateway, 3, 1)
    for client, tenant in zip(clients, "aab"):
        client.send(f"GET /held HTTP/1.1\r\nHost: test\r\nX-Tenant: {tenant}\r\n\r\n")
        if tenant == "a" and client is clients[0]:
            wait_until(lambda: holding.waiting == 1, "one is under way")
    assert refusal(clients[1].answer()) == (503, "concurrency-limited", "1")
    wait_until(lambda: holding.waiting == 2, "the other tenant's is under way")
    holding.let_go(2)
    assert [clients[0].answer().status, clients[2].answer().status] == [200, 200]


def test_who_waits_is_served_in_turn(start, holding):
    gateway = start([concurrency("few", 1, queue={"maxRequests": 3, "timeout": "60s"})])
    clients = spread(gateway, 5, 1)
    for index, client in enumerate(clients):
        client.send(f"GET /held{'' if index == 0 else f'/{index}'} HTTP/1.1\r\nHost: test\r\n\r\n")
        if index == 0:
            wait_until(lambda: holding.waiting == 1, "one is under way")
        elif index < 4:
            waiting(gateway, "few", index)
    assert refusal(clients[4].answer()) == (503, "concurrency-limited", "1")
    holding.let_go()
    assert answered(clients[:4]) == [200] * 4
    assert [each.target for each in gateway.origin.requests] == ["/held", "/held/1", "/held/2", "/held/3"]
    waiting(gateway, "few", 0)


def test_a_place_that_another_worker_frees_is_found(start, holding):
    gateway = start([concurrency("few", 1, queue={"maxRequests": 3, "timeout": "60s"})], workers=2)
    one, other = connections_of(gateway, 2).values()
    ask([one])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    ask([other])
    waiting(gateway, "few", 1)
    holding.let_go()
    assert answered([one]) == [200]
    wait_until(lambda: holding.waiting == 2, "the other is under way")
    holding.let_go()
    assert answered([other]) == [200]


def test_nobody_waits_longer_than_the_policy_says(start, holding):
    gateway = start([concurrency("few", 1, queue={"maxRequests": 3, "timeout": "100ms"}, status=429)])
    first, second = spread(gateway, 2, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    assert refusal(second.get("/held")) == (429, "concurrency-timeout", "1")
    waiting(gateway, "few", 0)
    holding.let_go()
    assert answered([first]) == [200]


def test_who_goes_away_while_it_waits_leaves_the_queue(start, holding):
    gateway = start([concurrency("few", 1, queue={"maxRequests": 2, "timeout": "60s"})])
    first, gone, last = spread(gateway, 3, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    ask([gone])
    waiting(gateway, "few", 1)
    ask([last])
    waiting(gateway, "few", 2)
    gone.reset()
    waiting(gateway, "few", 1)
    holding.let_go(2)
    assert answered([first, last]) == [200, 200]


def test_a_stream_that_waits_and_is_reset_leaves_the_queue(start, holding):
    gateway = start([concurrency("few", 1, queue={"maxRequests": 2, "timeout": "60s"})])
    with H2Client(gateway.port) as client:
        streams = []
        for count in range(3):
            streams.append(client.open(path="/held"))
            if count == 0:
                wait_until(lambda: holding.waiting == 1, "one is under way")
            waiting(gateway, "few", count)
        client.send_frame(RST_STREAM, 0, streams[1], CANCEL.to_bytes(4, "big"))
        waiting(gateway, "few", 1)
        holding.let_go(2)
        assert [client.answer(each).status for each in (streams[0], streams[2])] == [200, 200]


def test_a_request_that_is_late_as_a_whole_waits_no_longer(make_gateway, make_origin, holding):
    gateway = make_gateway([
        listener(free_port()), upstream(make_origin(holding).port),
        concurrency("few", 1, queue={"maxRequests": 2, "timeout": "60s"}), route("held", exact="/held", policies=["few"]),
        route("short", prefix="/short", policies=["few"], timeouts={"request": "200ms"})])
    first, second = spread(gateway, 2, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    assert second.get("/short").status == 504
    waiting(gateway, "few", 0)
    holding.let_go()
    assert answered([first]) == [200]
    assert second.get("/short").status == 200


def test_a_body_waits_with_its_request(start, holding):
    gateway = start([concurrency("few", 1, queue={"maxRequests": 2, "timeout": "60s"})])
    first, second, third = spread(gateway, 3, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    body = bytes(range(256)) * 100
    second.send(b"POST /held/a HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    waiting(gateway, "few", 1)
    third.send(b"POST /held/b HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    waiting(gateway, "few", 2)
    holding.let_go()
    assert answered([first, second, third]) == [200] * 3
    assert [each.body for each in gateway.origin.requests if each.target != "/"] == [b"", body, b"hello"]


@pytest.mark.parametrize("end", ["client", "upstream", "late"])
def test_however_a_request_ends_its_place_is_free(start, holding, end):
    gateway = start([concurrency("few", 1)], timeouts={"request": "200ms" if end == "late" else "60s"})
    first, second = spread(gateway, 2, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    if end == "client":
        first.reset()
    elif end == "upstream":
        gateway.origin.connections[0].reset()
        assert first.answer().json()["reason"] == "upstream-reset"
    else:
        assert first.answer().status == 504
    holding.let_go(1000)
    wait_until(lambda: second.get("/held").status == 200, "its place is free")


def test_a_stream_that_is_reset_gives_its_place_back(start, holding):
    gateway = start([concurrency("few", 1)])
    with H2Client(gateway.port) as client:
        stream = client.open(path="/held")
        wait_until(lambda: holding.waiting == 1, "one is under way")
        answer = client.get("/held")
        assert (answer.status, answer.json()["reason"], answer["retry-after"]) == (503, "concurrency-limited", "1")
        client.send_frame(RST_STREAM, 0, stream, CANCEL.to_bytes(4, "big"))
        holding.let_go(1000)
        wait_until(lambda: client.get("/held").status == 200, "its place is free")


def test_a_tunnel_has_a_place_until_it_ends(make_gateway, make_origin):
    origin = make_origin(accepting(echo_bytes))
    gateway = make_gateway([listener(free_port()), upstream(origin.port), concurrency("few", 1), route(policies=["few"])])
    with open_raw(gateway), gateway.connect() as client:
        assert client.get().status == 503
    with gateway.connect() as client:
        def is_free() -> bool:
            client.send("GET /chat HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
            return client.any_answer().status != 503
        wait_until(is_free, "its place is free")


def test_a_dead_workers_places_are_free_again(start, holding):
    gateway = start([concurrency("few", 2)], workers=2)
    held = connections_of(gateway, 2)
    (victim, one), (_, other) = held.items()
    ask([one])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    ask([other])
    wait_until(lambda: holding.waiting == 2, "two are under way")
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in gateway.worker_pids() and len(gateway.worker_pids()) == 2, "the dead process is replaced")
    clients = list(connections_of(gateway, 2).values())
    # The origin still keeps what the dead process had asked for.
    holding.let_go(2)
    assert answered([other]) == [200]
    ask(clients)
    wait_until(lambda: holding.waiting == 4, "two more are under way")
    holding.let_go(1000)
    assert answered(clients) == [200, 200]


def test_a_policy_of_listener_and_route_counts_once(start, holding):
    both = concurrency("few", 2)
    gateway = start([both], of_listener=[both])
    clients = spread(gateway, 3, 1)
    ask(clients[:2])
    wait_until(lambda: holding.waiting == 2, "two are under way")
    assert clients[2].get("/held").status == 503
    holding.let_go(2)
    assert answered(clients[:2]) == [200, 200]


def test_all_policies_count(start, holding):
    gateway = start([concurrency("wide", 3), concurrency("narrow", 1, {"header": "x-tenant"})])
    first, second, third = spread(gateway, 3, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    assert second.get("/held").status == 503
    # Whom one policy refuses has no place of the other.
    for _ in range(5):
        assert second.get("/held").status == 503
    third.send("GET /held HTTP/1.1\r\nHost: test\r\nX-Tenant: b\r\n\r\n")
    wait_until(lambda: holding.waiting == 2, "another tenant's is under way")
    holding.let_go(2)
    assert answered([first, third]) == [200, 200]


def test_a_policy_that_only_observes(start, holding):
    gateway = start([concurrency("watch", 1, queue={"maxRequests": 5}, observe=True)])
    clients = spread(gateway, 3, 1)
    ask(clients)
    wait_until(lambda: holding.waiting == 3, "all are under way")
    holding.let_go(3)
    assert answered(clients) == [200] * 3
    assert samples(gateway, "sluice_policy_refusals_total", policy="watch", decision="observed") == 2
    seen = [line["observed"] for line in gateway.log_lines(3) if "observed" in line]
    assert seen == [[{"policy": "watch", "reason": "concurrency-limited"}]] * 2


def test_counts_go_on_when_the_configuration_changes(start, holding):
    gateway = start([concurrency("few", 1)])
    first, second = spread(gateway, 2, 1)
    ask([first])
    wait_until(lambda: holding.waiting == 1, "one is under way")
    documents = [listener(gateway.port), upstream(gateway.origin.port), concurrency("few", 2),
                 route("held", prefix="/held", policies=["few"])]
    gateway.reload(documents)
    ask([second])
    wait_until(lambda: holding.waiting == 2, "a second is under way")
    with gateway.connect() as third:
        assert third.get("/held").status == 503
    holding.let_go(2)
    assert answered([first, second]) == [200, 200]


def test_keys_come_and_go_without_number(start, holding):
    gateway = start([concurrency("few", 1, {"query": "k"})])
    with gateway.connect() as client:
        for number in range(3000):
            assert client.get(f"/held?k={number}").status == 200
    assert gateway.metrics()["sluice_concurrency_uncounted_total"] == 0
