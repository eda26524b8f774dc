"""Is what the examples and the guides show valid?"""

import os
import re
import subprocess

import pytest

from harness import binary, repository

# What the guides' snippets refer to and do not define themselves.
FOUNDATION = {"plain": "kind: listener\nname: plain\nport: 8080\n"} | {
    name: f"kind: upstream\nname: {name}\nendpoints: [{{address: 127.0.0.1, port: 9000}}]\n"
    for name in ("orders", "orders-v1", "orders-v2", "orders-beta", "demo-api")}


def validate(text: str, folder) -> subprocess.CompletedProcess:
    environment = {**os.environ, "HOME": str(folder), "NO_COLOR": "1"}
    return subprocess.run([binary("sluice"), "validate", "-f", "-"], input=text, env=environment, capture_output=True,
                          text=True, timeout=30)


def snippets(name: str) -> list:
    text = (repository / "docs" / name).read_text()
    return [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if block.startswith("kind:")]


# It refers to certificates, which nobody should find in a repository.
@pytest.mark.parametrize("name", sorted(each.name for each in (repository / "examples").glob("*.yaml")
                                        if each.name != "edge.yaml"))
def test_an_example_is_valid(tmp_path, name):
    checked = validate((repository / "examples" / name).read_text(), tmp_path)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("guide, number", [(guide, number) for guide in ("access.md", "traffic.md", "limits.md", "waf.md")
                                           for number in range(len(snippets(guide)))])
def test_a_snippet_of_a_guide_is_valid(tmp_path, guide, number):
    text = snippets(guide)[number]
    is_defined = {name for kind, name in re.findall(r"^kind: (\S+)\nname: (\S+)", text, re.MULTILINE)
                  if kind in ("upstream", "listener")}
    rest = [document for name, document in FOUNDATION.items() if name not in is_defined]
    checked = validate("---\n".join([text, *rest]), tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_reasons_of_access_rules_stand_in_the_contract_and_in_the_guide():
    source = (repository / "Sources/AccessControl/AccessReason.swift").read_text()
    codes = {f"`{code}`" for code in re.findall(r'case \.\w+: "([a-z-]+)"', source)}
    assert len(codes) > 20
    for place in ("openapi/admin.yaml", "docs/access.md"):
        text = (repository / place).read_text()
        assert {code for code in codes if code not in text} == set(), place


def test_reasons_of_answers_stand_in_the_guide():
    source = (repository / "Sources/DataPlane/Answer/Reason.swift").read_text()
    codes = {f"`{code}`" for code in re.findall(r'case \.\w+: "([a-z-]+)"', source)}
    assert len(codes) > 20
    text = (repository / "docs/troubleshooting.md").read_text()
    assert {code for code in codes if code not in text} == set()
