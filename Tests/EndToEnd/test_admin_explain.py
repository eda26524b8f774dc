"""Does explain say what a replica then does?"""

import itertools
import ssl

import pytest

from dns_server import NameServer
from harness import free_port, https, listener, route, upstream, wait_until
from tls_client import TLSClient

PEER = "127.0.0.1"


class World:
    """A control plane, a replica that follows it, and the same questions to both."""

    def __init__(self, control, replica, port: int, host: str):
        self.control, self.replica, self.port, self.host = control, replica, port, host

    def explain(self, path: str = "/", host: str | None = None, method: str = "GET", headers: dict | None = None,
                client: str = PEER, scheme: str = "http", port: int | None = None) -> dict:
        url = f"{scheme}://{host or self.host}:{port or self.port}{path}"
        asked = {"method": method, "url": url, "headers": headers or {}, "clientAddress": client}
        answer = self.control.call("POST", "/v1/explain", asked)
        assert answer.status == 200, answer.text
        return answer.json()

    def ask(self, path: str = "/", host: str | None = None, method: str = "GET", headers: dict | None = None):
        """The replica's answer."""
        lines = [f"{name}: {each}" for name, value in (headers or {}).items()
                 for each in (value if isinstance(value, list) else [value])]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host or self.host}:{self.port}", *lines, "", ""])
        with self.replica.connect() as client:
            return client.ask(head, is_head=method == "HEAD")


@pytest.fixture
def world(control, make_replica):
    """`world([documents])`: all of them stored and served. Listeners are on `world.port`."""
    def make(documents, port: int | None = None, host: str = "shop.example.com", **options) -> World:
        port = port or next(each["port"] for each in documents if each["kind"] == "listener")
        applied = control.call("POST", "/v1/apply", documents)
        assert applied.status == 200, applied.text
        return World(control, make_replica(control, port, **options), port, host)
    return make


def named(name: str, **fields) -> dict:
    """A route whose answers say its name."""
    return {"kind": "route", "name": name, "forward": [{"upstream": "origin"}],
            "responseHeaders": {"set": {"x-route": name}}, **fields}


# Routes

ROUTES = [
    named("exact", matches=[{"path": {"exact": "/a/b"}}]),
    named("prefix", matches=[{"path": {"prefix": "/a"}}]),
    named("posts", matches=[{"path": {"prefix": "/a"}, "methods": ["POST"]}]),
    named("beta", matches=[{"path": {"prefix": "/a"}, "headers": [{"name": "x-env", "exact": "beta"}]}]),
    named("pattern", matches=[{"path": {"regex": "^/[0-9]+$"}}]),
    named("asked", matches=[{"path": {"prefix": "/q"}, "query": [{"name": "v", "regex": "^2"}]}]),
    named("cookie", matches=[{"path": {"prefix": "/q"}, "cookies": [{"name": "group", "exact": "b"}]}]),
    named("host", hostnames=["shop.example.com"], matches=[{"path": {"prefix": "/h"}}]),
    named("wild", hostnames=["*.example.com"], matches=[{"path": {"prefix": "/"}}]),
]


def test_the_route_and_the_target_are_those_of_the_replica(world, origin):
    both = world([listener(free_port()), upstream(origin.port), *ROUTES])
    paths = ["/", "/a", "/a/", "/a/b", "/a//b", "/a/./b", "/ab", "/12", "/1x", "/q?v=2", "/q?v=1", "/h/x", "/%61/b", "/a;x=1/b", "/%2f"]
    heads = [("GET", {}), ("POST", {"Content-Length": "0"}), ("GET", {"X-Env": "beta"}), ("GET", {"Cookie": "x=1; group=b"})]
    for path, host, (method, headers) in itertools.product(paths, ["shop.example.com", "SHOP.example.com", "a.b.example.com", "other"], heads):
        found = both.explain(path, host, method, headers)
        answer = both.ask(path, host, method, headers)
        case = (path, host, method, headers, found)
        assert found["route"] == answer["x-route"], case
        assert (found["status"] or 200) == answer.status, case
        if answer.status == 200:
            assert found["destinations"][0]["request"]["target"] == answer.json()["target"], case
        else:
            assert found["reason"] == answer.json()["reason"], case


