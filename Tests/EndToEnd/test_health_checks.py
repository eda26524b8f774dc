"""Do probes find out which endpoints are healthy, and does everybody who should know learn it?"""

import json
import os
import signal

import pytest

from h2_origin import H2Origin
from harness import free_port, listener, route, upstream, wait_until
from tls_origin import TLSOrigin

FAST = {"interval": "100ms", "timeout": "500ms", "unhealthyThreshold": 2, "healthyThreshold": 2}


def probed(*ports: int, **check) -> dict:
    return upstream(*ports, healthChecks={"active": {**FAST, **check}, "panicThreshold": 0})


class Health:
    """The script of an origin whose health a test sets: `status` answers probes, everything else is echoed."""

    def __init__(self, name: str, status: int = 200):
        self.name, self.status, self.probes = name, status, []

    def __call__(self, connection):
        while True:
            request = connection.read_request()
            if request["User-Agent"] == "sluice-health":
                self.probes.append(request)
                connection.answer("x", status=f"{self.status} X")
            else:
                connection.answer(json.dumps({"origin": self.name}))


@pytest.fixture
def pair(make_origin):
    """Two origins and their scripts."""
    scripts = Health("a"), Health("b")
    return [(make_origin(script), script) for script in scripts]


def healthy(gateway, port: int) -> float | None:
    return gateway.metrics().get(f'sluice_endpoint_healthy{{upstream="origin",endpoint="127.0.0.1:{port}"}}')


def wait_healthy(gateway, port: int, expected: bool):
    wait_until(lambda: healthy(gateway, port) == expected,
               lambda: f"{port} is {'' if expected else 'un'}healthy:\n{gateway.process.output()[-2000:]}")


def answering(gateway, calls: int = 12) -> set:
    with gateway.connect() as client:
        answers = [client.get() for _ in range(calls)]
    return {answer.json()["origin"] if answer.status == 200 else answer.status for answer in answers}


def test_an_endpoint_that_fails_its_probes_gets_no_requests_until_it_passes_them(pair, make_gateway):
    (a, _), (b, b_script) = pair
    gateway = make_gateway([listener(free_port()), probed(a.port, b.port, path="/healthz?x=1"), route()], workers=2)
    wait_until(lambda: answering(gateway) == {"a", "b"}, "both serve")
    b_script.status = 503
    wait_healthy(gateway, b.port, False)
    assert answering(gateway) == {"a"} and healthy(gateway, a.port) == 1
    b_script.status = 200
    wait_healthy(gateway, b.port, True)
    wait_until(lambda: answering(gateway) == {"a", "b"}, "both serve again")
    metrics = gateway.metrics()
    assert metrics['sluice_endpoint_probes_total{upstream="origin",result="failure"}'] >= 2
    assert metrics['sluice_endpoint_probes_total{upstream="origin",result="success"}'] >= 4
    probe = b_script.probes[0]
    assert (probe.method, probe.target, probe["Host"]) == ("GET", "/healthz?x=1", f"127.0.0.1:{b.port}")
    log = gateway.process.output()
    assert '"an endpoint is unhealthy"' in log and '"reason":"503"' in log and '"an endpoint is healthy again"' in log


def test_probes_are_made_once_per_replica(pair, make_gateway):
    (a, script), _ = pair
    gateway = make_gateway([listener(free_port()), probed(a.port), route()], workers=3)
    wait_until(lambda: len(script.probes) >= 5, "probes come")
    sent = sum(value for name, value in gateway.metrics().items() if name.startswith("sluice_endpoint_probes_total"))
    assert abs(sent - len(script.probes)) <= 1


def test_host_and_expected_statuses_are_the_checks(pair, make_gateway):
    (a, script), (b, other) = pair
    script.status, other.status = 204, 200
    gateway = make_gateway([listener(free_port()), probed(a.port, b.port, hostname="shop.test", expectedStatuses=[204]),
                            route()])
    wait_healthy(gateway, b.port, False)
    assert healthy(gateway, a.port) == 1 and script.probes[0]["Host"] == "shop.test"


