"""Are the endpoints of an upstream what its name says, whatever the name servers do?"""

import json
import os
import signal

import pytest

from dns_server import NameServer
from harness import Origin, free_port, listener, route, wait_until
from tls_origin import TLSOrigin


@pytest.fixture
def dns(running):
    running.append(NameServer())
    return running[-1]


def discovered(hostname: str, port: int | None = None, name: str = "origin", **fields) -> dict:
    kind = {"type": "dns", "port": port} if port else {"type": "dns-srv"}
    return {"kind": "upstream", "name": name, "discovery": {**kind, "hostname": hostname, **fields}}


@pytest.fixture
def pair(make_origin):
    """Two origins at one port of two addresses."""
    first = make_origin(name="127.0.0.1")
    return first, make_origin(name="127.0.0.2", address="127.0.0.2", port=first.port)


@pytest.fixture
def gateway_for(make_gateway, dns):
    def make(*upstreams: dict, workers: int = 1):
        return make_gateway([listener(free_port()), *upstreams, route()], arguments=dns.arguments, workers=workers)
    return make


def answering(gateway, calls: int = 12) -> set:
    """Who answers a few calls, each on a connection of its own."""
    seen = set()
    for _ in range(calls):
        with gateway.connect() as client:
            answer = client.get()
            seen.add(answer.json()["origin"] if answer.status == 200 else answer.status)
    return seen


def wait_answering(gateway, expected: set):
    last = []

    def matches():
        last[:] = [answering(gateway)]
        return last[0] == expected
    wait_until(matches, lambda: f"{expected} answer, not {last}; the gateway says:\n{gateway.process.output()[-2000:]}", 15)


def test_all_addresses_of_a_name_are_endpoints_from_the_first_request_on(dns, pair, gateway_for):
    dns.records["orders.test", "A"] = ["127.0.0.1", "127.0.0.2"]
    gateway = gateway_for(discovered("orders.test", pair[0].port), workers=2)
    assert answering(gateway, 40) == {"127.0.0.1", "127.0.0.2"}
    assert gateway.metrics()['sluice_discovery_endpoints{upstream="origin"}'] == 2
    # Once per replica, not once per worker.
    assert len(dns.asked("orders.test")) == 1


def test_endpoints_come_and_go_with_the_name(dns, pair, gateway_for):
    dns.records["orders.test", "A"] = ["127.0.0.1"]
    gateway = gateway_for(discovered("orders.test", pair[0].port))
    assert answering(gateway) == {"127.0.0.1"}
    dns.records["orders.test", "A"] = ["127.0.0.2", "127.0.0.1", "127.0.0.2"]
    wait_answering(gateway, {"127.0.0.1", "127.0.0.2"})
    dns.records["orders.test", "A"] = ["127.0.0.2"]
    wait_answering(gateway, {"127.0.0.2"})


def test_the_refresh_interval_bounds_a_long_ttl(dns, pair, gateway_for):
    dns.ttl = 3600
    dns.records["orders.test", "A"] = ["127.0.0.1"]
    gateway = gateway_for(discovered("orders.test", pair[0].port, refresh="1s"))
    dns.records["orders.test", "A"] = ["127.0.0.2"]
    wait_answering(gateway, {"127.0.0.2"})


@pytest.mark.parametrize("trouble", ["nxdomain", "servfail", "empty", "silence"])
def test_the_last_good_answer_stays(dns, pair, gateway_for, trouble):
    dns.records["orders.test", "A"] = ["127.0.0.1"]
    gateway = gateway_for(discovered("orders.test", pair[0].port))
    if trouble == "nxdomain":
        dns.records.clear()
    elif trouble == "servfail":
        dns.failing.add("orders.test")
    elif trouble == "empty":
        dns.records["orders.test", "A"] = []
    else:
        dns.silent.add("orders.test")
    wait_until(lambda: gateway.metrics()['sluice_discovery_failures_total{upstream="origin"}'] >= 1,
               "a lookup failed", 20)
    assert answering(gateway) == {"127.0.0.1"}
    dns.failing.clear(), dns.silent.clear()
    dns.records["orders.test", "A"] = ["127.0.0.2"]
    wait_answering(gateway, {"127.0.0.2"})