def test_candidates_come_in_order_with_what_they_failed(world, origin):
    both = world([listener(free_port()), upstream(origin.port), *ROUTES])
    found = both.explain("/a/c", host="other")
    candidates = [(each["route"], each["failed"]) for each in found["candidates"]]
    assert candidates[:3] == [("posts", "method"), ("beta", "header x-env"), ("prefix", None)]
    assert set(candidates[3:]) == {("exact", "path"), ("asked", "path"), ("cookie", "path"), ("pattern", "path"),
                                   ("host", "hostname"), ("wild", "hostname")}
    assert found["share"]["by"] == "only"


# Shares

@pytest.fixture
def pair(make_origin):
    return [make_origin(name=name) for name in ("v1", "v2")]


def split(pair, first: int = 1, second: int = 1, **fields) -> list[dict]:
    forward = [{"upstream": "v1", "weight": first}, {"upstream": "v2", "weight": second}]
    return [*[upstream(each.port, name=each.name) for each in pair], route(forward=forward, **fields)]


def test_a_share_by_a_field(world, pair):
    both = world([listener(free_port()), *split(pair, 3, 1, sticky={"by": "header", "name": "x-user"})])
    seen = set()
    for user in range(40):
        headers = {"X-User": f"user-{user}"}
        found = both.explain(headers=headers)
        assert found["upstream"] == both.ask(headers=headers).json()["origin"] and found["share"]["by"] == "header"
        seen.add(found["upstream"])
    assert seen == {"v1", "v2"}
    without = both.explain()
    assert (without["upstream"], without["share"]["by"], len(without["destinations"])) == (None, "weights", 2)
    assert [each["percent"] for each in without["split"]] == [75, 25]


def test_a_share_by_a_cookie_that_the_replica_gave(world, pair):
    both = world([listener(free_port()), *split(pair, sticky={"by": "cookie", "name": "version"})])
    seen = set()
    for _ in range(4):
        answer = both.ask()
        cookie = answer["set-cookie"].partition(";")[0]
        found = both.explain(headers={"Cookie": f"a=b; {cookie}"})
        assert (found["upstream"], found["share"]["by"]) == (answer.json()["origin"], "cookie")
        seen.add(found["upstream"])
    assert seen == {"v1", "v2"}
    assert both.explain(headers={"Cookie": "version=forged"})["share"]["by"] == "weights"


def test_a_share_by_the_client_behind_proxies(world, pair):
    rule = {"source": "x-forwarded-for", "trustedHops": 2}
    both = world([listener(free_port(), clientAddress=rule), *split(pair, sticky={"by": "client-address"})])
    seen = set()
    for last in range(30):
        headers = {"X-Forwarded-For": f"6.6.6.6, 203.0.113.{last}, 10.0.0.1"}
        found = both.explain(headers=headers)
        assert found["client"]["address"] == f"203.0.113.{last}" and found["client"]["peer"] == PEER
        assert found["upstream"] == both.ask(headers=headers).json()["origin"]
        seen.add(found["upstream"])
    assert seen == {"v1", "v2"}


def test_shares_of_no_weight(world, pair):
    both = world([listener(free_port()), *split(pair, 0, 0)])
    found = both.explain()
    assert (found["status"], found["reason"]) == (500, "no-share") == (both.ask().status, both.ask().json()["reason"])


def test_a_share_that_alone_has_weight(world, pair):
    both = world([listener(free_port()), *split(pair, 0, 7)])
    found = both.explain()
    assert (found["upstream"], found["share"]["by"]) == ("v2", "only") and both.ask().json()["origin"] == "v2"


# Endpoints

@pytest.fixture
def four(make_origin):
    return [make_origin(name=f"o{number}") for number in range(4)]


def hashed(origins, source: dict, **fields) -> dict:
    document = upstream(*[each.port for each in origins], loadBalancing={"algorithm": "consistent-hash", "hashOn": source}, **fields)
    for weight, endpoint in enumerate(document["endpoints"], 1):
        endpoint["weight"] = weight
    return document


