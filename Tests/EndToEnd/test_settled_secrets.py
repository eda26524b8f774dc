"""Secrets inside of documents: named instead of written, keys of token policies, URLs that editors may give."""

import hashlib
import json
import signal
import subprocess

import pytest

from harness import Control, binary, free_port, listener, wait_until

MERGE = {"Content-Type": "application/merge-patch+json"}
SECRET = "YS1zZWNyZXQtdGhhdC1ub2JvZHktbWF5LXJlYWQtYXQtYWxs"


def policy(keys=None, uri=None) -> dict:
    jwks = {"uri": uri} if uri else {"inline": {"keys": keys}}
    return {"type": "jwt", "jwt": {"providers": [
        {"name": "own", "issuer": "https://login.example.com", "audiences": ["shop"], "jwks": jwks}]}}


def oct_key(**members) -> dict:
    return {"kty": "oct", "alg": "HS256", **members}


def put(control, document, name="people"):
    return control.call("PUT", f"/v1/auth-policies/{name}", document)


def fingerprints(answer) -> dict:
    return answer.json().get("info", {}).get("fingerprints", {})


@pytest.fixture
def allowing(tmp_path, running) -> Control:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "password").write_text("from-a-file-secret\n")
    running.append(Control(tmp_path, arguments=["--allow-secret-env", "SECRET_", "--allow-secret-files", folder],
                           environment={"SECRET_KEY": "from-the-environment-a-key", "SECRET_K": SECRET}))
    return running[-1]


def test_symmetric_keys_leave_their_places_and_are_kept_by_kid(control):
    made = put(control, policy([oct_key(kid="2026", k=SECRET)]))
    assert made.status == 201, made.text
    assert set(fingerprints(made)) == {"/jwt/providers/own/keys/2026"}
    read = control.call("GET", "/v1/auth-policies/people")
    assert SECRET not in read.text and "secrets" not in read.json()
    again = put(control, read.json())
    assert (again.status, again.headers["X-Change"]) == (200, "none"), again.text
    more = put(control, policy([oct_key(kid="2027", k=SECRET[::-1]), oct_key(kid="2026")]))
    assert fingerprints(more)["/jwt/providers/own/keys/2026"] == fingerprints(made)["/jwt/providers/own/keys/2026"]
    missing = put(control, policy([oct_key(kid="2028")]))
    assert missing.status == 422 and missing.json()["errors"][0]["code"] == "required", missing.text
    refused = put(control, {**policy([oct_key(kid="2026")]), "secrets": "{}"})
    assert [each["code"] for each in refused.json()["errors"]] == ["unknown-field"]
    export = control.call("GET", "/v1/export")
    assert SECRET not in export.text
    apply = control.call("POST", "/v1/apply", export.text, headers={"Content-Type": "application/json"})
    assert [each["change"] for each in apply.json()["changes"]] == ["unchanged"]
    control.stop()
    for path in [path for path in control.data.rglob("*") if path.is_file()] + [control.folder / "control.log"]:
        assert SECRET.encode() not in path.read_bytes(), path


def test_references_stand_wherever_secrets_stand(allowing):
    document = {"apiKeys": [{"id": "k1", "value": {"fromEnv": "SECRET_KEY"}}],
                "basic": {"username": "a", "password": {"fromFile": "password"}}}
    made = allowing.call("PUT", "/v1/consumers/a", document)
    assert made.status == 201, made.text
    written = {"apiKeys": [{"id": "k1", "value": "from-the-environment-a-key"}],
               "basic": {"username": "a", "password": "from-a-file-secret"}}
    assert allowing.call("PUT", "/v1/consumers/a", written).headers["X-Change"] == "none"
    patch = {"basic": {"password": {"fromFile": "password"}}}
    same = allowing.call("PATCH", "/v1/consumers/a", json.dumps(patch), headers=MERGE)
    assert same.headers["X-Change"] == "none", same.text
    apply = allowing.call("POST", "/v1/apply", [{**document, "kind": "consumer", "name": "a"}])
    assert apply.json()["changes"][0]["change"] == "unchanged", apply.text
    assert put(allowing, policy([oct_key(kid="1", k={"fromEnv": "SECRET_K"})])).status == 201


