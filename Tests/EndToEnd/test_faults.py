"""Are faults made as often as a policy says, and to nobody else?"""

import time

import pytest

from h2_client import H2Client
from harness import free_port, listener, route, upstream

reason = "fault-injected"


def policy(name: str = "faults", **settings) -> dict:
    return {"kind": "traffic-policy", "name": name, "type": "fault", "fault": settings}


@pytest.fixture
def start(make_gateway, origin):
    """`start(abort={…})`: a gateway whose one route has such a policy."""
    def make(workers: int = 1, **settings):
        return make_gateway([listener(free_port(), limits={"requestsPerConnection": 1_000_000}), upstream(origin.port),
                             policy(**settings), route(policies=["faults"])], workers=workers)
    return make


def test_an_abort_answers_in_place_of_the_backend(start, origin):
    with start(abort={}).connect() as client:
        for _ in range(20):
            answer = client.get()
            assert (answer.status, answer["content-type"]) == (503, "application/problem+json")
            assert answer.json()["reason"] == reason
    assert origin.requests == []


@pytest.mark.parametrize("status", [400, 429, 500, 599])
def test_an_abort_has_the_status_that_it_is_given(start, status):
    with start(abort={"status": status}).connect() as client:
        assert client.get().status == status


def test_an_abort_of_a_request_with_a_body(start, origin):
    with start(abort={}).connect() as client:
        answer = client.ask("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello")
        assert answer.status == 503
    assert origin.requests == []


def test_some_are_aborted(start, origin):
    with start(abort={"percent": 25}).connect() as client:
        statuses = [client.get().status for _ in range(2000)]
    assert set(statuses) == {200, 503} and 380 <= statuses.count(503) <= 620
    assert len(origin.requests) == statuses.count(200)


@pytest.mark.parametrize("settings", [{"abort": {"percent": 0}}, {"delay": {"duration": "1h", "percent": 0}}])
def test_zero_percent_is_nobody(start, settings):
    with start(**settings).connect() as client:
        assert [client.get().status for _ in range(200)] == [200] * 200


def test_a_delay_comes_before_the_backend(start, origin):
    with start(delay={"duration": "300ms"}).connect() as client:
        before = time.monotonic()
        assert client.get().status == 200
        assert time.monotonic() - before >= 0.29
    assert len(origin.requests) == 1


def test_a_delay_holds_up_nobody_else(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), policy(delay={"duration": "1h"}), route(),
        route("slow", prefix="/slow", policies=["faults"])])
    with gateway.connect() as slow, gateway.connect() as client:
        slow.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n")
        assert [client.get().status for _ in range(50)] == [200] * 50
    assert all(each.target == "/" for each in origin.requests)


def test_a_delay_and_an_abort(start, origin):
    with start(delay={"duration": "200ms"}, abort={"status": 500}).connect() as client:
        before = time.monotonic()
        assert client.get().status == 500
        assert time.monotonic() - before >= 0.19
    assert origin.requests == []


@pytest.mark.parametrize("is_http2", [False, True], ids=["http1", "http2"])
@pytest.mark.parametrize("action", [{"redirect": {"hostname": "new.example"}}, {"respond": {"status": 204}}],
                         ids=["redirect", "respond"])
@pytest.mark.parametrize("delay", [{}, {"delay": {"duration": "100ms"}}], ids=["", "delay"])
def test_an_abort_where_nothing_is_forwarded(make_gateway, action, delay, is_http2):
    gateway = make_gateway([
        listener(free_port()), policy(abort={"status": 500}, **delay),
        {"kind": "route", "name": "own", "policies": ["faults"], **action}])
    with H2Client(gateway.port) if is_http2 else gateway.connect() as client:
        for _ in range(5):
            answer = client.get()
            assert (answer.status, answer.json()["reason"]) == (500, reason)


def test_some_are_delayed(start):
    with start(delay={"duration": "30ms", "percent": 20}).connect() as client:
        slow = 0
        for _ in range(300):
            before = time.monotonic()
            assert client.get().status == 200
            slow += time.monotonic() - before >= 0.029
    # A busy machine makes requests slow by itself; it makes none of them fast.
    assert 20 <= slow <= 280


def test_a_client_that_leaves_a_delay_reaches_no_backend(start, origin):
    gateway = start(delay={"duration": "500ms"})
    client = gateway.connect()
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    client.reset()
    [line] = gateway.log_lines(1)
    assert line["status"] == 499 and origin.requests == []


def test_faults_over_http2(start):
    with H2Client(start(abort={"percent": 50}).port) as client:
        streams = [client.open() for _ in range(90)]
        statuses = [client.answer(each).status for each in streams]
    assert set(statuses) == {200, 503}


def test_a_delay_over_http2_holds_up_no_other_stream(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), policy(delay={"duration": "1h"}), route(),
        route("slow", prefix="/slow", policies=["faults"])])
    with H2Client(gateway.port) as client:
        client.open(path="/slow")
        assert [client.get().status for _ in range(20)] == [200] * 20


def test_a_listener_s_policy_holds_for_routes_that_inherit(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port(), policies=["faults"]), upstream(origin.port), policy(abort={}),
        route("inherits", prefix="/inherits"), route("free", prefix="/free", inherit=False)])
    with gateway.connect() as client:
        assert (client.get("/inherits").status, client.get("/free").status) == (503, 200)