def port_of(found: dict) -> int:
    return int(found["endpoint"].rpartition(":")[2])


@pytest.mark.parametrize("source, path, headers", [
    ({"header": "x-user"}, "/", {"X-User": "user {}"}), ({"cookie": "user"}, "/", {"Cookie": "a=1; user={}"}),
    ({"query": "a b"}, "/?z=1&a%20b=%75ser-{}&a+b=other", {})])
def test_an_endpoint_by_consistent_hashing(world, four, source, path, headers):
    both = world([listener(free_port()), hashed(four, source), route()], workers=2)
    names = {each.port: each.name for each in four}
    seen = set()
    for key in range(40):
        filled = {name: value.format(key) for name, value in headers.items()}
        found = both.explain(path.format(key), headers=filled)
        assert names[port_of(found)] == both.ask(path.format(key), headers=filled).json()["origin"]
        assert found["destinations"][0]["views"][0]["by"] == "hash"
        seen.add(found["endpoint"])
    assert len(seen) > 1
    assert both.explain()["destinations"][0]["views"][0]["by"] == "algorithm"


def test_an_endpoint_by_the_client_address(world, four):
    rule = {"source": "header", "header": "x-real-client"}
    both = world([listener(free_port(), clientAddress=rule), hashed(four, {"clientAddress": True}), route()])
    names = {each.port: each.name for each in four}
    for last in range(30):
        headers = {"X-Real-Client": f"2001:db8::{last:x}" if last % 2 else f"198.51.100.{last}"}
        assert names[port_of(both.explain(headers=headers))] == both.ask(headers=headers).json()["origin"]
    # Without the field, who connects.
    assert names[port_of(both.explain())] == both.ask().json()["origin"]


def test_an_endpoint_by_the_cookie_that_the_replica_gave(world, four):
    both = world([listener(free_port()), upstream(*[each.port for each in four], sessionPersistence={}), route()])
    names = {each.port: each.name for each in four}
    for _ in range(8):
        answer = both.ask()
        found = both.explain(headers={"Cookie": answer["set-cookie"].partition(";")[0]})
        assert names[port_of(found)] == answer.json()["origin"] and found["destinations"][0]["views"][0]["by"] == "cookie"
    free = both.explain(headers={"Cookie": "sluice-origin=" + "A" * 22})
    assert free["endpoint"] is None and free["destinations"][0]["algorithm"] == "least-request"
    assert [each["candidate"] for each in free["destinations"][0]["views"][0]["endpoints"]] == [True] * 4


class Probed:
    """The script of an origin whose answer to probes a test sets."""

    def __init__(self):
        self.status = "200 OK"

    def __call__(self, connection):
        while True:
            request = connection.read_request()
            is_probe = request["User-Agent"] == "sluice-health"
            connection.answer(connection.origin.name, status=self.status if is_probe else "200 OK")


def test_what_replicas_find_unhealthy_is_walked_around_as_they_do(world, make_origin):
    scripts = [Probed() for _ in range(4)]
    origins = [make_origin(script, name=f"o{number}") for number, script in enumerate(scripts)]
    checks = {"active": {"type": "http", "path": "/", "interval": "100ms", "unhealthyThreshold": 1, "healthyThreshold": 1},
              "panicThreshold": 0}
    both = world([listener(free_port()), hashed(origins, {"header": "x-user"}, healthChecks=checks), route()])
    names = {each.port: each.name for each in origins}

    def agree() -> bool:
        """The worker may hear of a probe after the control plane."""
        asked = [{"X-User": f"u{user}"} for user in range(25)]
        return all(names[port_of(both.explain(headers=each))] == both.ask(headers=each).body.decode() for each in asked)

    def states() -> list[bool]:
        [view] = both.explain()["destinations"][0]["views"]
        return [each["healthy"] for each in view["endpoints"]]
    assert agree()
    for sick, expected in ([1], [True, False, True, True]), ([1, 3], [True, False, True, False]):
        for number in sick:
            scripts[number].status = "503 Sick"
        wait_until(lambda: states() == expected, lambda: f"control knows: {states()}")
        wait_until(agree, "explain says what the replica does")
    [view] = both.explain(headers={"X-User": "u"})["destinations"][0]["views"]
    assert view["replicas"] == ["replica"] and view["endpoints"][1]["reasons"] == ["probe-failed: 503"]
    assert [each["candidate"] for each in view["endpoints"]] == [True, False, True, False]
    shown = both.control.cli("explain", "GET", f"http://x:{both.port}/", "-H", "x-user: u").stdout
    assert "probe-failed: 503" in shown and "a hash of the field x-user" in shown and "chosen" in shown
    for number in (0, 2):
        scripts[number].status = "503 Sick"
    wait_until(lambda: states() == [False] * 4, lambda: f"control knows: {states()}")
    found = both.explain(headers={"X-User": "u"})
    assert (found["status"], found["reason"]) == (503, "no-endpoint")
    answer = wait_until(lambda: (each := both.ask(headers={"X-User": "u"})).status == 503 and each, "the worker knows")
    assert answer.json()["reason"] == "no-endpoint"


