"""Is every version kept, comparable and revocable, and does its rollout say who lags?"""

import json
import subprocess

import pytest

from harness import Control, binary, free_port, listener, route, upstream, wait_until


@pytest.fixture
def stocked(control):
    """Versions 2 to 5: an upstream, a route to it, the route weighted differently, an upstream more."""
    control.put(upstream(9001, name="a"))
    control.put(route("main", to="a", prefix="/one"))
    control.put(route("main", to="a", prefix="/two"))
    control.put(upstream(9002, name="b"))
    return control


def versions(control, query: str = "") -> dict:
    answer = control.call("GET", f"/v1/versions{query}")
    assert answer.status == 200, answer.text
    return answer.json()


def diff(control, base, target, **headers):
    answer = control.call("GET", f"/v1/versions/{base}/diff/{target}", headers=headers)
    assert answer.status == 200, answer.text
    return answer


def latest(control) -> int:
    return control.call("GET", "/v1/versions/latest").json()["number"]


def test_versions_are_listed_newest_first(stocked):
    items = versions(stocked)["items"]
    assert [each["number"] for each in items] == [5, 4, 3, 2, 1]
    assert [each["parent"] for each in items] == [4, 3, 2, 1, None]
    assert items[0]["counts"] == {"auth-policies": 0, "certificates": 0, "consumers": 0, "listeners": 0, "routes": 1,
                                  "traffic-policies": 0, "upstreams": 2}
    assert items[0]["author"] == "admin" and items[0]["rollbackOf"] is None
    assert items[0] == stocked.call("GET", "/v1/versions/5").json() == stocked.call("GET", "/v1/versions/latest").json()


def test_versions_come_in_pages(stocked):
    first = stocked.call("GET", "/v1/versions?limit=2")
    assert [each["number"] for each in first.json()["items"]] == [5, 4]
    link = first.headers["Link"]
    assert link == f'</v1/versions?limit=2&cursor={first.json()["next"]}>; rel="next"'
    second = stocked.call("GET", link[1:link.index(">")]).json()
    assert [each["number"] for each in second["items"]] == [3, 2]
    third = versions(stocked, f"?limit=2&cursor={second['next']}")
    assert [each["number"] for each in third["items"]] == [1] and third["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=MTpzaG9w", "order=asc"])
def test_bad_queries_of_the_list(stocked, query):
    assert stocked.call("GET", f"/v1/versions?{query}").status == 400


@pytest.mark.parametrize("number", ["6", "0", "-1", "01", "+2", "x", "99999999999999999999", "9223372036854775807"])
def test_a_version_that_never_was(stocked, number):
    for method, path in [("GET", ""), ("GET", "/diff/2"), ("POST", "/rollback"), ("GET", "/rollout")]:
        answer = stocked.call(method, f"/v1/versions/{number}{path}")
        assert (answer.status, answer.json()["reason"]) == (404, "not-found"), (method, path)
    assert stocked.call("GET", f"/v1/versions/2/diff/{number}").status == 404


def test_a_diff_names_fields(stocked):
    answer = diff(stocked, 3, "latest").json()
    assert (answer["from"], answer["to"]) == (3, 5)
    assert [(each["kind"], each["name"], each["change"]) for each in answer["changes"]] == [
        ("route", "main", "updated"), ("upstream", "b", "created")]
    assert answer["changes"][0]["diff"] == [
        {"pointer": "/matches/0/path/prefix", "op": "replace", "before": "/one", "after": "/two"}]
    [added] = answer["changes"][1]["diff"]
    assert (added["pointer"], added["op"]) == ("", "add") and "before" not in added
    back = diff(stocked, 5, 3).json()["changes"]
    assert [each["change"] for each in back] == ["updated", "deleted"]
    assert back[0]["diff"] == [{"pointer": "/matches/0/path/prefix", "op": "replace", "before": "/two", "after": "/one"}]
    assert diff(stocked, 4, 4).json()["changes"] == []


def test_a_diff_for_people(stocked):
    answer = diff(stocked, 3, 5, Accept="text/plain")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text == '~ route/main\n    /matches/0/path/prefix: "/one" -> "/two"\n+ upstream/b\n'
    assert diff(stocked, 5, 4, Accept="text/plain").text == "- upstream/b\n"


