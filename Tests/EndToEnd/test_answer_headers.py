"""What do policies for the fields of answers do, on all answers and on both protocols?"""

import pytest

from h2_client import H2Client
from harness import free_port, https, listener, route, upstream
from limiting import limit, rate_limit
from tls_client import TLSClient

SECURITY = {
    "x-content-type-options": "nosniff", "x-frame-options": "SAMEORIGIN", "content-security-policy": "frame-ancestors 'self'",
    "referrer-policy": "strict-origin-when-cross-origin", "cross-origin-opener-policy": "same-origin"}
TRANSPORT = "strict-transport-security"


def policy(name: str, **settings) -> dict:
    return {"kind": "traffic-policy", "name": name, "type": "headers", "headers": settings}


def answering(fields: str = ""):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("ok", fields=fields)
    return script


def answers(gateway, path: str = "/") -> list:
    """The answers to the same request on both protocols."""
    with gateway.connect() as plain:
        first = plain.get(path)
    with H2Client(gateway.port) as client:
        return [first, client.get(path)]


def has_preset(answer) -> bool:
    return all(answer.all(name) == [value] for name, value in SECURITY.items())


@pytest.fixture
def make(make_gateway, make_origin):
    """`make([POLICY, …], UPSTREAM'S FIELDS, of_route=…, of_listener=…, ROUTE FIELDS…)`"""
    def make(policies, fields: str = "", of_route=(), of_listener=(), more=(), **rules):
        return make_gateway([listener(free_port(), policies=list(of_listener)), upstream(make_origin(answering(fields)).port),
                             *policies, route(policies=list(of_route), **rules), *more])
    return make


@pytest.mark.parametrize("place", ["of_route", "of_listener"])
def test_the_preset_is_told_on_answers_of_upstreams(make, place):
    gateway = make([policy("pages", presets=["security"])], **{place: ["pages"]})
    for answer in answers(gateway):
        assert answer.status == 200 and has_preset(answer) and answer.all(TRANSPORT) == []


def test_a_preset_yields_to_the_upstream_and_a_set_does_not(make):
    theirs = "X-Frame-Options: DENY\r\ncontent-security-policy: default-src 'none'\r\nReferrer-Policy: origin\r\nServer: x\r\n"
    gateway = make([policy("pages", presets=["security"], set={"Referrer-Policy": "no-referrer"}, add={"X-A": ["1", "2"]},
                           remove=["Server"])], theirs, of_route=["pages"])
    for answer in answers(gateway):
        assert answer.all("x-frame-options") == ["DENY"]
        assert answer.all("content-security-policy") == ["default-src 'none'"]
        assert answer.all("referrer-policy") == ["no-referrer"]
        assert answer.all("x-a") == ["1", "2"] and answer.all("server") == []
        assert answer.all("x-content-type-options") == ["nosniff"]


def test_the_rules_of_the_route_come_last(make):
    gateway = make([policy("pages", presets=["security"], set={"X-A": "policy", "X-B": "policy"})], "X-A: theirs\r\n",
                   of_route=["pages"], responseHeaders={"set": {"X-A": "route"}, "remove": ["X-Frame-Options"]})
    for answer in answers(gateway):
        assert answer.all("x-a") == ["route"] and answer.all("x-b") == ["policy"] and answer.all("x-frame-options") == []


def test_the_last_of_a_route_replaces_that_of_the_listener(make):
    policies = [policy(name, set={f"X-{name}": "1"}) for name in ("a", "b", "c")]
    gateway = make(policies, of_listener=["a"], of_route=["b", "c"],
                   more=[route("none", prefix="/none", inherit=False), route("plain", prefix="/plain")])
    for path, expected in [("/", "c"), ("/none", None), ("/plain", "a")]:
        for answer in answers(gateway, path):
            assert [name for name in "abc" if answer.all(f"x-{name}")] == ([expected] if expected else [])


def test_answers_of_the_gateway_itself_have_them(make):
    gateway = make([policy("pages", presets=["security"], set={"X-A": "1", "Content-Type": "text/x"}), rate_limit("none", limit(0))],
                   of_listener=["pages"], exact="/there", more=[
                       route("old", exact="/old", forward=None, redirect={"hostname": "new.example"}),
                       route("said", exact="/said", forward=None, respond={"status": 200, "body": "hi", "headers": {"X-Frame-Options": "DENY"}}),
                       route("much", exact="/much", policies=["none"])])
    for path, status in [("/old", 302), ("/said", 200), ("/much", 429), ("/nowhere", 404)]:
        for answer in answers(gateway, path):
            assert answer.status == status and answer.all("x-a") == ["1"], path
            assert answer.all("x-content-type-options") == ["nosniff"]
            assert answer.all("x-frame-options") == ["DENY" if path == "/said" else "SAMEORIGIN"]
            if status > 400:
                assert answer.all("content-type") == ["application/problem+json"]
            assert len(answer.all("x-request-id")) == 1 and len(answer.all("date")) == 1


def test_strict_transport_is_told_over_tls_alone(make_gateway, make_origin, certificates):
    documents = [*certificates.documents("shop"), https(free_port(), "shop", policies=["pages"]),
                 policy("pages", presets=["security"]), upstream(make_origin(answering()).port), route()]
    gateway = make_gateway(documents)
    with TLSClient(gateway.port, "shop.example.com", trusted=certificates.authority) as client:
        answer = client.get(host="shop.example.com")
    assert answer.all(TRANSPORT) == ["max-age=31536000; includeSubDomains"] and has_preset(answer)


def test_a_new_configuration_replaces_them(make_gateway, make_origin):
    port, there = free_port(), make_origin(answering()).port

    def documents(value):
        return [listener(port, policies=["pages"]), policy("pages", set={"X-A": value}), upstream(there), route()]
    gateway = make_gateway(documents("1"))
    assert [answer["x-a"] for answer in answers(gateway)] == ["1", "1"]
    gateway.reload(documents("2"))
    assert [answer["x-a"] for answer in answers(gateway)] == ["2", "2"]
