"""`sluice apply`, `plan`, `diff`, `export` and `validate`."""

import json
import os
import subprocess

import pytest
import yaml

from harness import free_port, listener, route, upstream

SHOP = """\
kind: upstream
name: origin
labels: {team: shop}
endpoints:
  - {address: 127.0.0.1, port: 9000}
---
kind: route
name: all
labels: {team: shop}
forward: [{upstream: origin}]
"""


@pytest.fixture
def shop(tmp_path):
    """A folder with two documents."""
    folder = tmp_path / "gateway"
    (folder / "below").mkdir(parents=True)
    origin, all = SHOP.split("---\n")
    (folder / "origin.yaml").write_text(origin)
    (folder / "below" / "all.yml").write_text(all)
    (folder / "notes.txt").write_text("kind: nothing")
    return folder


@pytest.fixture
def viewer(control):
    return control.call("POST", "/v1/tokens", {"name": "ci", "role": "viewer"}).json()["token"]


def test_apply_stores_a_folder_and_says_what_changed(control, shop):
    done = control.cli("apply", "-f", shop)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["route/all created", "upstream/origin created", "2 created, version 2"]
    again = control.cli("apply", "-f", shop)
    assert again.stdout == "nothing changed, version 2 stands\n"


def test_apply_takes_several_files_and_stdin(control, shop):
    done = control.cli("apply", "-f", shop / "origin.yaml", "-f", "-", text=json.dumps(route()))
    assert done.stdout.splitlines()[-1] == "2 created, version 2"


@pytest.mark.parametrize("format, read", [("json", json.loads), ("yaml", yaml.safe_load)])
def test_apply_answers_for_programs(control, shop, format, read):
    answer = read(control.cli("apply", "-f", shop, "-o", format).stdout)
    assert answer["version"] == 2 and {each["change"] for each in answer["changes"]} == {"created"}


def test_apply_names_what_changed(control, shop):
    control.cli("apply", "-f", shop / "origin.yaml")
    assert control.cli("apply", "-f", shop, "-o", "name").stdout == "route/all\n"


def test_a_dry_run_of_apply_changes_nothing(control, shop):
    done = control.cli("apply", "-f", shop, "--dry-run")
    assert done.stdout.splitlines()[-1] == "2 created; a dry run, nothing is stored"
    control.cli("apply", "-f", shop / "origin.yaml")
    assert control.cli("apply", "-f", shop / "origin.yaml", "--dry-run").stdout == "nothing would change\n"
    assert control.call("GET", "/v1/routes").json()["items"] == []


def test_the_message_is_kept(control, shop):
    control.cli("apply", "-f", shop, "--message", "for söme & reason")
    assert control.call("GET", "/v1/versions/latest").json()["message"] == "for söme & reason"


def test_apply_with_a_set_prunes_what_the_files_lack(control, shop):
    control.put(upstream(9001, name="others"))
    assert control.cli("apply", "-f", shop, "--set", "shop", "--prune").returncode == 0
    (shop / "below" / "all.yml").unlink()
    done = control.cli("apply", "-f", shop, "--set", "shop", "--prune")
    assert done.stdout.splitlines() == ["route/all deleted", "1 deleted, 1 unchanged, version 4"]
    assert control.cli("get", "upstreams", "-o", "name").stdout == "upstream/origin\nupstream/others\n"


def test_prune_without_a_set_is_an_error(control, shop):
    for verb in ["apply", "plan", "diff"]:
        done = control.cli(verb, "-f", shop, "--prune")
        assert (done.returncode, done.stdout) == (1, "")
        assert "--prune needs --set" in done.stderr


def test_what_another_set_owns_is_refused_with_its_file_and_taken_by_force(control, shop):
    control.cli("apply", "-f", shop, "--set", "shop")
    refused = control.cli("apply", "-f", shop, "--set", "wiki")
    assert refused.returncode == 4
    assert f"{shop}/origin.yaml:1: upstream/origin /meta/set" in refused.stderr and "--force" in refused.stderr
    assert "force=true" not in refused.stderr
    assert control.cli("apply", "-f", shop, "--set", "wiki", "--force").returncode == 0
    assert control.call("GET", "/v1/routes/all").json()["meta"]["set"] == "wiki"