def test_secrets_never_show_in_a_diff(control, certificates):
    documents = {name: certificates.documents(name)[0] for name in ("shop", "api")}
    stored = {**documents["shop"], "name": "c"}
    control.put(stored)
    control.put({**documents["api"], "name": "c"})
    for query in ("1/diff/2", "2/diff/3", "3/diff/1"):
        answer = control.call("GET", f"/v1/versions/{query}")
        assert "PRIVATE KEY" not in answer.text
    changed = {each["pointer"]: each for each in diff(control, 2, 3).json()["changes"][0]["diff"]}
    assert changed["/privateKey"] == {
        "pointer": "/privateKey", "op": "replace", "before": "(secret)", "after": "(secret)"}


def test_a_rollback_is_a_new_version_with_the_old_content(stocked):
    before = stocked.call("GET", "/v1/versions/3").json()
    answer = stocked.call("POST", "/v1/versions/3/rollback?message=wrong%20prefix")
    assert answer.status == 200, answer.text
    assert answer.headers["X-Config-Version"] == "6"
    assert answer.json()["version"] == 6 and answer.json()["rollbackOf"] == 3
    assert [(each["kind"], each["name"], each["change"]) for each in answer.json()["changes"]] == [
        ("route", "main", "updated"), ("upstream", "b", "deleted")]
    after = stocked.call("GET", "/v1/versions/latest").json()
    assert after["digest"] == before["digest"] and after["counts"] == before["counts"]
    assert (after["rollbackOf"], after["message"], after["parent"]) == (3, "wrong prefix", 5)
    assert stocked.call("GET", "/v1/routes/main").json()["matches"] == [{"path": {"prefix": "/one"}}]
    assert stocked.call("GET", "/v1/upstreams/b").status == 404


def test_a_rollback_can_be_rolled_back(stocked):
    digest = stocked.call("GET", "/v1/versions/5").json()["digest"]
    stocked.call("POST", "/v1/versions/1/rollback")
    assert stocked.call("GET", "/v1/routes").json()["items"] == []
    stocked.call("POST", "/v1/versions/5/rollback")
    assert stocked.call("GET", "/v1/versions/latest").json()["digest"] == digest
    assert stocked.call("GET", "/v1/upstreams/b").json()["meta"]["version"] == 7
    # What came after a restart is what was there before it.
    stocked.stop()
    stocked.start()
    assert stocked.call("GET", "/v1/versions/latest").json()["digest"] == digest


@pytest.mark.parametrize("target", ["latest", "5"])
def test_a_rollback_to_what_is_there_changes_nothing(stocked, target):
    answer = stocked.call("POST", f"/v1/versions/{target}/rollback")
    assert (answer.status, answer.headers["X-Change"], answer.json()["version"]) == (200, "none", 5)
    assert answer.json()["changes"] == [] and latest(stocked) == 5


def test_a_rollback_in_a_dry_run(stocked):
    answer = stocked.call("POST", "/v1/versions/2/rollback?dryRun=true")
    assert answer.status == 200 and answer.headers["X-Dry-Run"] == "true" and len(answer.json()["changes"]) == 2
    assert latest(stocked) == 5 and stocked.call("GET", "/v1/upstreams/b").status == 200


def test_a_rollback_brings_private_keys_back(control, certificates):
    first, second = ({**certificates.documents(name)[0], "name": "c"} for name in ("shop", "api"))
    control.put(first)
    digest = control.call("GET", "/v1/versions/latest").json()["digest"]
    control.put(second)
    assert control.call("POST", "/v1/versions/2/rollback").status == 200
    assert control.call("GET", "/v1/versions/latest").json()["digest"] == digest


def test_a_rollout_without_replicas_is_complete(stocked):
    answer = stocked.call("GET", "/v1/versions/latest/rollout?wait=30s").json()
    assert answer == {"version": 5, "complete": True, "replicas": [], "counts": {
        "applied": 0, "pending": 0, "rejected": 0, "stale": 0, "ahead": 0, "starting": 0}}