def test_ipv6_addresses_are_endpoints_and_those_that_lead_nowhere_are_not(dns, make_origin, gateway_for):
    origin = make_origin(name="six", address="::1")
    dns.records["orders.test", "A"] = ["0.0.0.0"]
    dns.records["orders.test", "AAAA"] = ["::", "fe80::1", "::1"]
    gateway = gateway_for(discovered("orders.test", origin.port))
    assert answering(gateway) == {"six"}
    assert gateway.metrics()['sluice_discovery_endpoints{upstream="origin"}'] == 1


def test_names_of_the_hosts_file_need_no_name_server(dns, make_origin, gateway_for):
    origin = make_origin(name="local")
    make_origin(name="local", address="::1", port=origin.port)
    gateway = gateway_for(discovered("localhost", origin.port))
    assert answering(gateway) == {"local"} and dns.queries == []


def test_srv_records_say_ports_weights_and_backups(dns, make_origin, gateway_for):
    heavy, light, spare = make_origin(name="heavy"), make_origin(name="light"), make_origin(name="spare")
    dns.records["_http._tcp.orders.test", "SRV"] = [
        (10, 9, heavy.port, "a.test"), (10, 0, light.port, "a.test"), (20, 5, spare.port, "b.test")]
    dns.records["a.test", "A"] = ["127.0.0.1"]
    dns.records["b.test", "A"] = ["127.0.0.1"]
    document = discovered("_http._tcp.orders.test")
    document["loadBalancing"] = {"algorithm": "round-robin"}
    gateway = gateway_for(document)
    answers = []
    with gateway.connect() as client:
        for _ in range(100):
            answers.append(client.get().json()["origin"])
    # A weight of 0 counts as 1; the spare one is used only in need.
    assert {name: answers.count(name) for name in set(answers)} == {"heavy": 90, "light": 10}
    assert gateway.metrics()['sluice_discovery_endpoints{upstream="origin"}'] == 3


def test_a_target_that_cannot_be_looked_up_keeps_what_it_had(dns, pair, gateway_for):
    port = pair[0].port
    dns.records["_http._tcp.orders.test", "SRV"] = [(1, 1, port, "a.test"), (1, 1, port, "b.test")]
    dns.records["a.test", "A"], dns.records["b.test", "A"] = ["127.0.0.1"], ["127.0.0.2"]
    gateway = gateway_for(discovered("_http._tcp.orders.test"))
    assert answering(gateway, 40) == {"127.0.0.1", "127.0.0.2"}
    dns.failing.add("b.test")
    asked = len(dns.asked("b.test"))
    wait_until(lambda: len(dns.asked("b.test")) > asked + 1, "the target is asked for again", 20)
    assert answering(gateway, 40) == {"127.0.0.1", "127.0.0.2"}


def test_hundreds_of_addresses_reach_the_workers(dns, gateway_for):
    targets = [(1, 1, 1 + index, f"t{index % 8}.test") for index in range(40)]
    dns.records["_x._tcp.test", "SRV"] = targets
    for index in range(8):
        dns.records[f"t{index}.test", "A"] = [f"127.{index}.1.{last}" for last in range(1, 41)]
    gateway = gateway_for(discovered("_x._tcp.test"))
    wait_until(lambda: gateway.metrics()['sluice_discovery_endpoints{upstream="origin"}'] == 1600, "all are found")
    with gateway.connect() as client:
        assert client.get().status in (502, 503)
    assert gateway.metrics()["sluice_worker_respawns_total"] == 0


def test_an_answer_too_long_for_udp_is_asked_for_over_tcp(dns, gateway_for):
    dns.records["many.test", "A"] = [f"127.1.{index // 200}.{index % 200 + 1}" for index in range(500)]
    gateway = gateway_for(discovered("many.test", 9))
    assert gateway.metrics()['sluice_discovery_endpoints{upstream="origin"}'] == 500


