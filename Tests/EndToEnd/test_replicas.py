"""Does a change made with one call reach every replica, and do replicas live through what happens to the control plane?"""

import json
import shutil

import pytest

from harness import Closed, Replica, free_port, listener, route, upstream, wait_until
from traffic import Traffic


@pytest.fixture
def stocked(control, make_origin):
    """A control plane with a listener, two upstreams and a route to the first, and its gateway port."""
    port = free_port()
    a, b = make_origin(name="a"), make_origin(name="b")
    for document in (listener(port), upstream(a.port, name="a"), upstream(b.port, name="b"), route("main", to="a")):
        control.put(document)
    control.gateway_port = port
    return control


def served(replica: Replica, path: str = "/") -> str | int | None:
    """Who answers, or the refusal's status; nothing when nobody does."""
    try:
        with replica.connect() as client:
            answer = client.get(path)
            return answer.json()["origin"] if answer.status == 200 else answer.status
    except (Closed, OSError):
        return None


def version(replica: Replica) -> float:
    return replica.metrics()["sluice_config_version"]


def test_a_put_is_live_traffic_on_two_replicas(stocked, make_replica):
    replicas = [make_replica(stocked, stocked.gateway_port, f"replica-{number}") for number in range(2)]
    answer = stocked.put(route("hello", to="b", prefix="/hello"), "?wait=applied&timeout=10s")
    changed = int(answer.headers["X-Config-Version"])
    assert all(version(replica) >= changed for replica in replicas)
    # Both share the port: enough connections reach both.
    assert {served(replicas[0], "/hello") for _ in range(40)} == {"b"}


def test_changes_lose_no_request(stocked, make_replica, running):
    for number in range(2):
        make_replica(stocked, stocked.gateway_port, f"replica-{number}")
    traffic = Traffic(stocked.gateway_port, connections=6)
    running.append(traffic)
    for number in range(50):
        stocked.put(route("main", to="ba"[number % 2]), "?wait=applied&timeout=10s" if number % 10 == 9 else "")
    wait_until(lambda: traffic.answered > 300, "traffic ran beside it")
    traffic.stop()
    assert traffic.failures == []


def test_a_deleted_route_is_gone(stocked, make_replica):
    replica = make_replica(stocked, stocked.gateway_port)
    assert served(replica) == "a"
    assert stocked.call("DELETE", "/v1/routes/main?wait=applied&timeout=10s").status in (200, 204)
    assert served(replica) == 404


def test_a_replica_without_listeners_waits_for_its_first(control, make_replica, origin):
    port = free_port()
    replica = make_replica(control, port)
    for document in (listener(port), upstream(origin.port), route()):
        control.put(document)
    wait_until(lambda: served(replica) == "origin", "the first configuration is live")


def test_a_replica_serves_on_without_its_control_plane(stocked, make_replica):
    replica = make_replica(stocked, stocked.gateway_port)
    stocked.process.kill()
    wait_until(lambda: replica.metrics()["sluice_control_connected"] == 0, "the replica knows")
    assert served(replica) == "a" and replica.admin_status("/readyz") == 200
    stocked.start()
    wait_until(lambda: replica.metrics()["sluice_control_connected"] == 1, "they are together again", 10)
    stocked.put(route("main", to="b"))
    wait_until(lambda: served(replica) == "b", "changes arrive again")


def test_a_replica_restarted_without_its_control_plane_serves_from_disk(stocked, make_replica):
    replica = make_replica(stocked, stocked.gateway_port)
    before = version(replica)
    stocked.process.kill()
    replica.stop()
    assert served(replica) is None
    replica.start()
    replica.wait_ready()
    assert (served(replica), version(replica)) == ("a", before)


def damage(name: str, content: bytes) -> bytes:
    middle = len(content) // 2
    return {
        "truncated": content[:middle], "empty": b"", "one byte altered": content[:middle] + b"~" + content[middle + 1:],
        "tail missing": content[:-1], "more behind it": content + b" ", "no snapshot": b"hello\n",
    }[name]


