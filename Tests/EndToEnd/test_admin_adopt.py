"""Do replicas follow another control plane when its operator says so, and not before?"""

import json

import pytest

from harness import Control, free_port, listener, route, upstream, wait_until
from traffic import Traffic


@pytest.fixture
def make_control(tmp_path, running):
    """`make_control("name")`: a control plane on a folder of its own, with nothing in it."""
    def make(name: str, **options) -> Control:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        running.append(Control(folder, **options))
        return running[-1]
    return make


def fill(control: Control, port: int, origin_port: int):
    for document in (listener(port), upstream(origin_port), route()):
        control.put(document)


def replica_of(control: Control) -> dict:
    items = control.call("GET", "/v1/replicas").json()["items"]
    return items[0] if items else {"state": None, "errors": []}


def identity(control: Control) -> str:
    return replica_of(control)["identity"]


def serves(replica) -> str:
    with replica.connect() as client:
        return client.get("/").json()["origin"]


def take_place(new: Control, old: Control):
    """`new` is where `old` was, and the file that the replicas have holds a token of `new`."""
    old.stop()
    new.stop()
    new.port, new.url = old.port, old.url
    new.command[new.command.index("--admin") + 1] = f"127.0.0.1:{old.port}"
    new.start()
    file = old.data / "worker.token.new"
    file.write_text(new.worker_token)
    file.rename(old.data / "worker.token")


def test_a_new_control_plane_takes_replicas_over_by_its_operators_word(make_control, make_replica, make_origin, running):
    port, a, b = free_port(), make_origin(name="a"), make_origin(name="b")
    old, new = make_control("old"), make_control("new")
    fill(old, port, a.port)
    fill(new, port, b.port)
    for number in range(3):
        old.put(upstream(9000 + number, name="more"))
    replica = make_replica(old, port, "edge")
    former = identity(old)
    traffic = Traffic(port, connections=4)
    running.append(traffic)

    take_place(new, old)
    wait_until(lambda: replica_of(new)["state"] == "rejected", "the replica refuses", 30)
    seen = replica_of(new)
    assert seen["identity"] == former
    assert "/v1/replicas/adopt" in seen["errors"][0]["message"] and former in seen["errors"][0]["message"]
    assert serves(replica) == "a"
    refusal = new.call("GET", "/v1/versions/latest/rollout").json()
    assert not refusal["complete"] and refusal["counts"]["rejected"] == 1

    answered = traffic.answered
    answer = new.call("POST", "/v1/replicas/adopt", {"identity": former})
    assert answer.status == 200, answer.text
    assert answer.json()["adopts"] == [former] and answer.json()["identity"] != former
    wait_until(lambda: replica_of(new)["state"] == "applied", "the replica follows", 20)
    assert serves(replica) == "b" and identity(new) == answer.json()["identity"]
    wait_until(lambda: traffic.answered > answered + 100, "traffic ran beside it")
    traffic.stop()
    assert traffic.failures == []
    assert "takes over" in replica.process.output()
    # It is one of ours now: changes arrive, and our own identity is the only one that it follows.
    new.put(upstream(a.port))
    wait_until(lambda: serves(replica) == "a", "changes arrive")
    record = new.call("GET", "/v1/audit?action=replicas.adopt").json()["items"]
    assert [(each["subject"], each["actor"]) for each in record] == [(former, "admin")]


def test_an_adoption_outlives_the_control_plane(make_control, make_replica, origin):
    port = free_port()
    old, new = make_control("old"), make_control("new")
    fill(old, port, origin.port)
    fill(new, port, origin.port)
    replica = make_replica(old, port)
    assert new.call("POST", "/v1/replicas/adopt", {"identity": identity(old)}).status == 200
    take_place(new, old)
    wait_until(lambda: replica_of(new)["state"] == "applied", "the replica follows", 30)
    # What it keeps on disk went over to the new token with it.
    new.stop()
    replica.stop()
    replica.start()
    replica.wait_ready()
    assert serves(replica) == "origin"


