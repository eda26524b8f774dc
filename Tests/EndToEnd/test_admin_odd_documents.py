"""Odd documents are refused with their place, whatever they are made of, and cost the control plane little."""

import pytest

from contracts import Contract
from harness import Control, resident_bytes

YAML = {"Content-Type": "application/yaml"}
JSON = {"Content-Type": "application/json"}
MIB = 1 << 20

MALFORMED = [
    # what, type, body, document, line
    ("an open list", YAML, "kind: [listener\n", 0, 2),
    ("a tab as indentation", YAML, "kind: listener\nlabels:\n\ta: b\n", 0, 3),
    ("a key twice", YAML, "kind: listener\nkind: route\n", 0, 1),
    ("a merge key", YAML, "a: &a {kind: listener}\nb:\n  <<: *a\n", 0, 3),
    ("a list as a key", YAML, "? [kind]\n: listener\n", 0, 1),
    ("a tag of one's own", YAML, "kind: !mine listener\n", 0, 1),
    ("an alias of nothing", YAML, "kind: *nothing\n", 0, 1),
    ("an alias inside its anchor", YAML, "a: &a [*a]\n", 0, 1),
    ("a fault in the second document", YAML, "kind: listener\n---\nkind: {\n", 1, 4),
    ("a fault after an end", YAML, "kind: listener\n...\n---\nkind: !x y\n", 1, 4),
    ("a directive that is none", YAML, "%YAML 9.9\n---\nkind: listener\n", 0, 1),
    ("a NUL", YAML, "kind: \0\n", 0, 1),
    ("no JSON", JSON, '{"kind": "listener",}', 0, 1),
    ("a member twice", JSON, '{"kind": "listener",\n "kind": "route"}', 0, 2),
    ("a byte order mark", JSON, b'\xef\xbb\xbf{"kind": "listener"}', 0, 1),
    ("two texts", JSON, '{"kind": "listener"}\n{"kind": "route"}', 0, 2),
    ("a number beyond doubles", JSON, '[{"kind": "listener", "port": 1e999}]', 0, 1),
    ("a lone surrogate", JSON, '[{"kind": "\\ud800"}]', 0, 1),
    ("deep lists", JSON, "[" * 100_000, 0, 1),
    ("deep lists in YAML", YAML, "[" * 100_000, 0, 1),
    ("deep dashes", YAML, "- " * 100_000, 0, 1),
    ("laughs", YAML, "a0: &x0 ha\n" + "".join(
        f"a{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 9)}]\n" for level in range(1, 10)), 0, 1),
    ("laughs as a key", YAML, "a0: &x0 ha\n" + "".join(
        f"a{level}: &x{level} [*x{level - 1}, *x{level - 1}]\n" for level in range(1, 61)) + "*x60 : b\n", 0, 62),
    ("laughs as a key in braces", YAML, "a0: &x0 ha\n" + "".join(
        f"a{level}: &x{level} [*x{level - 1}, *x{level - 1}]\n" for level in range(1, 61)) + "b: {[*x60]: c}\n", 0, 62),
]

INVALID = [
    # what, type, body
    ("not a number as a port", YAML, "kind: listener\nname: a\nport: .nan\n"),
    ("a date as a name", YAML, "kind: listener\nname: 2026-01-02\nport: 80 80\n"),
    ("octal beyond ports", YAML, "kind: listener\nname: a\nport: 0o777777\n"),
    ("a fraction as a port", JSON, '{"kind": "listener", "name": "a", "port": 80.5}'),
    ("a text", YAML, "listener\n"),
    ("a number", JSON, "[1]"),
    ("a null as a kind", YAML, "kind: ~\nname: a\n"),
    ("many empty documents", JSON, "[" + "{}," * 200_000 + "{}]"),
    ("many empty documents in YAML", YAML, "--- {}\n" * 100_000),
    ("many unknown fields", JSON, '{"kind": "listener", "name": "a", "port": 80' + "".join(
        f', "porz{number}": 1' for number in range(200_000)) + "}"),
    ("many unknown fields in YAML", YAML, "kind: listener\nname: a\nport: 80\n" + "".join(
        f"porz{number}: 1\n" for number in range(200_000))),
    ("many faults in a list", JSON, '{"kind": "upstream", "name": "a", "endpoints": [' + "{}," * 200_000 + "{}]}"),
]


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    control = Control(tmp_path_factory.mktemp("odd"))
    control.contract = Contract.of(control)
    yield control
    control.stop()


def post(control, path: str, body, headers: dict):
    answer = control.call("POST", path, body, headers=headers)
    control.contract.check("POST", path, answer)
    return answer


@pytest.mark.parametrize("path", ["/v1/apply", "/v1/plan"])
@pytest.mark.parametrize("case", MALFORMED, ids=[case[0].replace(" ", "-") for case in MALFORMED])
def test_what_cannot_be_read_is_400_with_its_document_and_line(odd, path, case):
    _, headers, body, document, line = case
    answer = post(odd, path, body, headers)
    assert (answer.status, answer.json()["reason"]) == (400, "malformed-body"), answer.text
    assert [(each["document"], each["line"]) for each in answer.json()["errors"]] == [(document, line)], answer.text


@pytest.mark.parametrize("case", INVALID, ids=[case[0].replace(" ", "-") for case in INVALID])
def test_what_can_be_read_and_means_nothing_is_422_with_a_bounded_answer(odd, case):
    _, headers, body = case
    answer = post(odd, "/v1/apply", body, headers)
    assert (answer.status, answer.json()["reason"]) == (422, "invalid"), answer.text[:1000]
    assert all(each["document"] >= 0 and each["line"] >= 1 for each in answer.json()["errors"])
    assert len(answer.json()["errors"]) <= 1000 and len(answer.body) < MIB


def test_odd_documents_leave_nothing_behind(odd):
    """Last: neither versions nor memory."""
    assert odd.call("GET", "/v1/versions/latest").json()["counts"].items() >= {"listeners": 0, "routes": 0}.items()
    assert odd.status("/readyz") == 200
    assert resident_bytes(odd.process.pid) < 700 * MIB
