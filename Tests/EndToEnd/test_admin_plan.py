"""`POST /v1/plan`: what apply would do, and what that does to traffic."""

import json
import threading

import pytest

from harness import listener, route, upstream


def apply(control, documents, query: str = ""):
    answer = control.call("POST", f"/v1/apply{query}", documents)
    assert answer.status == 200, answer.text
    return answer.json()


def plan(control, documents, query: str = "", kind: str = "application/json") -> dict:
    answer = control.call("POST", f"/v1/plan{query}", documents, headers={"Content-Type": kind})
    assert answer.status == 200, answer.text
    return answer.json()


def traffic(control, documents, query: str = "") -> list[tuple[str, str]]:
    return [(each["code"], f"{each['kind']}/{each['name']}") for each in plan(control, documents, query)["traffic"]]


BASE = [listener(18080), upstream(9000), upstream(9001, name="other")]


@pytest.fixture
def shop(control):
    apply(control, [*BASE, route("a", prefix="/a"), route("b", prefix="/b", hostnames=["b.example.com"])], "?set=shop")
    return control


def test_changes_come_in_the_order_in_which_they_can_be_made(control, certificates):
    apply(control, [upstream(9000, name="old"), route("old", to="old"), listener(18081, name="old")], "?set=shop")
    apply(control, [upstream(9000, name="same")])
    documents = [route("new"), listener(18080), upstream(9000), *certificates.documents("shop"), upstream(9000, name="same")]
    made = plan(control, documents, "?set=shop&prune=true&force=true")
    assert [(each["change"], f"{each['kind']}/{each['name']}") for each in made["changes"]] == [
        ("created", "certificate/shop"), ("created", "upstream/origin"), ("updated", "upstream/same"), ("created", "listener/web"),
        ("created", "route/new"), ("deleted", "route/old"), ("deleted", "listener/old"), ("deleted", "upstream/old")]
    assert made["summary"] == {"created": 4, "updated": 1, "deleted": 3, "unchanged": 0}
    assert made["version"] == 3 and made["planHash"].startswith("sha256:")


def test_a_plan_shows_every_field_that_differs(shop):
    made = plan(shop, [route("a", prefix="/a2", to="other"), upstream(9000), route("b", prefix="/b", hostnames=["b.example.com"])])
    assert [each["change"] for each in made["changes"]] == ["updated", "unchanged", "unchanged"]
    assert made["changes"][0]["diff"] == [
        {"pointer": "/matches/0/path/prefix", "op": "replace", "before": "/a", "after": "/a2"},
        {"pointer": "/forward/0/upstream", "op": "replace", "before": "origin", "after": "other"}]
    assert made["changes"][1]["diff"] == []


def test_a_change_of_the_owner_alone_is_shown(control):
    apply(control, [upstream(9000)])
    (change,) = plan(control, [upstream(9000)], "?set=shop")["changes"]
    assert change["change"] == "updated"
    assert change["diff"] == [{"pointer": "/meta/set", "op": "replace", "before": None, "after": "shop"}]


def test_secrets_never_show(control, certificates):
    control.put(certificates.shop.document("shop"))
    answer = control.call("POST", "/v1/plan", [{**certificates.api.document("shop")}, certificates.api.document("new")])
    assert answer.status == 200 and "PRIVATE" not in answer.text
    differences = {each["pointer"]: each for change in answer.json()["changes"] for each in change["diff"]}
    assert differences["/privateKey"]["before"] == differences["/privateKey"]["after"] == "(secret)"


def test_a_plan_stores_nothing_and_a_viewer_needs_no_more(shop):
    before = shop.call("GET", "/v1/versions/latest").json()
    plan(shop, [], "?set=shop&prune=true")
    assert shop.call("GET", "/v1/versions/latest").json() == before
    assert len(shop.call("GET", "/v1/routes").json()["items"]) == 2


