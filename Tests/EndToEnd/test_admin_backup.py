"""Can the store be copied while it works, put back, and do replicas live through it?"""

import shutil
import sqlite3
import subprocess
import threading

import pytest

from harness import Control, binary, free_port, listener, route, upstream, wait_until
from test_admin_full_disk import free_bytes
from traffic import Traffic


def back_up(control: Control, file):
    answer = control.call("GET", "/v1/backup")
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/vnd.sqlite3"
    file.write_bytes(answer.body)
    return file


def restore(control: Control, file, data=None) -> subprocess.CompletedProcess:
    return subprocess.run([binary("sluice-control"), "restore", "--data", data or control.data, "--from", file],
                          capture_output=True, text=True, timeout=60)


def latest(control: Control) -> int:
    return control.call("GET", "/v1/versions/latest").json()["number"]


def test_a_backup_is_a_whole_database(control, tmp_path):
    control.put(upstream(9000))
    file = back_up(control, tmp_path / "backup.sqlite")
    database = sqlite3.connect(file)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("SELECT max(number) FROM versions").fetchall() == [(2,)]
    assert database.execute("SELECT count(*) FROM audit").fetchall() == [(1,)]
    database.close()
    assert not list(control.data.glob("sluice.backup-*")), "the copy in the data folder is gone"
    last = control.call("GET", "/v1/audit").json()["items"][0]
    assert (last["action"], last["versionBefore"], last["versionAfter"]) == ("backup", 2, 2)


def test_a_backup_holds_no_private_key_in_the_clear(control, certificates, tmp_path):
    document = certificates.documents("shop")[0]
    control.put(document)
    content = back_up(control, tmp_path / "backup.sqlite").read_bytes()
    assert b"PRIVATE KEY" not in content and document["privateKey"].splitlines()[1].encode() not in content


def test_backups_beside_writes_are_consistent(control, tmp_path):
    stop, refused = threading.Event(), []

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            answer = control.call("PUT", f"/v1/upstreams/u{number % 20}", upstream(1000 + number, name=f"u{number % 20}"))
            if answer.status not in (200, 201):
                refused.append(answer.text)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            database = sqlite3.connect(back_up(control, tmp_path / f"{number}.sqlite"))
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            versions, audit = (database.execute(f"SELECT {each}").fetchone()[0] for each in (
                "max(number) FROM versions", "max(versionAfter) FROM audit"))
            assert versions == audit or versions == 1
            database.close()
    finally:
        stop.set()
        writer.join()
    assert refused == []


@pytest.mark.parametrize("token", ["worker_token"])
def test_only_admins_take_backups(control, token):
    assert control.call("GET", "/v1/backup", token=getattr(control, token)).status == 403
    assert control.call("GET", "/v1/backup", token="").status == 401


def test_what_was_restored_is_what_was_saved(control, tmp_path):
    control.put(upstream(9000))
    saved = control.call("GET", "/v1/versions/latest").json()
    file = back_up(control, tmp_path / "backup.sqlite")
    control.put(upstream(9001))
    control.stop()
    done = restore(control, file)
    assert done.returncode == 0, done.stderr
    assert "version 2" in done.stdout + done.stderr and "replaced" in done.stdout + done.stderr
    kept = list(control.data.glob("sluice.sqlite.replaced-*"))
    database = sqlite3.connect(next(each for each in kept if not each.name.endswith("-wal")))
    assert database.execute("SELECT max(number) FROM versions").fetchone() == (3,)
    database.close()
    assert all(each.stat().st_mode & 0o077 == 0 for each in control.data.iterdir())
    control.start()
    assert control.call("GET", "/v1/versions/latest").json() == saved
    assert control.call("GET", "/v1/upstreams/origin").json()["endpoints"][0]["port"] == 9000


def test_what_a_killed_control_plane_left_is_kept_aside_whole(control, tmp_path):
    file = back_up(control, tmp_path / "backup.sqlite")
    control.put(upstream(9001))
    control.process.kill()
    assert (control.data / "sluice.sqlite-wal").stat().st_size > 0
    assert restore(control, file).returncode == 0
    kept = next(each for each in control.data.glob("sluice.sqlite.replaced-*") if not each.name.endswith("-wal"))
    database = sqlite3.connect(kept)
    assert database.execute("SELECT max(number) FROM versions").fetchone() == (2,)
    database.close()
    control.start()
    assert latest(control) == 1


