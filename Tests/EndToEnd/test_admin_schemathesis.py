"""Whatever is sent to the admin API, the answer is one that its contract names: checked by Schemathesis, within bounds.

Requests come from the examples of the contract, from its boundaries, and at random from its schemas, right and wrong ones.
Every answer must have a status, fields, a content type and a body that the contract names, and none may be a 5xx.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import Control

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method", "use_after_free", "ensure_resource_availability",
          "nothing_is_accepted_that_the_schema_forbids"]
# Waits are bounded by the server, beyond what a test wants to wait.
SETTINGS = """
[[operations]]
include-path = ["/v1/logs", "/v1/waf/events", "/v1/versions/{n}/rollout", "/v1/data-plane/snapshot"]
parameters = { "query.wait" = "10ms" }
"""


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    control = Control(tmp_path_factory.mktemp("schemathesis"))
    yield control
    control.stop()


def run(control, folder: Path, token: str | None, *arguments: str) -> str:
    """One run; fails with what it found."""
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS)
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", settings, "run", f"{control.url}/v1/openapi.json",
        "--no-color", "--checks", ",".join(CHECKS), "--seed", "7", "--generation-deterministic", "--no-shrink",
        "--continue-on-failure", "--request-timeout", "20", "--max-response-time", "10",
        "--suppress-health-check", "all", "--warnings", "off", *arguments]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_checks", "PYTHONPATH": str(Path(__file__).parent),
                   "CONTRACT_URL": f"{control.url}/v1/openapi.json"}
    done = subprocess.run([str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    return done.stdout


def test_an_administrator_gets_nothing_but_what_the_contract_names(probed, tmp_path):
    run(probed, tmp_path, probed.token, "--phases", "examples,fuzzing", "-n", "3", "--exclude-path-regex", "data-plane")
    assert probed.status("/readyz") == 200


def test_the_boundaries_of_the_contract_hold(probed, tmp_path):
    """Of one kind of resource, which stands for all, and of what is not about resources; hundreds of requests for each."""
    run(probed, tmp_path, probed.token, "--phases", "coverage", "--include-path-regex", "^/v1/(upstreams|tokens|audit)$")


def test_a_worker_gets_nothing_but_what_the_contract_names(probed, tmp_path):
    run(probed, tmp_path, probed.worker_token, "--phases", "examples,coverage,fuzzing", "-n", "10", "--include-path-regex",
        "data-plane")


@pytest.mark.parametrize("role", ["viewer", "editor", "operator"])
def test_other_roles_get_nothing_but_what_the_contract_names(probed, tmp_path, role):
    made = probed.call("POST", "/v1/tokens", {"name": f"test-{role}", "role": role})
    run(probed, tmp_path, made.json()["token"], "--phases", "examples,fuzzing", "-n", "2")


@pytest.mark.parametrize("token", [None, "wrong"])
def test_nobody_gets_nothing_but_what_the_contract_names(probed, tmp_path, token):
    run(probed, tmp_path, token, "--phases", "examples,fuzzing", "-n", "2")