def test_a_plan_is_refused_as_the_apply_would_be(shop):
    assert shop.call("POST", "/v1/plan?set=other", [route("a")]).json()["reason"] == "owned-elsewhere"
    assert shop.call("POST", "/v1/plan?prune=true", [route("a")]).status == 400
    refused = shop.call("POST", "/v1/plan", "kind: route\nname: x\nforward:\n  - upstream: nowhere\n",
                        headers={"Content-Type": "application/yaml"})
    assert refused.status == 422
    assert [(each["document"], each["line"], each["pointer"]) for each in refused.json()["errors"]] == [(0, 4, "/forward/0/upstream")]
    assert shop.call("POST", "/v1/plan?dryRun=true", []).status == 400


def test_apply_with_the_hash_does_what_was_planned(shop):
    documents = [*BASE, route("a", prefix="/a", to="other")]
    query = "?set=shop&prune=true"
    made = plan(shop, documents, query)
    assert plan(shop, list(reversed(documents)), query)["planHash"] == made["planHash"]
    done = apply(shop, documents, f"{query}&planHash={made['planHash']}")
    assert {(each["name"], each["change"]) for each in done["changes"]} == {(each["name"], each["change"]) for each in made["changes"]}


@pytest.mark.parametrize("meanwhile", ["related", "unrelated", "other plan"])
def test_apply_with_the_hash_is_refused_once_the_world_has_moved(shop, meanwhile):
    documents = [route("a", prefix="/a", to="other")]
    made = plan(shop, documents)
    if meanwhile == "other plan":
        documents = [route("a", prefix="/elsewhere", to="other")]
    else:
        shop.put(route("a" if meanwhile == "related" else "c", prefix="/c"))
    before = shop.call("GET", "/v1/versions/latest").json()
    refused = shop.call("POST", f"/v1/apply?planHash={made['planHash']}", documents)
    assert (refused.status, refused.json()["reason"]) == (409, "plan-outdated")
    assert shop.call("GET", "/v1/versions/latest").json() == before
    assert shop.call("POST", "/v1/apply?planHash=nonsense", documents).status == 400


def test_a_plan_of_what_is_there_is_empty(shop):
    made = plan(shop, [*BASE, route("a", prefix="/a")], "?set=shop")
    assert made["summary"] == {"created": 0, "updated": 0, "deleted": 0, "unchanged": 4} and made["traffic"] == []


# What it does to traffic

def test_deleted_routes_are_named_with_hosts_and_paths(shop):
    made = plan(shop, [*BASE, route("a", prefix="/a")], "?set=shop&prune=true")
    assert made["traffic"] == [{"code": "no-longer-served", "kind": "route", "name": "b", "detail": "it served b.example.com/b/*"}]


def test_a_route_that_loses_hosts_or_paths_is_named(shop):
    assert traffic(shop, [route("b", prefix="/b", hostnames=["c.example.com"])]) == [("no-longer-served", "route/b")]
    assert traffic(shop, [route("b", prefix="/b", hostnames=["*.example.com"])]) == []
    assert traffic(shop, [route("a", prefix="/a/deeper")]) == [("no-longer-served", "route/a")]
    assert traffic(shop, [route("a")]) == []


def test_existing_routes_that_a_change_hides_are_found(shop):
    apply(shop, [route("young", prefix="/young"), route("younger", prefix="/c"),
                 {**route("half"), "matches": [{"path": {"prefix": "/h"}}, {"path": {"prefix": "/young2"}}]}])
    # `a` is older than them all: what it takes now, it takes from them.
    wider = {**route("a"), "matches": [{"path": {"prefix": path}} for path in ["/a", "/young/", "/h"]]}
    made = plan(shop, [wider])
    assert [(each["code"], each["name"]) for each in made["traffic"]] == [("partly-unreachable", "half"), ("unreachable", "young")]
    assert "route a" in made["traffic"][0]["detail"] and "/h/*" in made["traffic"][0]["detail"]
    apply(shop, [wider])
    assert traffic(shop, [{**wider, "description": "the same"}]) == []


