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


@pytest.mark.parametrize("number", range(len(snippets("traffic.md"))))
def test_a_snippet_of_the_guide_is_valid(tmp_path, number):
    text = snippets("traffic.md")[number]
    is_defined = {name for kind, name in re.findall(r"^kind: (\S+)\nname: (\S+)", text, re.MULTILINE)
                  if kind in ("upstream", "listener")}
    rest = [document for name, document in FOUNDATION.items() if name not in is_defined]
    checked = validate("---\n".join([text, *rest]), tmp_path)
    assert checked.returncode == 0, checked.stderr
