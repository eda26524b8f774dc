"""Snapshots, acknowledgements and rollout, with replicas played by the test."""

import base64
import hashlib
import json
import threading
from urllib.parse import urlencode

import pytest

from harness import route, upstream, wait_until


class FakeReplica:
    """Polls as a worker does and believes what it is told."""

    def __init__(self, control, name: str):
        self.control, self.name = control, name
        self.version, self.digest, self.identity = None, None, None

    def poll(self, wait: str = "0s", **fields):
        query = {"replica": self.name, "wait": wait}
        if self.version is not None:
            query |= {"since": self.version, "version": self.version, "digest": self.digest, "identity": self.identity}
        return self.control.call("GET", "/v1/data-plane/snapshot?" + urlencode({**query, **fields}),
                                 token=self.control.worker_token)

    def follow(self, wait: str = "0s"):
        """Polls and takes on what comes. Returns the update, `None` for 304."""
        answer = self.poll(wait)
        if answer.status == 304:
            return None
        assert answer.status == 200, answer.text
        update = answer.json()
        self.version, self.digest, self.identity = update["version"], update["digest"], update["identity"]
        return update

    def report(self, state: str, errors: list = ()):
        status = {"replica": self.name, "host": "test", "version": self.version or 0, "digest": self.digest or "",
                  "identity": self.identity or "", "state": state, "error": list(errors), "uptimeSeconds": 5,
                  "traffic": {"requests": 1, "activeRequests": 0, "responses5xx": 0}}
        return self.control.call("POST", f"/v1/data-plane/replicas/{self.name}/status", status,
                                 token=self.control.worker_token)

    @property
    def state(self) -> str:
        replicas = self.control.call("GET", "/v1/replicas").json()["items"]
        return next(each["state"] for each in replicas if each["id"] == self.name)


@pytest.fixture
def replica(control):
    return FakeReplica(control, "edge-1")


def in_background(call):
    """Starts a call. The value of what it returns is what the call returned."""
    results = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()

    def result():
        thread.join(30)
        return results[0]
    return result


def test_the_first_snapshot_is_full_and_carries_its_digest(control, replica):
    control.put(upstream(9000))
    answer = replica.poll()
    wanted = base64.b64encode(hashlib.sha256(answer.body).digest()).decode()
    assert answer.headers["Content-Digest"] == f"sha-256=:{wanted}:"
    update = answer.json()
    assert update.get("from") is None
    assert update["version"] == 2
    assert update["digest"] == control.call("GET", "/v1/versions/latest").json()["digest"]


def test_later_ones_are_deltas_of_what_changed(control, replica):
    control.put(upstream(9000))
    control.put(upstream(9000, name="other"))
    replica.follow()
    control.put(route())
    control.call("DELETE", "/v1/upstreams/other")
    update = replica.follow()
    assert (update["from"], update["version"]) == (3, 5)
    assert "all" in json.dumps(update["upserts"]) and "9000" not in json.dumps(update["upserts"])
    assert "other" in json.dumps(update["deletes"])
    assert replica.follow() is None


def test_deltas_go_on_after_a_restart_of_the_control_plane(control, replica):
    control.put(upstream(9000))
    replica.follow()
    control.put(route())
    control.process.kill()
    control.start()
    assert replica.follow()["from"] == 2


@pytest.mark.parametrize("lie", [{"digest": "sha256:0"}, {"version": 1}, {"digest": ""}])
def test_a_replica_that_has_something_else_gets_the_full_snapshot(control, replica, lie):
    control.put(upstream(9000))
    replica.follow()
    control.put(route())
    assert replica.poll(**lie).json().get("from") is None


def test_a_replica_of_another_control_plane_is_told_who_this_one_is_and_nothing_else(control, replica):
    control.put(upstream(9000))
    replica.follow()
    control.put(route())
    update = replica.poll(identity="other").json()
    assert update["identity"] == replica.identity
    assert update["upserts"] == [] and update["deletes"] == []


def test_a_replica_that_refused_a_version_waits_for_the_next_and_gets_a_delta_from_what_it_serves(control, replica):
    replica.follow()
    control.put(upstream(9000))
    assert replica.poll(since=2).status == 304
    control.put(route())
    update = replica.poll(since=2).json()
    assert (update["from"], update["version"]) == (1, 3)
    assert "9000" in json.dumps(update["upserts"]) and "all" in json.dumps(update["upserts"])