def test_a_rollout_tells_who_applied_and_who_refused(control, make_replica, make_origin):
    port, origin, taken = free_port(), make_origin(), make_origin()
    for document in (listener(port), upstream(origin.port), route()):
        control.put(document)
    make_replica(control, port, "one")
    wait_until(lambda: control.call("GET", "/v1/versions/4/rollout").json()["complete"], "version 4 is everywhere")
    done = control.call("GET", "/v1/versions/2/rollout?wait=10s").json()
    assert done["complete"] and done["counts"]["applied"] == 1
    assert (done["replicas"][0]["id"], done["replicas"][0]["state"], done["replicas"][0]["version"]) == ("one", "applied", 4)
    # A port that another process has: every replica refuses, and the wait ends long before its time.
    control.put(listener(taken.port, name="taken"))
    refused = control.call("GET", "/v1/versions/latest/rollout?wait=120s").json()
    assert not refused["complete"] and refused["counts"]["rejected"] == 1
    assert [each["name"] for each in refused["replicas"][0]["errors"]] == ["taken"]
    assert control.call("GET", "/v1/versions/4/rollout").json()["complete"], "the one before is still everywhere"


def test_a_rollback_under_traffic_reaches_the_replica(control, make_replica, make_origin):
    port, a, b = free_port(), make_origin(name="a"), make_origin(name="b")
    for document in (listener(port), upstream(a.port, name="a"), upstream(b.port, name="b"), route("main", to="a")):
        control.put(document)
    good = latest(control)
    replica = make_replica(control, port)
    control.put(route("main", to="b"), "?wait=applied&timeout=10s")

    def origin() -> str:
        with replica.connect() as client:
            return client.get("/").json()["origin"]
    assert origin() == "b"
    answer = control.call("POST", f"/v1/versions/{good}/rollback?wait=applied&timeout=10s")
    assert answer.status == 200, answer.text
    assert origin() == "a"
    assert json.loads(answer.text)["version"] == good + 2


def test_old_content_is_given_up_and_its_record_stays(tmp_path, running):
    control = Control(tmp_path, ["--keep-versions", "5", "--keep-history", "1ms"])
    running.append(control)
    for number in range(70):
        control.put(upstream(9000 + number, name="a"))
    newest = latest(control)
    # Old content goes in steps after writes; numbers below the horizon are refused from its first step on.
    for method, path in (("POST", "/v1/versions/2/rollback"), ("GET", "/v1/versions/2/diff/latest"),
                         ("GET", "/v1/versions/latest/diff/2")):
        answer = control.call(method, path)
        assert (answer.status, answer.json()["reason"]) == (404, "version-pruned"), path
    assert control.call("GET", "/v1/versions/2").json()["number"] == 2
    assert len(versions(control, "?limit=1000")["items"]) == newest
    assert control.call("POST", f"/v1/versions/{newest - 4}/rollback").status == 200
    assert control.call("GET", "/v1/upstreams/a").json()["endpoints"][0]["port"] == 9065
    control.stop()
    control.start()
    assert latest(control) == newest + 1
    assert control.call("GET", "/v1/versions/2/diff/latest").status == 404
    assert len(control.call("GET", "/v1/audit?limit=1000").json()["items"]) >= 71


def test_old_content_is_given_up_at_the_start_too(control):
    for number in range(4):
        control.put(upstream(9000 + number, name="a"))
    assert control.call("GET", "/v1/versions/2/diff/latest").status == 200
    control.stop()
    control.command += ["--keep-versions", "2", "--keep-history", "1ms"]
    control.start()
    wait_until(lambda: control.call("GET", "/v1/versions/2/diff/latest").status == 404, "version 2 is given up")
    assert control.call("GET", "/v1/versions/4/diff/latest").status == 200


@pytest.mark.parametrize("flags", [["--keep-versions", "0"], ["--keep-history", "soon"], ["--keep-versions", "x"]])
def test_flags_that_keep_nothing_are_refused(tmp_path, flags):
    done = subprocess.run([binary("sluice-control"), "--data", tmp_path / "data", *flags], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode != 0 and flags[0] in done.stderr, done.stderr