def test_panic_and_backups_are_said(world, make_origin):
    scripts = [Probed() for _ in range(3)]
    origins = [make_origin(script, name=f"o{number}") for number, script in enumerate(scripts)]
    checks = {"active": {"type": "http", "path": "/", "interval": "100ms", "unhealthyThreshold": 1}, "panicThreshold": 50}
    document = hashed(origins, {"header": "x-user"}, healthChecks=checks)
    document["endpoints"][2]["backup"] = True
    both = world([listener(free_port()), document, route()])
    names = {each.port: each.name for each in origins}

    def view():
        return both.explain()["destinations"][0]["views"][0]
    assert [each["candidate"] for each in view()["endpoints"]] == [True, True, False] and view()["backupPercent"] == 0

    def agree() -> bool:
        asked = [{"X-User": f"u{user}"} for user in range(25)]
        return all(names[port_of(both.explain(headers=each))] == both.ask(headers=each).body.decode() for each in asked)
    scripts[0].status = "503 Sick"
    wait_until(lambda: view()["backupPercent"] == 30, lambda: f"backups take a part: {view()}")
    wait_until(agree, "explain says what the replica does")
    scripts[1].status = scripts[2].status = "503 Sick"
    wait_until(lambda: view()["panic"], lambda: f"all are used: {view()}")
    wait_until(agree, "explain says what the replica does")


def test_ejected_endpoints_are_left_out(world, make_origin):
    def broken(connection):
        while True:
            connection.read_request()
            connection.answer("", status="500 X")
    bad, good = make_origin(broken, name="bad"), make_origin(name="good")
    checks = {"passive": {"consecutive5xx": 2, "baseEjectionTime": "300s", "maxEjectionPercent": 50}, "panicThreshold": 0}
    both = world([listener(free_port()), upstream(bad.port, good.port, healthChecks=checks), route()])
    with both.replica.connect() as client:
        for _ in range(40):
            client.get()
    found = wait_until(lambda: (each := both.explain())["endpoint"] and each, lambda: f"one is left: {both.explain()}")
    assert port_of(found) == good.port
    [view] = found["destinations"][0]["views"]
    assert view["by"] == "only" and view["endpoints"][0]["reasons"] == ["ejected: consecutive-5xx"]


def test_discovered_endpoints_have_their_weights(world, make_origin, running):
    dns = NameServer()
    running.append(dns)
    origins = [make_origin(name=f"o{number}") for number in range(3)]
    dns.records["_x._tcp.test", "SRV"] = [
        (10, 9, origins[0].port, "a.test"), (10, 1, origins[1].port, "a.test"), (20, 5, origins[2].port, "a.test")]
    dns.records["a.test", "A"] = ["127.0.0.1"]
    document = {"kind": "upstream", "name": "origin", "discovery": {"type": "dns-srv", "hostname": "_x._tcp.test"},
                "loadBalancing": {"algorithm": "consistent-hash", "hashOn": {"header": "x-user"}}}
    both = world([listener(free_port()), document, route()], arguments=dns.arguments)
    names = {each.port: each.name for each in origins}
    wait_until(lambda: both.explain(headers={"x-user": "a"})["endpoint"], lambda: f"control knows: {both.explain()}", 40)
    found = both.explain()["destinations"][0]["views"][0]["endpoints"]
    assert {(names[int(each["endpoint"].rpartition(":")[2])], each["weight"], each["backup"]) for each in found} == {
        ("o0", 9, False), ("o1", 1, False), ("o2", 5, True)}
    for user in range(30):
        headers = {"X-User": f"u{user}"}
        assert names[port_of(both.explain(headers=headers))] == both.ask(headers=headers).json()["origin"]


