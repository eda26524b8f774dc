"""Who may do what: every role against every operation, and editors within their selectors."""

import subprocess

import pytest

from harness import Control, route, upstream

ROLES = ["viewer", "editor", "operator", "admin"]
OPEN = {"/livez", "/readyz", "/metrics", "/v1/openapi.json"}


def needed(method: str, path: str) -> str:
    """What the documentation says."""
    if path in OPEN or path.startswith("/docs"):
        return "open"
    if path.startswith("/v1/data-plane/"):
        return "worker"
    if path.startswith("/v1/tokens") or path == "/v1/backup":
        return "admin"
    if path == "/v1/waf/events":
        return "editor"
    if method == "GET" or path in ("/v1/diagnose/cors", "/v1/explain", "/v1/plan"):
        return "viewer"
    if path.endswith("/rollback") or path.startswith("/v1/replicas"):
        return "operator"
    return "editor"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    control = Control(tmp_path_factory.mktemp("roles"))
    control.tokens = {"admin": control.token, "worker": control.worker_token}
    for role in ROLES[:3]:
        control.tokens[role] = control.call("POST", "/v1/tokens", {"name": role, "role": role}).json()["token"]
    yield control
    control.stop()


@pytest.fixture(scope="module")
def operations(shared, tmp_path_factory):
    command = [shared.command[0], "--data", tmp_path_factory.mktemp("listing") / "data", "--print-operations"]
    output = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=60, check=True)
    return [line.split(" ") for line in output.stdout.split("\n") if line]


@pytest.mark.parametrize("role", [*ROLES, "worker"])
def test_every_operation_asks_for_its_role(shared, operations, role):
    """Refused for the role is 403; everything else comes from later checks, for the parameter is unknown."""
    assert len(operations) > 20
    for method, path in operations:
        target = path.replace("{", "").replace("}", "") + "?no-such-parameter=1"
        answer = shared.call(method, target, token=shared.tokens[role])
        need = needed(method, path)
        allowed = need == "open" or need == role or (
            role in ROLES and need in ROLES and ROLES.index(role) >= ROLES.index(need))
        assert (answer.status != 403) == allowed, f"{role}: {method} {path}: {answer.status}"


def test_without_a_token_only_what_is_open_answers(shared, operations):
    for method, path in operations:
        answer = shared.call(method, path.replace("{", "").replace("}", ""), token="")
        assert (answer.status != 401) == (needed(method, path) == "open"), f"{method} {path}"


def test_head_asks_for_the_role_of_get(shared):
    assert shared.call("HEAD", "/v1/tokens", token=shared.tokens["operator"]).status == 403
    assert shared.call("HEAD", "/v1/tokens").status == 200
    assert shared.call("HEAD", "/v1/routes", token=shared.worker_token).status == 403


