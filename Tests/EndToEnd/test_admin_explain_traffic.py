"""`POST /v1/explain`: what traffic policies do to a request."""

import pytest

from harness import route, upstream

POLICIES = [
    ("rate-limit", "rateLimit", {"limits": [{"requests": 5, "per": "second", "burst": 10, "key": [{"clientAddress": True}]},
                                            {"requests": 100, "per": "day", "key": [{"header": "X-A"}, {"claim": "a.b"}]}]},
     "5 a second, 10 at once for each client address; 100 a day for each header x-a, claim a.b (local)"),
    ("concurrency", "concurrency", {"maxRequests": 8, "key": [{"consumer": True}], "queue": {"maxRequests": 20}},
     "8 at once for each consumer, 20 wait up to 1s"),
    ("concurrency", "concurrency", {"maxRequests": 8}, "8 at once"),
    ("body", "body", {"maxBytes": "1Mi"}, "bodies up to 1048576 bytes"),
    ("waf", "waf", {"mode": "detect", "anomalyThreshold": 7}, "detects from score 7 on, paranoia level 1"),
    ("headers", "headers", {"presets": ["security"], "set": {"x-a": "1"}, "remove": ["server"]},
     "preset security, x-a, no server"),
]


def explained(control, policy: dict) -> list:
    control.put({"kind": "traffic-policy", "name": "policy", **policy})
    control.put(upstream(9000))
    control.put({"kind": "listener", "name": "web", "port": 8080})
    control.put({**route(), "policies": ["policy"]})
    answer = control.call("POST", "/v1/explain", {"method": "GET", "url": "http://h.example:8080/"})
    assert answer.status == 200, answer.text
    return answer.json()["policies"]


@pytest.mark.parametrize("kind, field, settings, text", POLICIES)
def test_a_traffic_policy_is_told_with_what_it_does(control, kind, field, settings, text):
    policy, = explained(control, {"type": kind, field: settings})
    assert (policy["policy"], policy["type"], policy["from"], policy["inForce"]) == ("policy", kind, "route", True)
    assert text in policy.values()


def test_a_policy_that_only_observes_says_so(control):
    policy, = explained(control, {"type": "body", "observe": True, "body": {"maxBytes": 1}})
    assert "observes: bodies up to 1 bytes" in policy.values()
