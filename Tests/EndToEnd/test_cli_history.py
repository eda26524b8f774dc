"""`sluice versions`, `rollback`, `rollout status`, `audit`, and waiting for replicas."""

import json
import sqlite3

import pytest
import yaml

from harness import free_port, listener, request, route, upstream, wait_until
from test_admin_rollout import FakeReplica


@pytest.fixture
def history(control):
    """Versions 2 and 3: an upstream that moves."""
    control.cli("apply", "-f", "-", "--message", "first", text=json.dumps([upstream(9000), route()]))
    control.cli("apply", "-f", "-", text=json.dumps([upstream(9001)]))
    return control


def test_versions_are_listed_newest_first(history):
    lines = history.cli("versions").stdout.splitlines()
    assert lines[0].split() == ["VERSION", "TIME", "AUTHOR", "RESOURCES", "MESSAGE"]
    assert [line.split()[0] for line in lines[1:]] == ["3", "2", "1"]
    assert lines[2].split()[3:] == ["2", "first"]
    assert history.cli("versions", "--limit", "2", "-o", "name").stdout == "3\n2\n"


def test_one_version_is_shown_by_number_or_as_the_latest(history):
    assert json.loads(history.cli("versions", "2", "-o", "json").stdout)["message"] == "first"
    assert yaml.safe_load(history.cli("versions", "latest", "-o", "yaml").stdout)["number"] == 3
    assert history.cli("versions", "99").returncode == 4
    for wrong in ["0", "-1", "second"]:
        assert history.cli("versions", "--", wrong).returncode == 1


def test_versions_diff_shows_what_differs(history):
    done = history.cli("versions", "diff", "2", "latest")
    assert done.returncode == 2
    assert done.stdout.splitlines() == ["~ upstream/origin", "    /endpoints/0/port: 9000 -> 9001"]
    assert set(history.cli("versions", "diff", "1", "3", "-o", "name").stdout.split()) == {"upstream/origin", "route/all"}
    assert json.loads(history.cli("versions", "diff", "2", "3", "-o", "json").stdout)["from"] == 2
    same = history.cli("versions", "diff", "3", "3")
    assert (same.returncode, same.stdout) == (0, "nothing differs\n")


def test_rollback_brings_an_old_content_back(history):
    tried = history.cli("rollback", "2", "--dry-run")
    assert tried.stdout.splitlines() == ["upstream/origin updated", "version 2 would be back"]
    done = history.cli("rollback", "2", "--message", "it broke")
    assert (done.returncode, done.stdout.splitlines()) == (0, ["upstream/origin updated", "version 4 is as version 2 was"])
    assert history.call("GET", "/v1/upstreams/origin").json()["endpoints"][0]["port"] == 9000
    assert history.cli("versions", "--limit", "1").stdout.splitlines()[1].endswith("it broke (as 2)")
    again = history.cli("rollback", "2")
    assert again.stdout == "version 4 has the content of version 2 already\n"
    assert json.loads(history.cli("rollback", "3", "-o", "json").stdout)["rollbackOf"] == 3
    assert history.cli("rollback", "99").returncode == 4


def test_a_write_waits_until_every_replica_serves_it(control, make_replica, origin):
    port = free_port()
    make_replica(control, port, waits=False)
    wait_until(lambda: control.call("GET", "/v1/replicas").json()["items"], "the replica is known")
    documents = [listener(port), upstream(origin.port), route()]
    done = control.cli("apply", "-f", "-", "--wait", "30s", text=json.dumps(documents))
    assert done.returncode == 0, done.stderr
    assert done.stderr == "version 2: served by 1 live replica\n"
    assert request(port, "GET", "/").status == 200
    assert control.cli("delete", "route", "all", "--wait", "30s").returncode == 0
    assert request(port, "GET", "/").status == 404
    assert control.cli("rollback", "2", "--wait", "30s").returncode == 0
    assert request(port, "GET", "/").status == 200


def test_a_wait_without_replicas_says_so(control):
    done = control.cli("apply", "-f", "-", "--wait", "5s", text=json.dumps([upstream(9000), route()]))
    assert (done.returncode, done.stderr) == (0, "warning: version 2: no live replica\n")


def test_a_wait_ends_in_time_with_the_laggards(control):
    replica = FakeReplica(control, "edge-1")
    replica.follow()
    replica.follow()
    done = control.cli("apply", "-f", "-", "--wait", "100ms", text=json.dumps([upstream(9000), route()]))
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == "2 created, version 2"
    assert done.stderr.splitlines() == [
        "version 2: served by 0 of 1 live replica; not every replica did in time:", "  edge-1: pending"]