def test_search_domains_apply_to_names_as_people_write_them(dns, pair, gateway_for, monkeypatch):
    # What resolv.conf says with "search", for one process.
    monkeypatch.setenv("LOCALDOMAIN", "other.test cluster.test")
    dns.records["orders.shop.svc.cluster.test", "A"] = ["127.0.0.2"]
    gateway = gateway_for(discovered("orders.shop.svc", pair[0].port))
    assert answering(gateway) == {"127.0.0.2"}
    # The targets of SRV records are whole names.
    dns.records["_http._tcp.orders.cluster.test", "SRV"] = [(1, 1, pair[0].port, "orders.shop.svc")]
    gateway.reload([listener(gateway.port), discovered("_http._tcp.orders"), route()])
    assert answering(gateway) == {503}
    dns.records["orders.shop.svc", "A"] = ["127.0.0.1"]
    wait_answering(gateway, {"127.0.0.1"})


def test_a_respawned_worker_knows_the_endpoints(dns, pair, gateway_for):
    dns.records["orders.test", "A"] = ["127.0.0.1"]
    gateway = gateway_for(discovered("orders.test", pair[0].port))
    [worker] = gateway.worker_pids()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: gateway.worker_pids() not in ([], [worker]), "another worker runs")
    wait_until(lambda: gateway.admin_status("/readyz") == 200, "it serves")
    assert answering(gateway) == {"127.0.0.1"}


def test_a_name_that_nobody_answers_for_delays_its_update_by_a_second_and_no_other(dns, origin, make_gateway):
    dns.silent.add("slow.test")
    documents = [listener(free_port()), {**discovered("slow.test", 9, name="slow")},
                 {"kind": "upstream", "name": "origin", "endpoints": [{"address": "127.0.0.1", "port": origin.port}]},
                 route()]
    gateway = make_gateway(documents, arguments=dns.arguments)
    assert answering(gateway) == {"origin"}
    gateway.reload([*documents, route("other", prefix="/other")])
    assert answering(gateway) == {"origin"}


def test_a_put_that_waits_is_followed_by_requests_that_work(dns, pair, control, make_replica):
    dns.records["orders.test", "A"] = ["127.0.0.1"]
    port = free_port()
    control.put(listener(port))
    replica = make_replica(control, port, arguments=dns.arguments)
    control.put(discovered("orders.test", pair[0].port))
    control.put(route(), "?wait=applied&timeout=10s")
    assert answering(replica) == {"127.0.0.1"}

    def health():
        return control.call("GET", "/v1/upstreams/origin/health").json()["endpoints"]
    wait_until(lambda: [each["endpoint"] for each in health()] == [f"127.0.0.1:{pair[0].port}"],
               lambda: f"the endpoint is reported: {json.dumps(health())}")


def test_probes_verify_the_name_that_requests_verify(dns, certificates, running, make_gateway):
    origin = TLSOrigin(certificate=certificates.origin)
    running.append(origin)
    dns.records["orders.internal", "A"] = ["127.0.0.1"]
    checks = {"active": {"interval": "100ms", "timeout": "1s", "unhealthyThreshold": 1}, "panicThreshold": 0}
    document = {**discovered("orders.internal", origin.port), "tls": {"ca": ["ca"]}, "healthChecks": checks}
    gateway = make_gateway([*certificates.documents("ca"), listener(free_port()), document, route()],
                           arguments=dns.arguments)
    wait_until(lambda: gateway.metrics()['sluice_endpoint_probes_total{upstream="origin",result="success"}'] >= 3,
               lambda: f"probes succeed:\n{gateway.process.output()[-2000:]}")
    with gateway.connect() as client:
        assert client.get().status == 200


def test_another_interval_while_the_name_server_fails_changes_nothing(dns, pair, gateway_for):
    dns.records["orders.test", "A"] = ["127.0.0.1"]
    gateway = gateway_for(discovered("orders.test", pair[0].port))
    dns.failing.add("orders.test")
    for document in (discovered("orders.test", pair[0].port, refresh="7s"), discovered("orders.test", pair[0].port)):
        gateway.reload([listener(gateway.port), document, route()])
        assert answering(gateway) == {"127.0.0.1"}
