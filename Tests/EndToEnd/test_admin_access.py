"""Tokens, host names and the data folder of the control plane."""

import os
import socket
import stat
import threading
import time

import pytest

from harness import Control, Process, free_port, wait_until


def bearer(token: str) -> dict:
    return {"Authorization": f"Bearer {token}"}


def test_the_files_of_the_first_start_are_for_the_owner_alone(control):
    assert stat.S_IMODE(control.data.stat().st_mode) == 0o700
    for name in ("secret.key", "admin.token", "worker.token", "sluice.sqlite", "sluice.lock"):
        assert stat.S_IMODE((control.data / name).stat().st_mode) == 0o600, name


def test_tokens_are_never_logged(control):
    control.call("GET", "/v1/routes")
    output = control.process.output()
    assert "admin.token" in output
    assert control.token not in output and control.worker_token not in output


def test_tokens_survive_a_restart(control):
    token = control.token
    control.stop()
    control.start()
    assert control.token == token
    assert control.call("GET", "/v1/routes").status == 200


@pytest.mark.parametrize("path", ["/v1/routes", "/v1/nothing", "/v1/data-plane/snapshot?replica=a", "/"])
def test_without_a_token_everything_is_401(control, path):
    answer = control.call("GET", path, token="")
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/readyz?verbose", "/metrics", "/v1/openapi.json"])
def test_probes_need_no_token(control, path):
    assert control.call("GET", path, token="").status == 200


def test_a_worker_token_is_good_for_the_control_protocol_alone(control):
    snapshot = "/v1/data-plane/snapshot?replica=a"
    assert control.call("GET", snapshot, token=control.worker_token).status == 200
    refused = control.call("GET", snapshot)
    assert refused.status == 403 and "private keys" in refused.json()["detail"]
    for path in ("/v1/routes", "/v1/replicas", "/v1/nothing", "/v1/data-plane"):
        answer = control.call("GET", path, token=control.worker_token)
        assert (answer.status, answer.json()["reason"]) == (403, "forbidden"), path


def test_tokens_that_are_not_ours_are_refused(control, tmp_path):
    (tmp_path / "other").mkdir()
    stranger = Control(tmp_path / "other")
    foreign = stranger.token
    stranger.stop()
    head, body, signature = control.token.split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    for token in (foreign, "x", f"{head}.{body}.", f"{head}.{body}", f"{none}.{body}.", f"{none}.{body}.{signature}",
                  control.worker_token.split(".")[0] + f".{body}." + control.worker_token.split(".")[2], "a" * 9000):
        assert control.call("GET", "/v1/routes", token=token).status in (401, 431), token[:40]


def test_several_authorization_fields_are_refused(control):
    with socket.create_connection(("127.0.0.1", control.port)) as connection:
        field = f"Authorization: Bearer {control.token}\r\n"
        connection.sendall(f"GET /v1/routes HTTP/1.1\r\nHost: localhost\r\n{field}{field}\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")


def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(control):
    answers = [control.call("GET", "/v1/routes", token="wrong") for _ in range(12)]
    assert [answer.status for answer in answers[:10]] == [401] * 10
    assert answers[-1].status == 429 and int(answers[-1].headers["Retry-After"]) >= 1
    assert control.call("GET", "/v1/routes").status == 200


@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("LOCALHOST:1", 200), ("127.0.0.1", 200), ("[::1]:9700", 200), ("gateway.test", 200),
    ("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.2", 421),
])
def test_only_our_own_host_names_are_answered(tmp_path, running, host, status):
    control = Control(tmp_path, arguments=["--admin-host", "gateway.test"])
    running.append(control)
    assert control.call("GET", "/v1/routes", headers={"Host": host}).status == status


def test_a_host_that_is_not_ours_is_refused_before_the_token_is_looked_at(control):
    assert control.call("GET", "/v1/routes", token="", headers={"Host": "evil.example"}).status == 421


def test_a_second_control_plane_on_the_folder_is_refused_and_told_who_has_it(control, tmp_path):
    second = Process([*control.command[:2], f"127.0.0.1:{free_port()}", *control.command[3:]], tmp_path / "second.log")
    assert second.wait(10) == 1
    assert f"process {control.process.pid}" in second.output()
    assert control.call("GET", "/v1/routes").status == 200


def test_the_folder_is_free_again_after_a_kill(control):
    control.process.kill()
    control.start()
    assert control.call("GET", "/v1/routes").status == 200


def test_listening_for_others_without_tls_must_be_asked_for(control, tmp_path):
    command = [control.command[0], "--admin", f"0.0.0.0:{free_port()}", "--data", tmp_path / "other"]
    refused = Process(command, tmp_path / "refused.log")
    assert refused.wait(10) != 0
    assert "--insecure-admin" in refused.output() and not (tmp_path / "other").exists()


def test_a_key_that_others_can_read_refuses_the_start(control):
    control.stop()
    os.chmod(control.data / "secret.key", 0o644)
    control.start(waits=False)
    assert control.process.wait(10) == 1
    assert "secret.key" in control.process.output()


def test_sigterm_ends_waiting_polls_and_is_quick(control):
    answers = []
    known = control.call("GET", "/v1/versions/latest").json()
    path = f"/v1/data-plane/snapshot?replica=a&since=1&version=1&digest={known['digest']}&wait=20s"
    token = control.worker_token
    thread = threading.Thread(target=lambda: answers.append(control.call("GET", path, token=token).status))
    thread.start()
    wait_until(lambda: control.call("GET", "/v1/replicas").json()["items"], "the poll has come")
    began = time.monotonic()
    control.process.signal(15)
    assert control.process.wait(5) == 0
    thread.join(5)
    assert answers == [304]
    assert time.monotonic() - began < 2
