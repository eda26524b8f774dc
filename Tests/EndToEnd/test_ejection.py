"""Is an endpoint that requests show to be broken left alone, and what is used when too few are left?"""

import collections
import json

import pytest

from balancing import documents, names, serving, start
from harness import free_port, listener, route, upstream, wait_until
from traffic import Traffic
from trouble import endpoints

__all__ = ["serving", "start"]  # fixtures


def passive(**fields) -> dict:
    return {"passive": {"consecutive5xx": 3, "consecutiveGatewayErrors": 0, "interval": "100ms",
                        "baseEjectionTime": "300s", "maxEjectionPercent": 100, **fields}, "panicThreshold": 0}


broken = "500 Broken"
robin = {"algorithm": "round-robin"}


def test_a_broken_endpoint_is_ejected_after_so_many_in_a_row(start, serving):
    gateway = start(3, loadBalancing=robin, healthChecks=passive())
    serving.statuses["b"] = broken
    with gateway.connect() as client:
        names(client, 60)
    assert serving.seen["b"] == 3 and serving.seen["a"] + serving.seen["c"] == 57


def test_checks_that_come_later_eject_too(make_origin, make_gateway, serving):
    origins = endpoints(make_origin, serving, 2)
    port = free_port()

    def configured(**fields):
        return [listener(port), route(), upstream(*[each.port for each in origins], loadBalancing=robin, **fields)]
    gateway = make_gateway(configured(healthChecks={"panicThreshold": 0}))
    serving.statuses["b"] = broken
    gateway.reload(configured(healthChecks=passive()))
    with gateway.connect() as client:
        names(client, 40)
    assert serving.seen["b"] == 3 and serving.seen["a"] == 37


def test_a_success_in_between_starts_the_count_again(start, serving):
    gateway = start(2, loadBalancing=robin, healthChecks=passive())
    with gateway.connect() as client:
        for _ in range(10):
            serving.statuses["b"] = broken
            names(client, 4)  # two of them at b
            del serving.statuses["b"]
            names(client, 2)
    assert serving.seen["a"] == serving.seen["b"] == 30


@pytest.mark.parametrize(("status", "ejected"), [("502 Bad", True), ("503 Bad", True), ("504 Bad", True), ("500 Bad", False)])
def test_gateway_errors_have_a_count_of_their_own(start, serving, status, ejected):
    gateway = start(2, loadBalancing=robin, healthChecks=passive(consecutive5xx=0, consecutiveGatewayErrors=2))
    serving.statuses["b"] = status
    with gateway.connect() as client:
        names(client, 40)
    assert serving.seen["b"] == (2 if ejected else 20)


def test_an_endpoint_that_refuses_is_ejected(make_origin, make_gateway, serving):
    [alive] = endpoints(make_origin, serving, 1)
    gateway = make_gateway([
        listener(free_port()), route(),
        upstream(alive.port, free_port(), loadBalancing=robin, healthChecks=passive(consecutiveGatewayErrors=2))])
    with gateway.connect() as client:
        statuses = [client.get().status for _ in range(40)]
    assert statuses.count(503) == 2 and statuses.count(200) == 38


def test_an_ejected_endpoint_comes_back(start, serving):
    gateway = start(2, loadBalancing=robin, healthChecks=passive(baseEjectionTime="500ms"))
    serving.statuses["b"] = broken
    with gateway.connect() as client:
        names(client, 20)
        assert serving.seen["b"] == 3
        del serving.statuses["b"]
        wait_until(lambda: client.get().body == b"b", "b is asked again")
        assert collections.Counter(names(client, 20)) == {"a": 10, "b": 10}


def test_the_last_endpoint_is_never_ejected(start, serving):
    gateway = start(2, loadBalancing=robin, healthChecks=passive())
    serving.statuses = {"a": broken, "b": broken}
    with gateway.connect() as client:
        assert [client.get().status for _ in range(40)] == [500] * 40
    assert sorted(serving.seen.values())[0] == 3


def test_no_more_are_ejected_than_may_be(start, serving):
    gateway = start(4, loadBalancing=robin, healthChecks=passive(maxEjectionPercent=50))
    serving.statuses = {name: broken for name in "abc"}
    with gateway.connect() as client:
        names(client, 100)
        serving.seen.clear()
        names(client, 100)
    assert sorted(serving.seen.values()) == [50, 50] and serving.seen["d"] == 50