class TestSelectors:
    @pytest.fixture
    def shop(self, control):
        """A control plane with an upstream and a route of two teams, and an editor of one of them."""
        for team in ("shop", "search"):
            control.put({**upstream(1, name=team), "labels": {"team": team}})
            control.put({**route(team, to=team, exact=f"/{team}"), "labels": {"team": team}})
        control.editor = control.call("POST", "/v1/tokens", {
            "name": "shop", "role": "editor", "labelSelector": "team=shop"}).json()["token"]
        return control

    def refused(self, answer, *names):
        assert answer.status == 403, answer.text
        assert sorted(each["name"] for each in answer.json()["errors"]) == sorted(names)
        assert all(each["code"] == "outside-scope" for each in answer.json()["errors"])

    def put(self, control, name, team, **fields):
        document = {**upstream(2, name=name), **({"labels": {"team": team}} if team else {}), **fields}
        return control.call("PUT", f"/v1/upstreams/{name}", document, token=control.editor)

    def test_what_is_inside_may_be_written_and_read_is_everything(self, shop):
        assert self.put(shop, "shop", "shop").status == 200
        assert self.put(shop, "more", "shop").status == 201
        assert shop.call("DELETE", "/v1/upstreams/more", token=shop.editor).status == 200
        assert shop.call("GET", "/v1/upstreams/search", token=shop.editor).status == 200

    def test_neither_what_is_there_nor_what_comes_may_lie_outside(self, shop):
        self.refused(self.put(shop, "search", "shop"), "search")
        self.refused(self.put(shop, "shop", "search"), "shop")
        self.refused(self.put(shop, "shop", None), "shop")
        self.refused(self.put(shop, "new", "search"), "new")
        self.refused(shop.call("DELETE", "/v1/routes/search", token=shop.editor), "search")
        assert shop.call("GET", "/v1/routes/search").status == 200

    def test_a_patch_does_not_lead_out_of_the_selector(self, shop, operations):
        if ["PATCH", "/v1/routes/{name}"] not in operations:
            pytest.skip("this control plane has no PATCH yet")
        kind = {"Content-Type": "application/merge-patch+json"}
        patch = lambda name, body: shop.call("PATCH", f"/v1/routes/{name}", body, shop.editor, kind)
        assert patch("shop", '{"description": "ours"}').status == 200
        self.refused(patch("shop", '{"labels": {"team": "search"}}'), "shop")
        self.refused(patch("search", '{"labels": {"team": "shop"}}'), "search")

    def test_an_apply_is_refused_whole(self, shop):
        before = shop.call("GET", "/v1/versions/latest").json()["number"]
        documents = [{**upstream(3, name=team), "labels": {"team": team}} for team in ("shop", "search")]
        self.refused(shop.call("POST", "/v1/apply", documents, token=shop.editor), "search")
        assert shop.call("GET", "/v1/versions/latest").json()["number"] == before

    def test_what_an_apply_leaves_as_it_is_may_lie_outside(self, shop):
        documents = [{**upstream(3, name="shop"), "labels": {"team": "shop"}},
                     {**upstream(1, name="search"), "labels": {"team": "search"}}]
        assert shop.call("POST", "/v1/apply", documents, token=shop.editor).status == 200

    def test_pruning_does_not_reach_outside(self, shop):
        documents = [{**upstream(1, name=name), "labels": {"team": team}}
                     for name, team in (("a", "shop"), ("b", "search"))]
        first = shop.call("POST", "/v1/apply?set=both", documents)
        if first.status == 400:
            pytest.skip("this control plane has no sets yet")
        self.refused(shop.call("POST", "/v1/apply?set=both&prune=true", documents[:1], token=shop.editor), "b")
        assert shop.call("GET", "/v1/upstreams/b").status == 200

    def test_a_rollback_does_not_reach_outside(self, shop):
        token = shop.call("POST", "/v1/tokens", {"name": "op", "role": "operator", "labelSelector": "team=shop"}).json()["token"]
        base = shop.call("GET", "/v1/versions/latest").json()["number"]
        back = lambda: shop.call("POST", f"/v1/versions/{base}/rollback", token=token)
        assert self.put(shop, "shop", "shop").status == 200
        assert back().status == 200
        shop.put({**upstream(9, name="search"), "labels": {"team": "search"}})
        self.refused(back(), "search")
        assert shop.call("POST", f"/v1/versions/{base}/rollback", token=shop.editor).status == 403

    def test_a_selector_holds_after_a_restart(self, shop):
        shop.stop()
        shop.start()
        self.refused(self.put(shop, "search", "shop"), "search")

    def test_negative_selectors(self, control):
        token = control.call("POST", "/v1/tokens", {"name": "not-live", "role": "editor", "labelSelector": "env!=live"}).json()["token"]
        put = lambda labels: control.call("PUT", "/v1/upstreams/a", {**upstream(1, name="a"), "labels": labels}, token=token)
        assert put({}).status == 201
        assert put({"env": "test"}).status == 200
        assert put({"env": "live"}).status == 403
