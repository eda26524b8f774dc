"""`openapi/admin.yaml` and the code say the same."""

import re
import subprocess

import pytest

from contracts import Contract
from harness import Control, repository

# What the examples of the contract refer to.
FOUNDATION = {"upstreams/orders": {"endpoints": [{"address": "127.0.0.1", "port": 9000}]}}
# Reads that wait for nothing, of what the examples have left behind.
QUERIES = {"/v1/data-plane/snapshot": "?replica=edge-1"}


@pytest.fixture(scope="module")
def contract_control(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract")
    docs = folder / "docs"
    docs.mkdir()
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"):
        (docs / name).write_text("x")
    control = Control(folder, ["--docs", docs])
    yield control
    control.stop()


@pytest.fixture(scope="module")
def contract(contract_control) -> Contract:
    return Contract.of(contract_control)


@pytest.fixture(scope="module")
def listing(contract_control, tmp_path_factory):
    folder = tmp_path_factory.mktemp("listing") / "data"
    command = [contract_control.command[0], "--data", folder, "--print-operations"]
    output = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=30, check=True)
    return set(output.stdout.split("\n")) - {""}


def test_every_operation_has_a_handler_and_every_handler_an_operation(contract, listing):
    assert {f"{each.method} {each.path}" for each in contract.operations} == listing


def test_every_reference_leads_somewhere_and_every_component_is_used(contract):
    used = set()

    def walk(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                contract.resolved(value)
                used.add(value["$ref"].removeprefix("#/components/"))
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)
    walk(contract.document)
    there = {f"{kind}/{name}" for kind, group in contract.document["components"].items() for name in group}
    assert there - used - {"securitySchemes/token"} == set()


def test_names_of_operations_are_unique_and_everything_has_a_summary_and_a_known_tag(contract):
    names = [each.node["operationId"] for each in contract.operations]
    assert len(names) == len(set(names))
    assert all(each.node["summary"] for each in contract.operations)
    tags = {tag["name"] for tag in contract.document["tags"]}
    assert {tag for each in contract.operations for tag in each.node["tags"]} == tags


def test_every_operation_has_examples_and_every_example_is_as_its_schema_says(contract):
    for each in contract.operations:
        contents = {f"answer {status} {kind}": content for status, answer in each.responses.items()
                    for kind, content in answer.get("content", {}).items()}
        contents |= {f"body {kind}": content for kind, content in each.bodies.items()}
        for what, content in contents.items():
            examples = contract.examples(content)
            assert examples, f"{each.method} {each.path}: {what} has no example"
            for example in examples:
                assert contract.faults(content.get("schema", {}), example) == [], f"{each.method} {each.path}: {what}"


def test_every_answer_names_its_request_and_every_refusal_is_a_problem(contract):
    for each in contract.operations:
        where = f"{each.method} {each.path}"
        is_open = each.node.get("security") == []
        assert "default" not in each.responses, where
        assert {"400", "421"} | (set() if is_open else {"401", "403", "429", "503"}) <= set(each.responses), where
        if each.bodies:
            assert {"413", "415", "422"} <= set(each.responses), where
        for status, answer in each.responses.items():
            assert "X-Request-Id" in answer["headers"], f"{where}: {status}"
            if status >= "400" and each.path != "/readyz":
                assert list(answer["content"]) == ["application/problem+json"], f"{where}: {status}"


def test_the_reasons_of_the_contract_are_those_of_the_code(contract):
    source = (repository / "Sources/AdminAPI/Problems/Reason.swift").read_text()
    cases = re.findall(r"^    case `?(\w+)`?(?: = \"([\w-]+)\")?$", source, re.MULTILINE)
    assert set(contract.document["components"]["schemas"]["Reason"]["enum"]) == {raw or name for name, raw in cases}


def test_every_parameter_is_known_to_the_code(contract, contract_control):
    """An operation that did not know a parameter would name it in its refusal."""
    for each in contract.operations:
        target = f"{each.filled}?no-such-parameter=1"
        answer = contract_control.call(each.method, target, token=token_for(contract_control, each))
        contract.check(each.method, target, answer)
        assert answer.status == 400, f"{each.method} {each.path}"
        detail = answer.json()["errors"][0]["detail"]
        known = set(re.findall(r"takes ([\w, ]+)\.", detail)[0].split(", ")) if each.query else set()
        assert known == each.query, f"{each.method} {each.path}"


def test_every_example_of_a_body_is_accepted_and_answered_as_the_contract_says(contract, contract_control):
    for path, document in FOUNDATION.items():
        assert contract_control.call("PUT", f"/v1/{path}", document).status in (200, 201)
    for each in contract.operations:
        for kind, content in each.bodies.items():
            for body in contract.examples(content):
                answer = contract_control.call(each.method, each.filled, body, headers={"Content-Type": kind},
                                               token=token_for(contract_control, each))
                assert answer.status in (200, 201, 204), f"{each.method} {each.path} {kind}: {answer.status} {answer.text}"
                contract.check(each.method, each.filled, answer)


def test_every_read_is_answered_as_the_contract_says(contract, contract_control):
    """After the examples were written."""
    for each in contract.operations:
        if each.method == "GET":
            target = each.filled + QUERIES.get(each.path, "")
            answer = contract_control.call("GET", target, token=token_for(contract_control, each))
            contract.check("GET", target, answer)
            assert answer.status == 200, f"{target}: {answer.text}"


def test_refusals_are_those_of_the_contract(contract, contract_control):
    """Without a token, with the wrong role, with another host name, with a method that is not there."""
    for each in contract.operations:
        query = QUERIES.get(each.path, "")
        target = each.filled + query
        calls = [contract_control.call(each.method, target, token=token_for(contract_control, each),
                                       headers={"Host": "elsewhere.example.com"})]
        if each.node.get("security") != []:
            calls.append(contract_control.call(each.method, target, token=""))
            wrong = contract_control.token if each.is_for_workers else contract_control.worker_token
            calls.append(contract_control.call(each.method, target, token=wrong))
        assert [call.status for call in calls] == [421, 401, 403][:len(calls)], target
        for call in calls:
            contract.check(each.method, target, call)


def token_for(control, operation) -> str:
    """The control protocol is for workers alone."""
    return control.worker_token if operation.is_for_workers else control.token
