"""`sluice consumer import-htpasswd`, and how consumers and auth policies are shown."""

import json
import subprocess

import pytest
import yaml

from harness import binary

# Of "correct horse" and "a", as `htpasswd -nbB` and others write bcrypt.
BCRYPT_Y = "$2y$05$abcdefghijklmnopqrstuu8.veTXNDPV2eEsdpKNczMw2otgh5LnK"
BCRYPT_B = "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu"
BCRYPT_A = "$2a$05$abcdefghijklmnopqrstuu8.veTXNDPV2eEsdpKNczMw2otgh5LnK"


def convert(folder, text: str, *options) -> subprocess.CompletedProcess:
    """Runs the import without any server."""
    file = folder / "users.htpasswd"
    file.write_bytes(text.encode())
    return subprocess.run([binary("sluice"), "consumer", "import-htpasswd", "users.htpasswd", *options], cwd=folder,
                          env={"HOME": str(folder)}, capture_output=True, text=True, timeout=30)


def users(done) -> dict:
    assert (done.returncode, done.stderr) == (0, "")
    return {each["name"]: each["basic"] for each in yaml.safe_load_all(done.stdout)}


def test_every_kind_of_bcrypt_is_taken_as_it_is(tmp_path):
    done = convert(tmp_path, f"anna:{BCRYPT_Y}\nbert:{BCRYPT_B}\n\n# gone: carl\ncora:{BCRYPT_A}\n")
    assert users(done) == {"anna": {"username": "anna", "passwordHash": BCRYPT_Y},
                           "bert": {"username": "bert", "passwordHash": BCRYPT_B},
                           "cora": {"username": "cora", "passwordHash": BCRYPT_A}}


def test_files_of_other_systems_are_read(tmp_path):
    """A byte order mark, lines that end in CR LF, a last line without an end, and what stands behind a second colon."""
    done = convert(tmp_path, f"\ufeffanna:{BCRYPT_Y}\r\nbert:{BCRYPT_B}:Bert of the shop\r\ncora:{BCRYPT_A}")
    assert [each["passwordHash"] for each in users(done).values()] == [BCRYPT_Y, BCRYPT_B, BCRYPT_A]


def test_names_are_made_of_what_users_are_called(tmp_path):
    done = convert(tmp_path, "".join(f"{user}:{BCRYPT_Y}\n" for user in [
        "Anna", "bert@example.com", "carl_von x", "42", "yes", "Müller", "-dora-"]))
    assert {name: basic["username"] for name, basic in users(done).items()} == {
        "anna": "Anna", "bert.example.com": "bert@example.com", "carl-von-x": "carl_von x", "42": "42", "yes": "yes",
        "m-ller": "Müller", "dora": "-dora-"}


def test_labels_and_a_prefix_are_given_to_all(tmp_path):
    done = convert(tmp_path, f"Anna:{BCRYPT_Y}\nbert:{BCRYPT_Y}\n", "--label", "team=staff", "--label", "from=old=site",
                   "--prefix", "shop-", "-o", "json")
    assert [(each["kind"], each["name"], each["labels"]) for each in json.loads(done.stdout)] == [
        ("consumer", f"shop-{name}", {"team": "staff", "from": "old=site"}) for name in ("anna", "bert")]
    assert convert(tmp_path, f"anna:{BCRYPT_Y}\n", "--label", "team").returncode == 1


