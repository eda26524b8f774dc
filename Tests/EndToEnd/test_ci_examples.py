"""The examples for pipelines: every step's shell runs against a real control plane and a replica.

What a runner would do is done here: which jobs an event starts, the values of expressions and variables, one folder for
the steps of a job. `gh` is a script that notes how it was called; GitLab's API is a server that notes what it was sent.
"""

import json
import os
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
import yaml

from harness import binary, free_port, repository, request, upstream

EXAMPLES = repository / "examples" / "ci"
ROLES = {"SLUICE_VIEWER_TOKEN": ("viewer", None), "SLUICE_EDITOR_TOKEN": ("editor", "team=shop"),
         "SLUICE_OPERATOR_TOKEN": ("operator", "team=shop")}


class Checkout:
    """A repository with the example's `gateway/`, whose listener and upstreams are the test's."""

    def __init__(self, folder, control, gateway_port, origin):
        self.control, self.port = control, gateway_port
        self.folder = folder / "checkout"
        shutil.copytree(EXAMPLES / "gateway", self.folder / "gateway")
        self.replace("listeners.yaml", "port: 8080", f"address: 127.0.0.1\nport: {gateway_port}")
        for port in [9711, 9712]:
            self.replace("upstreams.yaml", f"port: {port}", f"port: {origin.port}")
        self.tokens = {}
        for name, (role, selector) in ROLES.items():
            body = {"name": name.lower().replace("_", "-"), "role": role} | ({"labelSelector": selector} if selector else {})
            made = control.call("POST", "/v1/tokens", body)
            assert made.status == 201, made.text
            self.tokens[name] = made.json()["token"]

    def replace(self, file: str, old: str, new: str):
        path = self.folder / "gateway" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def run(self, shell: list, script: str, variables: dict) -> subprocess.CompletedProcess:
        """Runs a script as a runner does, with `sluice` and what is in `tools` in the path."""
        path = f"{self.folder.parent}/tools:{binary('sluice').parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.folder.parent), **variables}
        return subprocess.run([*shell, script], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def checkout(tmp_path, control, make_replica, origin):
    port = free_port()
    make_replica(control, port, waits=False)
    return Checkout(tmp_path, control, port, origin)


class GitHub:
    """The workflow, and as much of a runner as it needs."""

    def __init__(self, checkout: Checkout):
        self.checkout = checkout
        self.workflow = yaml.load((EXAMPLES / "github-actions.yaml").read_text(), yaml.BaseLoader)
        self.summary, self.comments = checkout.folder.parent / "summary.md", checkout.folder.parent / "comments.json"
        tools = checkout.folder.parent / "tools"
        tools.mkdir()
        (tools / "gh").write_text(f"""#!/bin/sh
printf '%s\\n' "$GH_TOKEN" "$@" > {self.comments}
cat comment.md >> {self.comments}
""")
        (tools / "gh").chmod(0o755)

    def event(self, name: str, **inputs) -> list[subprocess.CompletedProcess]:
        """Runs the jobs that an event starts, each until a step fails."""
        assert name in self.workflow["on"]
        values = {"github.event_name": name, "github.token": "comment-token", "github.event.pull_request.number": "7",
                  "vars.SLUICE_URL": self.checkout.control.url, **{f"inputs.{key}": value for key, value in inputs.items()},
                  **{f"secrets.{key}": value for key, value in self.checkout.tokens.items()}}
        return [step for job in self.workflow["jobs"].values() if self.is_started(job["if"], values)
                for step in self.steps(job, values)]

    def steps(self, job: dict, values: dict):
        for step in job["steps"]:
            if "uses" in step:
                assert step["uses"].startswith("actions/checkout@")
                continue
            variables = {name: self.expanded(value, values) for name, value in
                         {**self.workflow["env"], **step.get("env", {})}.items()}
            variables |= {"GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_SHA": "0123abc", "GITHUB_ACTOR": "ada"}
            assert "${{" not in step["run"], "an expression in a script can be made to run anything"
            done = self.checkout.run(["bash", "-e", "-c"], step["run"], variables)
            yield done
            if done.returncode != 0:
                return

    @staticmethod
    def is_started(condition: str, values: dict) -> bool:
        name, value = re.fullmatch(r"(\S+) == '(\S+)'", condition).groups()
        return values[name] == value

    @staticmethod
    def expanded(text: str, values: dict) -> str:
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)


class GitLab:
    """The pipeline, and as much of a runner as it needs."""

    def __init__(self, checkout: Checkout, api: str):
        self.checkout, self.api = checkout, api
        self.pipeline = yaml.safe_load((EXAMPLES / "gitlab-ci.yaml").read_text())

    def run(self, source: str, manual: bool = False, **variables) -> list[subprocess.CompletedProcess]:
        """Runs the jobs of a pipeline; those that are started by hand when `manual`."""
        variables = {"CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": "0123abc",
                     "CI_API_V4_URL": self.api, "CI_PROJECT_ID": "42", "GITLAB_USER_LOGIN": "ada", "COMMENT_TOKEN": "note",
                     "SLUICE_URL": self.checkout.control.url, **self.checkout.tokens, **variables}
        jobs = {name: job for name, job in self.pipeline.items() if isinstance(job, dict) and "script" in job}
        assert {job["stage"] for job in jobs.values()} == set(self.pipeline["stages"])
        return [self.checkout.run(["bash", "-eo", "pipefail", "-c"], "\n".join(job["script"]), variables)
                for job in jobs.values()
                if any(self.applies(rule, variables) and (rule.get("when") == "manual") == manual for rule in job["rules"])]

    @staticmethod
    def applies(rule: dict, variables: dict) -> bool:
        left, right = rule["if"].split(" == ")
        value = json.loads(right) if right.startswith('"') else variables.get(right[1:])
        return variables.get(left[1:]) == value