def test_an_endpoint_that_is_gone_is_unhealthy_to_probes_of_tcp(origin, make_gateway):
    dead = free_port()
    gateway = make_gateway([listener(free_port()), probed(origin.port, dead, type="tcp"), route()])
    wait_healthy(gateway, dead, False)
    assert healthy(gateway, origin.port) == 1
    assert answering(gateway) == {"origin"} and "Connection refused" in gateway.process.output()


def test_a_silent_endpoint_is_unhealthy_after_its_timeout(make_origin, make_gateway):
    silent = make_origin(lambda connection: connection.wait_gone())
    gateway = make_gateway([listener(free_port()), probed(silent.port), route()])
    wait_healthy(gateway, silent.port, False)
    assert '"reason":"timeout"' in gateway.process.output()


def test_probes_may_go_to_another_port(pair, make_gateway):
    (a, _), (b, b_script) = pair
    gateway = make_gateway([listener(free_port()), probed(a.port, port=b.port), route()])
    b_script.status = 500
    wait_healthy(gateway, a.port, False)


@pytest.mark.parametrize("tls", [
    {"ca": ["ca"], "serverName": "orders.internal"},
    {"ca": ["ca"], "serverName": "other.internal", "subjectAltNames": [{"dns": "orders.internal"}]},
    {"ca": ["ca"], "subjectAltNames": [{"uri": "spiffe://test/other"}, {"uri": "spiffe://test/orders"}]},
    {"verify": False}])
def test_probes_speak_tls_as_the_upstream_says(certificates, running, make_gateway, tls):
    origin = TLSOrigin(certificate=certificates.origin)
    running.append(origin)
    gateway = make_gateway([*certificates.documents("ca"), listener(free_port()),
                            {**probed(origin.port), "tls": tls}, route()])
    wait_until(lambda: gateway.metrics()['sluice_endpoint_probes_total{upstream="origin",result="success"}'] >= 2,
               lambda: f"probes succeed:\n{gateway.process.output()[-2000:]}")
    assert healthy(gateway, origin.port) == 1


@pytest.mark.parametrize("tls", [
    {"ca": ["ca"], "serverName": "other.internal"}, {"serverName": "orders.internal"}, {"ca": ["ca"]},
    {"ca": ["ca"], "subjectAltNames": [{"dns": "other.internal"}]},
    {"ca": ["ca"], "subjectAltNames": [{"uri": "spiffe://test/other"}]}])
def test_probes_refuse_certificates_as_requests_do(certificates, running, make_gateway, tls):
    origin = TLSOrigin(certificate=certificates.origin)
    running.append(origin)
    gateway = make_gateway([*certificates.documents("ca"), listener(free_port()),
                            {**probed(origin.port), "tls": tls}, route()])
    wait_healthy(gateway, origin.port, False)


def test_probes_show_the_client_certificate(certificates, running, make_gateway):
    origin = TLSOrigin(certificate=certificates.origin, client_authority=certificates.authority)
    running.append(origin)
    tls = {"ca": ["ca"], "serverName": "orders.internal", "clientCertificate": "client"}
    gateway = make_gateway([*certificates.documents("ca", "client"), listener(free_port()),
                            {**probed(origin.port), "tls": tls}, route()])
    wait_until(lambda: gateway.metrics()['sluice_endpoint_probes_total{upstream="origin",result="success"}'] >= 2,
               "probes succeed")
    assert "alice" in origin.subjects


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_grpc_services_are_asked_how_they_are(certificates, running, make_gateway, speaks_tls):
    answers = {"status": 1}

    def script(request):
        assert request[":path"] == "/grpc.health.v1.Health/Check" and request[":method"] == "POST"
        assert request["content-type"] == "application/grpc" and request["te"] == "trailers"
        assert request.body == b"\0\0\0\0\x06\x0a\x04shop"
        request.head(200, [("content-type", "application/grpc")])
        request.data(b"\0\0\0\0\x02\x08" + bytes([answers["status"]]))
        request.connection.act(lambda state: state.send_headers(request.stream, [("grpc-status", "0")], end_stream=True))
    origin = H2Origin(script, certificate=certificates.origin if speaks_tls else None)
    running.append(origin)
    document = {**probed(origin.port, type="grpc", service="shop"), "protocol": "h2" if speaks_tls else "h2c"}
    if speaks_tls:
        document["tls"] = {"ca": ["ca"], "serverName": "orders.internal"}
    gateway = make_gateway([*certificates.documents("ca"), listener(free_port()), document, route()])
    wait_until(lambda: gateway.metrics()['sluice_endpoint_probes_total{upstream="origin",result="success"}'] >= 2,
               lambda: f"probes succeed:\n{gateway.process.output()[-2000:]}")
    answers["status"] = 2
    wait_healthy(gateway, origin.port, False)
    assert "NOT_SERVING" in gateway.process.output()
    assert origin.failures == []


