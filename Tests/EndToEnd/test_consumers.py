"""Consumers: keys and passwords that are written, hashed, kept, made and never read."""

import hashlib
import json
import threading
import subprocess

import pytest

from harness import binary

KEY = "a-secret-key-that-nobody-may-read"
PASSWORD = "a-secret-password"
HASH = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
MERGE = {"Content-Type": "application/merge-patch+json"}


def put(control, document, query="", name="ci"):
    return control.call("PUT", f"/v1/consumers/{name}{query}", document)


def version(control) -> int:
    return control.call("GET", "/v1/versions/latest").json()["number"]


def errors(answer) -> list:
    assert answer.status == 422, answer.text
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def test_reads_show_fingerprints_and_nothing_else(control):
    answer = put(control, {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}})
    assert answer.status == 201, answer.text
    read = control.call("GET", "/v1/consumers/ci").json()
    assert read["apiKeys"] == [{"id": "k1"}] and read["basic"] == {"username": "ci"} and "secrets" not in read
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    assert read["info"]["fingerprints"]["/apiKeys/k1"] == hashlib.sha256(digest.encode()).hexdigest()[:8]
    assert set(read["info"]["fingerprints"]) == {"/apiKeys/k1", "/basic/password"}
    # What was read can be written again.
    again = put(control, read)
    assert (again.status, again.headers["X-Change"]) == (200, "none"), again.text


def test_the_same_again_is_no_new_version(control):
    document = {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}}
    put(control, document)
    before = version(control)
    assert put(control, document).headers["X-Change"] == "none"
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    hashed = {**document, "apiKeys": [{"id": "k1", "hash": f"sha256:{digest}"}]}
    assert put(control, hashed).headers["X-Change"] == "none"
    apply = control.call("POST", "/v1/apply", [{**document, "kind": "consumer", "name": "ci"}])
    assert apply.json()["changes"][0]["change"] == "unchanged", apply.text
    patch = control.call("PATCH", "/v1/consumers/ci", json.dumps({"basic": {"password": PASSWORD}}), headers=MERGE)
    assert (patch.status, patch.headers["X-Change"]) == (200, "none"), patch.text
    assert version(control) == before
    other = put(control, {**document, "basic": {"username": "ci", "password": "another"}})
    assert other.status == 200 and version(control) == before + 1


def fingerprints(answer) -> dict:
    return answer.json().get("info", {}).get("fingerprints", {})


