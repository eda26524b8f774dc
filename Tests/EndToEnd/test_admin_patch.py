"""`PATCH`: some fields of a resource (RFC 7396)."""

import threading

import pytest

from harness import listener, route, upstream

PATCH = {"Content-Type": "application/merge-patch+json"}


def patch(control, path: str, body, query: str = "", **headers):
    return control.call("PATCH", f"/v1/{path}{query}", body, headers={**PATCH, **headers})


def version(control) -> int:
    return control.call("GET", "/v1/versions/latest").json()["number"]


@pytest.fixture
def shop(control):
    for document in [upstream(9000), upstream(9001, name="canary"), route("shop", prefix="/shop", labels={"team": "shop"})]:
        control.put(document)
    return control


def test_fields_are_set_replaced_and_taken_away(shop):
    answer = patch(shop, "routes/shop", {"hostnames": ["a.example.com"], "labels": {"team": None, "tier": "1"}, "matches": None})
    assert (answer.status, answer.headers["X-Config-Version"]) == (200, "5"), answer.text
    document = answer.json()
    assert document["hostnames"] == ["a.example.com"] and document["labels"] == {"tier": "1"} and "matches" not in document
    assert document["forward"] == [{"upstream": "origin"}]
    read = shop.call("GET", "/v1/routes/shop")
    assert read.json() == document and read.headers["ETag"] == answer.headers["ETag"]


def test_a_patch_with_very_many_members_is_refused_in_the_time_that_it_takes_to_read(shop):
    members = ",".join(f'"a{number:x}":1' for number in range(80_000))
    answer = patch(shop, "routes/shop", "{" + members + "}")
    assert (answer.status, answer.json()["reason"]) == (422, "invalid")


@pytest.mark.parametrize("kind", ["application/json", "application/merge-patch+json; charset=utf-8"])
def test_both_content_types_are_taken_and_no_other(shop, kind):
    answer = shop.call("PATCH", "/v1/routes/shop", b'{"description": "x"}', headers={"Content-Type": kind})
    assert answer.status == 200
    refused = shop.call("PATCH", "/v1/routes/shop", b"[]", headers={"Content-Type": "application/json-patch+json"})
    assert refused.status == 415 and "merge-patch" in refused.headers["Accept"]


def test_what_is_not_there_cannot_be_patched(shop):
    assert patch(shop, "routes/other", {}).status == 404
    assert patch(shop, "routes/other", {}, **{"If-Match": "*"}).status == 404


def test_a_patch_that_changes_nothing_makes_no_version(shop):
    for same in [{}, {"labels": {"team": "shop"}}, {"description": None}, {"forward": [{"upstream": "origin", "weight": 1}]},
                 {"name": "shop", "kind": "route", "meta": {"version": 17}}]:
        answer = patch(shop, "routes/shop", same)
        assert (answer.status, answer.headers["X-Change"], answer.headers["X-Config-Version"]) == (200, "none", "4"), same


def test_preconditions_count_before_the_patch_is_looked_at(shop):
    tag = shop.call("GET", "/v1/routes/shop").headers["ETag"]
    assert patch(shop, "routes/shop", {"description": "one"}, **{"If-Match": tag}).status == 200
    stale = patch(shop, "routes/shop", {"nonsense": 1}, **{"If-Match": tag})
    assert (stale.status, stale.json()["reason"]) == (412, "precondition-failed")
    assert stale.headers["ETag"] == shop.call("GET", "/v1/routes/shop").headers["ETag"]


def test_a_dry_run_patches_nothing(shop):
    answer = patch(shop, "routes/shop", {"description": "x"}, "?dryRun=true")
    assert (answer.status, answer.headers["X-Dry-Run"], answer.json()["description"]) == (200, "true", "x")
    assert "description" not in shop.call("GET", "/v1/routes/shop").json() and version(shop) == 4


@pytest.mark.parametrize("body, pointer", [
    ({"frward": []}, "/frward"), ({"name": "other"}, "/name"), ({"forward": [{"upstream": "nowhere"}]}, "/forward/0/upstream"),
    ({"redirect": {"path": {"replaceFull": "/"}}}, ""), ([], ""), ("text", ""),
    ({"matches": [{"path": {"regex": "("}}]}, "/matches/0/path/regex")])
def test_the_result_is_validated_like_any_other_document(shop, body, pointer):
    import json
    refused = patch(shop, "routes/shop", json.dumps(body))
    assert refused.status == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert version(shop) == 4


def test_a_certificate_keeps_its_key(control, certificates):
    control.put(certificates.shop.document("shop"))
    answer = patch(control, "certificates/shop", {"description": "renewed in spring"})
    assert answer.status == 200 and "PRIVATE" not in answer.text
    assert patch(control, "certificates/shop", {"description": None}).status == 200
    # The stored key is still the right one: it is checked against the certificate by each write of it.
    assert patch(control, "certificates/shop", {"certificate": certificates.api.pem}).json()["errors"][0]["pointer"] == "/privateKey"
    both = {"certificate": certificates.api.pem, "privateKey": certificates.api.key.read_text()}
    assert patch(control, "certificates/shop", both).json()["info"]["subject"] == "CN=api.example.com"
    missing = patch(control, "certificates/shop", {"privateKey": None})
    assert (missing.status, missing.json()["errors"][0]["code"]) == (422, "required")


def test_a_certificate_that_becomes_an_authority_loses_its_key(control, certificates):
    control.put(certificates.shop.document("shop"))
    answer = patch(control, "certificates/shop", {"usage": "ca", "certificate": certificates.authority.pem})
    assert answer.status == 200, answer.text


def test_patches_at_once_lose_nothing_of_one_another(shop):
    """Each writer sets a label of its own, again and again, and never reads first."""
    failures = []

    def write(writer: int):
        for number in range(25):
            answer = patch(shop, "routes/shop", {"labels": {f"writer-{writer}": str(number)}})
            if answer.status != 200:
                failures.append(answer.text)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    labels = shop.call("GET", "/v1/routes/shop").json()["labels"]
    assert labels == {"team": "shop", **{f"writer-{number}": "24" for number in range(8)}}
    assert version(shop) == 4 + 8 * 25


def test_the_owner_stays(control):
    control.call("POST", "/v1/apply?set=shop", [upstream(9000)])
    assert patch(control, "upstreams/origin", {"description": "x"}).json()["meta"]["set"] == "shop"


def test_the_audit_says_that_it_was_a_patch(shop):
    patch(shop, "routes/shop", {"description": "x"})
    entry = shop.call("GET", "/v1/audit?limit=1&order=desc").json()["items"][0]
    assert (entry["action"], entry["subject"]) == ("route.patch", "route/shop")
