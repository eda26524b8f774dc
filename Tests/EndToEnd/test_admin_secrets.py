"""Secrets: named instead of written, encrypted with a key that can be changed, and in no place where they could be read."""

import json
import os
import subprocess

import pytest

from harness import Control, Process, listener, free_port, route, upstream, wait_until
from processes import binary


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "secrets"
    path.mkdir()
    return path


@pytest.fixture
def allowing(tmp_path, running, folder, certificates) -> Control:
    """Takes secrets from variables that begin with SECRET_ and from files of a folder."""
    running.append(Control(tmp_path, arguments=["--allow-secret-env", "SECRET_", "--allow-secret-files", folder], environment={
        "SECRET_KEY": certificates.shop.key.read_text(), "OTHER_KEY": "-----BEGIN PRIVATE KEY-----\nother"}))
    return running[-1]


def document(certificates, key) -> dict:
    return {**certificates.shop.document("shop"), "privateKey": key}


def put(control, certificates, key):
    return control.call("PUT", "/v1/certificates/shop", document(certificates, key))


def test_a_variable_stands_for_a_secret(allowing, certificates, make_replica, origin):
    assert put(allowing, certificates, {"fromEnv": "SECRET_KEY"}).status == 201
    again = put(allowing, certificates, certificates.shop.key.read_text())
    assert (again.status, again.headers["X-Change"]) == (200, "none")
    port = free_port()
    for each in ({**listener(port, protocol="https"), "tls": {"certificates": ["shop"]}}, upstream(origin.port), route()):
        allowing.put(each)
    make_replica(allowing, port)
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "shop.example"],
                          input="", capture_output=True, text=True, timeout=20)
    assert "BEGIN CERTIFICATE" in done.stdout


def test_a_file_stands_for_a_secret_in_put_and_apply(allowing, certificates, folder):
    (folder / "shop.key").write_text(certificates.shop.key.read_text())
    assert put(allowing, certificates, {"fromFile": "shop.key"}).status == 201
    apply = allowing.call("POST", "/v1/apply", [document(certificates, {"fromFile": str(folder / "shop.key")})])
    assert apply.json()["changes"][0]["change"] == "unchanged"
    read = allowing.call("GET", "/v1/certificates/shop")
    assert "privateKey" not in read.json() and "fromFile" not in read.text


def test_a_reference_stands_for_a_secret_in_patch_and_plan(allowing, certificates, folder):
    (folder / "shop.key").write_text(certificates.shop.key.read_text())
    named = document(certificates, {"fromFile": "shop.key"})
    plan = allowing.call("POST", "/v1/plan", [named])
    assert plan.status == 200 and plan.json()["summary"]["created"] == 1, plan.text
    assert "shop.key" not in plan.text and "PRIVATE" not in plan.text
    assert put(allowing, certificates, {"fromFile": "shop.key"}).status == 201
    kind = {"Content-Type": "application/merge-patch+json"}
    same = allowing.call("PATCH", "/v1/certificates/shop", '{"privateKey": {"fromEnv": "SECRET_KEY"}}', headers=kind)
    assert (same.status, same.headers["X-Change"]) == (200, "none"), same.text
    refused = allowing.call("PATCH", "/v1/certificates/shop", '{"privateKey": {"fromEnv": "PATH"}}', headers=kind)
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/privateKey/fromEnv"], refused.text


def test_links_within_the_folder_are_followed_and_those_out_of_it_are_not(allowing, certificates, folder, tmp_path):
    (folder / "v1").mkdir()
    (folder / "v1" / "key").write_text(certificates.shop.key.read_text())
    (folder / "current").symlink_to("v1")
    assert put(allowing, certificates, {"fromFile": "current/key"}).status == 201
    (tmp_path / "outside").write_text(certificates.shop.key.read_text())
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "up").symlink_to("..")
    for path in ("link", "up/outside", "../outside", str(tmp_path / "outside")):
        assert put(allowing, certificates, {"fromFile": path}).status == 422, path


