"""Sets: who owns what `apply` brings, what prune deletes, what is refused."""

import pytest

from harness import listener, route, upstream


def apply(control, documents, query: str = "", kind: str = "application/json"):
    return control.call("POST", f"/v1/apply{query}", documents, headers={"Content-Type": kind})


def owners(control, kind: str) -> dict:
    return {item["name"]: item["meta"]["set"] for item in control.call("GET", f"/v1/{kind}").json()["items"]}


def changes(answer) -> dict:
    assert answer.status == 200, answer.text
    return {f"{each['kind']}/{each['name']}": each["change"] for each in answer.json()["changes"]}


def test_a_set_owns_what_it_brought(control):
    assert apply(control, [upstream(9000), route("a")], "?set=shop").status == 200
    assert owners(control, "routes") == {"a": "shop"} and owners(control, "upstreams") == {"origin": "shop"}


def test_prune_deletes_what_the_set_owned_and_the_body_lacks_and_nothing_else(control):
    apply(control, [upstream(9000)])
    apply(control, [route("theirs")], "?set=search")
    apply(control, [route("a"), route("b"), route("c")], "?set=shop")
    done = changes(apply(control, [route("b", prefix="/b"), route("d")], "?set=shop&prune=true"))
    assert done == {"route/b": "updated", "route/d": "created", "route/a": "deleted", "route/c": "deleted"}
    assert owners(control, "routes") == {"b": "shop", "d": "shop", "theirs": "search"}
    assert owners(control, "upstreams") == {"origin": None}


def test_an_empty_body_with_prune_deletes_the_whole_set(control):
    apply(control, [upstream(9000), route("a")], "?set=shop")
    for kind, body in [("application/json", "[]"), ("application/yaml", "# nothing\n")]:
        answer = apply(control, body, "?set=shop&prune=true&dryRun=true", kind)
        assert changes(answer) == {"route/a": "deleted", "upstream/origin": "deleted"}
    assert apply(control, [], "?set=shop&prune=true").status == 200
    assert owners(control, "routes") == {} and owners(control, "upstreams") == {}


def test_prune_needs_a_set(control):
    refused = apply(control, [upstream(9000)], "?prune=true")
    assert (refused.status, refused.json()["reason"]) == (400, "malformed-query")
    assert apply(control, [upstream(9000)], "?set=Bad_Name").status == 400


def test_what_others_refer_to_is_not_pruned(control):
    apply(control, [upstream(9000)], "?set=shop")
    apply(control, [route("theirs")], "?set=search")
    refused = apply(control, [], "?set=shop&prune=true")
    assert (refused.status, refused.json()["reason"]) == (409, "referenced")
    assert owners(control, "upstreams") == {"origin": "shop"}


YAML = """\
kind: upstream
name: origin
endpoints: [{address: 127.0.0.1, port: 9000}]
---
kind: route
name: a
forward: [{upstream: origin}]
"""


def test_what_another_set_owns_is_named_with_document_and_line(control):
    apply(control, [upstream(9001), route("a"), route("b")], "?set=search")
    refused = apply(control, YAML, "?set=shop", "application/yaml")
    assert (refused.status, refused.json()["reason"]) == (409, "owned-elsewhere")
    errors = [(each["kind"], each["name"], each["document"], each["line"], each["pointer"], each["code"])
              for each in refused.json()["errors"]]
    assert errors == [("route", "a", 1, 5, "/meta/set", "owned"), ("upstream", "origin", 0, 1, "/meta/set", "owned")]
    assert all("search" in each["detail"] for each in refused.json()["errors"])
    assert owners(control, "routes") == {"a": "search", "b": "search"}


def test_force_takes_over_and_prune_then_spares_what_is_left_behind(control):
    apply(control, [upstream(9000), route("a"), route("b")], "?set=search")
    assert changes(apply(control, [route("a")], "?set=shop&force=true")) == {"route/a": "updated"}
    assert owners(control, "routes") == {"a": "shop", "b": "search"}
    assert changes(apply(control, [upstream(9000)], "?set=search&prune=true")) == {"upstream/origin": "unchanged", "route/b": "deleted"}
    assert owners(control, "routes") == {"a": "shop"}


def test_what_nobody_owns_is_taken_over(control):
    control.put(upstream(9000))
    taken = apply(control, [upstream(9000)], "?set=shop")
    assert changes(taken) == {"upstream/origin": "updated"}
    assert owners(control, "upstreams") == {"origin": "shop"}
    again = apply(control, [upstream(9000)], "?set=shop")
    assert (changes(again), again.headers["X-Change"]) == ({"upstream/origin": "unchanged"}, "none")


def test_without_a_set_owners_stay(control):
    apply(control, [upstream(9000)], "?set=shop")
    assert changes(apply(control, [upstream(9001)])) == {"upstream/origin": "updated"}
    control.put(upstream(9002))
    assert owners(control, "upstreams") == {"origin": "shop"}


def test_owners_survive_a_restart(control):
    apply(control, [upstream(9000)], "?set=shop")
    control.process.kill()
    control.start()
    assert owners(control, "upstreams") == {"origin": "shop"}


@pytest.mark.parametrize("prune", [True, False])
def test_the_order_of_documents_does_not_matter_to_references(control, prune):
    first = [upstream(9000, name="old"), route("a", to="old")]
    apply(control, first, "?set=shop")
    query = "?set=shop" + ("&prune=true" if prune else "")
    answer = apply(control, [route("a", to="new"), upstream(9000, name="new"), listener(18080)], query)
    assert changes(answer).get("upstream/old") == ("deleted" if prune else None)
