"""Routes, upstreams and policies with every field: are they stored, read back, and taken by replicas?"""

import pytest

from harness import free_port, listener

UPSTREAM = {
    "protocol": "http1",
    "endpoints": [{"address": "127.0.0.1", "port": 9000, "weight": 2, "backup": False},
                  {"address": "127.0.0.1", "port": 9001, "weight": 1, "backup": True}],
    "loadBalancing": {"algorithm": "consistent-hash", "hashOn": {"cookie": "user"}},
    "sessionPersistence": {"type": "cookie", "name": "sluice-orders", "lifetime": "session"},
    "healthChecks": {
        "active": {"type": "http", "path": "/healthz", "hostname": "orders.internal", "expectedStatuses": [200, 204],
                   "port": 9100, "interval": "3s", "timeout": "1s", "healthyThreshold": 1, "unhealthyThreshold": 3},
        "passive": {"consecutive5xx": 5, "consecutiveGatewayErrors": 5, "interval": "3s", "baseEjectionTime": "30s",
                    "maxEjectionPercent": 50},
        "panicThreshold": 50},
    "circuitBreaker": {"maxConnections": 1024, "maxPendingRequests": 1024, "maxParallelRequests": 1024,
                       "maxParallelRetries": 64},
    "timeouts": {"connect": "5s", "idle": "60s"},
}
HEADERS = {"set": {"x-a": "1"}, "add": {"x-b": ["1", "2"]}, "remove": ["x-c"]}
ROUTE = {
    "listeners": ["web"], "hostnames": ["shop.example.com", "*.shop.example.com"],
    "matches": [{"path": {"prefix": "/api/orders"}, "methods": ["GET", "POST"],
                 "headers": [{"name": "x-env", "exact": "canary"}, {"name": "x-build", "regex": "^2\\."}],
                 "query": [{"name": "beta", "exact": "1"}], "cookies": [{"name": "group", "exact": "b"}]}],
    "forward": [{"upstream": "orders", "weight": 90},
                {"upstream": "other", "weight": 10, "requestHeaders": HEADERS, "responseHeaders": HEADERS,
                 "rewrite": {"path": {"regex": "^/api", "substitution": ""}}}],
    "sticky": {"by": "cookie", "name": "version", "lifetime": "1h"},
    "rewrite": {"hostname": "orders.internal", "path": {"replacePrefix": "/v2"}},
    "requestHeaders": HEADERS, "responseHeaders": HEADERS,
    "mirror": [{"upstream": "shadow", "percent": 0.5}],
    "timeouts": {"request": "15s", "backendRequest": "5s", "idle": "5m"},
    "retry": {"attempts": 2, "on": ["connect-failure", "refused-stream", "reset", "timeout"], "statusCodes": [503],
              "methods": ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"], "backoff": {"base": "25ms", "max": "250ms"},
              "budget": {"percent": 20, "minConcurrency": 3}},
    "policies": ["faults"], "inherit": True,
}
DOCUMENTS = [
    {"kind": "upstream", "name": "orders", **UPSTREAM},
    {"kind": "upstream", "name": "other", "endpoints": [{"address": "::1", "port": 1}],
     "loadBalancing": {"algorithm": "peak-ewma", "slowStart": "30s"},
     "healthChecks": {"active": {"type": "tcp"}}},
    {"kind": "upstream", "name": "shadow", "discovery": {"type": "dns", "hostname": "localhost", "port": 9000,
                                                         "refresh": "30s"}},
    {"kind": "traffic-policy", "name": "faults", "type": "fault",
     "fault": {"delay": {"duration": "1s", "percent": 0}, "abort": {"status": 503, "percent": 0.0001}}},
    {"kind": "route", "name": "orders", **ROUTE},
    {"kind": "route", "name": "moved", "hostnames": ["old.example.com"],
     "redirect": {"scheme": "https", "hostname": "shop.example.com", "port": 8443, "status": 308,
                  "path": {"replacePrefix": "/new"}}},
    {"kind": "route", "name": "closed", "hostnames": ["closed.example.com"], "matches": [{"path": {"regex": "^/[a-z]+$"}}],
     "respond": {"status": 410, "contentType": "text/html", "body": "<p>gone</p>", "headers": {"cache-control": "no-store"}}},
]


def plural(kind: str) -> str:
    return "traffic-policies" if kind == "traffic-policy" else f"{kind}s"


@pytest.fixture
def filled(control):
    control.port_of_gateway = free_port()
    applied = control.call("POST", "/v1/apply", [listener(control.port_of_gateway), *DOCUMENTS])
    assert applied.status == 200, applied.text
    return control


