"""Warnings: what is stored and can hardly be meant."""

from datetime import datetime, timedelta, timezone

from harness import https, listener, route, upstream


def apply(control, *documents, query: str = ""):
    answer = control.call("POST", f"/v1/apply{query}", list(documents))
    assert answer.status == 200, answer.text
    return warnings(answer)


def warnings(answer) -> list[tuple[str, str]]:
    return [(each["code"], f"{each['kind']}/{each['name']}") for each in answer.json().get("warnings", [])]


def test_a_certificate_that_ends_within_thirty_days_is_warned_of_each_time(control, certificates):
    ends = (datetime.now(timezone.utc) + timedelta(days=10, hours=1)).strftime("%Y%m%d%H%M%SZ")
    short = certificates.authority.issue("short.example.com", ["DNS:short.example.com"], dates=("20200101000000Z", ends))
    documents = [short.document("short"), https(18443, "short")]
    assert apply(control, *documents) == [("expires", "certificate/short")]
    again = control.call("POST", "/v1/apply", documents)
    assert (again.headers["X-Change"], warnings(again)) == ("none", [("expires", "certificate/short")])
    (warning,) = again.json()["warnings"]
    assert warning["pointer"] == "/certificate" and "short.example.com" in warning["detail"] and " 10 days," in warning["detail"]


def test_a_certificate_that_nothing_uses_is_warned_of(control, certificates):
    made = control.put(certificates.shop.document("shop"))
    assert warnings(made) == [("unused", "certificate/shop")]
    assert warnings(control.put(https(18443, "shop"))) == []
    assert warnings(control.put({**certificates.shop.document("shop"), "description": "used"})) == []
    # The last one that referred to it goes.
    assert warnings(control.put(listener(18443))) == [("unused", "certificate/shop")]


def test_an_upstream_that_nothing_uses_is_warned_of_where_all_of_it_is_known(control):
    assert warnings(control.put(upstream(9000))) == []
    assert apply(control, upstream(9001), query="?dryRun=true") == [("unused", "upstream/origin")]
    assert apply(control, upstream(9001), route()) == []


def test_hosts_that_no_listener_takes_are_warned_of(control):
    control.put(upstream(9000))
    assert warnings(control.put(route("early", hostnames=["a.example.com"]))) == []
    control.put(listener(18080, hostnames=["*.example.com"]))
    assert warnings(control.put(route("in", hostnames=["b.example.com"]))) == []
    out = control.put(route("out", hostnames=["b.example.com", "b.example.org"]))
    assert warnings(out) == [("no-listener", "route/out")]
    assert out.json()["warnings"][0]["pointer"] == "/hostnames" and "b.example.org" in out.json()["warnings"][0]["detail"]
    control.put(listener(18081, name="inner", hostnames=["b.example.org"]))
    assert warnings(control.put(route("out", hostnames=["b.example.com", "b.example.org"]))) == []


def test_a_limit_for_each_caller_is_warned_of_where_nobody_finds_out_who_calls(control):
    limit = {"kind": "traffic-policy", "name": "limit", "type": "concurrency",
             "concurrency": {"maxRequests": 1, "key": [{"consumer": True}]}}
    basic = {"kind": "auth-policy", "name": "basic", "type": "basic"}
    documents = [limit, basic, upstream(9000)]
    lonely = {**route(), "policies": ["limit"]}
    made = control.call("POST", "/v1/apply", [*documents, listener(18080), lonely])
    assert ("callers-unknown", "route/all") in warnings(made), made.text
    assert [each["pointer"] for each in made.json()["warnings"] if each["code"] == "callers-unknown"] == ["/policies/0"]
    assert apply(control, {**lonely, "policies": ["basic", "limit"]}) == []
    guarded = {**listener(18080), "policies": ["basic"]}
    assert apply(control, guarded, lonely) == []
    assert ("callers-unknown", "route/all") in warnings(control.put({**lonely, "inherit": False}))