def test_a_token_is_replaced_without_a_restart(make_control, make_replica, origin):
    port = free_port()
    control = make_control("only")
    fill(control, port, origin.port)
    replica = make_replica(control, port)
    (control.data / "worker.token").write_text("nonsense\n")
    wait_until(lambda: "401" in replica.process.output(), "the replica is refused", 40)
    assert serves(replica) == "origin"
    control.stop()
    (control.data / "worker.token").unlink()
    control.start()
    wait_until(lambda: replica_of(control)["state"] == "applied", "the replica is back", 30)


def test_adopting_twice_is_written_down_once(control):
    for _ in range(2):
        assert control.call("POST", "/v1/replicas/adopt", {"identity": "other"}).json()["adopts"] == ["other"]
    assert control.call("POST", "/v1/replicas/adopt", {"identity": "another"}).json()["adopts"] == ["another", "other"]
    assert [each["subject"] for each in control.call("GET", "/v1/audit").json()["items"]] == ["another", "other"]


@pytest.mark.parametrize("body", [{}, {"identity": ""}, {"identity": 1}, {"identity": None}, {"identity": "a b"},
                                  {"identity": "x" * 129}, {"identity": "x", "more": 1}, [], {"identity": "ä"}])
def test_what_is_no_identity_is_refused(control, body):
    answer = control.call("POST", "/v1/replicas/adopt", json.dumps(body), headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json()["reason"]) == (422, "invalid"), answer.text


def test_the_own_identity_cannot_be_adopted(control):
    own = control.call("POST", "/v1/replicas/adopt", {"identity": "other"}).json()["identity"]
    answer = control.call("POST", "/v1/replicas/adopt", {"identity": own})
    assert answer.status == 422 and answer.json()["errors"][0]["code"] == "own-identity"


def poll(control: Control, query: str):
    return control.call("GET", f"/v1/data-plane/snapshot?replica=r&wait=0s&{query}", token=control.worker_token)


def test_who_names_another_identity_is_told_ours_and_no_more(control):
    control.put(upstream(9000))
    answer = poll(control, "since=7&version=7&digest=sha256:x&identity=other")
    assert answer.status == 200 and "9000" not in answer.text and "X-Sluice-Adopts" not in answer.headers
    control.call("POST", "/v1/replicas/adopt", {"identity": "other"})
    answer = poll(control, "since=7&version=7&digest=sha256:x&identity=other")
    assert "9000" in answer.text and answer.headers["X-Sluice-Adopts"] == "other"
    assert "X-Sluice-Adopts" not in poll(control, "since=7&version=7&digest=sha256:x&identity=third").headers
    assert "X-Sluice-Adopts" not in poll(control, "").headers


def test_a_live_replica_is_not_forgotten(control):
    poll(control, "")
    answer = control.call("DELETE", "/v1/replicas/r")
    assert (answer.status, answer.json()["reason"]) == (409, "replica-live")
    assert len(control.call("GET", "/v1/replicas").json()["items"]) == 1


def test_an_unknown_replica_cannot_be_forgotten(control):
    assert control.call("DELETE", "/v1/replicas/nobody").status == 404


def test_a_replica_that_went_is_forgotten(control):
    """Half a minute of silence is what makes a replica stale."""
    poll(control, "")
    wait_until(lambda: control.call("GET", "/v1/replicas").json()["items"][0]["state"] == "stale", "it is stale", 40)
    answer = control.call("DELETE", "/v1/replicas/r")
    assert (answer.status, answer.json()) == (200, {"id": "r", "change": "forgotten"})
    assert control.call("GET", "/v1/replicas").json()["items"] == []
    assert control.call("GET", "/v1/audit").json()["items"][0]["action"] == "replicas.forget"
    assert control.call("DELETE", "/v1/replicas/r").status == 404