def test_a_revoked_token_stays_revoked_when_an_older_backup_is_restored(control, tmp_path):
    tokens = {name: control.call("POST", "/v1/tokens", {"name": name, "role": "editor"}).json()["token"]
              for name in ("leaked", "good")}
    control.put(upstream(9000))
    file = back_up(control, tmp_path / "backup.sqlite")
    assert control.call("DELETE", "/v1/tokens/leaked").status == 200
    control.put(upstream(9001))
    last = control.call("GET", "/v1/audit").json()["items"][0]
    control.stop()
    done = restore(control, file)
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr
    control.start()
    assert control.call("GET", "/v1/routes", token=tokens["leaked"]).status == 401
    assert control.call("GET", "/v1/routes", token=tokens["good"]).status == 200
    assert "leaked" not in [each["name"] for each in control.call("GET", "/v1/tokens").json()["items"]]
    record = control.call("GET", "/v1/audit?action=restore").json()["items"][0]
    assert (record["actor"], record["subject"], record["versionBefore"], record["versionAfter"]) == (
        "sluice-control", "version 2", 3, 2)
    assert last["hash"] in record["message"]


def test_a_damaged_database_is_replaced_with_a_warning(control, tmp_path):
    control.put(upstream(9000))
    file = back_up(control, tmp_path / "backup.sqlite")
    control.stop()
    (control.data / "sluice.sqlite").write_bytes(b"hello" * 1000)
    done = restore(control, file)
    assert done.returncode == 0 and "warning" in done.stderr and "revoked" in done.stderr, done.stderr
    control.start()
    assert latest(control) == 2


@pytest.mark.parametrize("call, counts", [("rename", range(1, 3)), ("link", range(1, 3)), ("fsync", range(1, 6)),
                                          ("unlink", range(1, 9)), ("pwrite64", range(1, 12, 3))])