def test_without_a_replica_what_is_discovered_is_not_known(control):
    document = {"kind": "upstream", "name": "origin", "discovery": {"type": "dns", "hostname": "x.test", "port": 1}}
    assert control.call("POST", "/v1/apply", [listener(8080), document, route()]).status == 200
    found = control.call("POST", "/v1/explain", {"url": "http://x:8080/"}).json()
    assert (found["status"], found["endpoint"], found["destinations"][0]["views"][0]["by"]) == (None, None, "unknown")


# What upstreams are sent, and what the gateway answers

def test_rewrites_and_header_rules_are_those_of_the_replica(world, origin):
    routes = [
        named("full", matches=[{"path": {"exact": "/full"}}], rewrite={"path": {"replaceFull": "/new"}, "hostname": "in.example"}),
        named("prefix", matches=[{"path": {"prefix": "/p"}}], rewrite={"path": {"replacePrefix": "/v2/"}}),
        named("regex", matches=[{"path": {"prefix": "/r"}}], rewrite={"path": {"regex": "/(\\d+)", "substitution": "/n/$1/../x"}}),
        named("escape", matches=[{"path": {"prefix": "/e"}}], rewrite={"path": {"regex": "x", "substitution": "%2f"}}),
        named("fields", matches=[{"path": {"prefix": "/f"}}], requestHeaders={"set": {"x-a": "1"}, "add": {"x-b": "2"}, "remove": ["x-c"]},
              forward=[{"upstream": "origin", "requestHeaders": {"set": {"x-a": "2"}}, "rewrite": {"path": {"replacePrefix": "/g"}}}]),
    ]
    both = world([listener(free_port()), upstream(origin.port), *routes])
    for path in ["/full?a=%7e", "/p", "/p/", "/p/a;b/%7Ex?q#f", "/r/12/a", "/r/x", "/e/a", "/e/x", "/f/a"]:
        sent = path.partition("#")[0]
        found, answer = both.explain(path), both.ask(sent, headers={"X-C": "gone"})
        if answer.status != 200:
            assert (found["status"], found["reason"]) == (answer.status, answer.json()["reason"]), path
            continue
        request, seen = found["destinations"][0]["request"], answer.json()
        fields = {name.lower(): value for name, value in seen["fields"]}
        assert (request["target"], request["method"], request["host"]) == (seen["target"], "GET", fields["host"]), path
    request = both.explain("/f")["destinations"][0]["request"]
    assert set(request["headers"]["add"]) == {"x-a: 2", "x-b: 2"} and "x-c" in request["headers"]["remove"]


REDIRECTS = [{"scheme": "https"}, {"hostname": "new.example"}, {"port": 443}, {"scheme": "https", "port": 8443},
             {"path": {"replaceFull": "/new;x"}}, {"scheme": "http", "path": {"replacePrefix": "/x"}, "status": 308}]


@pytest.mark.parametrize("fields", [{}, {"publicPort": 80}, {"clientAddress": {"source": "x-forwarded-for", "trustedHops": 1}}])
def test_redirects_lead_where_the_replica_sends(world, fields):
    moved = [{"kind": "route", "name": f"r{number}", "matches": [{"path": {"prefix": f"/r{number}"}}], "redirect": redirect}
             for number, redirect in enumerate(REDIRECTS)]
    both = world([listener(free_port(), **fields), *moved])
    for number, rest in itertools.product(range(len(REDIRECTS)), ["", "/b?c=d", "/../r0/%7ex"]):
        path, headers = f"/r{number}{rest}", {"X-Forwarded-Proto": "https"}
        found, answer = both.explain(path, headers=headers), both.ask(path, headers=headers)
        assert (found["status"], found["location"]) == (answer.status, answer["location"]), path