@pytest.mark.parametrize("kind", ["truncated", "empty", "one byte altered", "tail missing", "more behind it", "no snapshot"])
def test_a_damaged_snapshot_on_disk_is_refused_and_reported(stocked, make_replica, kind):
    replica = make_replica(stocked, stocked.gateway_port)
    stocked.process.kill()
    replica.stop()
    file = snapshot_file(replica)
    file.write_bytes(damage(kind, file.read_bytes()))
    mark = len(replica.process.output())
    replica.start()
    replica.process.wait_ready(lambda: replica.admin_status("/livez") == 200)
    wait_until(lambda: "snapshot" in replica.process.output()[mark:].lower(), "the damage is reported")
    assert served(replica) is None and replica.admin_status("/readyz") == 503
    stocked.start()
    wait_until(lambda: served(replica) == "a", "it is whole again with its control plane", 40)


def snapshot_file(replica: Replica):
    files = [each for each in replica.state.rglob("*") if each.is_file() and each.stat().st_size > 100]
    assert len(files) == 1, files
    assert files[0].stat().st_mode & 0o077 == 0, "others can read the snapshot"
    return files[0]


def test_the_control_plane_knows_its_replicas(stocked, make_replica):
    replica = make_replica(stocked, stocked.gateway_port, "replica-x")

    def known():
        items = stocked.call("GET", "/v1/replicas").json()["items"]
        return [each for each in items if each.get("state") == "applied" and "replica-x" in json.dumps(each)]
    wait_until(known, "the replica is listed as applied")
    assert known()[0]["version"] == version(replica)


def test_a_version_that_cannot_be_put_in_force_is_reported_and_the_last_one_serves(stocked, make_replica, make_origin):
    replica = make_replica(stocked, stocked.gateway_port)
    taken = make_origin()
    answer = stocked.call("PUT", "/v1/listeners/taken?wait=applied&timeout=3s", listener(taken.port, name="taken"))
    assert answer.status == 202, answer.text
    assert answer.json()["laggards"]
    errors = [error for each in stocked.call("GET", "/v1/replicas").json()["items"] for error in each["errors"]]
    assert [(error["kind"], error["name"]) for error in errors] == [("listener", "taken")]
    assert served(replica) == "a"
    wait_until(lambda: replica.metrics()["sluice_snapshot_rejected_total"] >= 1, "the refusal is counted")
    assert stocked.call("DELETE", "/v1/listeners/taken").status in (200, 204)
    stocked.put(route("main", to="b"))
    wait_until(lambda: served(replica) == "b", "later versions are served", 40)


def test_a_replica_with_a_wrong_token_never_gets_a_snapshot(stocked, tmp_path, running):
    wrong = tmp_path / "wrong.token"
    wrong.write_text("not-a-token")
    replica = Replica(stocked, stocked.gateway_port, "stranger", waits=False)
    running.append(replica)
    replica.stop()
    replica.command[replica.command.index(stocked.data / "worker.token")] = wrong
    shutil.rmtree(replica.state, ignore_errors=True)
    replica.start()
    replica.process.wait_ready(lambda: replica.admin_status("/livez") == 200)
    wait_until(lambda: "401" in replica.process.output() or "token" in replica.process.output().lower(), "it says why")
    assert replica.admin_status("/readyz") == 503 and served(replica) is None


def test_the_command_line_applies_a_file(stocked, make_replica, tmp_path):
    replica = make_replica(stocked, stocked.gateway_port)
    file = tmp_path / "routes.yaml"
    file.write_text("kind: route\nname: from-yaml\nmatches: [{path: {prefix: /yaml}}]\nforward: [{upstream: b}]\n---\n"
                    "kind: route\nname: second\nmatches: [{path: {exact: /second}}]\nforward: [{upstream: b}]\n")
    done = stocked.cli("apply", "-f", file)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: (served(replica, "/yaml"), served(replica, "/second")) == ("b", "b"), "the file is live")
