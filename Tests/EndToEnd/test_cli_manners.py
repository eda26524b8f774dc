"""What all verbs of `sluice` have in common: helps, exit codes, errors, formats, colours, contexts, completion, TLS."""

import json
import os
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from harness import binary, free_port, upstream

VERBS = ["validate", "diff", "plan", "apply", "export", "get", "describe", "delete", "cert", "cert add",
         "consumer", "consumer import-htpasswd", "versions", "versions show", "versions diff", "rollback", "rollout",
         "rollout status", "audit", "explain", "replicas", "replicas show", "replicas forget", "replicas adopt", "top",
         "logs", "waf", "waf tail", "token", "token create", "token list", "token revoke", "backup", "context", "context list",
         "context use", "context set", "context delete", "completion"]


def sluice(*arguments, folder=None, **environment) -> subprocess.CompletedProcess:
    """Runs `sluice` with nothing but this environment."""
    return subprocess.run([binary("sluice"), *map(str, arguments)], env={"HOME": str(folder or "/nonexistent"), **environment},
                          capture_output=True, text=True, timeout=60)


def on_terminal(*arguments, **environment) -> str:
    """What `sluice` writes to a terminal."""
    ours, theirs = os.openpty()
    process = subprocess.Popen([binary("sluice"), *map(str, arguments)], env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:
        pass
    finally:
        os.close(ours)
        process.wait(30)
    return shown.decode().replace("\r\n", "\n")


def test_the_help_lists_every_verb_and_every_exit_code():
    shown = sluice("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    for verb in {each.split()[0] for each in VERBS}:
        assert f"\n  {verb} " in shown.stdout
    for line in ["0  done; for diff: nothing differs", "1  error", "2  diff found differences",
                 "3  the rollout did not finish in time", "4  refused by the server"]:
        assert line in shown.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help(verb):
    shown = sluice(*verb.split(), "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("OVERVIEW: ") and f"USAGE: sluice {verb}" in shown.stdout
    assert sluice("help", *verb.split()).stdout == shown.stdout


@pytest.mark.parametrize("verb", sorted({each.split()[0] for each in VERBS}))
def test_every_verb_has_an_example_in_its_help(verb):
    helps = [sluice(*each.split(), "--help").stdout for each in VERBS if each.split()[0] == verb]
    assert any(line.startswith(f"  sluice {verb}") for text in helps for line in text.splitlines())


@pytest.mark.parametrize("words", [
    (), ("frobnicate",), ("get",), ("get", "routes", "--frob"), ("apply",), ("apply", "-f"), ("get", "routes", "-o", "xml"),
    ("rollback",), ("rollback", "x"), ("token", "create"), ("backup",), ("audit", "--through", "x"), ("logs", "-n", "many"),
    ("logs", "-n", "0"), ("audit", "--limit", "0"), ("versions", "-n", "0")])
def test_wrong_arguments_are_errors_on_stderr(words):
    done = sluice(*words)
    if not words:
        assert done.returncode == 0 and done.stdout.startswith("OVERVIEW")
    else:
        assert (done.returncode, done.stdout) == (1, "") and done.stderr


def test_an_unknown_verb_suggests_the_nearest():
    done = sluice("aply", "-f", "x")
    assert done.stderr.splitlines()[0] == "there is no command 'aply'; did you mean 'apply'?"


def test_a_refused_connection_says_what_to_check():
    done = sluice("get", "routes", "--url", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "Couldn't connect" in done.stderr and "sluice-control" in done.stderr and "SLUICE_URL" in done.stderr


def test_a_name_nobody_knows_is_an_error():
    assert sluice("get", "routes", "--url", "http://nowhere.invalid:9700").returncode == 1
    assert sluice("get", "routes", "--url", "nonsense").returncode == 1


@pytest.fixture
def tls_server(certificates):
    """An HTTPS server with a certificate for localhost that answers every list with nothing."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = b'{"items": [], "next": null}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.shop.certificate, certificates.shop.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_vouches_for_says_ca_file(tls_server, certificates, tmp_path):
    url = f"https://localhost:{tls_server}"
    done = sluice("get", "routes", "--url", url)
    assert done.returncode == 1 and "--ca-file" in done.stderr
    trusted = ("--ca-file", certificates.authority.certificate)
    assert sluice("get", "routes", "--url", url, *trusted).returncode == 0
    missing = sluice("get", "routes", "--url", url, "--ca-file", tmp_path / "none.pem")
    assert missing.returncode == 1 and "none.pem cannot be read" in missing.stderr
    stored = sluice("context", "set", "tls", "--url", url, *trusted, folder=tmp_path)
    assert stored.returncode == 0, stored.stderr
    assert sluice("get", "routes", folder=tmp_path).returncode == 0


def test_http_where_tls_is_spoken_says_so(tls_server):
    done = sluice("get", "routes", "--url", f"http://localhost:{tls_server}")
    assert done.returncode == 1 and "https://" in done.stderr


def test_no_token_is_refused_and_says_how_to_give_one(control):
    done = control.cli("get", "routes", token="")
    assert done.returncode == 4 and "SLUICE_TOKEN" in done.stderr and "[request " in done.stderr


def test_contexts_are_kept_used_and_deleted(control, tmp_path):
    token = tmp_path / "token"
    token.write_text(control.token + "\n")
    home = tmp_path / "home"
    assert sluice("context", "set", "one", folder=home).returncode == 1
    done = subprocess.run([binary("sluice"), "context", "set", "one", "--url", control.url, "--token-file", "token"],
                          cwd=tmp_path, env={"HOME": str(home)}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert sluice("get", "routes", folder=home).returncode == 0
    sluice("context", "set", "two", "--url", "http://127.0.0.1:1", folder=home)
    listed = sluice("context", "list", folder=home).stdout.splitlines()
    assert [line.split() for line in listed[1:]] == [["*", "one", control.url, str(token), "-"], ["two", "http://127.0.0.1:1", "-", "-"]]
    assert json.loads(sluice("context", "list", "-o", "json", folder=home).stdout)["items"][0]["current"] is True
    assert sluice("context", "use", "two", folder=home).returncode == 0
    assert sluice("get", "routes", folder=home).returncode == 1
    assert sluice("get", "routes", "--context", "one", folder=home).returncode == 0
    lost = sluice("get", "routes", "--context", "oen", folder=home)
    assert lost.returncode == 1 and "did you mean 'one'?" in lost.stderr
    assert sluice("context", "delete", "one", folder=home).returncode == 0
    assert sluice("context", "list", "-o", "name", folder=home).stdout == "two\n"
    assert oct((home / ".config/sluice/contexts.json").stat().st_mode & 0o777) == "0o600"


def test_a_token_of_a_context_stays_with_its_url(control, tmp_path):
    (tmp_path / "token").write_text(control.token)
    sluice("context", "set", "one", "--url", "http://127.0.0.1:1", "--token-file", tmp_path / "token", folder=tmp_path)
    assert sluice("get", "routes", "--url", control.url, folder=tmp_path).returncode == 4


def test_colours_are_for_terminals_that_want_them(control):
    control.put(upstream(9000))
    environment = control.cli_environment()
    plain = control.cli("get", "upstreams", environment={"NO_COLOR": ""}).stdout
    assert "\x1b" not in plain
    del environment["NO_COLOR"]
    coloured = on_terminal("get", "upstreams", **environment | {"TERM": "xterm"})
    assert coloured.startswith("\x1b[1mNAME\x1b[0m")
    assert coloured.replace("\x1b[1m", "").replace("\x1b[0m", "") == plain
    for quiet in [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}]:
        assert on_terminal("get", "upstreams", **environment | quiet) == plain


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_know_verbs_and_kinds(shell):
    script = sluice("completion", shell)
    assert script.returncode == 0 and "rollback" in script.stdout
    assert "traffic-policies" in script.stdout and "auth-policies" in script.stdout and "import-htpasswd" in script.stdout
    assert sluice("completion", "tcsh").returncode == 1


def complete(control, *words: str) -> list[str]:
    """What bash offers for the last word."""
    script = sluice("completion", "bash").stdout + """
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_sluice sluice "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; printf '%s\\n' "${COMPREPLY[@]}"
"""
    environment = control.cli_environment()
    environment["PATH"] = f"{binary('sluice').parent}:{environment['PATH']}"
    done = subprocess.run(["bash", "-c", script, "bash", *words], env=environment, capture_output=True, text=True, timeout=60)
    return [word.strip() for word in done.stdout.split("\n") if word.strip()]


def test_bash_completes_verbs_kinds_and_names(control):
    control.put(upstream(9000))
    control.put(upstream(9001, name="orders"))
    assert "rollback" in complete(control, "sluice", "roll")
    assert complete(control, "sluice", "get", "upst") == ["upstream", "upstreams"]
    assert complete(control, "sluice", "get", "upstream", "o") == ["orders", "origin"]
    assert complete(control, "sluice", "describe", "upstreams", "or") == ["orders", "origin"]


def test_an_answer_that_cannot_be_written_is_an_error(control):
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary("sluice"), "get", "upstreams"], env=control.cli_environment(), stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 1 and "cannot be written" in done.stderr


@pytest.mark.parametrize("words", [
    ("get", "routes"), ("replicas",), ("versions",), ("audit",), ("token", "list"), ("context", "list"), ("rollout", "status"),
    ("top", "--interval", "1ms"), ("export",), ("explain", "GET", "http://a.example/")])
@pytest.mark.parametrize("format", ["table", "json", "yaml", "name"])
def test_every_verb_that_shows_things_has_every_format(control, words, format):
    done = control.cli(*words, "-o", format)
    assert (done.returncode, done.stderr) == (0, "")
    if format == "json":
        json.loads(done.stdout)
