"""Does the control plane write down who did what, in a chain that shows what was tampered with?"""

import hashlib
import json
import sqlite3

import pytest

from harness import Control, route, upstream

ZERO = "sha256:" + 64 * "0"


@pytest.fixture
def stocked(control) -> Control:
    control.put(upstream(9001, name="a"))
    control.put(route("main", to="a"))
    control.call("POST", "/v1/versions/2/rollback?message=back")
    return control


def audit(control, query: str = "") -> list[dict]:
    answer = control.call("GET", f"/v1/audit{query}")
    assert answer.status == 200, answer.text
    return answer.json()["items"]


def faults(items: list[dict]) -> list[int]:
    """The sequences at which a chain, oldest first, does not hold, recomputed as the documentation says."""
    broken, previous = [], ZERO
    for expected, item in enumerate(items, 1):
        content = {name: value for name, value in item.items() if name != "hash"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        recomputed = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        if item["sequence"] != expected or item["previousHash"] != previous or item["hash"] != recomputed:
            broken.append(expected)
        previous = item["hash"]
    return broken


def test_every_change_is_written_down(stocked):
    items = audit(stocked)
    assert [each["action"] for each in items] == ["rollback", "route.put", "upstream.put"]
    last, _, first = items
    assert (last["subject"], last["message"], last["versionBefore"], last["versionAfter"]) == ("version 2", "back", 3, 4)
    assert (first["subject"], first["message"], first["versionBefore"], first["versionAfter"]) == ("upstream/a", None, 1, 2)
    assert (first["actor"], first["role"], first["source"], first["sequence"]) == ("admin", "admin", "127.0.0.1", 1)


def test_a_record_names_its_request(control):
    answer = control.put(upstream(9001, name="a"))
    assert audit(control)[0]["requestId"] == answer.headers["X-Request-Id"]


def test_what_changes_nothing_is_not_written_down(stocked):
    before = audit(stocked)
    stocked.put(upstream(9001, name="a"))
    stocked.call("PUT", "/v1/upstreams/b?dryRun=true", upstream(9001, name="b"))
    stocked.call("PUT", "/v1/upstreams/b", {"nonsense": 1})
    stocked.call("POST", "/v1/versions/latest/rollback")
    assert audit(stocked) == before


def test_the_chain_can_be_recomputed(stocked):
    stocked.put({**upstream(9001, name="ü".encode("idna").decode()), "description": "größer / \"x\" \u2028 \U0001f600"})
    stocked.call("POST", "/v1/versions/3/rollback?message=%22gr%C3%B6%C3%9Fer%22%20%2F%20%E2%80%A8%20%F0%9F%98%80%01%7F")
    items = audit(stocked, "?order=asc&limit=1000")
    assert len(items) == 5 and faults(items) == []
    assert items[-1]["message"] == '"größer" / \u2028 \U0001f600\x01\x7f'


def test_filters_and_pages(stocked):
    assert [each["sequence"] for each in audit(stocked, "?order=asc")] == [1, 2, 3]
    assert [each["sequence"] for each in audit(stocked, "?action=route.put")] == [2]
    assert [each["sequence"] for each in audit(stocked, "?actor=admin&order=asc&limit=1")] == [1]
    assert audit(stocked, "?actor=nobody") == []
    found, path = [], "/v1/audit?limit=1&actor=admin&order=asc"
    while path:
        answer = stocked.call("GET", path)
        found += [each["sequence"] for each in answer.json()["items"]]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.json()["next"] is None)
        path = link and link[1:link.index(">")]
    assert found == [1, 2, 3]


@pytest.mark.parametrize("query", ["order=up", "limit=0", "cursor=abc", "who=me"])
def test_bad_queries(control, query):
    assert control.call("GET", f"/v1/audit?{query}").status == 400


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'somebody' WHERE sequence = 2",
                                       "DELETE FROM audit WHERE sequence = 2", "DELETE FROM audit",
                                       "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE sequence = 1"])
def test_the_database_refuses_to_alter_records(stocked, statement):
    before = audit(stocked)
    stocked.stop()
    database = sqlite3.connect(stocked.data / "sluice.sqlite")
    try:
        with pytest.raises(sqlite3.DatabaseError, match="never"):
            database.execute(statement)
    finally:
        database.close()
    stocked.start()
    assert audit(stocked) == before


@pytest.mark.parametrize("statement, broken", [
    ("UPDATE audit SET actor = 'somebody' WHERE sequence = 2", [2]),
    ("UPDATE audit SET message = NULL WHERE sequence = 3", [3]),
    ("DELETE FROM audit WHERE sequence = 2", [2]),
    ("UPDATE audit SET versionAfter = 9 WHERE sequence = 1", [1]),
])
def test_tampering_past_the_triggers_shows(stocked, statement, broken):
    stocked.stop()
    database = sqlite3.connect(stocked.data / "sluice.sqlite")
    for trigger in ("auditIsNeverChanged", "auditIsNeverShortened"):
        database.execute(f"DROP TRIGGER {trigger}")
    database.execute(statement)
    database.commit()
    database.close()
    stocked.start()
    assert set(broken) <= set(faults(audit(stocked, "?order=asc")))
