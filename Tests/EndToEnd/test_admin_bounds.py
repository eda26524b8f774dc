"""What one caller may cost the control plane is bounded, and the others do not notice."""

import select
import signal

from client import Client
from harness import Control, listener, route, upstream, wait_until

LARGE = 64 << 20


def report(control, name: str, state: str = "applied", errors: list = (), upstreams: list = ()):
    answer = control.call("POST", f"/v1/data-plane/replicas/{name}/status", {
        "replica": name, "host": "test", "version": 1, "digest": "", "identity": "", "state": state, "error": list(errors),
        "uptimeSeconds": 5, "traffic": {"requests": 1, "activeRequests": 0, "responses5xx": 0},
        "upstreams": list(upstreams)}, token=control.worker_token)
    assert answer.status == 204, answer.text


def test_large_bodies_have_so_much_room_together(control):
    def plan(size: int):
        return control.call("POST", "/v1/plan", b"[]" + b" " * size, headers={"Content-Type": "application/json"})

    clients = [Client(control.port) for _ in range(3)]
    for client in clients:
        client.send(f"POST /v1/plan HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {control.token}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {LARGE}\r\n\r\n[")
    [answered], _, _ = select.select([client.socket for client in clients], [], [], 15)
    [third] = [client for client in clients if client.socket is answered]
    assert third.answer().status == 503, "there is room for two"
    refused = plan(2 << 20)
    assert (refused.json()["reason"], refused.headers["Retry-After"]) == ("busy", "5")
    assert plan(1000).status == 200, "small bodies find room"
    for client in clients:
        client.close()
    wait_until(lambda: plan(2 << 20).status == 200, "there is room again")


def test_of_a_report_so_much_is_kept(control):
    errors = [{"kind": "route", "name": f"r{number}", "message": "x" * 5000} for number in range(150)]
    report(control, "edge", "rejected", errors)
    [replica] = control.call("GET", "/v1/replicas").json()["items"]
    assert len(replica["errors"]) == 100
    assert all(len(each.get("detail", each.get("message"))) <= 1025 for each in replica["errors"])
    logged = next(each for each in control.call("GET", "/v1/logs").json()["items"] if each["message"] == "Replica rejected a snapshot")
    assert len(logged["error"]) <= 1025


def test_an_explanation_lists_so_many_views(control):
    for document in [listener(8080), upstream(9000), route("shop")]:
        control.put(document)
    for number in range(25):
        report(control, f"edge-{number:02}", upstreams=[{"upstream": "origin", "endpoints": [
            {"endpoint": "127.0.0.1:9000", "healthy": False, "reasons": [f"probe-failed: {500 + number}"], "since": None}]}])
    answer = control.call("POST", "/v1/explain", {"method": "GET", "url": "http://shop.example.com:8080/"})
    assert answer.status == 200, answer.text
    [destination] = answer.json()["destinations"]
    assert (len(destination["views"]), destination["moreViews"], destination["endpoint"]) == (20, 5, None)


def test_hanging_up_does_not_end_the_control_plane(control):
    control.process.signal(signal.SIGHUP)
    control.put(upstream(9000))
    control.process.signal(signal.SIGHUP)
    assert control.call("GET", "/v1/upstreams/origin").status == 200
    assert control.process.child.poll() is None


def test_the_log_of_a_new_process_comes_after_that_of_the_last_one(control):
    last = control.call("GET", "/v1/logs").json()["next"]
    control.stop()
    control.start()
    lines = control.call("GET", f"/v1/logs?after={last}").json()["items"]
    assert "Control plane starts" in [each["message"] for each in lines]
    assert all(each["sequence"] > last for each in lines)


def test_a_backup_is_made_for_get_alone(control):
    head = control.call("HEAD", "/v1/backup")
    assert (head.status, head.headers["Allow"]) == (405, "GET")
    assert control.call("GET", "/v1/audit?action=backup").json()["items"] == []
    for _ in range(3):
        assert control.call("GET", "/v1/backup").status == 200


def test_a_plan_of_a_viewer_tells_nothing_of_secrets_elsewhere(control, certificates):
    token = control.call("POST", "/v1/tokens", {"name": "look", "role": "viewer"}).json()["token"]
    document = {**certificates.shop.document("shop"), "privateKey": {"fromFile": "x"}}
    assert control.call("POST", "/v1/plan", [document], token=token).status == 403
    assert control.call("POST", "/v1/plan", [document]).status == 422
    assert control.call("POST", "/v1/plan", [certificates.shop.document("shop")], token=token).status == 200


def test_names_that_come_and_go_keep_their_places(control):
    def listed() -> list[str]:
        return [each["name"] for each in control.call("GET", "/v1/upstreams").json()["items"]]

    assert listed() == []
    expected = set()
    for name in ["m", "a", "z", "n", "b"]:
        control.put(upstream(9000, name=name))
        expected.add(name)
        assert listed() == sorted(expected)
    for name in ["a", "n", "z"]:
        assert control.call("DELETE", f"/v1/upstreams/{name}").status == 200
        expected.discard(name)
        assert listed() == sorted(expected)
    control.call("POST", "/v1/apply", [upstream(9000, name=f"u{number:03}") for number in range(150)])
    assert control.call("GET", "/v1/upstreams?limit=1000").json()["items"][-1]["name"] == "u149"
