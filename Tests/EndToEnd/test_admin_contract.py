"""`openapi/admin.yaml` and the code say the same."""

import re
import subprocess

import pytest

METHODS = {"get", "put", "post", "delete", "patch"}
# What the examples of the contract refer to.
FOUNDATION = {"upstreams/orders": {"endpoints": [{"address": "127.0.0.1", "port": 9000}]}}


@pytest.fixture(scope="module")
def contract_control(tmp_path_factory):
    from harness import Control
    control = Control(tmp_path_factory.mktemp("contract"))
    yield control
    control.stop()


@pytest.fixture(scope="module")
def contract(contract_control):
    return contract_control.call("GET", "/v1/openapi.json", token="").json()


@pytest.fixture(scope="module")
def listing(contract_control, tmp_path_factory):
    folder = tmp_path_factory.mktemp("listing") / "data"
    command = [contract_control.command[0], "--data", folder, "--print-operations"]
    output = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=30, check=True)
    return set(output.stdout.split("\n")) - {""}


def operations(contract):
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method.upper(), path, operation


def resolved(contract, value):
    """Follows one reference."""
    if "$ref" not in value:
        return value
    found = contract
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_every_operation_has_a_handler_and_every_handler_an_operation(contract, listing):
    assert {f"{method} {path}" for method, path, _ in operations(contract)} == listing


def test_every_reference_leads_somewhere(contract):
    def walk(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                resolved(contract, value)
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)
    walk(contract)


def test_names_of_operations_are_unique_and_everything_has_a_summary(contract):
    names = [operation["operationId"] for _, _, operation in operations(contract)]
    assert len(names) == len(set(names))
    assert all(operation["summary"] for _, _, operation in operations(contract))


def test_every_operation_has_an_example(contract):
    for method, path, operation in operations(contract):
        contents = list(operation.get("requestBody", {}).get("content", {}).values())
        contents += [content for answer in operation["responses"].values()
                     for content in resolved(contract, answer).get("content", {}).values()]
        assert any("example" in content for content in contents), f"{method} {path}"
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in content, f"{method} {path}: the body"


def test_every_parameter_is_known_to_the_code(contract, contract_control):
    """An operation that did not know a parameter would name it in its refusal."""
    for method, path, operation in operations(contract):
        named = [resolved(contract, each) for each in operation.get("parameters", [])]
        query = [each["name"] for each in named if each["in"] == "query"]
        target = f"{filled(contract, path)}?no-such-parameter=1"
        answer = contract_control.call(method, target, token=token_for(contract_control, path))
        assert answer.status == 400, f"{method} {path}"
        detail = answer.json()["errors"][0]["detail"]
        known = set(re.findall(r"takes ([\w, ]+)\.", detail)[0].split(", ")) if query else set()
        assert known == set(query), f"{method} {path}"


def test_every_example_of_a_body_is_accepted(contract, contract_control):
    for path, document in FOUNDATION.items():
        assert contract_control.call("PUT", f"/v1/{path}", document).status in (200, 201)
    for method, path, operation in operations(contract):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            body = content["example"]
            answer = contract_control.call(method, filled(contract, path), body, headers={"Content-Type": kind},
                                           token=token_for(contract_control, path))
            assert answer.status in (200, 201, 204), f"{method} {path} {kind}: {answer.status} {answer.text}"


def test_every_answer_has_a_status_that_the_contract_names(contract, contract_control):
    """Reads and deletions, after the examples were written; deletions of what is referred to come last but are named."""
    for method, path, operation in operations(contract):
        if method == "GET":
            query = "?replica=edge-1" if path.endswith("/snapshot") else ""
            answer = contract_control.call("GET", filled(contract, path) + query,
                                           token=token_for(contract_control, path))
            assert str(answer.status) in operation["responses"] or "default" in operation["responses"], path


def token_for(control, path: str) -> str:
    """The control protocol is for workers alone."""
    return control.worker_token if path.startswith("/v1/data-plane/") else control.token


def filled(contract, path: str) -> str:
    """The path with the examples of its parameters."""
    item = contract["paths"][path]
    parameters = item.get("parameters", []) + [
        each for method, operation in item.items() if method in METHODS for each in operation.get("parameters", [])]
    for parameter in (resolved(contract, each) for each in parameters):
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", parameter["example"])
    return path