@pytest.mark.parametrize("key, pointer", [
    ({"fromEnv": "OTHER_KEY"}, "/privateKey/fromEnv"), ({"fromEnv": "SECRET_MISSING"}, "/privateKey/fromEnv"),
    ({"fromEnv": "PATH"}, "/privateKey/fromEnv"), ({"fromEnv": ""}, "/privateKey"), ({"fromEnv": 1}, "/privateKey"),
    ({"fromFile": "missing"}, "/privateKey/fromFile"), ({"fromFile": "/etc/passwd"}, "/privateKey/fromFile"),
    ({"fromFile": "../data/secret.key"}, "/privateKey/fromFile"), ({"fromFile": "."}, "/privateKey/fromFile"),
    ({"fromFile": "pipe"}, "/privateKey/fromFile"), ({"fromFile": "large"}, "/privateKey/fromFile"),
    ({"fromFile": "binary"}, "/privateKey/fromFile"), ({"fromFile": "a\u0000b"}, "/privateKey/fromFile"),
    ({"fromFile": "a", "fromEnv": "SECRET_KEY"}, "/privateKey"), ({}, "/privateKey"), ({"from": "x"}, "/privateKey"),
])
def test_what_may_not_be_named_is_refused_without_its_content(allowing, certificates, folder, key, pointer):
    os.mkfifo(folder / "pipe")
    (folder / "large").write_text("hidden" * 20_000)
    (folder / "binary").write_bytes(b"hidden\xff\x00")
    answer = put(allowing, certificates, key)
    assert answer.status == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert "hidden" not in answer.text and "root:" not in answer.text


def test_what_is_not_there_and_what_is_not_allowed_are_told_apart_by_nobody(allowing, certificates):
    details = {json.dumps(put(allowing, certificates, {"fromFile": path}).json()["errors"])
               for path in ("/etc/passwd", "/etc/no-such-file", "missing")}
    assert len(details) == 1


def test_nothing_may_be_named_unless_it_is_allowed(control, certificates):
    for key, hint in (({"fromEnv": "PATH"}, "--allow-secret-env"), ({"fromFile": "x"}, "--allow-secret-files")):
        (error,) = put(control, certificates, key).json()["errors"]
        assert hint in error["hint"]


def test_a_key_in_a_file_that_does_not_fit_is_refused(allowing, certificates, folder):
    (folder / "api.key").write_text(certificates.api.key.read_text())
    answer = put(allowing, certificates, {"fromFile": "api.key"})
    assert answer.status == 422 and answer.json()["errors"][0]["pointer"] == "/privateKey"


def test_the_command_line_passes_references_on(allowing, certificates, tmp_path):
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(document(certificates, {"fromEnv": "SECRET_KEY"})))
    assert allowing.cli("validate", "-f", file).returncode == 0
    done = allowing.cli("apply", "-f", file)
    assert done.returncode == 0, done.stderr
    assert allowing.call("GET", "/v1/certificates/shop").status == 200


# ---- the key


def rotate(control, *arguments, **environment) -> subprocess.CompletedProcess:
    command = [binary("sluice-control"), "rotate-key", "--data", control.data, *arguments]
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})


@pytest.fixture
def busy(control, certificates) -> Control:
    """A control plane with two versions of a secret, a deleted one, and a token."""
    control.put(certificates.shop.document("shop"))
    control.put(certificates.api.document("gone"))
    control.put({**certificates.shop.document("shop"), "description": "again"})
    assert control.call("DELETE", "/v1/certificates/gone").status == 200
    control.editor = control.call("POST", "/v1/tokens", {"name": "ci", "role": "editor"}).json()["token"]
    return control


def works(control, certificates):
    """Whether everything that was encrypted opens: tokens, what is live, and what history keeps."""
    assert control.call("GET", "/v1/routes", token=control.editor).status == 200
    same = control.call("PUT", "/v1/certificates/shop", {**certificates.shop.document("shop"), "description": "again"})
    assert same.headers["X-Change"] == "none"
    back = control.call("POST", "/v1/versions/3/rollback?dryRun=true")
    assert back.status in (200, 404, 405), back.text


def test_a_rotated_key_changes_nothing_else(busy, certificates):
    old, token = (busy.data / "secret.key").read_bytes(), busy.token
    before = busy.call("GET", "/v1/versions/latest").json()
    busy.stop()
    done = rotate(busy)
    assert done.returncode == 0 and "3 secrets" in done.stderr, done.stderr
    assert (busy.data / "secret.key").read_bytes() != old
    assert not (busy.data / "secret.key.next").exists()
    busy.start()
    assert busy.token == token and busy.call("GET", "/v1/versions/latest").json() == before
    works(busy, certificates)
    busy.stop()
    (busy.data / "secret.key").write_bytes(old)
    busy.start(waits=False)
    assert busy.process.wait(20) == 1 and "not the one" in busy.process.output()


def test_a_key_can_move_to_a_file_and_back(busy, certificates, tmp_path):
    busy.stop()
    file = tmp_path / "key.txt"
    file.write_text("ab" * 32)
    os.chmod(file, 0o600)
    assert rotate(busy, "--new-key-file", file).returncode == 0
    busy.command += ["--secret-key-file", file]
    busy.start()
    works(busy, certificates)
    busy.stop()
    assert rotate(busy, "--secret-key-file", file).returncode == 0
    busy.command = busy.command[:-2]
    busy.start()
    works(busy, certificates)


