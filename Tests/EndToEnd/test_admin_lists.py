"""Lists and their filters."""

import pytest

from harness import listener, route, upstream


@pytest.fixture
def shop(control):
    documents = [
        listener(18080), listener(18081, name="raw", protocol="tcp"), listener(18082, name="inner"), upstream(9000), upstream(9001, name="other"),
        route("any"), route("exact", prefix="/x", hostnames=["shop.example.com"], listeners=["web"]),
        route("wild", to="other", hostnames=["*.example.com"], listeners=["inner"]),
        {**route("mirrored", hostnames=["other.org"]), "mirror": [{"upstream": "other"}]}]
    assert control.call("POST", "/v1/apply?set=base", documents).status == 200
    assert control.call("POST", "/v1/apply?set=shop", [route("owned", to="other", labels={"team": "shop"})]).status == 200
    return control


def names(control, query: str, kind: str = "routes") -> list[str]:
    page = control.call("GET", f"/v1/{kind}?{query}")
    assert page.status == 200, page.text
    return [item["name"] for item in page.json()["items"]]


@pytest.mark.parametrize("query, found", [
    ("host=shop.example.com", ["any", "exact", "owned", "wild"]), ("host=SHOP.example.com.", ["any", "exact", "owned", "wild"]),
    ("host=a.b.example.com", ["any", "owned", "wild"]), ("host=example.com", ["any", "owned"]),
    ("upstream=other", ["mirrored", "owned", "wild"]), ("upstream=nothing", []), ("listener=web", ["any", "exact", "mirrored", "owned"]),
    ("listener=inner", ["any", "mirrored", "owned", "wild"]), ("listener=raw", []), ("listener=nothing", []), ("set=shop", ["owned"]),
    ("set=nobody", []), ("upstream=other&host=shop.example.com&listener=inner", ["owned", "wild"]),
    ("upstream=other&labelSelector=team%3Dshop", ["owned"])])
def test_filters_narrow_a_list_down_together(shop, query, found):
    assert names(shop, query) == found


def test_every_kind_is_filtered_by_set_and_only_routes_by_more(shop):
    assert names(shop, "set=base", "upstreams") == ["origin", "other"] and names(shop, "set=shop", "listeners") == []
    assert shop.call("GET", "/v1/upstreams?host=x").status == 400
    assert shop.call("GET", "/v1/routes?host=*.example.com").status == 400
    assert shop.call("GET", "/v1/routes?host=shop.example.com:80").status == 400


def follow(control, path: str):
    """All pages by their links."""
    while path:
        page = control.call("GET", path)
        assert page.status == 200, page.text
        yield [item["name"] for item in page.json()["items"]]
        link = page.headers["Link"]
        assert (link is None) == (page.json()["next"] is None)
        path = link and link[1:link.index(">")]


def test_the_link_keeps_the_filters(shop):
    pages = list(follow(shop, "/v1/routes?limit=1&upstream=other&labelSelector=env!%3Dd%C3%A4v,team!%3Dx&set=base"))
    assert pages == [["mirrored"], ["wild"]]


def test_a_list_goes_on_right_while_names_come_and_go(shop):
    for name in ["b", "d", "f", "h"]:
        shop.put(route(name))
    pages = follow(shop, "/v1/routes?limit=2&set=")
    assert list(pages) == [[]]
    pages = follow(shop, "/v1/routes?limit=2&labelSelector=team!%3Dshop")
    seen = next(pages)
    assert seen == ["any", "b"]
    # The one that the cursor stands on goes; one before it and one after it come.
    shop.call("DELETE", "/v1/routes/b")
    shop.put(route("a"))
    shop.put(route("c"))
    assert seen + [name for page in pages for name in page] == ["any", "b", "c", "d", "exact", "f", "h", "mirrored", "wild"]


def test_a_thousand_routes_are_found_in_any_pages(control):
    documents = [upstream(9000), *(route(f"r{number:04}", hostnames=[f"h{number % 7}.example.com"]) for number in range(1000))]
    control.call("POST", "/v1/apply", documents)
    expected = [f"r{number:04}" for number in range(3, 1000, 7)]
    for limit in [1000, 143, 50]:
        pages = list(follow(control, f"/v1/routes?host=h3.example.com&limit={limit}"))
        assert [name for page in pages for name in page] == expected
