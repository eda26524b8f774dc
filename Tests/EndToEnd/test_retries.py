"""When is a request tried again, where, and when never?"""

import contextlib
import socket
import threading

import h2.errors
import pytest

from h2_client import H2Client
from h2_origin import H2Origin
from harness import Closed, free_port, listener, route, upstream, wait_until
from retrying import GET, quick, retried, serving
from tls_origin import TLSOrigin
from trouble import Turns, answers, closes, endpoints, resets, says, stalls

troubles = {
    "reset": (resets, {}),
    "close": (closes, {}),
    "silence": (stalls, {"backendRequest": "300ms"}),
    "503": (answers("503 Service Unavailable"), {}),
}


@pytest.mark.parametrize("trouble", troubles)
def test_each_retry_goes_to_another_endpoint(make_origin, make_gateway, trouble):
    way, timeouts = troubles[trouble]
    answer, turns = retried(make_origin, make_gateway, [way, way], timeouts=timeouts)
    assert (answer.status, sorted(turns.names)) == (200, ["a", "b", "c"])
    assert answer.body.decode() == turns.names[-1]


@pytest.mark.parametrize("trouble", troubles)
def test_without_a_rule_there_is_one_try(make_origin, make_gateway, trouble):
    way, timeouts = troubles[trouble]
    answer, turns = retried(make_origin, make_gateway, [way] * 9, retry=None, timeouts=timeouts)
    assert (answer.status, len(turns.names)) == (504 if trouble == "silence" else 503, 1)


def test_refused_connections_are_tried_elsewhere(make_origin, make_gateway):
    alive = make_origin(Turns(), name="alive")
    gateway = serving(make_gateway, [free_port(), free_port(), alive.port], {})
    with gateway.connect() as client:
        assert [client.get().status for _ in range(30)] == [200] * 30


def test_an_endpoint_without_tls_is_tried_elsewhere(make_origin, make_gateway, certificates, running):
    running.append(TLSOrigin(certificate=certificates.origin))
    plain = make_origin(lambda connection: connection.send("no TLS\r\n"))
    gateway = make_gateway([
        *certificates.documents("ca"), listener(free_port()), route(retry=quick),
        upstream(plain.port, running[-1].port, tls={"ca": ["ca"], "serverName": "orders.internal"})])
    with gateway.connect() as client:
        assert [client.get().status for _ in range(10)] == [200] * 10


def test_an_endpoint_that_does_not_answer_the_connection_is_tried_elsewhere(make_origin, make_gateway):
    alive = make_origin(Turns(), name="alive")
    # Its backlog is full: the system drops who knocks.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as stack:
        for _ in range(2):
            knock = stack.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(full.getsockname())
        gateway = serving(make_gateway, [full.getsockname()[1], alive.port], {}, connect="200ms")
        with gateway.connect() as client:
            assert [client.get().status for _ in range(4)] == [200] * 4
    assert len(alive.requests) == 4


def test_a_session_at_a_dead_endpoint_goes_elsewhere(make_origin, make_gateway):
    origins = endpoints(make_origin, Turns(), 2)
    gateway = serving(make_gateway, [each.port for each in origins], {}, sessionPersistence={"type": "cookie"})
    with gateway.connect() as client:
        answer = client.get()
        cookie = answer["set-cookie"].split(";")[0]
        dead, alive = sorted(origins, key=lambda each: each.name != answer.body.decode())
        dead.stop()
        again = client.get(extra=f"Cookie: {cookie}\r\n")
        assert (again.status, again.body.decode()) == (200, alive.name)


def test_a_retry_stays_in_its_share(make_origin, make_gateway):
    one, two = Turns(*[resets] * 9), Turns()
    ports = [endpoints(make_origin, turns, 1)[0].port for turns in (one, two)]
    gateway = make_gateway([
        listener(free_port()), *[upstream(port, name=name) for port, name in zip(ports, ("v1", "v2"))],
        route(forward=[{"upstream": "v1"}, {"upstream": "v2"}], retry=quick)])
    with gateway.connect() as client:
        statuses = [client.get().status for _ in range(6)]
    assert sorted(statuses) == [200] * 3 + [503] * 3 and len(one.names) == 9 and len(two.names) == 3


def test_a_mirror_gets_one_copy_whatever_is_tried_again(make_origin, make_gateway):
    turns, shadow = Turns(resets, resets), Turns()
    origins = endpoints(make_origin, turns, 3)
    [copy] = endpoints(make_origin, shadow, 1)
    gateway = make_gateway([
        listener(free_port()), upstream(*[each.port for each in origins]), upstream(copy.port, name="shadow"),
        route(retry=quick, mirror=[{"upstream": "shadow"}])])
    with gateway.connect() as client:
        assert client.get("/one").status == 200
        wait_until(lambda: len(copy.requests) == 1, "the copy has arrived")
        assert client.get("/two").status == 200
        wait_until(lambda: len(copy.requests) == 2, "the second copy has arrived")
    assert [each.target for each in copy.requests] == ["/one", "/two"] and len(turns.names) == 4


@pytest.mark.parametrize("attempts", [0, 1, 2, 5])
def test_attempts_counts_retries(make_origin, make_gateway, attempts):
    answer, turns = retried(make_origin, make_gateway, [resets] * 20, count=1, retry={"attempts": attempts})
    assert (answer.status, answer.json()["reason"]) == (503, "upstream-reset")
    assert len(turns.names) == 1 + attempts