def test_kill_9_at_any_moment_of_a_restore_leaves_one_of_the_two_databases(control, tmp_path, call, counts):
    """The control plane was killed before it, so that its last commits are in the WAL alone."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    file = back_up(control, tmp_path / "backup.sqlite")
    control.put(upstream(9001))
    seen = set()
    for count in counts:
        before = latest(control)
        control.process.kill()
        control.process.wait(10)
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when={count}",
                   binary("sluice-control"), "restore", "--data", control.data, "--from", file]
        subprocess.run([str(each) for each in command], capture_output=True, timeout=60)
        control.start()
        last = control.call("GET", "/v1/audit").json()["items"][0]
        if latest(control) != before:
            assert (latest(control), last["action"], last["hash"] in seen) == (1, "restore", False), f"{call} {count}"
        seen.add(last["hash"])
        control.put(upstream(9100 + count))


def test_a_running_control_plane_is_not_restored_under(control, tmp_path):
    file = back_up(control, tmp_path / "backup.sqlite")
    done = restore(control, file)
    assert done.returncode != 0 and "lease" in done.stderr
    control.put(upstream(9000))


def damaged(kind: str, control: Control, good, folder):
    file = folder / "bad.sqlite"
    content = good.read_bytes()
    if kind == "garbage":
        file.write_bytes(b"hello" * 1000)
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif kind == "another database":
        database = sqlite3.connect(file)
        database.execute("CREATE TABLE t (x)")
        database.commit()
        database.close()
    elif kind == "a newer release's":
        file.write_bytes(content)
        database = sqlite3.connect(file)
        database.execute("INSERT INTO migrations VALUES ('9999_later', 'x', 1)")
        database.commit()
        database.close()
    elif kind == "of another key":
        other = Control(folder / "other")
        try:
            back_up(other, file)
        finally:
            other.stop()
    elif kind == "missing":
        pass
    return file


@pytest.mark.parametrize("kind", ["garbage", "empty", "truncated", "another database", "a newer release's",
                                  "of another key", "missing"])
def test_what_cannot_be_restored_changes_nothing(control, tmp_path, kind):
    (tmp_path / "other").mkdir()
    control.put(upstream(9000))
    good = back_up(control, tmp_path / "backup.sqlite")
    control.stop()
    before = (control.data / "sluice.sqlite").read_bytes()
    done = restore(control, damaged(kind, control, good, tmp_path))
    assert done.returncode != 0 and done.stderr.startswith("sluice-control: "), done.stderr
    assert (control.data / "sluice.sqlite").read_bytes() == before
    assert not [each.name for each in control.data.iterdir() if "restoring" in each.name or "replaced" in each.name]
    control.start()
    assert latest(control) == 2


def test_a_backup_restores_to_an_empty_folder_with_its_key(control, tmp_path):
    control.put(upstream(9000))
    file = back_up(control, tmp_path / "backup.sqlite")
    control.stop()
    fresh = tmp_path / "fresh"
    fresh.mkdir(mode=0o700)
    done = restore(control, file, fresh)
    assert done.returncode != 0 and "secret.key" in done.stderr
    shutil.copy(control.data / "secret.key", fresh / "secret.key")
    done = restore(control, file, fresh)
    assert done.returncode == 0, done.stderr
    control.command[control.command.index(control.data)] = fresh
    control.data = fresh
    control.start()
    assert latest(control) == 2


def test_replicas_ahead_of_a_restored_control_plane_take_its_content(control, make_replica, make_origin, running, tmp_path):
    port, a, b = free_port(), make_origin(name="a"), make_origin(name="b")
    for document in (listener(port), upstream(a.port), route(), upstream(9002, name="more")):
        control.put(document)
    assert latest(control) == 5
    file = back_up(control, tmp_path / "backup.sqlite")
    control.put(upstream(b.port))
    for number in range(3):
        control.put(upstream(9100 + number, name="more"))
    assert latest(control) == 9
    replicas = [make_replica(control, port, f"edge-{number}") for number in range(2)]
    wait_until(lambda: control.call("GET", "/v1/versions/9/rollout").json()["complete"], "version 9 is everywhere")

    def origin(replica) -> str:
        with replica.connect() as client:
            return client.get("/").json()["origin"]
    assert origin(replicas[0]) == "b"
    traffic = Traffic(port, connections=4)
    running.append(traffic)
    control.stop()
    assert restore(control, file).returncode == 0
    control.start()

    def standings() -> list[tuple]:
        items = control.call("GET", "/v1/replicas").json()["items"]
        return [(each["state"], each["version"]) for each in items]
    wait_until(lambda: standings() == [("applied", 10)] * 2, "both take version 10", 30)
    assert latest(control) == 10
    restored, jump = (control.call("GET", f"/v1/versions/{number}").json() for number in (5, 10))
    assert jump["digest"] == restored["digest"] and jump["parent"] == 5
    assert control.call("GET", "/v1/versions/5/diff/10").json()["changes"] == []
    assert control.call("GET", "/v1/versions/7").status == 404
    assert origin(replicas[0]) == "a"
    answered = traffic.answered
    wait_until(lambda: traffic.answered > answered + 100, "traffic ran beside it")
    traffic.stop()
    assert traffic.failures == []
    record = control.call("GET", "/v1/audit").json()["items"][0]
    assert (record["action"], record["actor"], record["versionBefore"], record["versionAfter"]) == (
        "restore.jump", "sluice-control", 5, 10)
    control.put(upstream(b.port), "?wait=applied&timeout=10s")
    assert origin(replicas[0]) == "b" and latest(control) == 11
    # Deltas and restarts cope with the gap.
    control.stop()
    control.start()
    control.put(upstream(a.port), "?wait=applied&timeout=20s")
    assert latest(control) == 12


def claim(control: Control, version: int, identity: str) -> int:
    return control.call(
        "GET", f"/v1/data-plane/snapshot?replica=r&wait=0s&since={version}&version={version}&digest=sha256:x"
        f"&identity={identity}", token=control.worker_token).status


def test_a_worker_cannot_drive_the_numbers_up(control):
    identity = control.call("GET", "/v1/data-plane/snapshot?replica=r&wait=0s", token=control.worker_token).json()["identity"]
    control.put(upstream(9000))
    assert claim(control, 9223372036854775807, identity) == 304
    assert claim(control, 1_000_003, identity) == 304
    assert latest(control) == 2
    assert claim(control, 900, "somebody") == 200 and latest(control) == 2
    assert claim(control, 900, identity) == 200 and latest(control) == 901
    for _ in range(20):
        claim(control, latest(control) + 1_000, identity)
    assert latest(control) < 15_000, "ten jumps, then one a minute"
    control.put(upstream(9001))


def test_a_full_disk_refuses_a_backup(small_disk):
    control = Control(small_disk)
    try:
        control.put(upstream(9000))
        size = sum(each.stat().st_blocks * 512 for each in control.data.iterdir())
        free = free_bytes(small_disk)
        assert free > size, "there is room for one"
        (small_disk / "ballast").write_bytes(b"x" * (free - 16384))
        answer = control.call("GET", "/v1/backup")
        assert (answer.status, answer.json()["reason"]) == (507, "disk-full"), answer.text
        assert not list(control.data.glob("sluice.backup-*"))
        (small_disk / "ballast").unlink()
        assert control.call("GET", "/v1/backup").status == 200
        control.put(upstream(9001))
    finally:
        control.stop()