def test_a_long_wait_asks_again_and_says_how_it_goes(control):
    FakeReplica(control, "edge-1").follow()
    done = control.cli("apply", "-f", "-", "--wait", "5500ms", text=json.dumps([upstream(9000), route()]))
    assert done.returncode == 3
    assert done.stderr.splitlines()[0] == "waiting: version 2: served by 0 of 1 live replica"


def test_a_wait_ends_early_when_all_that_lag_have_refused(control):
    replica = FakeReplica(control, "edge-1")
    replica.follow()
    control.put(upstream(9000))
    replica.poll()
    replica.report("rejected", [{"kind": "upstream", "name": "origin", "message": "no such thing"}])
    done = control.cli("rollout", "status", "--wait", "1h")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "  edge-1: rejected: upstream/origin: no such thing"


def test_a_refusal_of_an_older_version_says_nothing_about_a_newer(control):
    replica = FakeReplica(control, "edge-1")
    replica.follow()
    control.put(upstream(9000))
    replica.poll()
    replica.report("rejected", [{"kind": "upstream", "name": "origin", "message": "no such thing"}])
    assert control.cli("rollout", "status").stdout.splitlines()[1].split()[2] == "rejected"
    done = control.cli("rollback", "1", "--wait", "100ms")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (3, "  edge-1: pending")
    answer = control.call("PUT", "/v1/upstreams/a?wait=applied&timeout=100ms", upstream(9001, name="a"))
    assert answer.json()["laggards"] == [{"id": "edge-1", "state": "pending", "error": None}]


def test_what_others_wrote_does_not_reach_the_terminal(control):
    control.cli("apply", "-f", "-", "--message", "\x1b[31mred\nline", text=json.dumps(upstream(9000)))
    for verb in ["versions", "audit"]:
        shown = control.cli(verb).stdout
        assert "\x1b" not in shown and r"\u{1b}[31mred\nline" in shown


def test_rollout_status_shows_replicas_and_is_an_exit_code(control):
    replica = FakeReplica(control, "edge-1")
    replica.follow()
    replica.follow()
    done = control.cli("rollout", "status")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split() == ["REPLICA", "HOST", "STATE", "VERSION", "LAST", "SEEN", "ERROR"]
    assert done.stdout.splitlines()[-1] == "version 1: served by 1 live replica"
    control.put(upstream(9000))
    assert control.cli("rollout", "status").returncode == 3
    assert control.cli("rollout", "status", "1").returncode == 0
    behind = control.cli("rollout", "status", "latest", "-o", "json")
    assert behind.returncode == 3 and json.loads(behind.stdout)["complete"] is False
    assert control.cli("rollout", "status", "-o", "name").stdout == "edge-1\n"
    assert control.cli("rollout", "status", "99").returncode == 4


def test_a_wait_that_is_no_duration_is_an_error(control):
    done = control.cli("rollout", "status", "--wait", "soon")
    assert done.returncode == 1 and "soon" in done.stderr


def test_audit_shows_who_did_what(history):
    lines = history.cli("audit").stdout.splitlines()
    assert lines[0].split()[:6] == ["ENTRY", "TIME", "ACTOR", "ROLE", "ACTION", "SUBJECT"]
    assert " apply " in lines[1] and " 2 -> 3" in lines[1]
    history.put(upstream(9002))
    assert "upstream.put" in history.cli("audit", "--limit", "1").stdout
    shown = json.loads(history.cli("audit", "--action", "apply", "-o", "json").stdout)["items"]
    assert [each["versionAfter"] for each in shown] == [3, 2]
    assert json.loads(history.cli("audit", "--actor", "nobody", "-o", "json").stdout)["items"] == []


def test_the_audit_chain_is_verified(history):
    done = history.cli("audit", "--verify")
    assert done.returncode == 0 and "none altered" in done.stdout, done.stderr
    last = history.cli("audit", "--verify", "-o", "name").stdout.strip()
    history.put(upstream(9002))
    assert history.cli("audit", "--verify", "--through", last).returncode == 0
    missing = history.cli("audit", "--verify", "--through", "sha256:" + "1" * 64)
    assert missing.returncode == 1 and "no entry with the hash" in missing.stderr


@pytest.mark.parametrize("harm, said", [
    ("UPDATE audit SET actor = 'somebody else' WHERE sequence = 2", "entry 2 of the audit log was altered"),
    ("DELETE FROM audit WHERE sequence = 2", "some are missing"),
    ("DELETE FROM audit WHERE sequence = 1", "does not follow")])
def test_an_altered_audit_log_is_found_out(history, harm, said):
    history.put(upstream(9002))
    history.process.stop()
    database = sqlite3.connect(history.data / "sluice.sqlite")
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    database.execute(harm)
    database.commit()
    database.close()
    history.start()
    done = history.cli("audit", "--verify")
    assert done.returncode == 1 and said in done.stderr
