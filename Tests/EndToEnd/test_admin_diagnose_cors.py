"""Does the diagnosis of a cross-origin request name the step that fails, and does the change that it proposes mend it?"""

import pytest

from harness import listener, route, upstream

PAGE = "https://app.example.com"
URL = "http://shop.example.com:8080/orders/7"
PLURALS = {"auth-policy": "auth-policies", "route": "routes", "listener": "listeners"}


def cors(name: str = "pages", **settings) -> dict:
    return {"kind": "auth-policy", "name": name, "type": "cors", "cors": {"allowOrigins": [PAGE], **settings}}


def ask(control, **question) -> dict:
    answer = control.call("POST", "/v1/diagnose/cors", {"origin": PAGE, "url": URL, **question})
    assert answer.status == 200, answer.text
    return answer.json()


def mend(control, fix: dict):
    path = f"/v1/{PLURALS[fix['kind']]}/{fix['name']}"
    if fix["creates"]:
        answer = control.call("PUT", path, fix["patch"])
    else:
        answer = control.call("PATCH", path, fix["patch"], headers={"Content-Type": "application/merge-patch+json"})
    assert answer.status in (200, 201), answer.text


def apply(control, *documents):
    answer = control.call("POST", "/v1/apply", [listener(8080), upstream(9), *documents])
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("documents", [
    [route()], [route(inherit=False)], [route("elsewhere", prefix="/elsewhere")],
    [cors(allowOrigins=["https://other.example.com", "https://*.example.net"]), route(policies=["pages"])],
    [cors(allowOrigins=["*"], allowMethods="*", allowHeaders="*"), route(policies=["pages"])],
    [cors(allowCredentials=True, allowMethods=["DELETE"], allowHeaders=["x-b"]), route(policies=["pages"])],
    [cors(), route()],
])
@pytest.mark.parametrize("question", [
    {}, {"method": "POST", "headers": {"content-type": "text/plain"}}, {"credentials": True},
    {"method": "put", "headers": ["X-A", "Authorization"], "credentials": True},
    {"method": "DELETE", "headers": {"Content-Type": "application/json"}},
])
def test_fixes_mend(control, documents, question):
    apply(control, *documents)
    seen = []
    for _ in range(8):
        found = ask(control, **question)
        if found["verdict"] == "allowed":
            break
        assert found["failing"] == found["steps"][-1]["step"] and not found["steps"][-1]["passed"]
        assert found["fix"] and found["fix"]["patch"] not in seen, (found, seen)
        seen.append(found["fix"]["patch"])
        mend(control, found["fix"])
    assert found["verdict"] == "allowed" and found["failing"] is None and found["fix"] is None, (found, seen)
    headers = found["response"]["headers"]
    assert headers["Access-Control-Allow-Origin"] in (PAGE, "*") and (headers["Access-Control-Allow-Origin"] == PAGE or "credentials" not in question)


@pytest.mark.parametrize("settings, question, failing", [
    ({}, {}, None), ({}, {"origin": "null"}, "origin"), ({}, {"method": "TRACE"}, "method"),
    ({}, {"url": "http://shop.example.com:8080/nowhere"}, "policy"), ({}, {"origin": "https://evil.example.com"}, "response-allow-origin"),
    ({}, {"origin": "https://evil.example.com", "method": "PUT"}, "preflight-allow-origin"),
    ({}, {"method": "PUT"}, "preflight-allow-methods"), ({}, {"headers": ["x-a"]}, "preflight-allow-headers"),
    ({}, {"headers": ["accept", "content-language"]}, None), ({}, {"headers": ["content-type"]}, "preflight-allow-headers"),
    ({}, {"headers": {"content-type": "multipart/form-data; boundary=x"}}, None),
    ({}, {"headers": {"content-type": "text/plain; a=\"b\""}}, "preflight-allow-headers"),
    ({}, {"headers": {"range": "bytes=0-9"}}, None), ({}, {"headers": {"range": "bytes=-9"}}, "preflight-allow-headers"),
    ({}, {"headers": {"accept": "x" * 129}}, "preflight-allow-headers"), ({}, {"headers": {"Cookie": "a=b", "Sec-A": "b"}}, None),
    ({}, {"credentials": True}, "response-allow-credentials"), ({"allowOrigins": ["*"]}, {"credentials": True}, "response-allow-origin"),
    ({"allowOrigins": ["*"], "allowHeaders": "*"}, {"headers": ["x-a", "authorization"]}, None),
    ({"allowMethods": "*", "allowHeaders": "*", "allowCredentials": True}, {"method": "PATCH", "headers": ["x-a"], "credentials": True}, None),
    ({}, {"origin": "http://shop.example.com:8080", "method": "PUT"}, None),
])
def test_failing_steps(control, settings, question, failing):
    apply(control, cors(**settings), route(prefix="/orders", policies=["pages"]))
    found = ask(control, **question)
    assert found["failing"] == failing and found["verdict"] == ("blocked" if failing else "allowed"), found


def test_where_the_policy_comes_from(control):
    applied = control.call("POST", "/v1/apply", [
        listener(8080, policies=["pages"]), upstream(9), cors(), cors("own"), route("a", prefix="/a"), route("b", prefix="/b", policies=["own"])])
    assert applied.status == 200, applied.text
    for path, name, policy, origin in (("/a", "a", "pages", "listener"), ("/b", "b", "own", "route"), ("/c", None, "pages", "listener")):
        found = ask(control, url=f"http://shop.example.com:8080{path}")
        assert (found["route"], found["policy"], found["from"], found["verdict"]) == (name, policy, origin, "allowed")
    assert ask(control, url="http://shop.example.com:8080/c", method="PUT")["preflight"]["status"] == 204


@pytest.mark.parametrize("body, pointer", [
    ({"url": URL}, "/origin"), ({"origin": PAGE}, "/url"), ({"origin": PAGE, "url": "/x"}, "/url"), ({"origin": "a b", "url": URL}, "/origin"),
    ({"origin": PAGE, "url": URL, "method": "A B"}, "/method"), ({"origin": PAGE, "url": URL, "headers": 5}, "/headers"),
    ({"origin": PAGE, "url": URL, "headers": ["a b"]}, "/headers"), ({"origin": PAGE, "url": URL, "headers": {"a": "x\r\ny"}}, "/headers"),
    ({"origin": PAGE, "url": URL, "credentials": "yes"}, "/credentials"), ({"origin": PAGE, "url": URL, "more": 1}, "/more"),
])
def test_bad_questions(control, body, pointer):
    answer = control.call("POST", "/v1/diagnose/cors", body)
    assert answer.status == 422 and pointer in [each["pointer"] for each in answer.json()["errors"]], answer.text


def test_command_line(control):
    apply(control, cors(), route(policies=["pages"]))
    done = control.cli("diagnose", "cors", PAGE, "PUT", URL, "-H", "content-type: application/json")
    assert done.returncode == 0 and "FAILED  preflight-allow-methods" in done.stdout and "patch auth-policy/pages" in done.stdout, done
    mend(control, ask(control, method="PUT")["fix"])
    assert control.cli("diagnose", "cors", PAGE, "PUT", URL, "-o", "name").stdout.strip() == "allowed"
