"""`POST /v1/apply`: many documents, all or nothing."""

import pytest

from harness import listener, route, upstream

YAML = """\
kind: listener
name: web
port: 18080
---
kind: upstream
name: origin
endpoints:
  - {address: 127.0.0.1, port: 9000}
---
kind: route
name: all
forward: [{upstream: origin}]
"""


def apply(control, documents, query: str = "", kind: str = "application/json"):
    return control.call("POST", f"/v1/apply{query}", documents, headers={"Content-Type": kind})


def test_yaml_and_json_are_one_and_the_same(control):
    made = apply(control, YAML, kind="application/yaml")
    assert made.status == 200, made.text
    assert made.json() == {"version": 2, "changes": [
        {"kind": "listener", "name": "web", "change": "created"},
        {"kind": "upstream", "name": "origin", "change": "created"},
        {"kind": "route", "name": "all", "change": "created"}]}
    again = apply(control, [{"kind": "listener", "name": "web", "port": 18080}, upstream(9000), route()])
    assert (again.status, again.headers["X-Change"], again.headers["X-Config-Version"]) == (200, "none", "2")
    assert {change["change"] for change in again.json()["changes"]} == {"unchanged"}


def test_a_single_object_is_one_document(control):
    assert apply(control, upstream(9000)).json()["changes"] == [
        {"kind": "upstream", "name": "origin", "change": "created"}]


def test_references_may_point_at_later_documents(control):
    assert apply(control, [route(), upstream(9000)]).status == 200


def test_only_what_differs_changes(control):
    apply(control, [upstream(9000), route()])
    changed = apply(control, [upstream(9001), route()]).json()
    assert [each["change"] for each in changed["changes"]] == ["updated", "unchanged"]
    assert control.call("GET", "/v1/routes/all").json()["meta"]["version"] == 2


def test_one_fault_refuses_everything_and_all_faults_are_listed(control):
    bad = """\
kind: upstream
name: origin
endpoints: [{address: 127.0.0.1, port: 9000}]
---
kind: route
name: all
frward: []
---
kind: upstream
name: other
endpoints: []
"""
    refused = apply(control, bad, kind="application/yaml")
    assert refused.status == 422
    places = {(error["document"], error["line"]) for error in refused.json()["errors"]}
    assert places == {(1, 5), (1, 7), (2, 11)}
    assert control.call("GET", "/v1/upstreams").json()["items"] == []


def test_a_dangling_reference_says_in_which_document(control):
    refused = apply(control, [upstream(9000), route(to="nowhere")])
    assert refused.status == 422
    (error,) = refused.json()["errors"]
    assert (error["document"], error["pointer"], error["name"]) == (1, "/forward/0/upstream", "all")


def test_the_same_resource_twice_is_refused(control):
    refused = apply(control, [upstream(9000), upstream(9001)])
    assert refused.status == 422
    assert [(error["code"], error["document"]) for error in refused.json()["errors"]] == [("duplicate", 1)]


@pytest.mark.parametrize("text, kind", [("{", "application/json"), ("a: [", "application/yaml")])
def test_what_cannot_be_read_is_400_with_its_place(control, text, kind):
    refused = apply(control, text, kind=kind)
    assert (refused.status, refused.json()["reason"]) == (400, "malformed-body")
    assert refused.json()["errors"][0]["line"] >= 1


def test_a_dry_run_answers_the_changes_and_makes_none(control):
    answer = apply(control, [upstream(9000)], "?dryRun=true")
    assert (answer.status, answer.headers["X-Dry-Run"]) == (200, "true")
    assert answer.json()["changes"][0]["change"] == "created"
    assert control.call("GET", "/v1/versions/latest").json()["number"] == 1


def test_the_message_is_kept_with_the_version(control):
    apply(control, [upstream(9000)], "?message=first%20try")
    assert control.call("GET", "/v1/versions/latest").json()["message"] == "first try"


def test_ten_thousand_routes_are_one_version_and_survive_a_restart(control):
    documents = [listener(18080), upstream(9000)] + [route(f"r{n}", prefix=f"/p/{n}") for n in range(10_000)]
    assert apply(control, documents).json()["version"] == 2
    before = control.call("GET", "/v1/versions/latest").json()
    assert before["counts"] == {"listeners": 1, "upstreams": 1, "routes": 10_000, "certificates": 0, "traffic-policies": 0,
                                "auth-policies": 0, "consumers": 0}
    control.process.kill()
    control.start()
    assert control.call("GET", "/v1/versions/latest").json() == before
