"""A full disk costs the write that met it and nothing else."""

import subprocess

from audit import audit, check_chain
from harness import Control, upstream


def test_a_full_disk_refuses_the_write_and_changes_nothing(small_disk):
    control = Control(small_disk)
    try:
        control.put(upstream(9000))
        before = control.call("GET", "/v1/versions/latest").json()
        (small_disk / "ballast").write_bytes(b"x" * free_bytes(small_disk))
        refused = [control.call("PUT", f"/v1/upstreams/u{number}", upstream(9000, name=f"u{number}"))
                   for number in range(40)]
        assert refused[-1].status == 507, refused[-1].text
        assert refused[-1].json()["reason"] == "disk-full"
        assert control.call("GET", "/readyz", token="").status == 503
        written = [each for each in refused if each.status == 201]
        latest = control.call("GET", "/v1/versions/latest").json()
        assert latest["number"] == before["number"] + len(written)
        assert latest["counts"]["upstreams"] == 1 + len(written)
        assert control.call("GET", "/v1/upstreams/u39").status == 404

        (small_disk / "ballast").unlink()
        control.put(upstream(9000, name="after"))
        assert control.call("GET", "/readyz", token="").status == 200
        kept = control.call("GET", "/v1/versions/latest").json()
        control.process.kill()
        control.start()
        assert control.call("GET", "/v1/versions/latest").json() == kept
    finally:
        control.stop()


def test_a_full_disk_refuses_whole_configurations_rollbacks_and_tokens(small_disk):
    control = Control(small_disk)
    try:
        many = [upstream(9000, name=f"many-{number}") for number in range(200)]
        changed = [upstream(9001, name=f"many-{number}") for number in range(200)]
        assert control.call("POST", "/v1/apply", many).status == 200
        assert control.call("POST", "/v1/apply", changed).status == 200
        (small_disk / "ballast").write_bytes(b"x" * free_bytes(small_disk))
        fill(control)
        before = content(control)
        for method, path, body in [
            ("POST", "/v1/apply", many), ("POST", "/v1/versions/2/rollback", None),
            ("POST", "/v1/tokens", {"name": "new", "role": "editor", "labelSelector": "x=" + "y" * 8000}),
        ]:
            answer = control.call(method, path, body)
            assert (answer.status, answer.json()["reason"]) == (507, "disk-full"), f"{method} {path}: {answer.text}"
        assert content(control) == before
        (small_disk / "ballast").unlink()
        assert control.call("POST", "/v1/versions/2/rollback").status == 200
        assert control.call("POST", "/v1/tokens", {"name": "new", "role": "viewer"}).status == 201
        kept = content(control)
        control.process.kill()
        control.start()
        assert content(control) == kept
        check_chain(audit(control))
    finally:
        control.stop()


def fill(control):
    """Writes until there is no room for one more."""
    for number in range(200):
        if control.call("PUT", "/v1/upstreams/filler", upstream(1 + number, name="filler")).status == 507:
            return
    raise AssertionError("the disk never got full")


def content(control) -> dict:
    return {path: control.call("GET", path).json() for path in (
        "/v1/versions/latest", "/v1/export", "/v1/tokens", "/v1/audit?limit=1000&order=asc")}


def free_bytes(folder) -> int:
    output = subprocess.run(["stat", "-f", "-c", "%a %S", str(folder)], capture_output=True, text=True, check=True)
    blocks, size = map(int, output.stdout.split())
    return blocks * size
