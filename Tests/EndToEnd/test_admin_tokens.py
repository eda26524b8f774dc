"""Tokens of the admin API: made, listed, revoked, expired, forged; and the two that the data folder begins with."""

import base64
import hashlib
import hmac
import json
import os
import re
import threading

import pytest

from harness import Client, Control, wait_until


def make(control, name: str = "ci", role: str = "editor", **fields) -> str:
    answer = control.call("POST", "/v1/tokens", {"name": name, "role": role, **fields})
    assert answer.status == 201, answer.text
    return answer.json()["token"]


def status(control, token: str, path: str = "/v1/routes") -> int:
    return control.call("GET", path, token=token).status


def names(control) -> list[str]:
    return [each["name"] for each in control.call("GET", "/v1/tokens").json()["items"]]


def restart(control):
    control.stop()
    control.start()


def part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def claims(token: str) -> dict:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_a_token_is_shown_once_and_listed_without_itself(control):
    answer = control.call("POST", "/v1/tokens", {"name": "ci", "role": "editor", "labelSelector": "team=shop", "expiresIn": "90d"})
    made = answer.json()
    assert answer.status == 201
    assert set(made) == {"name", "role", "labelSelector", "token", "createdAt", "expiresAt"}
    assert status(control, made["token"]) == 200
    listing = control.call("GET", "/v1/tokens")
    assert made["token"] not in listing.text
    assert listing.json()["next"] is None
    assert {each["name"]: (each["role"], each["labelSelector"], each["createdBy"]) for each in listing.json()["items"]} == {
        "admin": ("admin", None, "sluice-control"), "ci": ("editor", "team=shop", "admin"),
        "worker": ("worker", None, "sluice-control")}


@pytest.mark.parametrize("method, path, document", [
    ("POST", "/v1/tokens", {"name": "successor", "role": "admin"}),
    ("PUT", "/v1/upstreams/late", {"endpoints": [{"address": "127.0.0.1", "port": 1}]}),
    ("POST", "/v1/replicas/adopt", {"identity": "somebody"})])
def test_a_body_that_ends_after_the_token_was_revoked_changes_nothing(control, method, path, document):
    token, body = make(control, "stolen", role="admin"), json.dumps(document)
    client = Client(control.port)
    client.send(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
    client.send(body[:-1])
    names(control)
    assert control.call("DELETE", "/v1/tokens/stolen").status == 200
    before = control.call("GET", "/v1/audit").json()["items"][0]["sequence"]
    client.send(body[-1:])
    assert client.socket.recv(1000).startswith(b"HTTP/1.1 401 ")
    assert control.call("GET", "/v1/audit").json()["items"][0]["sequence"] == before
    client.close()


def test_a_revoked_token_is_refused_at_once_and_after_a_restart(control):
    token = make(control)
    assert status(control, token) == 200
    answer = control.call("DELETE", "/v1/tokens/ci")
    assert (answer.status, answer.json()) == (200, {"name": "ci", "change": "revoked"})
    assert status(control, token) == 401
    restart(control)
    assert status(control, token) == 401
    assert names(control) == ["admin", "worker"]


def test_tokens_survive_kill_9(control):
    token = make(control)
    control.process.kill()
    control.start()
    assert status(control, token) == 200


def test_a_read_that_waits_is_refused_when_its_token_is_revoked(control):
    token, answers = make(control, "edge", "worker"), []
    known = control.call("GET", "/v1/versions/latest").json()
    path = f"/v1/data-plane/snapshot?replica=a&since=1&version=1&digest={known['digest']}&wait=20s"
    thread = threading.Thread(target=lambda: answers.append(status(control, token, path)))
    thread.start()
    wait_until(lambda: control.call("GET", "/v1/replicas").json()["items"], "the poll has come")
    assert control.call("DELETE", "/v1/tokens/edge").status == 200
    control.put({"kind": "upstream", "name": "a", "endpoints": [{"address": "127.0.0.1", "port": 1}]})
    thread.join(10)
    assert answers == [401]


def test_a_name_is_taken_until_it_is_revoked(control):
    first = make(control)
    answer = control.call("POST", "/v1/tokens", {"name": "ci", "role": "viewer"})
    assert (answer.status, answer.json()["reason"]) == (409, "name-taken")
    control.call("DELETE", "/v1/tokens/ci")
    second = make(control)
    assert (status(control, first), status(control, second)) == (401, 200)
    assert control.call("DELETE", "/v1/tokens/nobody").status == 404


@pytest.mark.parametrize("body, pointers", [
    ({}, ["/name", "/role"]), ({"name": "A", "role": "root"}, ["/name", "/role"]),
    ({"name": "a", "role": "editor", "labelSelector": "team"}, ["/labelSelector"]),
    ({"name": "a", "role": "viewer", "labelSelector": "team=shop"}, ["/labelSelector"]),
    ({"name": "a", "role": "editor", "expiresIn": "soon"}, ["/expiresIn"]),
    ({"name": "a", "role": "editor", "expiresIn": "0s"}, ["/expiresIn"]),
    ({"name": "a", "role": "editor", "expiresIn": "9999d"}, ["/expiresIn"]),
    ({"name": 1, "role": [], "color": "red"}, ["/name", "/role", "/color"]), ([], [""]), ("text", [""]),
])
def test_what_makes_no_token_is_named(control, body, pointers):
    answer = control.call("POST", "/v1/tokens", json.dumps(body), headers={"Content-Type": "application/json"})
    assert (answer.status, [each["pointer"] for each in answer.json()["errors"]]) == (422, pointers)


def test_an_expired_token_is_refused_and_its_name_is_free(control):
    token = make(control, expiresIn="1s")
    wait_until(lambda: status(control, token) == 401, "the token has expired")
    assert names(control) == ["admin", "worker"]
    assert status(control, make(control)) == 200


def test_what_happened_to_tokens_is_in_the_audit(control):
    token = make(control, role="admin")
    assert control.call("DELETE", "/v1/tokens/ci", token=token).status == 200
    answer = control.call("GET", "/v1/audit?action=token.create&order=desc&limit=1")
    if answer.status == 404:
        pytest.skip("this control plane has no /v1/audit yet")
    (record,) = answer.json()["items"]
    assert (record["actor"], record["role"], record["subject"]) == ("admin", "admin", "ci")
    (record,) = control.call("GET", "/v1/audit?action=token.revoke").json()["items"]
    assert (record["actor"], record["subject"], record["source"]) == ("ci", "ci", "127.0.0.1")


def test_forged_tokens_are_refused(control):
    """The key is nobody's; everything else about a good token is known."""
    token = make(control, role="admin")
    head, body, signature = token.split(".")
    known = claims(token)
    assert set(known) == {"jti", "sub", "role", "iat"}
    forged = [f"{head}.{body}", f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}", f"{head}.{body}.{signature}x",
              f"{head}.{part({**known, 'role': 'admin', 'sub': 'admin'})}.{signature}", f"{body}.{head}.{signature}", "..", "."]
    for algorithm, digest in [("none", None), ("None", None), ("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")]:
        start = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{body}"
        for key in (b"", b"secret", signature.encode()):
            mac = hmac.new(key, start.encode(), digest).digest() if digest else b""
            forged.append(f"{start}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")
    for each in forged:
        assert status(control, each) in (401, 429), each
    assert status(control, token) == 200