def test_other_schemes_are_refused_all_at_once_and_never_shown(tmp_path):
    lines = {"apr": "$apr1$salt5678$abcdefghijklmnopqrstu0", "md5": "$1$salt5678$abcdefghijklmnopqrstu0",
             "sha": "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "sha256": "$5$salt$abc", "sha512": "$6$salt$abc",
             "old": "rqXexS6ZhobKA", "plain": "password1", "good": BCRYPT_Y, "costly": BCRYPT_Y.replace("$05$", "$31$"),
             "short": BCRYPT_Y[:-1], "strange": "$x$abc"}
    done = convert(tmp_path, "".join(f"{user}:{hash}\n" for user, hash in lines.items()) + "no colon here\n")
    assert (done.returncode, done.stdout) == (1, "")
    whys = {"apr": "MD5 (apr1)", "md5": "MD5", "sha": "SHA-1", "sha256": "SHA-256 (crypt)", "sha512": "SHA-512 (crypt)",
            "old": "the old crypt", "plain": "nothing at all (plain text)", "strange": "something unknown"}
    expected = []
    for number, user in enumerate(lines, 1):
        if user in whys:
            expected.append(f'users.htpasswd:{number}: "{user}": the password is hashed with {whys[user]}, which is not taken')
    expected += ['users.htpasswd:9: "costly": the cost 31 of the hash is not from 4 to 14',
                 'users.htpasswd:10: "short": this is no whole bcrypt hash',
                 "users.htpasswd:12: expected a user, a colon and a hash"]
    shown = done.stderr.splitlines()
    assert sorted(shown[:-1]) == sorted(expected) and "htpasswd -B" in shown[-1]
    for secret in ["password1", "rqXexS6ZhobKA", "salt", "no colon here"]:
        assert secret not in done.stderr


@pytest.mark.parametrize("text, why", [
    (f"anna:{BCRYPT_Y}\nAnna:{BCRYPT_Y}\n", 'users.htpasswd:2: "Anna": would be consumer anna, as is "anna" on line 1'),
    (f"anna:{BCRYPT_Y}\nanna:{BCRYPT_B}\n", 'users.htpasswd:2: "anna": is on line 1 already'),
    (f"???:{BCRYPT_Y}\n", 'users.htpasswd:1: "???": no name of a consumer can be made of it'),
    (f":{BCRYPT_Y}\n", 'users.htpasswd:1: "": a user has a name'),
    (f"{'a' * 129}:{BCRYPT_Y}\n", "a user name has at most 128 bytes"),
    (f"a\tb:{BCRYPT_Y}\n", "a user name has no control characters"), ("# nobody\n", "users.htpasswd: no user in it")])
def test_what_can_be_no_consumer_is_refused(tmp_path, text, why):
    done = convert(tmp_path, text)
    assert (done.returncode, done.stdout) == (1, "") and why in done.stderr


def test_the_documents_are_what_apply_takes(control):
    made = control.cli("consumer", "import-htpasswd", "-", "--label", "team=staff", text=f"Anna:{BCRYPT_Y}\nbert:{BCRYPT_B}\n")
    assert (made.returncode, made.stderr) == (0, "")
    done = control.cli("apply", "-f", "-", text=made.stdout)
    assert done.returncode == 0, done.stderr
    stored = control.call("GET", "/v1/consumers/anna").json()
    assert stored["basic"] == {"username": "Anna"} and stored["labels"] == {"team": "staff"}


def test_apply_stores_them_at_once_and_keeps_what_is_there(control):
    control.put({"kind": "consumer", "name": "anna", "labels": {"kept": "yes"}, "description": "Kept too",
                 "apiKeys": [{"id": "k1", "value": "a-key-of-sixteen-or-more"}]})
    text = f"anna:{BCRYPT_Y}\nbert:{BCRYPT_B}\n"
    words = ["consumer", "import-htpasswd", "-", "--label", "team=staff", "--apply"]
    dry = control.cli(*words, "--dry-run", text=text)
    assert dry.returncode == 0 and "1 created, 1 updated; a dry run" in dry.stdout, dry.stderr
    done = control.cli(*words, text=text)
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("1 created, 1 updated, version "), done.stderr
    stored = control.call("GET", "/v1/consumers/anna").json()
    assert (stored["labels"], stored["description"], stored["apiKeys"], stored["basic"]) == (
        {"kept": "yes", "team": "staff"}, "Kept too", [{"id": "k1"}], {"username": "anna"})


def test_what_the_server_refuses_comes_back_with_its_line(control):
    control.put({"kind": "consumer", "name": "other", "basic": {"username": "bert", "passwordHash": BCRYPT_B}})
    done = control.cli("consumer", "import-htpasswd", "-", "--apply", text=f"# staff\nanna:{BCRYPT_Y}\nbert:{BCRYPT_Y}\n")
    assert (done.returncode, done.stdout) == (4, "") and "stdin:3: " in done.stderr, done.stderr