def test_when_too_few_are_left_all_are_used(start, serving):
    gateway = start(4, loadBalancing=robin, healthChecks={**passive(), "panicThreshold": 50})
    serving.statuses = {name: broken for name in "abc"}
    with gateway.connect() as client:
        names(client, 100)
        serving.seen.clear()
        names(client, 100)
    assert serving.seen == {name: 25 for name in "abcd"}


def test_backups_get_nothing_while_enough_of_the_others_are_well(start, serving):
    gateway = start(5, backups="e", loadBalancing=robin, healthChecks=passive())
    serving.statuses["a"] = broken
    with gateway.connect() as client:
        names(client, 100)
    assert serving.seen["a"] == 3 and serving.seen["e"] == 0  # 3 of 4: 75 %


def test_backups_help_when_fewer_than_72_percent_are_well(start, serving):
    gateway = start(4, backups="d", loadBalancing=robin, healthChecks=passive())
    serving.statuses["a"] = broken
    with gateway.connect() as client:
        names(client, 100)  # 2 of 3: 67 %
        assert serving.seen["d"] > 0
        serving.statuses.update(b=broken, c=broken)
        names(client, 100)
        serving.seen.clear()
        assert set(names(client, 20)) == {"d"}


def test_an_endpoint_that_leaves_while_it_is_out_takes_nobody_s_place(make_origin, make_gateway, serving):
    origins = endpoints(make_origin, serving, 4)
    checks = {"loadBalancing": robin, "healthChecks": passive(maxEjectionPercent=25)}
    gateway = make_gateway(documents(origins, **checks))
    with gateway.connect() as client:
        serving.statuses["b"] = broken
        names(client, 40)
        assert serving.seen["b"] == 3, "b is out, and no other may be"
        gateway.reload(documents([each for each in origins if each.name != "b"], port=gateway.port, **checks))
        serving.statuses["c"] = broken
        serving.seen.clear()
        names(client, 40)
    assert serving.seen["c"] == 3 and serving.seen["a"] + serving.seen["d"] == 37 and serving.seen["b"] == 0


# An endpoint dies under load

def test_with_retries_no_client_sees_an_endpoint_die(make_origin, make_gateway, serving, running):
    origins = endpoints(make_origin, serving, 3)
    gateway = make_gateway(documents(origins, retry={}, healthChecks={"passive": {}}), workers=2)
    traffic = Traffic(gateway.port)
    running.append(traffic)
    wait_until(lambda: traffic.answered > 300, "traffic flows")
    origins[1].stop()
    seen = traffic.answered
    wait_until(lambda: traffic.answered > seen + 1000, "traffic flows on")
    traffic.stop()
    assert traffic.failures == []


def test_without_retries_only_requests_at_it_fail(make_origin, make_gateway, serving, running):
    origins = endpoints(make_origin, serving, 3)
    gateway = make_gateway(documents(origins, healthChecks=passive(consecutiveGatewayErrors=3)))
    traffic = Traffic(gateway.port)
    running.append(traffic)
    wait_until(lambda: traffic.answered > 300, "traffic flows")
    origins[1].stop()
    seen = traffic.answered
    wait_until(lambda: traffic.answered > seen + 1000, "traffic flows on")
    traffic.stop()
    # Eight at once: those that were at it, and three in a row until it is ejected.
    assert len(traffic.failures) <= 24 and all(each.startswith("503") for each in traffic.failures), traffic.failures


def test_what_is_ejected_is_not_said_to_be_once_its_connections_are_replaced(start, serving):
    gateway = start(2, loadBalancing=robin, healthChecks=passive())
    serving.statuses["b"] = broken
    with gateway.connect() as client:
        names(client, 20)

    def unhealthy() -> int:
        values = gateway.metrics()
        return sum(value == 0 for name, value in values.items() if name.startswith("sluice_endpoint_healthy{"))
    wait_until(lambda: unhealthy() == 1, "the supervisor has heard of it")
    changed = json.loads(gateway.file.read_text())
    next(each for each in changed if each["kind"] == "upstream")["protocol"] = "h2c"
    gateway.reload(changed)
    wait_until(lambda: unhealthy() == 0, "the ejection is over")