def test_what_is_answered_before_a_route(world, origin):
    limits = {"bodyBytes": 100, "headerBytes": 1024, "headerCount": 10}
    both = world([listener(free_port(), limits=limits, healthCheck={"path": "/up"}), upstream(origin.port), route()])
    cases = [("/up", "GET", {}), ("/up", "POST", {"Content-Length": "0"}), ("/", "TRACE", {}), ("/", "POST", {"Content-Length": "101"}),
             ("/" + "a" * 2000, "GET", {}), ("/", "GET", {"X-Long": "a" * 1100}), ("/", "GET", {"X-Many": ["1"] * 11}),
             ("/", "GET", {"Transfer-Encoding": "gzip"}), ("/%00", "GET", {})]
    for path, method, headers in cases:
        found, answer = both.explain(path, method=method, headers=headers), both.ask(path, method=method, headers=headers)
        assert (found["status"] or 200) == answer.status, (path[:10], method, headers, found["reason"], answer.status)
        if answer.status >= 400:
            assert found["reason"] == answer.json()["reason"] and found["route"] is None


def test_hosts_and_server_names_that_disagree(world, origin, certificates):
    port = free_port()
    both = world([*certificates.documents("shop", "api"), https(port, "shop", name="shop", hostnames=["shop.example.com"]),
                  https(port, "api", name="api", hostnames=["api.example.com"]), upstream(origin.port), route()])
    for name, host in itertools.product(["shop.example.com", "api.example.com"], ["shop.example.com", "api.example.com", "else.example"]):
        found = both.explain(host=name, scheme="https", headers={"Host": host})
        with TLSClient(port, name) as client:
            answer = client.get(host=host)
        assert (found["status"] or 200) == answer.status, (name, host, found)
        if answer.status != 200:
            assert found["reason"] == answer.json()["reason"]
    assert both.explain(host="else.example", scheme="https")["reason"] == "unrecognized-name"
    with pytest.raises(ssl.SSLError):
        TLSClient(port, "else.example")
    plain = both.explain(scheme="http")
    assert (plain["status"], plain["reason"]) == (400, "plain-http") == (both.ask().status, both.ask().json()["reason"])


def test_a_tls_listener_passes_bytes_by_name(control):
    documents = [{**listener(8443, protocol="tls", hostnames=["db.example.com"])},
                 {"kind": "upstream", "name": "origin", "endpoints": [{"address": "10.0.0.1", "port": 5432}]},
                 {"kind": "route", "name": "db", "listeners": ["web"], "hostnames": ["db.example.com"], "forward": [{"upstream": "origin"}]}]
    applied = control.call("POST", "/v1/apply", documents)
    assert applied.status == 200, applied.text
    found = control.call("POST", "/v1/explain", {"url": "https://db.example.com:8443/"}).json()
    assert (found["route"], found["endpoint"], found["status"]) == ("db", "10.0.0.1:5432", None)
    found = control.call("POST", "/v1/explain", {"url": "https://web.example.com:8443/"}).json()
    assert (found["route"], found["reason"], found["status"]) == (None, "unrecognized-name", None)