def test_what_is_known_outlives_a_worker_and_a_change(pair, make_gateway):
    (a, _), (b, b_script) = pair
    b_script.status = 503
    documents = [listener(free_port()), probed(a.port, b.port), route()]
    gateway = make_gateway(documents)
    wait_healthy(gateway, b.port, False)
    failures = gateway.metrics()['sluice_endpoint_probes_total{upstream="origin",result="failure"}']
    gateway.reload([documents[0], probed(b.port, a.port, path="/other"), route()])
    assert healthy(gateway, b.port) == 0 and answering(gateway) == {"a"}
    [worker] = gateway.worker_pids()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: gateway.worker_pids() not in ([], [worker]), "another worker runs")
    wait_until(lambda: gateway.admin_status("/readyz") == 200, "it serves")
    assert answering(gateway) == {"a"} and failures > 0


def test_probes_end_with_the_check(pair, make_gateway):
    (a, _), (b, b_script) = pair
    b_script.status = 503
    documents = [listener(free_port()), probed(a.port, b.port), route()]
    gateway = make_gateway(documents)
    wait_healthy(gateway, b.port, False)
    gateway.reload([documents[0], upstream(a.port, b.port), route()])
    wait_until(lambda: answering(gateway) == {"a", "b"}, "both serve")
    assert healthy(gateway, b.port) is None


def test_the_admin_api_tells_what_replicas_find(pair, control, make_replica):
    (a, _), (b, b_script) = pair
    port = free_port()
    for document in (listener(port), probed(a.port, b.port), route()):
        control.put(document)
    replicas = [make_replica(control, port, f"replica-{number}") for number in range(2)]

    def health(name: str = "origin"):
        return control.call("GET", f"/v1/upstreams/{name}/health").json()["endpoints"]
    names = [f"127.0.0.1:{a.port}", f"127.0.0.1:{b.port}"]
    assert [(each["endpoint"], each["healthy"]) for each in health()] == [(name, True) for name in names]
    b_script.status = 503
    wait_until(lambda: all(not each["healthy"] for each in health()[1]["replicas"]), lambda: f"both know: {health()}")
    [first, second] = health()
    assert first["healthy"] and not second["healthy"]
    assert [each["id"] for each in second["replicas"]] == ["replica-0", "replica-1"]
    assert all(each["reasons"] == ["probe-failed: 503"] and each["since"] for each in second["replicas"])
    b_script.status = 200
    wait_until(lambda: health()[1]["healthy"], lambda: f"both know: {health()}")
    assert [each["reasons"] for each in health()[1]["replicas"]] == [[], []]
    for replica in replicas:
        replica.stop()
    assert control.call("GET", "/v1/upstreams/nothing/health").status == 404


def test_ejections_are_told_as_well(make_origin, control, make_replica):
    def broken(connection):
        while True:
            connection.read_request()
            connection.answer("", status="500 X")
    bad, good = make_origin(broken, name="bad"), make_origin(name="good")
    port = free_port()
    checks = {"passive": {"consecutive5xx": 2, "baseEjectionTime": "30s", "maxEjectionPercent": 50}, "panicThreshold": 0}
    for document in (listener(port), upstream(bad.port, good.port, healthChecks=checks), route()):
        control.put(document)
    replica = make_replica(control, port)
    with replica.connect() as client:
        for _ in range(40):
            client.get()
    wait_until(lambda: healthy(replica, bad.port) == 0, lambda: f"it is ejected: {replica.metrics()}")

    def endpoint():
        return control.call("GET", "/v1/upstreams/origin/health").json()["endpoints"][0]
    wait_until(lambda: not endpoint()["healthy"], lambda: f"control knows: {endpoint()}")
    assert endpoint()["replicas"][0]["reasons"] == ["ejected: consecutive-5xx"]
