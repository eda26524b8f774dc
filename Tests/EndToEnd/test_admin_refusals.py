"""What the admin API refuses, and how it says so."""

import pytest

from harness import request

ROUTE = '{"forward":[{"upstream":"orders"}]}'
JSON = {"Content-Type": "application/json"}


def refusal(answer, status: int, reason: str) -> dict:
    """Checks what every problem document has, and returns it."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["reason"], problem["status"]) == (f"/problems/{reason}", reason, status)
    assert problem["requestId"] == answer.headers["X-Request-Id"]
    assert problem["title"] and problem["detail"]
    return problem


CASES = [
    # what, method, path, body, header fields, status, reason
    ("no JSON", "PUT", "/v1/routes/a", "{", JSON, 400, "malformed-body"),
    ("an empty body", "PUT", "/v1/routes/a", "", JSON, 400, "malformed-body"),
    ("a member twice", "PUT", "/v1/routes/a", '{"name":"a","name":"a"}', JSON, 400, "malformed-body"),
    ("deep nesting", "PUT", "/v1/routes/a", "[" * 5000, JSON, 400, "malformed-body"),
    ("no UTF-8", "PUT", "/v1/routes/a", b'{"name":"\xff"}', JSON, 400, "malformed-body"),
    ("no object", "PUT", "/v1/routes/a", "[]", JSON, 422, "invalid"),
    ("an unknown field", "PUT", "/v1/routes/a", '{"forwrd":[]}', JSON, 422, "invalid"),
    ("a bad name", "PUT", "/v1/routes/A_b", ROUTE, JSON, 422, "invalid"),
    ("another name", "PUT", "/v1/routes/a", '{"name":"b","forward":[{"upstream":"orders"}]}', JSON, 422, "invalid"),
    ("a dangling reference", "PUT", "/v1/routes/a", ROUTE, JSON, 422, "invalid"),
    ("no content type", "PUT", "/v1/routes/a", ROUTE, {}, 415, "unsupported-media-type"),
    ("a form", "PUT", "/v1/routes/a", ROUTE, {"Content-Type": "application/x-www-form-urlencoded"}, 415,
     "unsupported-media-type"),
    ("another charset", "PUT", "/v1/routes/a", ROUTE, {"Content-Type": "application/json; charset=latin1"}, 415,
     "unsupported-media-type"),
    ("YAML for one resource", "PUT", "/v1/routes/a", ROUTE, {"Content-Type": "application/yaml"}, 415,
     "unsupported-media-type"),
    ("a large body", "PUT", "/v1/routes/a", b" " * (2 << 20), JSON, 413, "body-too-large"),
    ("an unknown parameter", "GET", "/v1/routes?foo=1", None, {}, 400, "malformed-query"),
    ("a parameter twice", "GET", "/v1/routes?limit=1&limit=2", None, {}, 400, "malformed-query"),
    ("a bad escape", "GET", "/v1/routes?limit=%zz", None, {}, 400, "malformed-query"),
    ("a bad limit", "GET", "/v1/routes?limit=0", None, {}, 400, "malformed-query"),
    ("a huge limit", "GET", "/v1/routes?limit=99999999999999999999", None, {}, 400, "malformed-query"),
    ("a bad cursor", "GET", "/v1/routes?cursor=%2A", None, {}, 400, "malformed-query"),
    ("a bad wait", "PUT", "/v1/routes/a?wait=forever", ROUTE, JSON, 400, "malformed-query"),
    ("a bad timeout", "PUT", "/v1/routes/a?wait=applied&timeout=soon", ROUTE, JSON, 400, "malformed-query"),
    ("a bad flag", "PUT", "/v1/routes/a?dryRun=perhaps", ROUTE, JSON, 400, "malformed-query"),
    ("pruning", "POST", "/v1/apply?prune=true", "[]", JSON, 400, "malformed-query"),
    ("a bad tag", "PUT", "/v1/routes/a", ROUTE, {**JSON, "If-Match": "abc"}, 400, "malformed-header"),
    ("a tag that must not be there", "PUT", "/v1/routes/a", ROUTE, {**JSON, "If-None-Match": '"x"'}, 400,
     "malformed-header"),
    ("two preconditions", "PUT", "/v1/routes/a", ROUTE, {**JSON, "If-Match": "*", "If-None-Match": "*"}, 400,
     "malformed-header"),
    ("an unknown path", "GET", "/v1/nothing", None, {}, 404, "not-found"),
    ("an unknown kind", "PUT", "/v1/widgets/a", ROUTE, JSON, 404, "not-found"),
    ("no such resource", "GET", "/v1/routes/a", None, {}, 404, "not-found"),
    ("a strange name", "GET", "/v1/routes/%00%2e", None, {}, 404, "not-found"),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0].replace(" ", "-") for case in CASES])
def test_is_refused(shared_control, case):
    _, method, path, body, headers, status, reason = case
    problem = refusal(shared_control.call(method, path, body, headers=headers), status, reason)
    assert problem["instance"] == path.split("?")[0]
    if reason in ("malformed-query", "invalid"):
        assert all(error["code"] and error["detail"] and "pointer" in error for error in problem["errors"])
    assert shared_control.call("GET", "/v1/versions/latest").json()["number"] == 1


@pytest.fixture(scope="module")
def shared_control(tmp_path_factory):
    from harness import Control
    control = Control(tmp_path_factory.mktemp("control"))
    yield control
    control.stop()


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "TRACE"])
def test_a_method_that_is_not_there_is_405_with_those_that_are(shared_control, method):
    answer = shared_control.call(method, "/v1/routes/a")
    assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH, PUT")


def test_all_faults_come_at_once_with_pointers(shared_control):
    body = {"prot": 1, "endpoints": [{"address": "nowhere", "port": 0}], "timeouts": {"connect": "soon"}}
    problem = refusal(shared_control.call("PUT", "/v1/upstreams/a", body), 422, "invalid")
    pointers = {error["pointer"] for error in problem["errors"]}
    assert {"/prot", "/endpoints/0/address", "/endpoints/0/port", "/timeouts/connect"} <= pointers


def test_what_a_later_version_will_have_is_refused_and_not_ignored(shared_control):
    body = {"type": "waf", "waf": {"responseBody": True}}
    problem = refusal(shared_control.call("PUT", "/v1/traffic-policies/a", body), 422, "invalid")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/waf/responseBody", "unsupported")]


def test_every_answer_has_a_request_id(shared_control):
    ids = {request(shared_control.port, "GET", path).headers["X-Request-Id"] for path in ("/livez", "/nope", "/metrics")}
    assert len(ids) == 3 and None not in ids