def test_where_policies_come_from(control):
    def zipping(name):
        return {"kind": "traffic-policy", "name": name, "type": "compression", "compression": {"algorithms": ["gzip"]}}

    def fault(name, **abort):
        return {"kind": "traffic-policy", "name": name, "type": "fault", "fault": {"abort": {"status": 503, **abort}}}
    documents = [
        zipping("zip-a"), zipping("zip-b"), zipping("zip-c"), fault("rare", percent=0.5), fault("sure"), upstream(1),
        listener(8080, policies=["zip-a", "rare", "zip-b"]), route("own", prefix="/own", policies=["zip-c", "sure"]),
        route("alone", prefix="/alone", policies=["zip-c"], inherit=False), route("plain", prefix="/plain")]
    assert control.call("POST", "/v1/apply", documents).status == 200

    def policies(path):
        found = control.call("POST", "/v1/explain", {"url": f"http://x:8080{path}"}).json()
        return found, [(each["policy"], each["from"], each["inForce"]) for each in found["policies"]]
    found, listed = policies("/plain")
    assert listed == [("zip-a", "listener", False), ("rare", "listener", True), ("zip-b", "listener", True)]
    assert "zip-b" in found["policies"][0]["detail"] and found["policies"][1]["detail"] == "answers 0.5 % with 503"
    found, listed = policies("/own")
    assert listed == [("zip-a", "listener", False), ("rare", "listener", True), ("zip-b", "listener", False),
                      ("zip-c", "route", True), ("sure", "route", True)]
    assert (found["status"], found["reason"]) == (503, "fault-injected")
    found, listed = policies("/alone")
    assert listed == [("zip-a", "listener", False), ("rare", "listener", False), ("zip-b", "listener", False), ("zip-c", "route", True)]
    assert found["policies"][1]["detail"] == "the route says inherit: false" and found["status"] is None


def test_retries_times_and_mirrors(control):
    documents = [listener(8080), upstream(1), upstream(2, name="shadow"),
                 route(retry={"attempts": 3, "on": ["reset"], "statusCodes": [502]}, timeouts={"request": "90s", "idle": "0s"},
                       mirror=[{"upstream": "shadow", "percent": 0.5}])]
    assert control.call("POST", "/v1/apply", documents).status == 200
    found = control.call("POST", "/v1/explain", {"url": "http://x:8080/"}).json()
    assert found["retry"] == {
        "attempts": 3, "on": ["reset"], "statusCodes": [502], "methods": ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"],
        "backoff": {"base": "25ms", "max": "250ms"}, "budget": {"percent": 20, "minConcurrency": 3}, "applies": True}
    assert found["timeouts"] == {"request": "1m30s", "backendRequest": "0s", "idle": "0s"}
    assert found["mirrors"] == [{"upstream": "shadow", "percent": 0.5}]
    posted = control.call("POST", "/v1/explain", {"url": "http://x:8080/", "method": "POST"}).json()
    assert posted["retry"]["applies"] is False


# What is asked

def test_what_cannot_be_explained_is_refused_with_its_place(control):
    for body, pointer in [({}, "/url"), ({"url": "/a"}, "/url"), ({"url": "ftp://x/"}, "/url"),
                          ({"url": "http://x/", "clientAddress": "10.0.0.1:80"}, "/clientAddress"),
                          ({"url": "http://x/", "clientAddress": "me"}, "/clientAddress"), ({"url": "http://x/", "method": "G T"}, "/method"),
                          ({"url": "http://x/", "headers": {"a": "b\r\nc: d"}}, "/headers"), ({"url": "http://x/", "body": ""}, "/body")]:
        answer = control.call("POST", "/v1/explain", body)
        assert answer.status == 422 and answer.json()["errors"][0]["pointer"] == pointer, (body, answer.text)


def test_behind_a_port_mapping_the_scheme_leads(control, certificates):
    documents = [*certificates.documents("shop"), listener(8080, name="plain"), https(8443, "shop", name="secure"), upstream(1),
                 {"kind": "route", "name": "up", "listeners": ["plain"], "redirect": {"scheme": "https"}},
                 route("shop", listeners=["secure"])]
    assert control.call("POST", "/v1/apply", documents).status == 200
    found = control.call("POST", "/v1/explain", {"url": "https://shop.example.com/"}).json()
    assert found["route"] == "shop" and found["notes"]
    found = control.call("POST", "/v1/explain", {"url": "http://shop.example.com/"}).json()
    assert found["route"] == "up"


def test_a_control_plane_with_nothing_in_it(control):
    found = control.call("POST", "/v1/explain", {"url": "http://x/"}).json()
    assert (found["route"], found["status"], found["reason"]) == (None, None, "no-listener")
    shown = control.cli("explain", "GET", "http://x/").stdout
    assert "nobody listens" in shown
