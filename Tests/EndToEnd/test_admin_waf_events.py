"""`GET /v1/waf/events` and `sluice waf tail`: what replicas report of their firewalls."""

import json
import signal
import subprocess
import threading

import pytest

from harness import binary, wait_until


def event(sequence: int, **members) -> dict:
    return {"sequence": sequence, "type": "waf", "time": "2026-01-02T03:04:05.678Z", "route": "shop", "policy": "guard",
            "action": "refused", "score": 5, "method": "GET", "host": "shop.example", "path": f"/{sequence}",
            "rules": [{"id": 942100, "message": "SQL Injection"}], **members}


def report(control, *events, replica: str = "edge", dropped: int = 0):
    """What a replica would send."""
    answer = control.call("POST", f"/v1/data-plane/replicas/{replica}/status", {
        "replica": replica, "host": "node", "version": 1, "digest": "sha256:0", "identity": "i", "state": "applied",
        "error": [], "uptimeSeconds": 1, "traffic": {"requests": 1, "activeRequests": 0, "responses5xx": 0},
        "wafEvents": list(events), "wafEventsDropped": dropped}, token=control.worker_token)
    assert answer.status == 204, answer.text


def read(control, query: str = "") -> dict:
    answer = control.call("GET", f"/v1/waf/events{query}")
    assert answer.status == 200, answer.text
    return answer.json()


def paths(page: dict) -> list:
    return [each["path"] for each in page["items"]]


def test_events_come_in_order_with_their_replica_and_go_on_after_the_cursor(control):
    report(control, event(1), event(2))
    report(control, event(1), replica="other")
    first = read(control, "?limit=2")
    assert paths(first) == ["/1", "/2"] and first["items"][0]["replica"] == "edge"
    assert "sequence" not in first["items"][0]
    second = read(control, f"?after={first['next']}")
    assert [each["replica"] for each in second["items"]] == ["other"]
    assert read(control, f"?after={second['next']}")["items"] == []
    assert not second["restarted"]


def test_what_is_sent_again_is_not_there_twice(control):
    report(control, event(1), event(2))
    report(control, event(1), event(2), event(3))
    assert paths(read(control)) == ["/1", "/2", "/3"]


@pytest.mark.parametrize("query, expected", [
    ("?policy=guard", ["/1", "/3"]), ("?policy=other", ["/2"]), ("?route=cart", ["/3"]), ("?rule=920350", ["/2"]),
    ("?policy=guard&route=cart&rule=942100", ["/3"]), ("?policy=none", [])])
def test_only_what_is_asked_for(control, query, expected):
    report(control, event(1), event(2, policy="other", rules=[{"id": 920350}]), event(3, route="cart"))
    assert paths(read(control, query)) == expected


def test_the_oldest_make_room_and_are_counted_with_what_replicas_dropped(control):
    for start in range(0, 1100, 100):
        report(control, *[event(start + number) for number in range(100)], dropped=7)
    page = read(control, "?limit=1000")
    assert len(page["items"]) == 1000 and page["items"][0]["path"] == "/100" and page["dropped"] == 107


def test_not_more_is_kept_than_four_mebibytes(control):
    for start in range(0, 900, 100):
        report(control, *[event(start + number, excerpt="x" * 7000) for number in range(100)])
    page = read(control, "?limit=1000")
    assert 550 < len(page["items"]) < 600 and paths(page)[-1] == "/899"
    assert page["dropped"] == 900 - len(page["items"])


def test_a_wait_ends_with_the_next_event_that_is_asked_for(control):
    report(control, event(1))
    cursor, pages = read(control)["next"], []
    waiting = threading.Thread(
        target=lambda: pages.append(read(control, f"?after={cursor}&wait=30s&policy=other")))
    waiting.start()
    report(control, event(2))
    report(control, event(3, policy="other"))
    waiting.join(25)
    assert [paths(page) for page in pages] == [["/3"]]


def test_a_cursor_of_another_start_reads_from_the_oldest_and_says_so(control):
    report(control, event(1))
    cursor = read(control)["next"]
    control.stop()
    control.start()
    assert read(control)["items"] == []
    report(control, event(2))
    page = read(control, f"?after={cursor}")
    assert paths(page) == ["/2"] and page["restarted"]


@pytest.mark.parametrize("query", ["?after=x", "?after=a-b", "?after=a--1", "?after=", "?limit=0", "?limit=1001", "?rule=x",
                                   "?rule=0", "?wait=long", "?name=x"])
def test_a_query_that_says_nothing_is_400(control, query):
    assert control.call("GET", f"/v1/waf/events{query}").status == 400


def test_viewers_may_not_read_parts_of_requests(control):
    for role, status in (("viewer", 403), ("editor", 200), ("operator", 200)):
        token = control.call("POST", "/v1/tokens", {"name": role, "role": role}).json()["token"]
        assert control.call("GET", "/v1/waf/events", token=token).status == status, role
    assert control.call("GET", "/v1/waf/events", token=control.worker_token).status == 403


def test_tail_shows_what_is_there(control):
    report(control, event(1), event(2, path="/\x1b[2J", rules=[{"id": 920350, "message": "Host"}, {"id": 1, "message": "b"}]))
    done = control.cli("waf", "tail", "--no-follow")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "2026-01-02T03:04:05.678Z  edge  refused  5  GET  shop.example/1  942100 SQL Injection"
    assert "\x1b" not in second and second.endswith("920350 Host; 1 b")
    lines = control.cli("waf", "tail", "--no-follow", "-o", "json", "--rule", "942100").stdout.splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["/1"]
    assert control.cli("waf", "tail", "--no-follow", "--policy", "none").stdout == ""


def test_tail_goes_on_until_it_is_interrupted(control, tmp_path):
    report(control, event(1))
    shown = tmp_path / "shown"
    with shown.open("w") as output:
        tail = subprocess.Popen([binary("sluice"), "waf", "tail", "-o", "json"], stdout=output,
                                env=control.cli_environment(),
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        wait_until(lambda: len(shown.read_text().splitlines()) == 1, "the first event is shown")
        report(control, event(2))
        wait_until(lambda: len(shown.read_text().splitlines()) == 2, "the next one is shown")
        tail.send_signal(signal.SIGINT)
        assert tail.wait(10) == 0
    finally:
        tail.kill()
        tail.wait()


def test_tail_is_refused_as_other_commands_are(control):
    token = control.call("POST", "/v1/tokens", {"name": "v", "role": "viewer"}).json()["token"]
    assert control.cli("waf", "tail", "--no-follow", token=token).returncode == 4
    assert control.cli("waf", "tail", "--rule", "x").returncode == 1
