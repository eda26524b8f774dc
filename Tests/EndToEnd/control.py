"""A control plane under test and the replicas that follow it."""

import json
import os
import ssl
import subprocess
from pathlib import Path

from certificates import Certificate
from client import Client
from gateway import HTTPAnswer, Worker, request
from processes import Process, binary, free_port


class Control:
    """`sluice-control` on a data folder; ready when the constructor returns."""

    tls: ssl.SSLContext | None = None

    def __init__(self, folder: Path, arguments: list = (), waits: bool = True, certificate: Certificate | None = None,
                 environment: dict | None = None):
        self.folder, self.data, self.port = folder, folder / "data", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.command = [binary("sluice-control"), "--admin", f"127.0.0.1:{self.port}", "--data", self.data, *arguments]
        self.environment = environment
        if certificate:
            self.url, self.tls = self.url.replace("http:", "https:"), ssl.create_default_context(
                cafile=certificate.authority.certificate)
            self.command += ["--tls-certificate", certificate.certificate, "--tls-key", certificate.key]
        self.start(waits)

    def start(self, waits: bool = True):
        self.process = Process(self.command, self.folder / "control.log", self.environment)
        if not waits:
            return
        try:
            self.process.wait_ready(lambda: self.status("/readyz") == 200, 30)
        except BaseException:
            self.stop()
            raise

    @property
    def token(self) -> str:
        return (self.data / "admin.token").read_text().strip()

    @property
    def worker_token(self) -> str:
        return (self.data / "worker.token").read_text().strip()

    def status(self, path: str) -> int:
        try:
            return request(self.port, "GET", path, tls=self.tls).status
        except OSError:
            return 0

    def call(self, method: str, path: str, body: dict | list | bytes | str | None = None, token: str | None = None,
             headers: dict | None = None) -> HTTPAnswer:
        """One call of the admin API, by default with the admin token. `token=""` sends none."""
        fields = dict(headers or {})
        token = self.token if token is None else token
        if token:
            fields["Authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            fields.setdefault("Content-Type", "application/json")
        return request(self.port, method, path, body, fields, tls=self.tls)

    def put(self, document: dict, query: str = "") -> HTTPAnswer:
        """Stores a document by its kind and name; anything but success fails the test."""
        plural = f"{document['kind']}s".replace("policys", "policies")
        answer = self.call("PUT", f"/v1/{plural}/{document['name']}{query}", document)
        assert answer.status in (200, 201), f"PUT {document['name']}: {answer.status} {answer.text}"
        return answer

    def cli(self, *arguments, text: str | None = None, token: str | None = None, folder: Path | None = None,
            environment: dict | None = None) -> subprocess.CompletedProcess:
        """Runs `sluice` against this control plane, by default with the admin token. `token=""` gives none."""
        return subprocess.run([str(each) for each in [binary("sluice"), *arguments]], input=text, cwd=folder,
                              env=self.cli_environment(token) | (environment or {}), capture_output=True, text=True, timeout=60)

    def cli_environment(self, token: str | None = None) -> dict:
        """What `sluice` needs to find this control plane."""
        token = self.token if token is None else token
        return {**os.environ, "SLUICE_URL": self.url, "SLUICE_TOKEN": token, "HOME": str(self.folder), "NO_COLOR": "1"}

    def stop(self):
        self.process.stop()


class Replica(Worker):
    """A `sluice-worker` that follows a control plane."""

    def __init__(self, control: Control, gateway_port: int, name: str = "replica", workers: int = 1,
                 arguments: list = (), waits: bool = True):
        self.port = gateway_port
        super().__init__(control.folder, workers, [
            "--control", control.url, "--token-file", control.data / "worker.token", "--replica", name, *arguments], name)
        if waits:
            self.wait_ready()

    def connect(self, **options) -> Client:
        return Client(self.port, **options)
