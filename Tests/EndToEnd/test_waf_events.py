"""Does the control plane hear of what firewalls of its replicas find?"""

import json

import pytest

from harness import wait_until
from relay import Relay
from waf import ATTACK, firewall, guarded


class Listening(Relay):
    """Keeps what replicas report; while `is_deaf` their reports are lost."""

    def __init__(self, control_port: int):
        self.reports, self.is_deaf, self.lost = [], False, 0
        super().__init__(control_port)

    def pass_on(self, handler):
        if not handler.path.endswith("/status"):
            return super().pass_on(handler)
        report = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        if self.is_deaf:
            self.lost += bool(report.get("wafEvents"))
            handler.close_connection = True
            return None
        self.reports.append(report)
        handler.send_response(204)
        handler.end_headers()
        return None

    def events(self) -> list[dict]:
        """Each once."""
        found = {event["sequence"]: event for report in self.reports for event in report.get("wafEvents", [])}
        return [found[sequence] for sequence in sorted(found)]


@pytest.fixture
def relay(control, running):
    running.append(Listening(control.port))
    return running[-1]


@pytest.fixture
def replica(control, relay, origin, make_replica):
    documents = guarded(origin.port, firewall())
    order = {"listener": 0, "upstream": 1, "traffic-policy": 2, "route": 3}
    for document in sorted(documents, key=lambda each: order[each["kind"]]):
        control.put(document)
    control.url = relay.url
    return make_replica(control, documents[0]["port"])


def attack(replica, path: str) -> str:
    with replica.connect() as client:
        answer = client.get(f"{path}?{ATTACK}")
        assert answer.status == 403
        return answer["x-request-id"]


def test_an_event_is_reported(relay, replica):
    request = attack(replica, "/a")
    event = wait_until(relay.events, "the event is reported")[0]
    assert (event["type"], event["requestId"], event["path"], event["action"]) == ("waf", request, "/a", "refused")
    assert event["rules"] and event["score"] >= 5
    attack(replica, "/b")
    wait_until(lambda: [event["path"] for event in relay.events()] == ["/a", "/b"], lambda: str(relay.events()))
    assert sum(event["path"] == "/a" for report in relay.reports for event in report.get("wafEvents", [])) == 1


def test_what_was_not_heard_is_said_again(relay, replica):
    relay.is_deaf = True
    attack(replica, "/a")
    wait_until(lambda: relay.lost, "a report is lost")
    relay.is_deaf = False
    attack(replica, "/b")
    wait_until(lambda: [event["path"] for event in relay.events()] == ["/a", "/b"], lambda: str(relay.events()))