def test_a_rotation_needs_the_control_plane_stopped_and_the_right_key(busy, tmp_path):
    done = rotate(busy)
    assert done.returncode == 1 and "holds its lease" in done.stderr
    assert not (busy.data / "secret.key.next").exists()
    busy.stop()
    wrong = tmp_path / "wrong"
    wrong.write_text("cd" * 32)
    os.chmod(wrong, 0o600)
    assert rotate(busy, "--secret-key-file", wrong).returncode == 1
    assert rotate(busy, "--new-key-file", busy.data / "secret.key").returncode == 1
    assert rotate(busy, "--new-key-file", tmp_path / "missing").returncode == 1
    assert "no database" in subprocess.run([binary("sluice-control"), "rotate-key", "--data", tmp_path / "empty"],
                                           capture_output=True, text=True, timeout=20).stderr
    assert not (tmp_path / "empty").exists()
    busy.start()
    assert busy.call("GET", "/v1/routes").status == 200


def test_a_rotation_that_was_killed_before_its_commit_is_forgotten(busy, certificates):
    """The new key is on the disk, the database is still encrypted with the old one."""
    busy.stop()
    (busy.data / "secret.key.next").write_bytes(b"n" * 32)
    os.chmod(busy.data / "secret.key.next", 0o600)
    busy.start()
    assert not (busy.data / "secret.key.next").exists()
    works(busy, certificates)


def test_a_rotation_that_was_killed_after_its_commit_is_ended_at_the_start(busy, certificates):
    """The database is encrypted with the new key, which is not in its place yet."""
    busy.stop()
    old = (busy.data / "secret.key").read_bytes()
    assert rotate(busy).returncode == 0
    (busy.data / "secret.key").rename(busy.data / "secret.key.next")
    (busy.data / "secret.key").write_bytes(old)
    os.chmod(busy.data / "secret.key", 0o600)
    busy.start()
    assert not (busy.data / "secret.key.next").exists() and (busy.data / "secret.key").read_bytes() != old
    works(busy, certificates)


def kept_keys(control) -> list:
    return list(control.data.glob("secret.key.old-*"))


def test_the_old_key_is_kept_and_opens_the_backups_from_before(busy, tmp_path):
    old, backup = (busy.data / "secret.key").read_bytes(), tmp_path / "backup.sqlite"
    backup.write_bytes(busy.call("GET", "/v1/backup").body)
    busy.stop()
    done = rotate(busy)
    [kept] = kept_keys(busy)
    assert str(kept) in done.stderr and kept.read_bytes() == old and kept.stat().st_mode & 0o077 == 0
    command = [str(each) for each in (binary("sluice-control"), "restore", "--data", busy.data, "--from", backup)]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 1
    assert subprocess.run([*command, "--secret-key-file", str(kept)], capture_output=True, timeout=60).returncode == 0