def test_references_that_may_not_be_are_refused_in_their_place(allowing):
    answer = allowing.call("PUT", "/v1/consumers/a", {
        "apiKeys": [{"id": "k1", "value": {"fromEnv": "PATH"}}], "basic": {"username": "a", "password": {"from": "x"}}})
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/apiKeys/0/value/fromEnv", "/basic/password"]
    viewer = allowing.call("POST", "/v1/tokens", {"name": "v", "role": "viewer"}).json()["token"]
    document = {"kind": "consumer", "name": "a", "apiKeys": [{"id": "k1", "value": {"fromEnv": "SECRET_KEY"}}]}
    assert allowing.call("POST", "/v1/plan", [document], token=viewer).status == 403


def test_a_secret_does_not_move_to_another_consumer(control):
    control.call("PUT", "/v1/consumers/a", {"basic": {"username": "a", "password": "a-secret-password"}})
    other = control.call("PUT", "/v1/consumers/b", {"basic": {"username": "b"}})
    assert other.status == 422, other.text


# ---- URLs


def test_hosts_of_urls_can_be_limited(tmp_path, running):
    running.append(Control(tmp_path, arguments=["--allow-url-hosts", "login.example.com", "*.keys.example"]))
    control = running[-1]
    for uri in ("https://login.example.com/keys", "https://a.keys.example:8443/x", "https://LOGIN.example.com/keys"):
        assert put(control, policy(uri=uri)).status in (200, 201), uri
    for uri in ("https://keys.example/", "https://login.example.com.evil.example/", "https://127.0.0.1/", "https://evil.example/?login.example.com"):
        answer = put(control, policy(uri=uri))
        assert answer.status == 422, uri
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
            ("/jwt/providers/0/jwks/uri", "forbidden-host")], answer.text
    apply = control.call("POST", "/v1/apply", [{**policy(uri="https://evil.example/"), "kind": "auth-policy", "name": "people"}])
    assert apply.status == 422
    patch = control.call("PATCH", "/v1/auth-policies/people", json.dumps({"jwt": policy(uri="https://evil.example/")["jwt"]}), headers=MERGE)
    assert patch.status == 422


def test_keys_over_http_are_warned_of(control):
    answer = put(control, policy(uri="http://login.example.com/keys"))
    assert [each["code"] for each in answer.json()["warnings"]] == ["insecure-url"], answer.text
    for uri in ("http://127.0.0.1:8000/keys", "http://localhost/keys", "https://login.example.com/keys"):
        assert "warnings" not in put(control, policy(uri=uri)).json(), uri


# ---- files


def of_file(port: int, **basic) -> list:
    return [listener(port), {"kind": "route", "name": "all", "matches": [{"path": {"prefix": "/"}}], "respond": {"status": 200}},
            {"kind": "consumer", "name": "a", "apiKeys": [{"id": "k1", "value": "a-secret-key-in-a-file"}],
             "basic": {"username": "a", **basic}}]


def test_a_file_with_secrets_is_served_and_read_again_without_a_change(make_gateway):
    port = free_port()
    gateway = make_gateway(of_file(port, password="a-secret-password"))
    with gateway.connect() as client:
        assert client.get("/").status == 200
    # Salts are no chance: the same file is the same configuration.
    gateway.process.signal(signal.SIGHUP)
    wait_until(lambda: "configuration file is unchanged" in gateway.process.output(), "the file was read again")
    for text in (gateway.process.output(), gateway.admin("/config").text):
        assert "a-secret" not in text and "$2b$" not in text
        assert hashlib.sha256(b"a-secret-key-in-a-file").hexdigest() not in text


@pytest.mark.parametrize("basic, pointer", [
    ({"password": "x" * 73}, "/basic/password"), ({"password": ""}, "/basic/password"), ({}, "/basic/password"),
    ({"password": {"fromEnv": "X"}}, "/basic/password"), ({"passwordHash": "x"}, "/basic/passwordHash")])
def test_a_file_with_a_secret_that_cannot_be_is_refused(tmp_path, basic, pointer):
    file = tmp_path / "gateway.yaml"
    file.write_text(json.dumps(of_file(free_port(), **basic)))
    done = subprocess.run([str(binary("sluice-worker")), "--config", str(file)], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and pointer in done.stdout + done.stderr, done.stdout + done.stderr
