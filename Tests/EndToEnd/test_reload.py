"""Does SIGHUP put a changed file in force without losing a request, and never a broken one?"""

import json
import signal
import threading

from harness import free_port, listener, route, upstream, wait_until
from traffic import Traffic


def seen(gateway, path: str) -> str | int:
    with gateway.connect() as client:
        answer = client.get(path)
        return answer.json()["origin"] if answer.status == 200 else answer.status


def reload(gateway, documents):
    gateway.write(documents)
    gateway.process.signal(signal.SIGHUP)


def refused(gateway) -> int:
    return gateway.metrics()["sluice_snapshot_rejected_total"]


def test_a_change_is_live_and_no_request_fails(make_gateway, make_origin, running):
    a, b = make_origin(name="a"), make_origin(name="b")
    port = free_port()
    common = [listener(port), upstream(a.port, name="a"), upstream(b.port, name="b"), route("all", to="a")]
    gateway = make_gateway([*common, route("moving", to="a", prefix="/moving")], workers=2)
    traffic = Traffic(port, path="/steady")
    running.append(traffic)
    for number in range(20):
        to = "ba"[number % 2]
        reload(gateway, [*common, route("moving", to=to, prefix="/moving")])
        wait_until(lambda: all(seen(gateway, "/moving") == to for _ in range(6)), f"/moving goes to {to}")
    wait_until(lambda: traffic.answered > 200, "traffic ran beside it")
    traffic.stop()
    assert traffic.failures == []


def test_routes_come_and_go(make_gateway, origin):
    port = free_port()
    base = [listener(port), upstream(origin.port)]
    gateway = make_gateway([*base, route("one", prefix="/one")])
    assert (seen(gateway, "/one"), seen(gateway, "/two")) == ("origin", 404)
    reload(gateway, [*base, route("two", prefix="/two")])
    wait_until(lambda: seen(gateway, "/two") == "origin", "/two is there")
    assert seen(gateway, "/one") == 404


def test_an_established_connection_sees_the_change(make_gateway, origin):
    port = free_port()
    base = [listener(port), upstream(origin.port)]
    gateway = make_gateway([*base, route("one", prefix="/one")])
    with gateway.connect() as client:
        assert client.get("/two").status == 404
        reload(gateway, [*base, route("one", prefix="/one"), route("two", prefix="/two")])
        wait_until(lambda: client.get("/two").status == 200, "the old connection knows the new route")


def test_listeners_come_and_go(make_gateway, origin):
    first, second = free_port(), free_port()
    rest = [upstream(origin.port), route()]
    gateway = make_gateway([listener(first), *rest])
    reload(gateway, [listener(first), listener(second, name="more"), *rest])
    gateway.port = second
    wait_until(lambda: answers(gateway), "the new port answers")
    reload(gateway, [listener(second, name="more"), *rest])
    gateway.port = first
    wait_until(lambda: not answers(gateway), "the old port is closed")
    gateway.port = second
    assert answers(gateway)


def answers(gateway) -> bool:
    try:
        return seen(gateway, "/") == "origin"
    except OSError:
        return False


def test_a_file_that_is_no_configuration_changes_nothing(make_gateway, origin):
    port = free_port()
    base = [listener(port), upstream(origin.port), route("one", prefix="/one")]
    gateway = make_gateway(base)
    broken = {
        "a missing upstream": json.dumps([*base, route("two", to="nowhere", prefix="/two")]),
        "an unknown field": json.dumps([*base, {**route("two", prefix="/two"), "colour": "red"}]),
        "half a file": json.dumps(base)[:-20],
    }
    for what, text in broken.items():
        mark = len(gateway.process.output())
        gateway.file.write_text(text)
        gateway.process.signal(signal.SIGHUP)
        wait_until(lambda: "refused" in gateway.process.output()[mark:], f"{what} is refused in the log")
        assert (seen(gateway, "/one"), seen(gateway, "/two")) == ("origin", 404), what
    reload(gateway, [*base, route("two", prefix="/two")])
    wait_until(lambda: seen(gateway, "/two") == "origin", "a good file is taken again")


def test_a_port_that_is_taken_is_refused_and_the_rest_serves_on(make_gateway, make_origin):
    origin, other = make_origin(), make_origin()
    port = free_port()
    base = [listener(port), upstream(origin.port), route()]
    gateway = make_gateway(base)
    before = refused(gateway)
    reload(gateway, [*base, listener(other.port, name="taken")])
    wait_until(lambda: refused(gateway) > before, "the refusal is counted")
    assert seen(gateway, "/") == "origin"


def test_a_request_in_flight_keeps_its_upstream(make_gateway, make_origin):
    go_on = threading.Event()

    def slow(connection):
        connection.read_request()
        go_on.wait(20)
        connection.answer("slow")
    old, new = make_origin(slow, name="old"), make_origin(name="new")
    port = free_port()
    gateway = make_gateway([listener(port), upstream(old.port, name="old"), route(to="old")])
    with gateway.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: old.requests, "the request is with the old upstream")
        before = gateway.metrics()["sluice_config_version"]
        reload(gateway, [listener(port), upstream(new.port, name="new"), route(to="new")])
        wait_until(lambda: gateway.metrics()["sluice_config_version"] > before, "the change is in force")
        assert seen(gateway, "/") == "new"
        go_on.set()
        assert client.answer().body == b"slow"
        assert client.get().json()["origin"] == "new"


def test_a_bad_file_at_the_start_is_refused_with_all_its_faults(make_gateway, origin):
    gateway = make_gateway([listener(free_port()), upstream(origin.port), route("a", to="nowhere"),
                            route("b", to="neither")], waits=False)
    assert gateway.process.wait() != 0
    output = gateway.process.output()
    assert "nowhere" in output and "neither" in output