def test_what_is_left_out_is_kept_entry_by_entry(control):
    first = fingerprints(put(control, {
        "apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}}))
    more = put(control, {"apiKeys": [{"id": "k2", "value": KEY + "2"}, {"id": "k1"}], "basic": {"username": "renamed"}})
    assert more.status == 200, more.text
    assert {place: fingerprints(more)[place] for place in first} == first
    fewer = fingerprints(put(control, {"apiKeys": [{"id": "k2"}]}))
    assert fewer == {"/apiKeys/k2": fingerprints(more)["/apiKeys/k2"]}
    # k1 was dropped: it is not known any more.
    back = put(control, {"apiKeys": [{"id": "k2"}, {"id": "k1"}]})
    assert list(back.json()["generated"]["apiKeys"]) == ["k1"]
    patched = control.call("PATCH", "/v1/consumers/ci", '{"labels": {"team": "a"}}', headers=MERGE)
    assert fingerprints(patched) == fingerprints(back)


def test_a_key_that_is_left_out_is_made_and_shown_once(control):
    dry = put(control, {"apiKeys": [{"id": "k1"}]}, "?dryRun=true")
    assert dry.json()["generated"] == {"apiKeys": {"k1": None}} and "slk_" not in dry.text, dry.text
    made = put(control, {"apiKeys": [{"id": "k1"}]})
    key = made.json()["generated"]["apiKeys"]["k1"]
    assert made.status == 201 and key.startswith("slk_") and len(key) == 47
    digest = hashlib.sha256(key.encode()).hexdigest()
    assert fingerprints(made)["/apiKeys/k1"] == hashlib.sha256(digest.encode()).hexdigest()[:8]
    again = put(control, {"apiKeys": [{"id": "k1"}]})
    assert again.headers["X-Change"] == "none" and "generated" not in again.json()
    patch = control.call("PATCH", "/v1/consumers/ci", '{"apiKeys": [{"id": "k1"}, {"id": "k2"}]}', headers=MERGE)
    assert list(patch.json()["generated"]["apiKeys"]) == ["k2"]
    assert key not in control.call("GET", "/v1/consumers/ci").text


def test_plan_and_apply_make_keys_only_where_they_are_kept(control):
    documents = [{"kind": "consumer", "name": "a", "apiKeys": [{"id": "k1"}]},
                 {"kind": "consumer", "name": "b", "basic": {"username": "b", "password": PASSWORD}}]
    plan = control.call("POST", "/v1/plan", documents)
    assert plan.status == 200 and "slk_" not in plan.text, plan.text
    assert plan.json()["generated"] == [{"kind": "consumer", "name": "a", "apiKeys": {"k1": None}}]
    # Salts and keys are others by now, and the plan is still the same.
    apply = control.call("POST", f"/v1/apply?planHash={plan.json()['planHash']}", documents)
    assert apply.status == 200, apply.text
    (made,) = apply.json()["generated"]
    assert made["name"] == "a" and made["apiKeys"]["k1"].startswith("slk_")
    assert "generated" not in control.call("POST", "/v1/apply", documents).json()


@pytest.mark.parametrize("document, expected", [
    ({"apiKeys": [{"id": "k1", "value": "short-secret"}]}, [("/apiKeys/0/value", "format")]),
    ({"apiKeys": [{"id": "k1", "value": "a-secret with spaces in it"}]}, [("/apiKeys/0/value", "format")]),
    ({"apiKeys": [{"id": "k1", "hash": "md5:secret"}]}, [("/apiKeys/0/hash", "format")]),
    ({"basic": {"username": "a", "password": "secret" * 13}}, [("/basic/password", "range")]),
    ({"basic": {"username": "a", "password": ""}}, [("/basic/password", "range")]),
    ({"basic": {"username": "a", "password": 5}}, [("/basic/password", "type")]),
    ({"basic": {"username": "a", "passwordHash": "secret"}}, [("/basic/passwordHash", "format")]),
    ({"basic": {"username": "a", "passwordHash": HASH, "password": "secret"}}, [("/basic/passwordHash", "conflict")]),
    ({"basic": {"username": "a"}}, [("/basic/password", "required")]),
    ({"secrets": '{"/apiKeys/k1": "secret"}'}, [("/secrets", "unknown-field")]),
    ({"secrets": None}, [("/secrets", "unknown-field")]),
])
def test_what_cannot_be_is_refused_without_its_value(control, document, expected):
    for answer in (put(control, document), control.call("POST", "/v1/apply", [{**document, "kind": "consumer", "name": "ci"}])):
        assert errors(answer) == expected and "secret " not in answer.text and "secretsecret" not in answer.text
        assert "short-secret" not in answer.text


def test_workers_get_the_hashes_and_nobody_else_does(control):
    put(control, {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}})
    path = "/v1/data-plane/snapshot?replica=edge-1"
    assert control.call("GET", path).status == 403
    snapshot = control.call("GET", path, token=control.worker_token)
    assert snapshot.status == 200 and KEY not in snapshot.text and PASSWORD not in snapshot.text
    assert hashlib.sha256(KEY.encode()).hexdigest() in snapshot.text and "$2b$10$" in snapshot.text


def test_a_patch_cannot_bring_secrets(control):
    put(control, {"apiKeys": [{"id": "k1", "value": KEY}]})
    answer = control.call("PATCH", "/v1/consumers/ci", '{"secrets": null}', headers=MERGE)
    assert errors(answer) == [("/secrets", "unknown-field")]


def test_a_key_belongs_to_one_consumer(control):
    put(control, {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "u", "passwordHash": HASH}})
    other = put(control, {"apiKeys": [{"id": "x", "value": KEY}], "basic": {"username": "u", "passwordHash": HASH}}, name="b")
    assert errors(other) == [("/apiKeys/0/value", "conflict"), ("/basic/username", "conflict")]
    assert KEY not in other.text


def test_one_call_hashes_so_many_passwords(control):
    documents = [{"kind": "consumer", "name": f"c{n}", "basic": {"username": f"u{n}", "password": PASSWORD}} for n in range(65)]
    refused = control.call("POST", "/v1/apply", documents)
    assert refused.status == 422 and "passwordHash" in refused.text, refused.text
    for document in documents:
        document["basic"] = {"username": document["basic"]["username"], "passwordHash": HASH}
    assert control.call("POST", "/v1/apply", documents).status == 200


def test_an_export_has_no_secrets_and_changes_nothing(control):
    put(control, {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}})
    export = control.call("GET", "/v1/export")
    assert "secrets" not in export.text and "$2" not in export.text
    apply = control.call("POST", "/v1/apply", export.text, headers={"Content-Type": "application/json"})
    assert [each["change"] for each in apply.json()["changes"]] == ["unchanged"]


def test_history_shows_that_a_secret_changed_and_rollback_brings_it_back(control):
    first = put(control, {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}})
    before = version(control)
    put(control, {"apiKeys": [{"id": "k1", "value": KEY + "2"}], "basic": {"username": "ci", "password": "another-secret"}})
    diff = control.call("GET", f"/v1/versions/{before}/diff/latest")
    assert [each["pointer"] for each in diff.json()["changes"][0]["diff"]] == ["/secrets"]
    assert "$2b$" not in diff.text and hashlib.sha256(KEY.encode()).hexdigest() not in diff.text
    assert control.call("POST", f"/v1/versions/{before}/rollback").status == 200
    assert fingerprints(control.call("GET", "/v1/consumers/ci")) == fingerprints(first)