def test_a_token_of_another_algorithm_is_refused_even_with_our_key(control):
    """HS384 with the right key cannot be made from outside; that the secret key does not sign can be seen."""
    body = control.token.split(".")[1]
    key = (control.data / "secret.key").read_bytes()
    for algorithm in ("sha256", "sha384", "sha512"):
        start = f"{part({'alg': algorithm.replace('sha', 'HS'), 'typ': 'JWT'})}.{body}"
        mac = hmac.new(key, start.encode(), getattr(hashlib, algorithm)).digest()
        assert status(control, f"{start}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") == 401


def test_many_wrong_tokens_are_slowed_down_and_a_right_one_is_not(control):
    codes = {status(control, "a.b.c") for _ in range(14)}
    assert codes == {401, 429}
    assert status(control, control.token) == 200


def test_a_lost_admin_token_is_made_anew_and_the_old_one_ends(control):
    old = control.token
    (control.data / "admin.token").unlink()
    restart(control)
    assert control.token != old
    assert (status(control, old), status(control, control.token)) == (401, 200)
    assert names(control) == ["admin", "worker"]


def test_a_revoked_admin_token_stays_revoked_until_its_file_is_deleted(control):
    old, other = control.token, make(control, "other", "admin")
    assert control.call("DELETE", "/v1/tokens/admin").status == 200
    restart(control)
    assert (status(control, old), status(control, other)) == (401, 200)
    assert "no longer good" in control.process.output()
    (control.data / "admin.token").unlink()
    restart(control)
    assert status(control, control.token) == 200


def test_a_database_from_before_the_token_file_locks_nobody_out(control):
    """A backup is restored that was made before admin.token was made anew."""
    control.stop()
    before = (control.data / "sluice.sqlite").read_bytes()
    (control.data / "admin.token").unlink()
    control.start()
    fresh, worker = control.token, control.worker_token
    restart(control)
    control.stop()
    for name in ("sluice.sqlite-wal", "sluice.sqlite-shm"):
        (control.data / name).unlink(missing_ok=True)
    (control.data / "sluice.sqlite").write_bytes(before)
    control.start()
    assert (control.token, control.worker_token) == (fresh, worker)
    assert status(control, fresh) == 200
    assert status(control, worker, "/v1/data-plane/snapshot?replica=a") == 200


def test_a_new_database_beside_old_token_files_locks_nobody_out(control):
    old = control.token
    control.stop()
    for name in ("sluice.sqlite", "sluice.sqlite-wal", "sluice.sqlite-shm"):
        (control.data / name).unlink(missing_ok=True)
    control.start()
    assert control.token != old
    assert (status(control, old), status(control, control.token)) == (401, 200)


def test_a_spoiled_token_file_is_replaced(control):
    control.stop()
    (control.data / "admin.token").write_text("spoiled\n")
    control.start()
    assert status(control, control.token) == 200
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", control.token)


def test_a_token_of_another_sort_in_the_file_is_left_alone(control):
    editor = make(control)
    path = control.data / "admin.token"
    path.write_text(editor)
    os.chmod(path, 0o600)
    restart(control)
    assert control.token == editor and status(control, editor) == 200
