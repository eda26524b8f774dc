"""A change that makes a protected route public is said before, when and after it is made."""

from harness import listener, route, upstream

KEYS = {"kind": "auth-policy", "name": "keys", "type": "api-key"}
NET = {"kind": "auth-policy", "name": "net", "type": "ip", "ip": {"allow": ["10.0.0.0/8"]}}
PAGE = {"kind": "auth-policy", "name": "page", "type": "csrf"}


def public(answer) -> list[str]:
    assert answer.status in (200, 201), answer.text
    return [each["name"] for each in answer.json().get("warnings", []) if each["code"] == "becomes-public"]


def planned(control, *documents) -> list[str]:
    answer = control.call("POST", "/v1/plan", list(documents))
    assert answer.status == 200, answer.text
    return [each["name"] for each in answer.json()["traffic"] if each["code"] == "becomes-public"]


def audited(control) -> str | None:
    return control.call("GET", "/v1/audit").json()["items"][0]["message"]


def start(control, *documents):
    answer = control.call("POST", "/v1/apply", [upstream(9000), KEYS, NET, PAGE, *documents])
    assert answer.status == 200, answer.text
    assert public(answer) == []


def test_a_route_that_loses_its_policies_is_warned_of(control):
    start(control, listener(18080), route("shop", policies=["keys", "net"]))
    assert planned(control, route("shop", policies=["keys"])) == []
    # Callers need not be known where addresses alone count, and another kind keeps nobody out.
    assert planned(control, route("shop", policies=["net"])) == ["shop"]
    assert planned(control, route("shop", policies=["page"])) == ["shop"]
    assert public(control.put(route("shop", policies=["net"]))) == ["shop"]
    assert audited(control) == "makes public: route/shop"
    # A dry run says it and stores nothing.
    bare = {"forward": [{"upstream": "origin"}], "policies": ["page"]}
    dry = control.call("PUT", "/v1/routes/shop?dryRun=true", bare)
    assert public(dry) == ["shop"]
    assert public(control.put(route("shop", policies=["page"]))) == ["shop"]
    assert audited(control) == "makes public: route/shop"
    # It is public already.
    assert public(control.put(route("shop", policies=[]))) == []
    assert audited(control) is None


def test_a_patch_and_an_apply_say_it_too(control):
    start(control, listener(18080), route("shop", policies=["keys"]), route("open"))
    patched = control.call("PATCH", "/v1/routes/shop", {"policies": []}, headers={"Content-Type": "application/merge-patch+json"})
    assert public(patched) == ["shop"]
    control.put(route("shop", policies=["keys"]))
    applied = control.call("POST", "/v1/apply?message=Open%20the%20shop", [route("shop")])
    assert public(applied) == ["shop"]
    assert audited(control) == "Open the shop; makes public: route/shop"


def test_a_policy_that_only_observes_protects_nothing(control):
    start(control, listener(18080, policies=["net"]), route("shop"), route("api", policies=["keys"]), route("own", inherit=False))
    # The listener's policy is about all routes that inherit.
    assert planned(control, {**NET, "observe": True}) == ["shop"]
    assert public(control.put({**NET, "observe": True})) == ["shop"]
    assert public(control.put({**KEYS, "observe": True})) == ["api"]
    assert public(control.put(KEYS)) == []
    assert public(control.put(NET)) == []
    assert public(control.put(listener(18080))) == ["shop"]


def test_a_second_listener_without_policies_opens_what_the_first_keeps(control):
    start(control, listener(18080, policies=["net"]), route("shop"))
    assert planned(control, listener(18081, name="side")) == ["shop"]
    assert public(control.put(listener(18081, name="side", policies=["keys"]))) == []
    assert public(control.put(route("shop", inherit=False))) == ["shop"]


def test_a_policy_that_goes_with_its_last_use_is_told(control):
    start(control, listener(18080), route("shop", policies=["keys"]))
    set_of = control.call("POST", "/v1/apply?set=all&force=true", [upstream(9000), listener(18080), KEYS, route("shop", policies=["keys"])])
    assert set_of.status == 200, set_of.text
    gone = control.call("POST", "/v1/apply?set=all&prune=true", [upstream(9000), listener(18080), route("shop")])
    assert public(gone) == ["shop"]


def test_explain_says_what_each_policy_decides(control):
    start(control, listener(18080, policies=["net"]), route("shop", policies=["keys", "page"]))
    asked = {"url": "http://shop.example:18080/", "clientAddress": "10.1.2.3"}
    answer = control.call("POST", "/v1/explain", asked).json()
    assert [(each["policy"], each["from"], each["decision"], each["reason"]) for each in answer["policies"]] == [
        ("net", "listener", "passes", None), ("keys", "route", "refuses", "missing-credentials"),
        ("page", "route", "notReached", None)]
    assert (answer["status"], answer["reason"]) == (401, "missing-credentials")
    outside = control.call("POST", "/v1/explain", {**asked, "clientAddress": "192.0.2.1"}).json()
    assert (outside["status"], outside["reason"]) == (403, "address-denied")
    assert [each["decision"] for each in outside["policies"]] == ["refuses", "notReached", "notReached"]


def test_a_regular_expression_of_a_rule_that_does_not_compile_is_pointed_at(control):
    when = {"paths": [{"prefix": "/a"}, {"regex": "("}], "headers": [{"name": "x-a", "regex": "["}]}
    rules = [{"name": "all", "action": "allow"}, {"name": "bad", "action": "deny", "when": when}]
    answer = control.call("PUT", "/v1/auth-policies/may", {"type": "authorization", "authorization": {"rules": rules}})
    assert answer.status == 422, answer.text
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/authorization/rules/1/when/paths/1/regex", "regex"), ("/authorization/rules/1/when/headers/0/regex", "regex")]
