"""`sluice get`, `describe`, `delete`, `cert add` and `explain`."""

import json
import re

import pytest
import yaml

from harness import listener, route, upstream


@pytest.fixture
def filled(control):
    """Two upstreams, three routes, a listener."""
    shop = {"labels": {"team": "shop"}}
    for document in [listener(18080), upstream(9000, **shop), upstream(9001, name="wiki"),
                     route("cart", prefix="/cart", hostnames=["shop.example.com"], **shop), route("pages", to="wiki"),
                     route("web", hostnames=["*.example.com"], listeners=["web"])]:
        control.put(document)
    return control


def test_get_lists_a_kind_by_its_name_or_its_plural(filled):
    for kind in ["upstream", "upstreams", "Upstreams"]:
        done = filled.cli("get", kind)
        assert done.returncode == 0
        assert [line.split() for line in done.stdout.splitlines()] == [
            ["NAME", "ALGORITHM", "ENDPOINTS"], ["origin", "least-request", "127.0.0.1:9000"],
            ["wiki", "least-request", "127.0.0.1:9001"]]


def test_get_shows_one_in_every_format(filled):
    for words in [("route", "cart"), ("routes", "cart"), ("route/cart",)]:
        assert filled.cli("get", *words).stdout.splitlines()[1].split() == ["cart", "-", "shop.example.com", "/cart*", "origin"]
    assert filled.cli("get", "route", "cart", "-o", "name").stdout == "route/cart\n"
    as_json = json.loads(filled.cli("get", "route", "cart", "-o", "json").stdout)
    as_yaml = yaml.safe_load(filled.cli("get", "route/cart", "-o", "yaml").stdout)
    assert as_json == as_yaml and as_json["hostnames"] == ["shop.example.com"]
    assert list(json.loads(filled.cli("get", "routes", "-o", "json").stdout)) == ["items"]


@pytest.mark.parametrize("options, names", [
    (["-l", "team=shop"], ["cart"]), (["--selector", "team!=shop"], ["pages", "web"]),
    (["--host", "shop.example.com"], ["cart", "pages", "web"]), (["--host", "wiki.org"], ["pages"]),
    (["--upstream", "wiki"], ["pages"]), (["--listener", "web", "-l", "team!=shop"], ["pages", "web"])])
def test_get_filters(filled, options, names):
    done = filled.cli("get", "routes", *options, "-o", "name")
    assert (done.returncode, done.stdout.split()) == (0, [f"route/{name}" for name in names]), done.stderr


def test_get_filters_by_set(control):
    control.cli("apply", "-f", "-", "--set", "shop", text=json.dumps(upstream(9000)))
    control.put(upstream(9001, name="others"))
    assert control.cli("get", "upstreams", "--set", "shop", "-o", "name").stdout == "upstream/origin\n"


def test_a_filter_where_it_has_no_place_is_an_error(filled):
    done = filled.cli("get", "upstreams", "--host", "shop.example.com")
    assert done.returncode == 1 and "--host is for routes alone" in done.stderr
    assert filled.cli("get", "route", "cart", "-l", "a=b").returncode == 1
    assert filled.cli("get", "routes", "-l", "=").returncode == 4


def test_get_follows_all_pages(control):
    routes = [route(f"r{number:04}", prefix=f"/{number}") for number in range(1_201)]
    assert control.cli("apply", "-f", "-", text=json.dumps([upstream(9000), *routes])).returncode == 0
    assert len(control.cli("get", "routes", "-o", "name").stdout.split()) == 1_201


def test_what_is_not_there_is_refused(filled):
    for verb in ["get", "describe", "delete"]:
        done = filled.cli(verb, "route", "nothing")
        assert (done.returncode, done.stdout) == (4, "") and "404" in done.stderr


@pytest.mark.parametrize("verb", ["get", "describe", "delete"])
def test_an_unknown_kind_suggests_the_nearest(control, verb):
    done = control.cli(verb, "ruote", "x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("there is no kind 'ruote'; did you mean route? Kinds are listener, upstream, route, certificate, "
                           "auth-policy, traffic-policy, consumer\n")


def test_a_name_is_needed_where_one_resource_is_meant(control):
    done = control.cli("delete", "route")
    assert done.returncode == 1 and "which route?" in done.stderr
    assert control.cli("get", "route/a", "b").returncode == 1


def test_describe_shows_who_changed_a_resource_and_who_uses_it(filled):
    text = json.dumps(upstream(9002, labels={"team": "shop"}, description="All of it."))
    filled.cli("apply", "-f", "-", "--set", "shop", "--message", "moved", text=text)
    shown = filled.cli("describe", "upstream", "origin")
    assert shown.returncode == 0, shown.stderr
    facts = dict(re.split(r"  +", line, maxsplit=1) for line in shown.stdout.split("\n\n")[0].splitlines())
    assert facts["upstream"] == "origin" and facts["description"] == "All of it." and facts["labels"] == "team=shop"
    assert facts["set"] == "shop" and facts["used by"] == "route/cart, route/web"
    assert re.search(r", version \d+ by \S+: moved$", facts["changed"])
    assert "port: 9002" in shown.stdout and "127.0.0.1:9002" in shown.stdout.splitlines()[-1]