def test_nothing_of_a_secret_stands_on_the_disk_or_in_an_answer(control):
    texts = [put(control, {"apiKeys": [{"id": "k1", "value": KEY}, {"id": "k2"}],
                           "basic": {"username": "ci", "password": PASSWORD}})]
    made = texts[0].json()["generated"]["apiKeys"]["k2"]
    put(control, {"apiKeys": [{"id": "k1"}]})
    texts = [control.call("GET", path) for path in (
        "/v1/consumers", "/v1/consumers/ci", "/v1/export", "/v1/audit", "/v1/versions", "/v1/versions/1/diff/latest", "/v1/logs")]
    control.stop()
    secrets = [KEY, PASSWORD, made] + [hashlib.sha256(each.encode()).hexdigest() for each in (KEY, made)]
    files = [path for path in control.data.rglob("*") if path.is_file()] + [control.folder / "control.log"]
    for secret in secrets:
        assert not [answer.text for answer in texts if secret in answer.text]
        assert not [path for path in files if secret.encode() in path.read_bytes()], secret
    assert not [path for path in files if b"$2b$10$" in path.read_bytes()]


def test_a_rotated_key_and_a_restart_keep_them(control):
    first = put(control, {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}})
    control.stop()
    done = subprocess.run([str(binary("sluice-control")), "rotate-key", "--data", str(control.data)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    control.start()
    assert fingerprints(control.call("GET", "/v1/consumers/ci")) == fingerprints(first)
    again = put(control, {"apiKeys": [{"id": "k1", "value": KEY}], "basic": {"username": "ci", "password": PASSWORD}})
    assert again.headers["X-Change"] == "none"


# ---- the command line


def test_apply_shows_generated_keys_once(control, tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"kind": "consumer", "name": "a", "apiKeys": [{"id": "k1"}]}))
    dry = control.cli("apply", "-f", file, "--dry-run")
    assert dry.returncode == 0 and "consumer/a key k1: would be made" in dry.stdout, dry.stdout + dry.stderr
    done = control.cli("apply", "-f", file)
    assert "consumer/a key k1: slk_" in done.stdout and "shown this once" in done.stderr, done.stdout + done.stderr
    assert "slk_" not in control.cli("apply", "-f", file).stdout
    assert "slk_" not in control.cli("describe", "consumer", "a").stdout


def test_validate_looks_at_secrets(control, tmp_path):
    file = tmp_path / "a.json"
    for basic, code in (({"password": PASSWORD}, 0), ({"password": {"fromEnv": "X"}}, 0), ({"passwordHash": "x"}, 1),
                        ({"password": "x" * 73}, 1), ({}, 0)):
        file.write_text(json.dumps({"kind": "consumer", "name": "a", "basic": {"username": "a", **basic}}))
        done = control.cli("validate", "-f", file)
        assert done.returncode == code, (basic, done.stdout + done.stderr)
    file.write_text(json.dumps({"kind": "consumer", "name": "a", "secrets": "{}"}))
    assert control.cli("validate", "-f", file).returncode == 1


def test_a_viewer_cannot_find_out_a_password_by_planning(control):
    put(control, {"basic": {"username": "ci", "password": PASSWORD}})
    viewer = control.call("POST", "/v1/tokens", {"name": "looker", "role": "viewer"}).json()["token"]
    guess = [{"kind": "consumer", "name": "ci", "basic": {"username": "ci", "password": PASSWORD}}]
    assert control.call("POST", "/v1/plan", guess, token=viewer).status == 403
    del guess[0]["basic"]["password"]
    assert control.call("POST", "/v1/plan", guess, token=viewer).status == 200


def test_a_key_that_was_replaced_does_not_come_back_with_a_slow_write(control):
    def key_with(value: str) -> str:
        return put(control, {"apiKeys": [{"id": "k1", "value": value}]}).json()["info"]["fingerprints"]["/apiKeys/k1"]

    old, new = "an-old-key-of-24-letters", "a-new-key-with-24-letters"
    replaced = key_with(new)
    for number in range(4):
        assert key_with(old) != replaced
        slow = threading.Thread(target=control.call, args=("PUT", "/v1/consumers/ci", {
            "apiKeys": [{"id": "k1"}], "basic": {"username": "ci", "password": f"password {number}"}}))
        slow.start()
        changed = control.call("PATCH", "/v1/consumers/ci", {"apiKeys": [{"id": "k1", "value": new}]})
        assert changed.status == 200, changed.text
        slow.join()
        read = control.call("GET", "/v1/consumers/ci").json()
        assert read["info"]["fingerprints"]["/apiKeys/k1"] == replaced, "whichever write was the last"


def test_an_editor_of_others_cannot_find_out_a_secret_by_writing_it(control):
    document = {"labels": {"team": "a"}, "basic": {"username": "ci", "password": PASSWORD}}
    put(control, document)
    editor = control.call("POST", "/v1/tokens", {"name": "b", "role": "editor", "labelSelector": "team=b"}).json()["token"]
    assert control.call("PUT", "/v1/consumers/ci?dryRun=true", document, token=editor).status == 403
