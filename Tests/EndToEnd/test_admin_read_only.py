"""A store that cannot be written costs the writes that meet it, and nothing that was acknowledged."""

import sqlite3
import subprocess

import pytest

from audit import audit, check_chain
from harness import Control, upstream

WRITES = [
    ("PUT", "/v1/upstreams/new", upstream(9000, name="new")), ("PATCH", "/v1/upstreams/orders", {"description": "changed"}),
    ("DELETE", "/v1/upstreams/orders", None), ("POST", "/v1/apply", [upstream(9000, name="applied")]),
    ("POST", "/v1/versions/1/rollback", None), ("POST", "/v1/tokens", {"name": "new", "role": "viewer"}),
    ("DELETE", "/v1/tokens/old", None),
]


def begin(control) -> dict:
    """Something of everything; answers what there is then."""
    control.put(upstream(9000, name="orders"))
    control.put(upstream(9001, name="orders"))
    assert control.call("POST", "/v1/tokens", {"name": "old", "role": "viewer"}).status == 201
    return content(control)


def content(control) -> dict:
    return {path: control.call("GET", path).json() for path in (
        "/v1/versions", "/v1/upstreams", "/v1/tokens", "/v1/audit?order=asc", "/v1/export")}


def check_refused(control, before: dict):
    """Every sort of write is refused, reads go on, readiness says why, and nothing has changed."""
    for method, path, body in WRITES:
        answer = control.call(method, path, body)
        assert (answer.status, answer.json()["reason"]) == (503, "not-writable"), f"{method} {path}: {answer.text}"
    assert control.call("GET", "/readyz", token="").status == 503
    assert content(control) == before


def test_a_database_that_somebody_else_locks_refuses_writes_until_it_is_free(control):
    before = begin(control)
    other = sqlite3.connect(control.data / "sluice.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    check_refused(control, before)
    other.execute("ROLLBACK")
    other.close()
    check_works(control, before)


@pytest.fixture
def disk(tmp_path):
    """A file system of its own that can be made to fail; needs the right to mount."""
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    image.write_bytes(b"")
    steps = [["truncate", "-s", "16M", image], ["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image, folder]]
    for step in steps:
        if subprocess.run([str(part) for part in step], capture_output=True).returncode != 0:
            pytest.skip("no right to mount a file system of its own")
    folder.chmod(0o700)
    yield image, folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_turns_read_only_loses_nothing_and_the_next_start_has_it_all(disk):
    image, folder = disk
    control = Control(folder)
    try:
        before = begin(control)
        subprocess.run(["mount", "-o", "remount,abort", str(folder)], check=True)
        check_refused(control, before)
        control.process.kill()
        subprocess.run(["umount", str(folder)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True)
        control.start()
        check_works(control, before)
    finally:
        control.stop()


def check_works(control, before: dict):
    """Everything is there, and every sort of write is done again."""
    assert content(control) == before
    for method, path, body in WRITES:
        answer = control.call(method, path, body)
        assert answer.status in (200, 201), f"{method} {path}: {answer.text}"
    assert control.call("GET", "/readyz", token="").status == 200
    check_chain(audit(control))
