"""`sluice replicas`, `top`, `logs`, `token` and `backup`."""

import json
import os
import re
import signal
import sqlite3
import stat
import subprocess

import pytest
import yaml

from harness import Control, binary, upstream, wait_until
from test_admin_rollout import FakeReplica


@pytest.fixture
def edge(control):
    """A replica played by the test: it serves version 1 and has answered a request in five seconds."""
    replica = FakeReplica(control, "edge-1")
    replica.follow()
    replica.follow()
    replica.report("applied")
    return replica


def test_replicas_are_shown_in_every_format(control, edge):
    done = control.cli("replicas")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["ID", "HOST", "STATE", "VERSION", "LAST", "SEEN", "UPTIME", "REQUESTS", "5XX", "ERROR"]
    assert lines[1][:4] == ["edge-1", "test", "applied", "1"] and lines[1][5:] == ["5s", "1", "0"]
    assert control.cli("replicas", "-o", "name").stdout == "edge-1\n"
    for format, read in [("json", json.loads), ("yaml", yaml.safe_load)]:
        assert read(control.cli("replicas", "-o", format).stdout)["items"][0]["traffic"]["requests"] == 1


def test_a_rejection_is_shown_with_its_reason(control, edge):
    control.put(upstream(9000))
    edge.poll()
    edge.report("rejected", [{"kind": "upstream", "name": "origin", "message": "no such thing"}])
    assert control.cli("replicas").stdout.splitlines()[1].endswith("upstream/origin: no such thing")


def test_a_live_replica_is_not_forgotten(control, edge):
    done = control.cli("replicas", "forget", "edge-1")
    assert done.returncode == 4 and "409" in done.stderr
    assert control.cli("replicas", "forget", "edge-2").returncode == 4


def test_adopting_says_who_leads_from_now_on(control):
    done = control.cli("replicas", "adopt", "0123456789abcdef")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("replicas of 0123456789abcdef follow ")


def test_top_shows_the_rates_once_for_scripts(control, edge):
    done = control.cli("top", "--once", "--interval", "1ms")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["REPLICA", "STATE", "VERSION", "REQUESTS/S", "ACTIVE", "5XX/S", "REQUESTS", "5XX"]
    assert lines[1] == ["edge-1", "applied", "1", "0.2", "0", "0.0", "1", "0"]
    (row,) = json.loads(control.cli("top", "--interval", "1ms", "-o", "json").stdout)["items"]
    assert (row["requestsPerSecond"], row["errorsPerSecond"]) == (0.2, 0.0)


def test_top_goes_on_on_a_terminal(control, edge):
    ours, theirs = os.openpty()
    top = subprocess.Popen([binary("sluice"), "top", "--interval", "10ms"], stdout=theirs, stderr=theirs,
                           env=control.cli_environment() | {"TERM": "xterm"})
    os.close(theirs)
    try:
        shown = b""
        while shown.count(b"1 of 1 replicas live, 0.2 requests/s, 0.0 5xx/s, 0 active") < 3:
            shown += os.read(ours, 4096)
    finally:
        top.terminate()
        top.wait()
        os.close(ours)


def test_logs_shows_the_last_lines(control):
    control.put(upstream(9000))
    done = control.cli("logs", "-n", "5")
    assert done.returncode == 0, done.stderr
    assert 1 <= len(done.stdout.splitlines()) <= 5
    assert all(re.match(r"\d{4}-\d\d-\d\dT\S+Z  \w+ +  ?\S", line) for line in done.stdout.splitlines())
    entries = [json.loads(line) for line in control.cli("logs", "-o", "json").stdout.splitlines()]
    assert [each["sequence"] for each in entries] == sorted(each["sequence"] for each in entries)
    assert {"time", "level", "message"} <= entries[0].keys()
    assert len(list(yaml.safe_load_all(control.cli("logs", "-n", "2", "-o", "yaml").stdout))) <= 2
    assert control.cli("logs", "--level", "loud").returncode == 4