def test_a_route_that_becomes_hidden_by_its_own_change_is_found(shop):
    assert traffic(shop, [route("b", prefix="/a")]) == [("unreachable", "route/b")]
    apply(shop, [route("c", prefix="/c")])
    assert traffic(shop, [route("c", prefix="/a")]) == [("unreachable", "route/c")]


def test_routes_without_a_listener_are_found(shop):
    apply(shop, [route("named", prefix="/n", listeners=["web"], hostnames=["n.example.com"])])
    narrowed = [listener(18080, hostnames=["b.example.com"])]
    assert traffic(shop, narrowed) == [("unreachable", "route/named")]
    apply(shop, [listener(18081, name="second")])
    moved = [route("named", prefix="/n", listeners=["second"], hostnames=["n.example.com"]), *BASE[1:], route("a", prefix="/a"),
             route("b", prefix="/b", hostnames=["b.example.com"])]
    assert traffic(shop, moved, "?set=shop&prune=true") == [("listener-closes", "listener/web")]


def test_listeners_that_close_move_or_change_protocol_are_named(shop):
    assert traffic(shop, [listener(18090)]) == [("listener-moves", "listener/web")]
    assert traffic(shop, [{**listener(18080), "protocol": "tcp"}, route("a"), route("b")])[0] == ("protocol-changes", "listener/web")
    made = plan(shop, [*BASE[1:], route("a", prefix="/a"), route("b", prefix="/b", hostnames=["b.example.com"])], "?set=shop&prune=true")
    assert [(each["code"], each["name"]) for each in made["traffic"]] == [
        ("listener-closes", "web"), ("unreachable", "a"), ("unreachable", "b")]
    assert made["traffic"][0]["detail"] == "it served 127.0.0.1:18080"


def test_moves_to_other_upstreams_and_shares_are_named(shop):
    split = {**route("a", prefix="/a"), "forward": [{"upstream": "origin", "weight": 7}, {"upstream": "other", "weight": 1}]}
    made = plan(shop, [split])
    assert made["traffic"] == [{"code": "moves", "kind": "route", "name": "a",
                                "detail": "to origin 87.5%, other 12.5%, before to origin"}]
    assert traffic(shop, [{**route("a", prefix="/a"), "forward": [{"upstream": "origin", "weight": 5}]}]) == []


def test_routes_whose_requests_have_nowhere_to_go_are_found(shop):
    none = {**route("a", prefix="/a"), "forward": [{"upstream": "origin", "weight": 0}]}
    assert traffic(shop, [none]) == [("unreachable", "route/a"), ("moves", "route/a")]
    idle = {**upstream(9000), "endpoints": [{"address": "127.0.0.1", "port": 9000, "weight": 0}]}
    made = plan(shop, [idle])
    assert [(each["code"], each["name"]) for each in made["traffic"]] == [("unreachable", "a"), ("unreachable", "b")]
    assert "upstream origin" in made["traffic"][0]["detail"]


def test_what_was_out_of_reach_before_is_no_news(shop):
    apply(shop, [route("c", prefix="/a")])
    assert traffic(shop, [route("c", prefix="/a", labels={"team": "shop"})]) == []
    assert traffic(shop, [route("new", prefix="/a")]) == []


def test_warnings_ride_along(shop):
    made = plan(shop, [route("new", prefix="/a"), upstream(9002, name="lonely")])
    assert {(each["code"], each["name"]) for each in made["warnings"]} == {("shadowed", "new"), ("unused", "lonely")}


def test_large_plans_beyond_two_at_once_are_told_to_come_back(control):
    body = json.dumps([upstream(9000, name=f"u{number}") for number in range(5000)])
    answers = []

    def plan():
        answers.append(control.call("POST", "/v1/plan", body, headers={"Content-Type": "application/json"}))

    threads = [threading.Thread(target=plan) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [each for each in answers if each.status != 200]
    assert all((each.status, each.json()["reason"], each.headers["Retry-After"]) == (503, "busy", "5") for each in refused)
    assert len(refused) < len(answers)
    assert control.call("POST", "/v1/plan", body, headers={"Content-Type": "application/json"}).status == 200, "places are given back"
