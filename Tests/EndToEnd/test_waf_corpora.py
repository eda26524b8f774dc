"""Are attacks told from what people really send? Each request goes over the wire, by both protocols."""

import json

import pytest

from h2_client import H2Client
from harness import repository
from waf import events, guarded

folder = repository / "Tests" / "EndToEnd" / "corpora" / "waf"
attacks = json.loads((folder / "attacks.json").read_text())
benign = json.loads((folder / "benign.json").read_text())
policy = {"kind": "traffic-policy", "name": "firewall", "type": "waf", "waf": {"rules": "crs"}}
usual = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept": "*/*"}


def over_http1(gateway, case: dict) -> int:
    body = case.get("body", "").encode()
    fields = {**usual, **case["fields"], **({"Content-Length": str(len(body))} if "body" in case else {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with gateway.connect() as client:
        return client.ask(f"{case['method']} {case['target']} HTTP/1.1\r\nHost: shop.example.com\r\n{lines}\r\n".encode() + body,
                          is_head=case["method"] == "HEAD").status


def over_http2(gateway, case: dict) -> int:
    fields = [(name.lower(), value) for name, value in {**usual, **case["fields"]}.items()]
    with H2Client(gateway.port) as client:
        stream = client.open(path=case["target"], method=case["method"], ends="body" not in case, extra=fields)
        if "body" in case:
            client.send_body(stream, case["body"].encode())
        return client.answer(stream).status


@pytest.mark.parametrize("ask", [over_http1, over_http2])
def test_attacks_are_refused(make_gateway, origin, ask):
    gateway = make_gateway(guarded(origin.port, policy))
    answers = {case["name"]: ask(gateway, case) for case in attacks}
    assert {name: status for name, status in answers.items() if status != 403} == {}
    assert origin.requests == []
    assert all(event["rules"] and event["action"] == "refused" for event in events(gateway, len(attacks)))


@pytest.mark.parametrize("ask", [over_http1, over_http2])
def test_what_people_send_passes(make_gateway, origin, ask):
    gateway = make_gateway(guarded(origin.port, policy))
    answers = {case["name"]: ask(gateway, case) for case in benign}
    assert {name: status for name, status in answers.items() if status != 200} == {}
    bodies = [request.body for request in origin.requests]
    assert bodies == [case.get("body", "").encode() for case in benign]
