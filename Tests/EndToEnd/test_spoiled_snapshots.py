"""Is a snapshot that was altered on the wire refused, reported, and the last good one served?"""

import base64
import hashlib
import json

import pytest

from harness import Control, Replica, free_port, listener, route, upstream, wait_until
from relay import Relay


class Through(Replica):
    """A replica that reaches its control plane through a relay."""

    def __init__(self, control: Control, relay: Relay, port: int):
        self.relay = relay
        direct, control.url = control.url, relay.url
        try:
            super().__init__(control, port)
        finally:
            control.url = direct


spoils = {
    "truncated": lambda content: content[:-10],
    "one byte altered": lambda content: content.replace(b'"b"', b'"a"', 1) if b'"b"' in content else content[:-1] + b" ",
    "not JSON": lambda content: b"<html>" + content,
    "empty object": lambda content: b"{}",
}


@pytest.fixture
def through(control, make_origin, running):
    port = free_port()
    a, b = make_origin(name="a"), make_origin(name="b")
    for document in (listener(port), upstream(a.port, name="a"), upstream(b.port, name="b"), route("main", to="a")):
        control.put(document)
    relay = Relay(control.port)
    running.append(relay)
    replica = Through(control, relay, port)
    running.append(replica)
    return control, relay, replica


def served(replica) -> str:
    with replica.connect() as client:
        return client.get().json()["origin"]


@pytest.mark.parametrize("spoil", spoils.values(), ids=spoils)
def test_a_spoiled_snapshot_changes_nothing_until_a_good_one_comes(through, spoil):
    control, relay, replica = through
    assert served(replica) == "a"
    relay.spoil = spoil
    control.put(route("main", to="b"))
    wait_until(lambda: relay.spoiled > 0 and replica.metrics()["sluice_snapshot_rejected_total"] >= 1, "it is counted", 40)
    assert served(replica) == "a"
    relay.spoil = None
    wait_until(lambda: served(replica) == "b", "the good one is served", 60)


def test_content_that_does_not_give_its_digest_is_refused_although_its_bytes_are_whole(through):
    """The header's digest fits the bytes here; that of the content does not."""
    control, relay, replica = through

    def alter(content: bytes) -> bytes:
        update = json.loads(content)
        update["digest"] = "sha256:" + "0" * 64
        return json.dumps(update).encode()

    def send(handler, answer, content):
        if handler.path.startswith("/v1/data-plane/snapshot") and content:
            content = alter(content)
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
            answer.headers.replace_header("Content-Digest", f"sha-256=:{digest}:")
            relay.spoiled += 1
        Relay.send(relay, handler, answer, content)
    relay.send = send
    control.put(route("main", to="b"))
    wait_until(lambda: relay.spoiled > 1, "it was refused and the full snapshot was asked for", 40)
    assert served(replica) == "a"
    del relay.send
    wait_until(lambda: served(replica) == "b", "the good one is served", 60)
