"""The gateway under test: `sluice-worker --config`, and the documents it serves."""

import http.client
import json
import signal
import ssl
from pathlib import Path

from client import Client
from processes import Process, binary, free_port, wait_until


def listener(port: int, name: str = "web", **fields) -> dict:
    return {"kind": "listener", "name": name, "address": "127.0.0.1", "port": port, **fields}


def https(port: int, *certificates: str, name: str = "web", tls: dict | None = None, **fields) -> dict:
    """A listener with TLS; the names of its certificates."""
    return listener(port, name, protocol="https", tls={"certificates": list(certificates), **(tls or {})}, **fields)


def upstream(*ports: int, name: str = "origin", **fields) -> dict:
    endpoints = [{"address": "127.0.0.1", "port": port} for port in ports]
    return {"kind": "upstream", "name": name, "endpoints": endpoints, **fields}


def route(name: str = "all", to: str = "origin", prefix: str | None = None, exact: str | None = None, **fields) -> dict:
    path = {"prefix": prefix} if prefix else {"exact": exact} if exact else None
    matches = {"matches": [{"path": path}]} if path else {}
    return {"kind": "route", "name": name, **matches, "forward": [{"upstream": to}], **fields}


class HTTPAnswer:
    """A whole answer of an admin port."""

    def __init__(self, answer: http.client.HTTPResponse):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


def request(port: int, method: str, path: str, body: bytes | str | None = None, headers: dict | None = None,
            timeout: float = 30, tls: ssl.SSLContext | None = None) -> HTTPAnswer:
    """One call on a connection of its own, with `tls` over TLS."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=tls) if tls else \
        http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        return HTTPAnswer(connection.getresponse())
    finally:
        connection.close()


class Worker:
    """A running `sluice-worker`: a supervisor and its worker processes. Subclasses say where it gets its configuration."""

    def __init__(self, folder: Path, workers: int, arguments: list, name: str):
        self.folder, self.worker_count, self.name = folder, workers, name
        self.admin_port = free_port()
        self.access_log = folder / f"{name}-access.log"
        self.state = folder / f"{name}-state"
        self.command = [binary("sluice-worker"), *arguments, "--workers", workers, "--state", self.state,
                        "--admin", f"127.0.0.1:{self.admin_port}", "--access-log", self.access_log]
        self.start()

    def start(self):
        self.process = Process(self.command, self.folder / f"{self.name}.log")

    def wait_ready(self):
        try:
            self.process.wait_ready(lambda: self.admin_status("/readyz") == 200)
        except BaseException:
            self.stop()
            raise

    def admin(self, path: str, method: str = "GET") -> HTTPAnswer:
        return request(self.admin_port, method, path)

    def admin_status(self, path: str) -> int:
        """The status of an admin call; 0 when there was no answer."""
        try:
            return self.admin(path).status
        except (OSError, http.client.HTTPException):
            return 0

    def metrics(self) -> dict[str, float]:
        """Samples by name and labels, as they stand in the text format."""
        samples = {}
        for line in self.admin("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def log_lines(self, count: int) -> list[dict]:
        """The access log's lines, once there are at least `count`."""
        wait_until(lambda: self.access_log.exists() and self.access_log.read_bytes().count(b"\n") >= count,
                   lambda: f"{count} lines in the access log, which has:\n{self.access_log.read_text()}")
        return [json.loads(line) for line in self.access_log.read_text().splitlines()]

    def worker_pids(self) -> list[int]:
        return self.process.children()

    def stop(self):
        self.process.stop()


class Gateway(Worker):
    """`sluice-worker --config FILE` with the given documents; ready when the constructor returns."""

    def __init__(self, folder: Path, documents: list[dict], workers: int = 1, arguments: list = (), waits: bool = True,
                 name: str = "gateway"):
        self.file = folder / f"{name}.json"
        self.write(documents)
        super().__init__(folder, workers, ["--config", self.file, *arguments], name)
        self.port = next((each["port"] for each in documents if each["kind"] == "listener"), 0)
        if waits:
            self.wait_ready()

    def write(self, documents: list[dict]):
        """Replaces the file, whole."""
        scratch = self.file.with_suffix(".new")
        scratch.write_text(json.dumps(documents))
        scratch.rename(self.file)

    def reload(self, documents: list[dict]):
        """Puts other documents in force; returns when every worker process serves them."""
        before = self.admin("/config").json()["digest"]
        self.write(documents)
        self.process.signal(signal.SIGHUP)
        wait_until(lambda: self.admin("/config").json()["digest"] != before,
                   lambda: f"the file is in force; the gateway says:\n{self.process.output()[-2000:]}")

    def connect(self, **options) -> Client:
        return Client(self.port, **options)