def test_logs_goes_on_with_a_new_control_plane_until_it_is_interrupted(control, tmp_path):
    shown, complaints = tmp_path / "shown", tmp_path / "complaints"
    with shown.open("w") as output, complaints.open("w") as errors:
        follow = subprocess.Popen([binary("sluice"), "logs", "-f", "-o", "json"], stdout=output, stderr=errors,
                                  env=control.cli_environment(),
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def starts() -> int:
        return shown.read_text().count('"Control plane starts"')
    try:
        wait_until(lambda: starts() == 1, "the first lines are shown")
        control.stop()
        wait_until(lambda: "trying again" in complaints.read_text(), "it says that nobody answers")
        control.start()
        wait_until(lambda: starts() == 2, "it goes on")
        lines = [json.loads(line) for line in shown.read_text().splitlines()]
        assert len({(each["time"], each["sequence"]) for each in lines}) == len(lines)
        follow.send_signal(signal.SIGINT)
        assert follow.wait(10) == -signal.SIGINT
    finally:
        follow.kill()
        follow.wait()


def test_a_token_is_made_used_listed_and_revoked(control):
    made = control.cli("token", "create", "ci", "--role", "editor", "-l", "team=shop", "--expires-in", "90d")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    assert re.fullmatch(r"token ci: editor, until \d{4}-\S+\n", made.stderr) and token not in made.stderr
    assert control.cli("get", "routes", token=token).returncode == 0
    refused = control.cli("apply", "-f", "-", token=token, text=json.dumps(upstream(9000)))
    assert refused.returncode == 4 and "403" in refused.stderr
    allowed = upstream(9000, labels={"team": "shop"})
    assert control.cli("apply", "-f", "-", token=token, text=json.dumps(allowed)).returncode == 0
    listed = control.cli("token", "list")
    assert listed.stdout.splitlines()[0].split() == ["NAME", "ROLE", "SELECTOR", "CREATED", "BY", "CREATED", "EXPIRES"]
    assert any(line.split()[:3] == ["ci", "editor", "team=shop"] for line in listed.stdout.splitlines())
    assert token not in listed.stdout + control.cli("token", "list", "-o", "json").stdout
    assert control.cli("token", "revoke", "ci").stdout == "token ci is revoked\n"
    gone = control.cli("get", "routes", token=token)
    assert gone.returncode == 4 and "401" in gone.stderr and "--token-file" in gone.stderr


def test_a_token_is_saved_where_only_its_owner_reads_it(control, tmp_path):
    file = tmp_path / "viewer.token"
    made = control.cli("token", "create", "grafana", "--role", "viewer", "--save", file)
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text()
    again = control.cli("token", "create", "other", "--role", "viewer", "--save", file)
    assert again.returncode == 1 and "is there already" in again.stderr and file.read_text() == token
    assert "other" not in control.cli("token", "list").stdout
    done = control.cli("get", "routes", "--token-file", file, token="")
    assert done.returncode == 0, done.stderr


def test_tokens_that_cannot_be_are_refused(control):
    wrong = control.cli("token", "create", "ci", "--role", "edtor")
    assert wrong.returncode == 1 and "did you mean editor?" in wrong.stderr
    assert control.cli("token", "create", "ci").returncode == 1
    assert control.cli("token", "create", "ci", "--role", "viewer", "-o", "name").returncode == 1
    assert control.cli("token", "create", "ci", "--role", "viewer").returncode == 0
    assert control.cli("token", "create", "ci", "--role", "viewer").returncode == 4
    assert control.cli("token", "revoke", "nobody").returncode == 4
    viewer = json.loads(control.cli("token", "create", "v", "--role", "viewer", "-o", "json").stdout)["token"]
    for words in [("token", "list"), ("rollback", "1"), ("delete", "route", "all"), ("backup", "-o", "/dev/null")]:
        assert control.cli(*words, token=viewer).returncode == 4


def test_a_backup_is_a_whole_database(control, tmp_path):
    control.put(upstream(9000))
    file = tmp_path / "backup.sqlite"
    done = control.cli("backup", "-o", file)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    database = sqlite3.connect(file)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_restored_backup_serves_what_it_had(tmp_path, running):
    (tmp_path / "first").mkdir(), (tmp_path / "second").mkdir()
    first = Control(tmp_path / "first")
    running.append(first)
    first.put(upstream(9000))
    assert first.cli("backup", "-o", tmp_path / "backup.sqlite").returncode == 0
    first.put(upstream(9001, name="later"))
    first.process.stop()
    done = subprocess.run([binary("sluice-control"), "restore", "--data", first.data, "--from", tmp_path / "backup.sqlite"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first.start()
    assert first.cli("get", "upstreams", "-o", "name").stdout == "upstream/origin\n"


def test_a_failed_backup_leaves_nothing(control, tmp_path):
    assert control.cli("backup", "-o", tmp_path / "backup.sqlite", token="wrong").returncode == 4
    assert control.cli("backup", "-o", tmp_path / "none" / "backup.sqlite").returncode == 1
    assert control.cli("backup", "-o", "/dev/full").returncode == 1
    assert [each for each in tmp_path.iterdir() if each.name.startswith("backup")] == []
