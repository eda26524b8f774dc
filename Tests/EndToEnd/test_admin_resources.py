"""Reading and writing single resources through the admin API."""

import pytest

from harness import Control

UPSTREAM = {"endpoints": [{"address": "127.0.0.1", "port": 9000}]}


def put_upstream(control: Control, name: str = "orders", headers: dict | None = None, query: str = "", **fields):
    return control.call("PUT", f"/v1/upstreams/{name}{query}", {**UPSTREAM, **fields}, headers=headers)


def test_a_new_resource_is_created_and_read_back(control):
    made = put_upstream(control)
    assert made.status == 201
    assert made.headers["Location"] == "/v1/upstreams/orders"
    assert made.headers["X-Config-Version"] == "2"
    read = control.call("GET", made.headers["Location"])
    assert (read.status, read.headers["ETag"]) == (200, made.headers["ETag"])
    document = read.json()
    assert document["name"] == "orders" and document["endpoints"] == UPSTREAM["endpoints"]
    assert document["meta"]["version"] == 2 and document["meta"]["set"] is None


def test_an_identical_put_makes_no_version(control):
    first = put_upstream(control)
    again = put_upstream(control)
    assert (again.status, again.headers["X-Change"]) == (200, "none")
    assert again.headers["X-Config-Version"] == first.headers["X-Config-Version"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert control.call("GET", "/v1/versions/latest").json()["number"] == 2


def test_what_a_read_shows_can_be_put_back(control):
    put_upstream(control)
    document = control.call("GET", "/v1/upstreams/orders").json()
    assert control.call("PUT", "/v1/upstreams/orders", document).headers["X-Change"] == "none"


def test_each_change_is_a_version_with_its_own_digest(control):
    put_upstream(control)
    before = control.call("GET", "/v1/versions/latest").json()
    changed = put_upstream(control, description="changed")
    after = control.call("GET", "/v1/versions/latest").json()
    assert changed.status == 200 and "X-Change" not in changed.headers
    assert (after["number"], after["parent"], after["author"]) == (before["number"] + 1, before["number"], "admin")
    assert after["digest"] != before["digest"]
    assert after["counts"] == {"listeners": 0, "upstreams": 1, "routes": 0, "certificates": 0, "traffic-policies": 0,
                               "auth-policies": 0, "consumers": 0}


def test_going_back_to_old_content_gives_the_old_digest(control):
    put_upstream(control)
    first = control.call("GET", "/v1/versions/latest").json()["digest"]
    put_upstream(control, description="changed")
    put_upstream(control)
    assert control.call("GET", "/v1/versions/latest").json()["digest"] == first


def test_a_deleted_resource_is_gone(control):
    put_upstream(control)
    gone = control.call("DELETE", "/v1/upstreams/orders")
    assert gone.status == 200
    assert gone.json() == {"kind": "upstream", "name": "orders", "change": "deleted", "version": 3}
    assert control.call("GET", "/v1/upstreams/orders").status == 404
    assert control.call("DELETE", "/v1/upstreams/orders").status == 404


def test_deleting_what_others_refer_to_names_them(control):
    put_upstream(control)
    for name in ("b", "a"):
        control.put({"kind": "route", "name": name, "forward": [{"upstream": "orders"}]})
    refused = control.call("DELETE", "/v1/upstreams/orders")
    assert (refused.status, refused.json()["reason"]) == (409, "referenced")
    assert [(each["kind"], each["name"]) for each in refused.json()["errors"]] == [("route", "a"), ("route", "b")]


def test_a_dry_run_says_what_would_be_stored_and_stores_nothing(control):
    answer = put_upstream(control, query="?dryRun=true")
    assert (answer.status, answer.headers["X-Dry-Run"]) == (200, "true")
    assert answer.json()["name"] == "orders" and "ETag" not in answer.headers
    assert control.call("GET", "/v1/upstreams/orders").status == 404
    assert control.call("GET", "/v1/versions/latest").json()["number"] == 1
    assert put_upstream(control, name="Bad_Name", query="?dryRun=true").status == 422


@pytest.mark.parametrize("value", ["true", ""])
def test_a_dry_run_of_a_delete_deletes_nothing(control, value):
    put_upstream(control)
    assert control.call("DELETE", f"/v1/upstreams/orders?dryRun={value}").status == 200
    assert control.call("GET", "/v1/upstreams/orders").status == 200


def test_if_match_lets_only_the_current_content_be_replaced(control):
    first = put_upstream(control).headers["ETag"]
    second = put_upstream(control, headers={"If-Match": first}, description="two")
    assert second.status == 200
    stale = put_upstream(control, headers={"If-Match": first}, description="three")
    assert (stale.status, stale.headers["ETag"]) == (412, second.headers["ETag"])
    assert put_upstream(control, headers={"If-Match": f'"x", {second.headers["ETag"]}'}, description="3").status == 200
    assert control.call("DELETE", "/v1/upstreams/orders", headers={"If-Match": first}).status == 412
    assert control.call("DELETE", "/v1/upstreams/orders", headers={"If-Match": "*"}).status == 200


def test_if_none_match_lets_a_resource_only_be_created(control):
    assert put_upstream(control, headers={"If-None-Match": "*"}).status == 201
    again = put_upstream(control, headers={"If-None-Match": "*"})
    assert (again.status, again.json()["reason"]) == (412, "precondition-failed")
    assert put_upstream(control, name="other", headers={"If-Match": "*"}).status == 412


def test_a_read_with_the_current_tag_is_not_repeated(control):
    tag = put_upstream(control).headers["ETag"]
    known = control.call("GET", "/v1/upstreams/orders", headers={"If-None-Match": tag})
    assert (known.status, known.body, known.headers["ETag"]) == (304, b"", tag)
    assert control.call("GET", "/v1/upstreams/orders", headers={"If-None-Match": '"1-other"'}).status == 200


def test_a_list_goes_on_page_by_page_in_the_order_of_names(control):
    names = sorted(f"u{number}" for number in range(25))
    for name in reversed(names):
        put_upstream(control, name)
    seen, path, pages = [], "/v1/upstreams?limit=10", 0
    while path:
        page = control.call("GET", path)
        document = page.json()
        seen += [item["name"] for item in document["items"]]
        pages += 1
        link = page.headers["Link"]
        assert (link is None) == (document["next"] is None)
        path = link and link[1:link.index(">")]
    assert (seen, pages) == (names, 3)


def test_a_list_ends_exactly_at_its_limit(control):
    for name in ("a", "b"):
        put_upstream(control, name)
    page = control.call("GET", "/v1/upstreams?limit=2")
    assert len(page.json()["items"]) == 2 and page.json()["next"] is None and page.headers["Link"] is None


def test_labels_select(control):
    put_upstream(control, "a", labels={"team": "shop", "env": "dev"})
    put_upstream(control, "b", labels={"team": "shop"})
    put_upstream(control, "c", labels={"team": "search"})

    def select(selector):
        page = control.call("GET", f"/v1/upstreams?labelSelector={selector}").json()
        return [item["name"] for item in page["items"]]
    assert select("team=shop") == ["a", "b"]
    assert select("team=shop,env!=dev") == ["b"]
    assert select("team!=shop") == ["c"]
    assert control.call("GET", "/v1/upstreams?labelSelector=team").status == 400