def test_a_restore_in_the_middle_of_a_rotation_loses_neither_key(busy, tmp_path):
    """The database is encrypted with secret.key.next; the backup, from before, with secret.key."""
    backup = tmp_path / "backup.sqlite"
    backup.write_bytes(busy.call("GET", "/v1/backup").body)
    busy.stop()
    assert rotate(busy).returncode == 0
    [old] = kept_keys(busy)
    (busy.data / "secret.key").rename(busy.data / "secret.key.next")
    old.rename(busy.data / "secret.key")
    new = (busy.data / "secret.key.next").read_bytes()
    command = [str(each) for each in (binary("sluice-control"), "restore", "--data", busy.data, "--from")]
    assert subprocess.run([*command, str(backup)], capture_output=True, timeout=60).returncode == 0
    busy.start()
    busy.stop()
    [kept] = kept_keys(busy)
    assert kept.read_bytes() == new
    [replaced] = busy.data.glob("sluice.sqlite.replaced-*")
    done = subprocess.run([*command, str(replaced), "--secret-key-file", str(kept)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_killed_rotation_away_from_a_file_says_where_the_key_is(busy, certificates, tmp_path):
    busy.stop()
    file = tmp_path / "key.txt"
    file.write_text("ab" * 32)
    os.chmod(file, 0o600)
    assert rotate(busy, "--new-key-file", file).returncode == 0
    (busy.data / "secret.key").unlink()
    assert rotate(busy, "--secret-key-file", file).returncode == 0
    (busy.data / "secret.key").rename(busy.data / "secret.key.next")
    busy.command += ["--secret-key-file", file]
    busy.start(waits=False)
    assert busy.process.wait(20) == 1 and "start without --secret-key-file" in busy.process.output()
    busy.command = busy.command[:-2]
    busy.start()
    works(busy, certificates)


@pytest.mark.parametrize("call, counts", [
    ("rename", range(1, 3)), ("fsync", range(1, 5)), ("fdatasync", range(1, 6)), ("pwrite64", range(1, 40, 6)),
    ("unlink", range(1, 4))])
def test_kill_9_at_any_moment_of_a_rotation_leaves_one_of_the_two_states(busy, certificates, call, counts):
    """strace kills it at calls of one kind in turn."""
    from shutil import which
    if not which("strace"):
        pytest.skip("strace is not installed")
    busy.stop()
    for count in counts:
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when={count}",
                   binary("sluice-control"), "rotate-key", "--data", busy.data]
        subprocess.run([str(each) for each in command], capture_output=True, timeout=60)
        busy.start()
        works(busy, certificates)
        busy.stop()


# ---- where secrets must not be


def test_secrets_are_in_no_answer_no_log_no_metric_and_no_file(control, certificates, make_replica, origin):
    key, port = certificates.shop.key.read_text(), free_port()
    lines = [line for line in key.splitlines() if len(line) > 40]
    assert lines
    answers = [control.put(each).text for each in (
        certificates.shop.document("shop"), {**listener(port, protocol="https"), "tls": {"certificates": ["shop"]}},
        upstream(origin.port), route())]
    token = control.call("POST", "/v1/tokens", {"name": "ci", "role": "admin"}).json()["token"]
    replica = make_replica(control, port)
    for method, path, body in (
            ("GET", "/v1/certificates", None), ("GET", "/v1/certificates/shop", None), ("GET", "/v1/export", None),
            ("GET", "/v1/tokens", None), ("GET", "/metrics", None), ("GET", "/v1/audit", None), ("GET", "/v1/logs?limit=1000", None),
            ("GET", "/v1/replicas", None), ("POST", "/v1/plan", [{**certificates.api.document("shop")}]),
            ("POST", "/v1/apply", [{**certificates.shop.document("shop"), "privateKey": key + "spoiled"}]),
            ("PUT", "/v1/certificates/bad", {"certificate": "x", "privateKey": key}),
            ("PUT", "/v1/certificates/bad", {"certificate": key, "privateKey": key}),
            ("PUT", "/v1/certificates/bad", {"privateKey": {"fromFile": key}}),
            ("DELETE", "/v1/tokens/ci", None), ("GET", "/v1/versions/2/diff/latest", None)):
        answers.append(control.call(method, path, body, token=token).text)
    control.call("GET", "/v1/routes", token=token[:-3])
    secrets = [*lines, token, token.split(".")[2], control.token, control.worker_token, (control.data / "secret.key").read_bytes().hex()]
    seen = {"answers": "\n".join(answers), "control.log": control.process.output(), "replica.log": replica.process.output()}
    for place, text in seen.items():
        for secret in secrets:
            assert secret not in text, f"{place}: {secret[:12]}…"
    for path in [*control.data.iterdir(), *replica.state.rglob("*")]:
        if path.is_file() and path.name not in ("admin.token", "worker.token", "secret.key"):
            content = path.read_bytes()
            for secret in secrets:
                assert secret.encode() not in content, f"{path.name}: {secret[:12]}…"


def test_no_process_can_be_dumped(control, make_replica, origin):
    """The files of a process that cannot be dumped are root's, and its limit of core files is 0."""
    port = free_port()
    for each in (listener(port), upstream(origin.port), route()):
        control.put(each)
    replica = make_replica(control, port)
    pids = [control.process.pid, replica.process.pid, *replica.process.children()]
    assert len(pids) >= 3
    for pid in pids:
        limits = open(f"/proc/{pid}/limits").read()
        (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert line.split()[4:6] == ["0", "0"], pid


def test_another_process_of_the_same_user_cannot_look_into_the_memory(tmp_path, running):
    if os.geteuid() != 0:
        pytest.skip("only root can start a process of another user")
    os.chmod(tmp_path, 0o777)
    for parent in tmp_path.parents:
        if parent.stat().st_mode & 0o001 == 0 and str(parent).startswith("/tmp"):
            os.chmod(parent, 0o755)
    log = (tmp_path / "log").open("wb")
    child = subprocess.Popen([str(binary("sluice-control")), "--data", str(tmp_path / "data"), "--admin", f"127.0.0.1:{free_port()}"],
                             user=65534, group=65534, extra_groups=[], stderr=log, start_new_session=True)
    try:
        wait_until(lambda: "Control plane starts" in (tmp_path / "log").read_text(), "it serves", 30)
        assert os.stat(f"/proc/{child.pid}/mem").st_uid == 0
        peek = subprocess.run(["cat", f"/proc/{child.pid}/environ"], user=65534, group=65534, extra_groups=[],
                              capture_output=True, text=True)
        assert peek.returncode != 0
    finally:
        child.kill()
        child.wait()