def test_describe_answers_for_programs(filled):
    answer = json.loads(filled.cli("describe", "upstream/wiki", "-o", "json").stdout)
    assert answer["resource"]["name"] == "wiki" and answer["usedBy"] == [{"kind": "route", "name": "pages"}]
    assert answer["changedBy"]["number"] == answer["resource"]["meta"]["version"]
    assert answer["endpoints"][0]["endpoint"] == "127.0.0.1:9001"
    assert yaml.safe_load(filled.cli("describe", "upstream/wiki", "-o", "yaml").stdout)["usedBy"] == answer["usedBy"]
    assert filled.cli("describe", "upstream/wiki", "-o", "name").stdout == "upstream/wiki\n"


def test_describe_knows_the_users_of_every_kind(filled, certificates):
    for document in certificates.documents("shop", "ca"):
        filled.put(document)
    filled.put({"kind": "traffic-policy", "name": "squeeze", "type": "compression"})
    filled.put({"kind": "listener", "name": "tls", "port": 18443, "protocol": "https", "policies": ["squeeze"],
                "tls": {"certificates": ["shop"]}})
    filled.put(upstream(9005, name="safe", tls={"ca": ["ca"]}))
    users = {name: json.loads(filled.cli("describe", name, "-o", "json").stdout)["usedBy"] for name in [
        "certificate/shop", "certificate/ca", "traffic-policy/squeeze", "listener/web", "route/cart"]}
    assert {name: [f"{each['kind']}/{each['name']}" for each in those] for name, those in users.items()} == {
        "certificate/shop": ["listener/tls"], "certificate/ca": ["upstream/safe"],
        "traffic-policy/squeeze": ["listener/tls"], "listener/web": ["route/web"], "route/cart": []}


def test_delete_takes_a_resource_away(filled):
    assert filled.cli("delete", "route", "cart", "--dry-run").stdout == "route/cart would be deleted\n"
    done = filled.cli("delete", "route/cart")
    assert (done.returncode, done.stdout) == (0, "route/cart deleted\n")
    assert json.loads(filled.cli("delete", "route", "web", "-o", "json").stdout)["change"] == "deleted"


def test_delete_of_what_others_refer_to_is_refused_and_names_them(filled):
    done = filled.cli("delete", "upstream", "wiki")
    assert done.returncode == 4 and "route/pages" in done.stderr


def test_a_certificate_is_added_from_files(control, certificates):
    shop = certificates.shop
    done = control.cli("cert", "add", "shop", "--certificate", shop.certificate, "--key", shop.key)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"certificate/shop created, until \d{4}-.*\n", done.stdout)
    assert shop.key.read_text().splitlines()[1] not in done.stdout + done.stderr
    roots = control.cli("cert", "add", "roots", "--certificate", certificates.authority.certificate, "--usage", "ca", "-o", "name")
    assert (roots.returncode, roots.stdout) == (0, "certificate/roots\n")


def test_a_renewed_certificate_keeps_its_labels_and_usage(control, certificates):
    old, new = certificates.shop, certificates.api
    control.put(old.document("shop", usage="client", labels={"team": "shop"}, description="For the shop."))
    done = control.cli("cert", "add", "shop", "--certificate", new.certificate, "--key", new.key)
    assert done.returncode == 0 and done.stdout.startswith("certificate/shop renewed"), done.stderr
    stored = control.call("GET", "/v1/certificates/shop").json()
    assert (stored["usage"], stored["labels"], stored["description"]) == ("client", {"team": "shop"}, "For the shop.")
    assert control.cli("cert", "add", "shop", "--certificate", new.certificate).returncode == 0


def test_a_certificate_with_a_foreign_key_is_refused(control, certificates):
    done = control.cli("cert", "add", "shop", "--certificate", certificates.shop.certificate, "--key", certificates.api.key)
    assert done.returncode == 4 and "/privateKey" in done.stderr
    done = control.cli("cert", "add", "shop", "--certificate", control.folder / "none.pem")
    assert done.returncode == 1 and "none.pem: No such file or directory" in done.stderr


def test_explain_works_with_a_server_and_with_files(filled, tmp_path):
    url = "http://shop.example.com:18080/cart/1"
    remote = filled.cli("explain", "GET", url)
    assert remote.returncode == 0 and "cart → upstream origin" in remote.stdout, remote.stderr
    assert filled.cli("explain", "GET", url, "-o", "name").stdout == "route/cart\n"
    assert json.loads(filled.cli("explain", "GET", url, "-o", "json").stdout)["route"] == "cart"
    assert filled.cli("export", "-f", tmp_path / "all.yaml").returncode == 0
    local = filled.cli("explain", "GET", url, "-f", tmp_path / "all.yaml", environment={"SLUICE_URL": "http://127.0.0.1:1"})
    assert local.stdout == remote.stdout
    assert filled.cli("explain", "GET", url, "-H", "nonsense").returncode == 1