@pytest.fixture
def github(checkout):
    return GitHub(checkout)


@pytest.fixture
def notes():
    """GitLab's API, as far as notes on merge requests go: what it was sent, and where it is."""
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent.append((self.path, self.headers["PRIVATE-TOKEN"], parse_qs(body)["body"][0]))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    sent = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield sent, f"http://127.0.0.1:{server.server_address[1]}/api/v4"
    server.shutdown()
    server.server_close()


@pytest.fixture
def gitlab(checkout, notes):
    return GitLab(checkout, notes[1])


def succeed(steps: list) -> list:
    assert steps and all(step.returncode == 0 for step in steps), [step.stdout + step.stderr for step in steps]
    return steps


def push(provider) -> list:
    return provider.event("push") if isinstance(provider, GitHub) else provider.run("push", CI_COMMIT_BRANCH="main")


def propose(provider) -> list:
    if isinstance(provider, GitHub):
        return provider.event("pull_request")
    return provider.run("merge_request_event", CI_MERGE_REQUEST_IID="7")


def roll_back(provider, version: str) -> list:
    if isinstance(provider, GitHub):
        return provider.event("workflow_dispatch", version=version)
    return provider.run("push", manual=True, CI_COMMIT_BRANCH="main", VERSION=version)


@pytest.fixture(params=["github", "gitlab"])
def provider(request):
    return request.getfixturevalue(request.param)


def test_the_configuration_of_the_examples_is_valid():
    done = subprocess.run([binary("sluice"), "validate", "-f", EXAMPLES / "gateway"], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_merged_is_served_before_the_pipeline_ends(provider, checkout):
    succeed(push(provider))
    assert request(checkout.port, "GET", "/").status == 200
    latest = checkout.control.call("GET", "/v1/versions/latest").json()
    assert (latest["message"], latest["author"]) == ("0123abc", "sluice-editor-token")
    checkout.replace("routes.yaml", "prefix: /api", "prefix: /v2")
    succeed(push(provider))
    assert checkout.control.call("GET", "/v1/routes/shop-api").json()["matches"] == [{"path": {"prefix": "/v2"}}]


def test_what_the_folder_lost_is_deleted_and_nothing_else(provider, checkout):
    checkout.control.put(upstream(9000, name="of-others"))
    succeed(push(provider))
    text = (checkout.folder / "gateway" / "routes.yaml").read_text()
    (checkout.folder / "gateway" / "routes.yaml").write_text(text.split("---\n")[0])
    succeed(push(provider))
    names = checkout.control.cli("export", "-o", "name").stdout.split()
    assert names == ["upstream/of-others", "upstream/shop-api", "upstream/shop-web", "listener/shop", "route/shop-web"]


def test_a_proposal_is_compared_and_changes_nothing(provider, checkout):
    succeed(push(provider))
    version = checkout.control.call("GET", "/v1/versions/latest").json()["number"]
    checkout.replace("routes.yaml", "10s", "20s")
    succeed(propose(provider))
    assert "~ route/shop-api" in (checkout.folder / "comment.md").read_text()
    assert '    /timeouts/request: "10s" -> "20s"' in (checkout.folder / "comment.md").read_text()
    assert checkout.control.call("GET", "/v1/versions/latest").json()["number"] == version


def test_a_proposal_that_changes_nothing_passes_too(provider):
    succeed(push(provider))
    succeed(propose(provider))


def test_a_proposal_with_a_fault_fails_and_says_where(provider, checkout):
    checkout.replace("routes.yaml", "prefix: /api", "prefx: /api")
    failed = [step for step in propose(provider) if step.returncode != 0]
    assert failed and all(step.returncode == 1 for step in failed)
    assert "gateway/routes.yaml:13: route/shop-api /matches/0/path" in failed[0].stderr


def test_what_the_control_plane_refuses_fails_the_pipeline(provider, checkout):
    checkout.replace("upstreams.yaml", "labels: {team: shop}", "labels: {team: other}")
    steps = push(provider)
    assert steps[-1].returncode == 4 and "403" in steps[-1].stderr


def test_a_rollback_brings_the_last_version_back(provider, checkout):
    succeed(push(provider))
    version = checkout.control.call("GET", "/v1/versions/latest").json()["number"]
    checkout.replace("routes.yaml", "  - {upstream: shop-web}", "  - {upstream: shop-web, weight: 5}\n  - {upstream: shop-api}")
    succeed(push(provider))
    succeed(roll_back(provider, str(version)))
    assert checkout.control.call("GET", "/v1/routes/shop-web").json()["forward"] == [{"upstream": "shop-web"}]
    assert checkout.control.call("GET", "/v1/versions/latest").json()["message"] == "rolled back by ada"


def test_github_is_told_the_difference(github):
    succeed(github.event("pull_request"))
    token, *words = github.comments.read_text().splitlines()
    assert token == "comment-token"
    assert words[:7] == ["pr", "comment", "7", "--edit-last", "--create-if-none", "--body-file", "comment.md"]
    assert words[7:] == github.summary.read_text().splitlines() and "+ route/shop-web" in words


def test_gitlab_is_told_the_difference(gitlab, notes):
    succeed(gitlab.run("merge_request_event", CI_MERGE_REQUEST_IID="7"))
    ((path, token, body),) = notes[0]
    assert (path, token) == ("/api/v4/projects/42/merge_requests/7/notes", "note")
    assert "+ route/shop-web" in body.splitlines()