def test_with_fewer_endpoints_than_tries_all_are_tried_first(make_origin, make_gateway):
    _, turns = retried(make_origin, make_gateway, [resets] * 20, count=2, retry={"attempts": 3})
    assert len(turns.names) == 4 and sorted(turns.names[:2]) == ["a", "b"]


# Triggers

@pytest.mark.parametrize(("way", "trigger", "status"), [
    (resets, "reset", 503), (closes, "reset", 503), (stalls, "timeout", 504)], ids=["reset", "close", "stall"])
def test_only_the_triggers_that_are_named_count(make_origin, make_gateway, way, trigger, status):
    others = sorted({"connect-failure", "refused-stream", "reset", "timeout"} - {trigger})
    timeouts = {"backendRequest": "300ms"}
    answer, turns = retried(make_origin, make_gateway, [way] * 9, retry={"on": others}, timeouts=timeouts)
    assert (answer.status, len(turns.names)) == (status, 1)
    answer, turns = retried(make_origin, make_gateway, [way], retry={"on": [trigger]}, timeouts=timeouts)
    assert (answer.status, len(turns.names)) == (200, 2)


def test_a_refused_connection_is_no_reset(make_origin, make_gateway):
    alive = make_origin(Turns(), name="alive")
    gateway = serving(make_gateway, [free_port(), alive.port], {"on": ["reset", "timeout", "refused-stream"]})
    with gateway.connect() as client:
        assert sorted(client.get().status for _ in range(10)) == [200] * 5 + [503] * 5


def test_what_is_not_http_is_no_reset(make_origin, make_gateway):
    answer, turns = retried(make_origin, make_gateway, [says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")] * 9)
    assert (answer.status, answer.json()["reason"], len(turns.names)) == (502, "upstream-invalid", 1)


def test_an_answer_that_breaks_off_is_not_tried_again(make_origin, make_gateway):
    turns = Turns(says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"))
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins], {})
    with gateway.connect() as client:
        try:
            answer = client.ask(GET)
            assert not answer.is_whole and answer.body in (b"", b"hello")[:2]
        except Closed:
            pass
    assert len(turns.names) == 1


# Kept connections

def test_a_kept_connection_that_closes_on_use_is_replaced_at_another_endpoint(make_origin, make_gateway):
    turns = Turns(answers(), answers(), closes)
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins], {"attempts": 1})
    with gateway.connect() as client:
        assert [client.get().status for _ in range(3)] == [200] * 3
    assert len(turns.names) == 4


def test_a_kept_connection_that_closed_while_idle_costs_no_try(make_origin, make_gateway):
    ends = threading.Event()

    def once(connection, request):
        answers()(connection, request)
        assert ends.wait(30)
        raise ConnectionResetError
    turns = Turns(once)
    origins = endpoints(make_origin, turns, 1)
    gateway = serving(make_gateway, [origins[0].port], {"attempts": 0})
    with gateway.connect() as client:
        assert client.get().status == 200
        ends.set()
        wait_until(lambda: gateway.metrics()['sluice_connections{side="upstream"}'] == 0, "the pool is empty")
        assert client.get().status == 200
    assert len(turns.names) == 2


# HTTP/2

def test_a_request_over_http2_is_tried_again(make_origin, make_gateway):
    turns = Turns(resets, answers("503 Busy"))
    origins = endpoints(make_origin, turns, 3)
    gateway = serving(make_gateway, [each.port for each in origins], {})
    with H2Client(gateway.port) as client:
        answer = client.get()
        assert (answer.status, answer.body.decode()) == (200, turns.names[-1])
        assert client.ask(method="POST", body=b"order").status == 200
    assert sorted(turns.names[:3]) == ["a", "b", "c"]


@pytest.fixture
def make_h2_origins(running):
    """Two HTTP/2 origins that share what they do: the first `count` requests meet `way`."""
    def make(way, count: int = 1):
        seen, lock = [], threading.Lock()

        def script(request):
            with lock:
                seen.append(request.connection.origin.name)
                is_bad = len(seen) <= count
            way(request) if is_bad else request.answer(request.connection.origin.name)
        origins = [H2Origin(script, name=name) for name in "ab"]
        running.extend(origins)
        return origins, seen
    return make


@pytest.mark.parametrize(("code", "trigger"), [
    (h2.errors.ErrorCodes.REFUSED_STREAM, "refused-stream"), (h2.errors.ErrorCodes.INTERNAL_ERROR, "reset")])
def test_streams_that_are_refused_or_reset(make_h2_origins, make_gateway, code, trigger):
    origins, seen = make_h2_origins(lambda request: request.reset(code))
    ports = [each.port for each in origins]
    gateway = serving(make_gateway, ports, {"on": [trigger]}, protocol="h2c")
    with gateway.connect() as client:
        assert client.get().status == 200
    assert sorted(seen) == ["a", "b"]


def test_a_post_that_was_refused_unseen_may_be_sent_again_where_its_method_may(make_h2_origins, make_gateway):
    origins, seen = make_h2_origins(lambda request: request.reset(h2.errors.ErrorCodes.REFUSED_STREAM))
    gateway = serving(make_gateway, [each.port for each in origins], {"methods": ["POST"]}, protocol="h2c")
    with gateway.connect() as client:
        assert client.ask("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n").status == 200
    assert sorted(seen) == ["a", "b"]
