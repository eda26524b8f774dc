"""Processes under measurement: start pinned, wait until they answer, read what the kernel accounts, stop."""

import os
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path


class Failure(Exception):
    """The benchmark cannot go on; the text says why."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what: str, seconds: float = 20.0):
    """Polls until `condition()` is true and returns its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failure(f"{what}: not within {seconds:.0f} s")


def get(port: int, path: str = "/", host: str = "localhost", timeout: float = 2.0, is_tls: bool = False) -> bytes:
    """One request on a connection of its own; the answer's first read, or nothing when there was none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            with trusting(host, ["http/1.1"])(connection) if is_tls else connection as stream:
                stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                return stream.recv(65536)
    except OSError:
        return b""


def trusting(host: str, protocols: list[str]):
    """What makes a connection a TLS connection, whatever the server's certificate says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(protocols)
    return lambda connection: context.wrap_socket(connection, server_hostname=host)


def is_ok(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 200")


class Process:
    """A command in a session of its own; with a core, pinned to it with everything that it starts."""

    def __init__(self, command: list, core: int | None, log: Path, environment: dict[str, str] | None = None):
        self.command = [str(part) for part in command]
        self.log = log
        pinned = ["taskset", "-c", str(core)] if core is not None else []
        with log.open("wb") as output:
            self.child = subprocess.Popen(
                [*pinned, *self.command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, **(environment or {})})
        self.pid = self.child.pid

    def wait_ready(self, port: int, path: str = "/", host: str = "localhost", seconds: float = 20.0,
                   is_tls: bool = False):
        def ready():
            if self.child.poll() is not None:
                raise Failure(f"{self.command[0]} ended with {self.child.returncode}:\n{self.tail()}")
            return is_ok(get(port, path, host, is_tls=is_tls))
        try:
            wait_until(ready, self.command[0], seconds)
        except Failure as failure:
            self.stop()
            raise Failure(f"{failure}; its output:\n{self.tail()}") from None

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def tree(self) -> list[int]:
        """This process and all that descend from it."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(entry.name)] = int(fields[1])
        found = [self.pid]
        for pid in found:
            found.extend(child for child, parent in parents.items() if parent == pid)
        return found

    def workers(self) -> list[int]:
        """The processes that have no children: those that serve."""
        tree = self.tree()
        return tree[1:] or tree

    def cpu_nanoseconds(self) -> int:
        """User and system time of all threads, by the scheduler's own clock."""
        total = 0
        for pid in self.tree():
            for task in Path(f"/proc/{pid}/task").iterdir():
                try:
                    total += int((task / "schedstat").read_text().split()[0])
                except OSError:
                    pass
        return total

    def stop(self):
        """Asks, then insists; the whole session goes."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                return
            try:
                self.child.wait(timeout=3)
            except subprocess.TimeoutExpired:
                continue


def proportional_bytes(pids: list[int]) -> int:
    """What these processes occupy, memory that several share counted once (PSS)."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def private_bytes(pid: int) -> int:
    """Memory that this process alone is answerable for."""
    total = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Private_Clean:", "Private_Dirty:")):
            total += int(line.split()[1]) * 1024
    return total