def test_options_that_do_not_go_together_are_refused(tmp_path):
    for words in [["--apply", "-o", "json"], ["--dry-run"], ["--wait", "5s"]]:
        assert convert(tmp_path, f"anna:{BCRYPT_Y}\n", *words).returncode == 1


def test_apply_shows_keys_that_were_made_once(control):
    document = json.dumps({"kind": "consumer", "name": "partner", "apiKeys": [{"id": "k1"}]})
    for place, words in enumerate([[], ["-o", "name"], ["-o", "json"]]):
        dry = control.cli("apply", "-f", "-", "--dry-run", *words, text=document.replace("k1", f"dry{place}"))
        assert dry.returncode == 0 and "slk_" not in dry.stdout + dry.stderr, dry.stderr
        done = control.cli("apply", "-f", "-", *words, text=document.replace("k1", f"k{place}"))
        assert done.returncode == 0, done.stderr
        assert "shown this once" in done.stderr
        if words == ["-o", "json"]:
            key = json.loads(done.stdout)["generated"][0]["apiKeys"][f"k{place}"]
        else:
            shown = done.stdout if not words else done.stderr
            key = next(line for line in shown.splitlines() if "slk_" in line).removeprefix(f"consumer/partner key k{place}: ")
        assert key.startswith("slk_") and " " not in key
        again = control.cli("apply", "-f", "-", text=document.replace("k1", f"k{place}"))
        assert "slk_" not in again.stdout + again.stderr and "shown" not in again.stderr


POLICIES = [
    ({"name": "a", "type": "jwt", "jwt": {"providers": [{"name": "p", "issuer": "https://login.example.com", "audiences": ["a"],
                                                         "jwks": {"uri": "https://login.example.com/keys"}}]}},
     ["-", "https://login.example.com"]),
    ({"name": "b", "type": "basic", "observe": True}, ["yes", "all consumers"]),
    ({"name": "c", "type": "api-key", "apiKey": {"from": [{"header": "x-k", "prefix": "K "}, {"query": "key"}],
                                                 "consumers": {"names": ["anna"], "labels": {"team": "staff"}}}},
     ["-", "header x-k,query key; anna or team=staff"]),
    ({"name": "d", "type": "mtls", "mtls": {"dnsNames": ["*"]}}, ["-", "1 dnsNames"]),
    ({"name": "e", "type": "ip", "ip": {"allow": ["10.0.0.0/8", "::1"], "deny": ["10.1.1.1"]}}, ["-", "2 allow, 1 deny"]),
    ({"name": "f", "type": "authorization", "authorization": {"rules": [{"name": "all", "action": "allow",
                                                                         "when": {"consumers": ["anna"]}}]}},
     ["-", "1 rule, else deny"]),
    ({"name": "g", "type": "cors", "cors": {"allowOrigins": ["https://a.example"]}}, ["-", "https://a.example"]),
    ({"name": "h", "type": "csrf"}, ["-", "-"]),
]


def test_policies_and_consumers_have_columns_that_matter(control):
    for document, _ in POLICIES:
        control.put({"kind": "auth-policy", **document})
    control.put({"kind": "consumer", "name": "anna", "labels": {"team": "staff"},
                 "basic": {"username": "Anna", "passwordHash": BCRYPT_Y},
                 "apiKeys": [{"id": "k1", "value": "a-key-of-sixteen-or-more"}]})
    shown = control.cli("get", "auth-policies").stdout.splitlines()
    assert shown[0].split() == ["NAME", "TYPE", "OBSERVE", "SETTINGS"]
    for line, (document, (observe, settings)) in zip(shown[1:], POLICIES, strict=True):
        assert line.split(maxsplit=3) == [document["name"], document["type"], observe, settings]
    assert [line.split() for line in control.cli("get", "consumers").stdout.splitlines()] == [
        ["NAME", "USER", "KEYS", "LABELS"], ["anna", "Anna", "k1", "team=staff"]]
    described = control.cli("describe", "consumer", "anna").stdout
    assert "auth-policy/c, auth-policy/f" in described and BCRYPT_Y not in described
