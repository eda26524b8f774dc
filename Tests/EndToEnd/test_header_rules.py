"""What do rules do to the fields of requests and answers, on both protocols and on both sides?"""

import gzip

import pytest

from h2_client import H2Client
from h2_frames import fields_of
from h2_origin import H2Origin
from harness import free_port, listener, route, upstream

ACCEPT = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\nX-Gone: 1\r\n\r\n"
ASK = ("GET /chat HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
RULES = {"set": {"X-Set": "new"}, "add": {"X-Added": ["3", "4"]}, "remove": ["X-Gone"]}
LINES = "X-Set: a\r\nx-set: b\r\nX-Added: 1\r\nx-added: 2\r\nX-GONE: 1\r\nx-gone: 2\r\nX-Stays: 1\r\n"


def check(message):
    assert message.all("x-set") == ["new"] and message.all("x-added") == ["1", "2", "3", "4"]
    assert message.all("x-gone") == [] and message.all("x-stays") == ["1"]


def answering(connection):
    while True:
        connection.read_request()
        connection.answer("ok", fields=LINES)


def fields() -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, _, value in (line.partition(": ") for line in LINES.splitlines())]


@pytest.fixture
def make(make_gateway):
    """`make(origin, route fields…)`: a gateway with one route."""
    return lambda origin, protocol="http1", **rules: make_gateway(
        [listener(free_port()), upstream(origin.port, protocol=protocol), route(**rules)])


@pytest.mark.parametrize("share", [False, True])
def test_requests(make, origin, share):
    rules = {"forward": [{"upstream": "origin", "requestHeaders": RULES}]} if share else {"requestHeaders": RULES}
    gateway = make(origin, **rules)
    with gateway.connect() as client:
        client.get(extra=LINES)
        client.ask(f"POST / HTTP/1.1\r\nHost: a\r\n{LINES}Content-Length: 5\r\n\r\nhello")
    with H2Client(gateway.port) as client:
        client.ask(fields_of() + fields())
    assert len(origin.requests) == 3 and origin.requests[1].body == b"hello"
    for request in origin.requests:
        check(request)


@pytest.mark.parametrize("share", [False, True])
def test_answers(make, make_origin, share):
    rules = {"forward": [{"upstream": "origin", "responseHeaders": RULES}]} if share else {"responseHeaders": RULES}
    gateway = make(make_origin(answering), **rules)
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.get()
            check(answer)
            assert answer.body == b"ok" and answer["x-request-id"] and answer["content-length"] == "2"
        check(client.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", is_head=True))
    with H2Client(gateway.port) as client:
        answer = client.get()
        check(answer)
        assert answer.body == b"ok" and answer["content-length"] == "2"


def test_over_http2_on_both_sides(make, running):
    origin = H2Origin(lambda request: request.answer("ok", fields=fields()))
    running.append(origin)
    gateway = make(origin, "h2c", requestHeaders=RULES, responseHeaders=RULES)
    with H2Client(gateway.port) as client:
        check(client.ask(fields_of() + fields()))
    with gateway.connect() as client:
        check(client.get(extra=LINES))
    for request in origin.requests:
        check(request)


def test_rules_of_the_share_come_after_those_of_the_route(make, origin):
    gateway = make(origin, requestHeaders={"set": {"X-A": "route", "X-B": "route"}, "add": {"X-C": "route", "X-D": "route"}},
                   forward=[{"upstream": "origin", "requestHeaders": {"set": {"x-a": "share"}, "add": {"X-C": "share"},
                                                                      "remove": ["x-d"]}}])
    with gateway.connect() as client:
        client.get(extra="X-A: client\r\nX-C: client\r\nX-D: client\r\n")
    request = origin.requests[0]
    assert [request.all(f"x-{name}") for name in "abcd"] == [["share"], ["route"], ["client", "route", "share"], []]


def test_lines_of_the_gateway_yield(make, origin):
    gateway = make(origin, requestHeaders={"set": {"X-Request-Id": "mine", "X-Forwarded-Proto": "https"},
                                           "remove": ["X-Forwarded-For"], "add": {"X-Forwarded-Host": "other"}},
                   responseHeaders={"set": {"Date": "never"}, "remove": ["X-Request-Id"]})
    with gateway.connect() as client:
        answer = client.get(extra="X-Forwarded-For: 6.6.6.6\r\n")
        assert answer.all("date") == ["never"] and answer.all("x-request-id") == []
    with H2Client(gateway.port) as client:
        answer = client.get(authority="test")
        assert answer.all("date") == ["never"] and answer.all("x-request-id") == []
    for request in origin.requests:
        assert (request["x-request-id"], request["x-forwarded-proto"]) == ("mine", "https")
        assert request.all("x-forwarded-for") == [] and request.all("x-forwarded-host") == ["test", "other"]


def test_trusted_proxies_and_rules(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port(), clientAddress={"source": "x-forwarded-for", "trustedHops": 1}), upstream(origin.port),
        route(requestHeaders={"set": {"X-Forwarded-For": "hidden"}})])
    with gateway.connect() as client:
        client.get(extra="X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n")
    assert (origin.requests[0]["x-forwarded-for"], origin.requests[0]["x-forwarded-proto"]) == ("hidden", "https")


