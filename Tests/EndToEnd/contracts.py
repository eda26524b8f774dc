"""`openapi/admin.yaml` as the tests read it: what operations there are, and whether an answer is one that it names."""

import json
import re
from dataclasses import dataclass, field

import jsonschema_rs

METHODS = {"get", "put", "post", "delete", "patch"}


@dataclass
class Operation:
    """One operation, references followed."""

    method: str
    path: str
    node: dict
    parameters: list[dict]
    bodies: dict[str, dict]
    responses: dict[str, dict]
    pattern: re.Pattern = field(repr=False, default=None)

    @property
    def is_for_workers(self) -> bool:
        return self.path.startswith("/v1/data-plane/")

    @property
    def filled(self) -> str:
        """The path with the examples of its parameters."""
        path = self.path
        for parameter in self.parameters:
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", str(parameter["example"]))
        return path

    @property
    def query(self) -> set[str]:
        return {each["name"] for each in self.parameters if each["in"] == "query"}


class Contract:
    """The contract of a running control plane."""

    def __init__(self, document: dict):
        self.document = document
        self.operations = [self._operation(method, path, item) for path, item in document["paths"].items()
                           for method in item if method in METHODS]
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    @classmethod
    def of(cls, control) -> "Contract":
        return cls(control.call("GET", "/v1/openapi.json", token="").json())

    def resolved(self, node: dict) -> dict:
        """Follows references until there is none."""
        while "$ref" in node:
            found = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def examples(self, content: dict) -> list:
        """All examples of one media type of a body."""
        found = [content["example"]] if "example" in content else []
        return found + [self.resolved(each)["value"] for each in content.get("examples", {}).values()]

    def operation(self, method: str, target: str) -> Operation | None:
        """The operation that a request is for; a path without parameters goes before one with them."""
        path = target.split("?")[0]
        found = [each for each in self.operations if each.method == method and each.pattern.fullmatch(path)]
        return min(found, key=lambda each: each.path.count("{"), default=None)

    def faults(self, schema: dict, value) -> list[str]:
        """What in a value is not as its schema says."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {"allOf": [schema], "components": self.document["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [f"{each.message} at {'/'.join(map(str, each.instance_path))}"
                for each in self._validators[key].iter_errors(value)]

    def check(self, method: str, target: str, answer):
        """Fails unless the answer is one that the contract names, in its status, its fields and its body."""
        operation = self.operation(method, target)
        assert operation, f"{method} {target} is not in the contract"
        where = f"{method} {target}: {answer.status} {answer.body[:300]}"
        assert str(answer.status) in operation.responses, f"not in the contract: {where}"
        response = operation.responses[str(answer.status)]
        for name, header in response.get("headers", {}).items():
            self._check_header(name, self.resolved(header), answer.headers.get(name), where)
        contents = response.get("content", {})
        if not contents:
            assert not answer.body, f"a body that is not in the contract: {where}"
            return
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        assert kind in contents, f"{kind!r} is not in the contract: {where}"
        if kind.endswith("json"):
            assert self.faults(contents[kind].get("schema", {}), answer.json()) == [], where

    def _check_header(self, name: str, header: dict, value: str | None, where: str):
        if value is None:
            assert not header.get("required"), f"no {name}: {where}"
            return
        schema = self.resolved(header["schema"])
        typed = int(value) if schema.get("type") == "integer" else value
        assert self.faults(schema, typed) == [], f"{name}: {value}: {where}"

    def _operation(self, method: str, path: str, item: dict) -> Operation:
        node = item[method]
        parameters = [self.resolved(each) for each in item.get("parameters", []) + node.get("parameters", [])]
        responses = {status: self.resolved(each) for status, each in node["responses"].items()}
        bodies = self.resolved(node.get("requestBody", {})).get("content", {})
        pattern = re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path)))
        return Operation(method.upper(), path, node, parameters, bodies, responses, pattern)