def test_a_replica_further_ahead_than_any_restore_explains_gets_nothing_and_is_a_laggard(control, replica):
    replica.follow()
    replica.version = 99_000_000
    assert replica.poll().status == 304
    assert replica.state == "ahead"
    answer = control.call("PUT", "/v1/upstreams/a?wait=applied&timeout=100ms", upstream(9000, name="a"))
    assert answer.status == 202
    assert answer.json()["laggards"] == [{"id": "edge-1", "state": "ahead", "error": None}]


def test_a_change_answers_every_waiting_poll(control):
    replicas = [FakeReplica(control, f"edge-{number}") for number in range(5)]
    for each in replicas:
        each.follow()
    waiting = [in_background(lambda each=each: each.follow("20s")) for each in replicas]
    wait_until(lambda: len(control.call("GET", "/v1/replicas").json()["items"]) == 5, "all replicas poll")
    control.put(upstream(9000))
    assert [result()["version"] for result in waiting] == [2] * 5


def test_wait_applied_answers_once_every_replica_serves_the_version(control, replica):
    replica.follow()
    result = in_background(
        lambda: control.call("PUT", "/v1/upstreams/a?wait=applied&timeout=20s", upstream(9000, name="a")))
    wait_until(lambda: replica.follow("1s"), "the replica gets the version")
    replica.poll()
    assert result().status == 201
    assert replica.state == "applied"


def test_wait_applied_without_any_replica_does_not_wait(control):
    assert control.call("PUT", "/v1/upstreams/a?wait=applied&timeout=20s", upstream(9000, name="a")).status == 201


def test_a_refusal_of_a_replica_ends_the_wait_with_its_reason(control, replica):
    replica.follow()
    result = in_background(
        lambda: control.call("PUT", "/v1/upstreams/a?wait=applied&timeout=20s", upstream(9000, name="a")))
    wait_until(lambda: replica.poll("1s").status == 200, "the replica is offered the version")
    errors = [{"kind": "certificate", "name": "shop", "message": "the key cannot be read"}, {"message": "port 1 is taken"}]
    assert replica.report("rejected", errors).status == 204
    listed = control.call("GET", "/v1/replicas").json()["items"][0]["errors"]
    assert [(each["kind"], each["name"]) for each in listed] == [("certificate", "shop"), (None, None)]
    answer = result()
    assert answer.status == 202
    assert answer.json() == {"version": 2, "laggards": [
        {"id": "edge-1", "state": "rejected", "error": "certificate shop: the key cannot be read; port 1 is taken"}]}
    replica.follow()
    replica.poll()
    assert replica.state == "applied"


def test_a_report_about_another_replica_is_refused(control, replica):
    replica.follow()
    document = {"replica": "edge-2"}
    answer = control.call("POST", "/v1/data-plane/replicas/edge-1/status", document, token=control.worker_token)
    assert answer.status in (400, 422)


@pytest.mark.parametrize("query", ["", "replica=a%20b", "replica=a&since=-1", "replica=a&wait=long", "replica=a&x=1"])
def test_polls_that_make_no_sense_are_refused(control, query):
    answer = control.call("GET", f"/v1/data-plane/snapshot?{query}", token=control.worker_token)
    assert answer.status == 400


def test_the_metrics_follow(control, replica):
    control.put(upstream(9000))
    replica.follow()
    replica.poll()
    text = control.call("GET", "/metrics", token="").text
    assert "sluice_config_version 2" in text.splitlines()
    assert 'sluice_resources{kind="upstream"} 1' in text
    assert 'sluice_replicas{state="applied"} 1' in text


def test_a_control_plane_that_was_restarted_hears_its_replicas_before_it_says_what_all_of_them_serve(control, replica):
    control.put(upstream(9000))
    replica.follow()
    control.process.kill()
    control.start()
    answer = control.call("PUT", "/v1/upstreams/a?wait=applied&timeout=10ms", upstream(9001, name="a"))
    assert (answer.status, answer.json()["laggards"]) == (202, [])

    def follow():
        while replica.version < 4:
            replica.follow("5s")
        replica.poll()
    following = in_background(follow)
    answer = control.call("PUT", "/v1/upstreams/b?wait=applied&timeout=20s", upstream(9002, name="b"))
    assert answer.status == 201
    assert replica.state == "applied"
    following()