def test_websockets(make, make_origin):
    heads = []

    def script(connection):
        heads.append(connection.read_head())
        connection.send(ACCEPT)
        connection.wait_gone()
    gateway = make(make_origin(script), requestHeaders={"set": {"X-Set": "new"}}, responseHeaders=RULES)
    with gateway.connect() as client:
        client.send(ASK)
        answer = client.any_answer()
    assert answer.status == 101 and answer["x-set"] == "new" and answer.all("x-gone") == []
    assert answer.all("x-added") == ["3", "4"] and answer["sec-websocket-accept"] == "x"
    assert heads[0]["x-set"] == "new" and heads[0]["connection"] == "Upgrade"


def test_problems_of_the_gateway_are_left_alone(make_gateway):
    gateway = make_gateway([listener(free_port()), upstream(free_port()),
                            route(responseHeaders={"set": {"X-Set": "new"}, "remove": ["X-Request-Id"]})])
    with gateway.connect() as client:
        answer = client.get()
        assert answer.status == 503 and answer.all("x-set") == [] and answer["x-request-id"]
    with H2Client(gateway.port) as client:
        answer = client.get()
        assert answer.status == 503 and answer.all("x-set") == [] and answer["x-request-id"]


@pytest.mark.parametrize("rules", [{"set": {"Content-Encoding": "x-own"}}, {"add": {"Content-Encoding": "x-own"}}])
def test_a_coding_that_a_rule_names_is_the_only_one(make_gateway, make_origin, rules):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("a" * 5000, fields="Content-Type: text/plain\r\n")
    policy = {"kind": "traffic-policy", "name": "small", "type": "compression"}
    gateway = make_gateway([listener(free_port()), upstream(make_origin(script).port), policy,
                            route(policies=["small"], responseHeaders=rules)])
    for client in (gateway.connect(), H2Client(gateway.port)):
        with client:
            answer = client.get(extra="Accept-Encoding: gzip\r\n") if hasattr(client, "buffer") else client.ask(
                fields_of() + [("accept-encoding", "gzip")])
            assert answer.all("content-encoding") == ["x-own"] and answer.body == b"a" * 5000


def test_rules_and_compression(make_gateway, make_origin):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("a" * 5000, fields='Content-Type: text/plain\r\nETag: "1"\r\nVary: Origin\r\n')
    policy = {"kind": "traffic-policy", "name": "small", "type": "compression"}
    gateway = make_gateway([listener(free_port()), upstream(make_origin(script).port), policy,
                            route(policies=["small"], responseHeaders={"set": {"ETag": '"2"', "Vary": "X-A"}})])
    with gateway.connect() as client:
        answer = client.get(extra="Accept-Encoding: gzip\r\n")
    assert gzip.decompress(answer.body) == b"a" * 5000 and answer.all("etag") == ['"2"']
    assert sorted(answer.all("vary")) == ["Accept-Encoding", "X-A"]


def test_many_and_long_lines_find_room(make, origin):
    rules = {"add": {f"X-Long-{number}": "y" * 4000 for number in range(4)}}
    gateway = make(origin, requestHeaders=rules, responseHeaders=rules)
    for client in (gateway.connect(), H2Client(gateway.port)):
        with client:
            answer = client.get()
            assert answer.status == 200 and all(answer[f"x-long-{number}"] == "y" * 4000 for number in range(4))
    assert all(request["x-long-3"] == "y" * 4000 for request in origin.requests)