def test_faults_in_files_are_errors_with_file_and_line(control, shop):
    (shop / "below" / "all.yml").write_text("kind: route\nname: all\n---\nkind: route\nname: b\nfrward: []\n")
    for verb in ["apply", "plan", "diff", "validate"]:
        done = control.cli(verb, "-f", shop)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{shop}/below/all.yml:6: route/b /frward: there is no field frward here (did you mean forward?)" in done.stderr


def test_what_only_the_server_sees_is_refused_with_file_and_line(control, tmp_path):
    file = tmp_path / "route.yaml"
    file.write_text("kind: route\nname: all\nforward:\n  - {upstream: nowhere}\n")
    for verb in ["apply", "plan", "diff"]:
        done = control.cli(verb, "-f", file)
        assert done.returncode == 4 and f"{file}:4: route/all /forward/0/upstream" in done.stderr, done.stderr


def test_files_that_are_not_there_are_errors(control, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no such file" in control.cli("apply", "-f", tmp_path / "none.yaml").stderr
    done = control.cli("validate", "-f", tmp_path / "empty")
    assert done.returncode == 1 and "no .yaml, .yml or .json file in it" in done.stderr


def test_a_pipe_is_read_to_its_end_and_an_empty_file_has_no_documents(control, shop, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen(["cp", shop / "origin.yaml", pipe])
    done = control.cli("apply", "-f", pipe, "--set", "shop")
    assert (writer.wait(30), done.stdout.splitlines()[-1]) == (0, "1 created, version 2"), done.stderr
    gone = control.cli("apply", "-f", "/dev/null", "--set", "shop", "--prune")
    assert gone.stdout.splitlines() == ["upstream/origin deleted", "1 deleted, version 3"]


def test_what_cannot_be_read_says_why(control, shop):
    (shop / "bytes.yaml").write_bytes(b"\xff\xfe")
    (shop / "gone.yaml").symlink_to(shop / "nowhere")
    lines = control.cli("validate", "-f", shop).stderr.splitlines()
    assert lines == [f"{shop}/bytes.yaml: the file is not UTF-8", f"{shop}/gone.yaml: No such file or directory"]


def test_an_answer_is_no_document_and_says_what_is(control, shop):
    control.cli("apply", "-f", shop)
    shown = control.cli("get", "route", "all", "-o", "yaml").stdout
    assert "sluice export" in control.cli("apply", "-f", "-", text=shown).stderr


def test_certificates_are_exported_as_blocks(control, certificates):
    pem = open(certificates.shop.certificate).read()
    control.cli("cert", "add", "shop", "--certificate", certificates.shop.certificate, "--key", certificates.shop.key)
    shown = control.cli("get", "certificate", "shop", "-o", "yaml").stdout
    assert "certificate: |\n" in shown and yaml.safe_load(shown)["certificate"] == pem


def test_validate_needs_no_server(control, shop):
    environment = {"SLUICE_URL": "http://127.0.0.1:1", "SLUICE_TOKEN": ""}
    done = control.cli("validate", "-f", shop, environment=environment)
    assert (done.returncode, done.stdout) == (0, "2 documents are valid\n")


def test_validate_accepts_secrets_that_are_elsewhere(control, certificates):
    document = certificates.shop.document("shop")
    for secret in [{"fromEnv": "SHOP_KEY"}, {"fromFile": "/run/secrets/shop.pem"}, None]:
        done = control.cli("validate", "-f", "-", text=json.dumps(document | {"privateKey": secret}))
        assert done.returncode == 0, done.stderr
    done = control.cli("validate", "-f", "-", text=json.dumps(document | {"privateKey": {"fromWhere": "x"}}))
    assert done.returncode == 1


def test_plan_shows_the_changes_in_order_and_their_sum(control, shop):
    control.put(upstream(9001, labels={"team": "shop"}))
    done = control.cli("plan", "-f", shop)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0] == "~ upstream/origin"
    assert any(line.startswith("    /endpoints/0/port: 9001 -> 9000") for line in lines)
    assert "+ route/all" in lines
    assert "1 created, 1 updated, 0 unchanged, compared with version 2" in lines
    assert lines[-1].startswith("plan hash sha256:")


def test_a_plan_is_applied_only_while_it_holds(control, shop):
    plan = json.loads(control.cli("plan", "-f", shop, "-o", "json").stdout)
    control.put(upstream(9001))
    outdated = control.cli("apply", "-f", shop, "--plan-hash", plan["planHash"])
    assert outdated.returncode == 4 and "sluice plan" in outdated.stderr
    plan = json.loads(control.cli("plan", "-f", shop, "-o", "json").stdout)
    assert control.cli("apply", "-f", shop, "--plan-hash", plan["planHash"]).returncode == 0


def test_plan_says_what_happens_to_traffic(control):
    documents = [listener(free_port()), upstream(9000), route("first"), route("second", prefix="/shop")]
    control.cli("apply", "-f", "-", "--set", "shop", text=json.dumps(documents))
    done = control.cli("plan", "-f", "-", "--set", "shop", "--prune", text=json.dumps(documents[:2]))
    assert "- route/first" in done.stdout.splitlines()
    assert "! route/first: no longer served: it served /*" in done.stdout.splitlines()


@pytest.mark.parametrize("changed", [False, True])
def test_the_exit_code_of_diff_says_whether_something_differs(control, shop, viewer, changed):
    control.cli("apply", "-f", shop, "--set", "shop")
    if changed:
        (shop / "below" / "all.yml").unlink()
    done = control.cli("diff", "-f", shop, "--set", "shop", "--prune", token=viewer)
    assert done.returncode == (2 if changed else 0), done.stderr
    assert done.stderr == ""
    if changed:
        assert done.stdout.splitlines() == [
            "- route/all", "! route/all: no longer served: it served /*", "1 deleted, 1 unchanged, compared with version 2"]
    else:
        assert done.stdout == "nothing differs with version 2\n"


def test_diff_without_prune_minds_only_what_the_files_name(control, shop):
    control.cli("apply", "-f", shop)
    control.put(upstream(9001, name="others"))
    assert control.cli("diff", "-f", shop / "origin.yaml").returncode == 0


def test_diff_answers_for_programs(control, shop):
    done = control.cli("diff", "-f", shop, "-o", "json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["summary"] == {"created": 2, "updated": 0, "deleted": 0, "unchanged": 0}
    assert control.cli("diff", "-f", shop, "-o", "name").stdout == "upstream/origin\nroute/all\n"


def test_diff_never_shows_a_key(control, certificates):
    old, new = certificates.shop.document("shop"), certificates.api.document("shop")
    control.cli("apply", "-f", "-", text=json.dumps(old))
    done = control.cli("diff", "-f", "-", text=json.dumps(new))
    assert done.returncode == 2 and "~ certificate/shop" in done.stdout
    assert "PRIVATE KEY" not in done.stdout + done.stderr


def test_an_export_is_applied_without_a_change(control, shop, tmp_path):
    control.cli("apply", "-f", shop)
    control.put(listener(free_port()))
    for name in ["all.yaml", "all.json"]:
        assert control.cli("export", "-f", tmp_path / name).returncode == 0
        assert control.cli("diff", "-f", tmp_path / name).returncode == 0
    assert [each["kind"] for each in json.loads((tmp_path / "all.json").read_text())] == ["upstream", "listener", "route"]
    assert list(yaml.safe_load_all((tmp_path / "all.yaml").read_text())) == json.loads((tmp_path / "all.json").read_text())


def test_export_shows_a_set_alone(control, shop):
    control.put(upstream(9001, name="others"))
    control.cli("apply", "-f", shop, "--set", "shop")
    assert control.cli("export", "--set", "shop", "-o", "name").stdout == "upstream/origin\nroute/all\n"
    table = control.cli("export", "-o", "table").stdout
    assert table.splitlines()[0].split() == ["KIND", "NAME"] and "others" in table


def test_a_failed_export_leaves_the_file_as_it_was(control, tmp_path):
    file = tmp_path / "all.yaml"
    file.write_text("precious")
    assert control.cli("export", "-f", file, token="wrong").returncode == 4
    assert control.cli("export", "-f", tmp_path / "none" / "all.yaml").returncode == 1
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("all")] == ["all.yaml"]
    assert file.read_text() == "precious"