def test_every_field_is_read_back_as_it_was_written(filled):
    for document in DOCUMENTS:
        path = f"/v1/{plural(document['kind'])}/{document['name']}"
        read = filled.call("GET", path).json()
        assert {key: value for key, value in read.items() if key not in ("name", "meta")} == {
            key: value for key, value in document.items() if key not in ("kind", "name")}
        assert filled.call("PUT", path, read).headers["X-Change"] == "none"


def test_a_replica_takes_every_field(filled, make_replica):
    replica = make_replica(filled, filled.port_of_gateway)
    [state] = filled.call("GET", "/v1/replicas").json()["items"]
    assert state["state"] in ("applied", "pending") and state["errors"] == []
    with replica.connect() as client:
        assert client.get("/abc", host="closed.example.com").status == 410


def test_what_a_share_a_mirror_or_a_policy_list_names_cannot_be_deleted(filled):
    for path, pointer in (("upstreams/other", "/forward/1/upstream"), ("upstreams/shadow", "/mirror/0/upstream"),
                          ("traffic-policies/faults", "/policies/0")):
        answer = filled.call("DELETE", f"/v1/{path}")
        assert answer.status == 409
        [error] = answer.json()["errors"]
        assert (error["kind"], error["name"]) == ("route", "orders"), (error, pointer)


def test_explain_shows_the_split_and_what_the_gateway_answers_itself(filled):
    port = filled.port_of_gateway
    fields = {"x-env": "canary", "x-build": "2.1", "cookie": "group=b"}
    url = f"http://shop.example.com:{port}/api/orders/1?beta=1"
    found = filled.call("POST", "/v1/explain", {"url": url, "headers": fields}).json()
    assert (found["route"], found["upstream"], found["status"]) == ("orders", None, None)
    assert found["split"] == [{"upstream": "orders", "weight": 90, "percent": 90, "taken": False},
                              {"upstream": "other", "weight": 10, "percent": 10, "taken": False}]
    for host, route, status in (("old", "moved", 308), ("closed", "closed", 410)):
        found = filled.call("POST", "/v1/explain", {"url": f"http://{host}.example.com:{port}/abc"}).json()
        assert (found["route"], found["upstream"], found["split"], found["status"]) == (route, None, [], status)
    shown = filled.cli("explain", "GET", f"http://old.example.com:{port}/abc").stdout
    assert "moved → the gateway answers 308" in shown
    shown = filled.cli("explain", "GET", url, *[part for each in fields.items() for part in ("-H", ": ".join(each))]).stdout
    assert "orders → upstreams orders (90 %), other (10 %)" in shown


def test_lists_show_what_routes_and_upstreams_do(filled):
    routes = filled.cli("get", "routes").stdout
    assert "~^/[a-z]+$" in routes and "respond 410" in routes and "redirect 308" in routes
    assert "/api/orders* +" in routes and "orders=90,other=10" in routes
    upstreams = filled.cli("get", "upstreams").stdout
    assert "dns localhost:9000" in upstreams and "[::1]:1" in upstreams


REFUSED = [
    ("routes/a", {"matches": [{"path": {"regex": "("}}], "forward": [{"upstream": "orders"}]}, "/matches/0/path/regex"),
    ("routes/a", {"matches": [{"headers": [{"name": "a", "regex": "[z-a]"}]}], "forward": [{"upstream": "orders"}]},
     "/matches/0/headers/0/regex"),
    ("routes/a", {"forward": [{"upstream": "orders"}], "rewrite": {"path": {"regex": "(", "substitution": "/"}}},
     "/rewrite/path/regex"),
    ("routes/a", {"forward": [{"upstream": "orders"}], "rewrite": {"path": {"regex": "a", "substitution": "/$9"}}},
     "/rewrite/path/substitution"),
    ("routes/a", {"forward": [{"upstream": "nobody"}]}, "/forward/0/upstream"),
    ("routes/a", {"forward": [{"upstream": "orders"}], "mirror": [{"upstream": "nobody"}]}, "/mirror/0/upstream"),
    ("routes/a", {"forward": [{"upstream": "orders"}], "retry": {"attempts": 11}}, "/retry/attempts"),
    ("upstreams/a", {"endpoints": [], "discovery": {"type": "dns", "hostname": "a", "port": 1}}, "/endpoints"),
    ("upstreams/a", {"endpoints": [{"address": "::1", "port": 1}], "circuitBreaker": {"maxConnections": 0}},
     "/circuitBreaker/maxConnections"),
]


@pytest.mark.parametrize(("path", "document", "pointer"), REFUSED, ids=[pointer for _, _, pointer in REFUSED])
def test_what_is_refused_says_where(filled, path, document, pointer):
    answer = filled.call("PUT", f"/v1/{path}", document)
    assert answer.status == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
