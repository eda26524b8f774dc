"""The whole system in small: a control plane and replicas that share one gateway port, and probes that know which
worker process answers them."""

import http.client
import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path

from . import tools
from .process import Failure, Process, free_port, get, wait_until


@dataclass
class Stack:
    """Running processes and how to reach them."""

    folder: Path
    control: Process
    admin_port: int
    gateway_port: int
    replicas: list[Process] = field(default_factory=list)

    @property
    def token(self) -> str:
        return (self.folder / "data" / "admin.token").read_text().strip()

    def environment(self) -> dict[str, str]:
        """What `sluice` needs to find this control plane."""
        return {**os.environ, "SLUICE_URL": f"http://127.0.0.1:{self.admin_port}", "SLUICE_TOKEN": self.token}

    def put(self, kind: str, name: str, document: dict):
        """One durable write; anything but success is a failure."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=30)
        connection.request("PUT", f"/v1/{kind}/{name}", json.dumps(document), self.headers())
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status not in (200, 201):
            raise Failure(f"PUT {kind}/{name}: {answer.status} {body.decode(errors='replace')[:500]}")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def stop(self):
        for process in [*self.replicas, self.control]:
            process.stop()


def start(folder: Path, replicas: int, workers: int, core: int | None = None) -> Stack:
    """Starts a control plane and its replicas; the listener `web` exists, nothing else."""
    binaries = {name: tools.sluice(name) for name in ("sluice-control", "sluice-worker", "sluice")}
    if absent := [name for name, path in binaries.items() if path is None]:
        raise Failure(f"not built: {', '.join(absent)} (swift build -c release, or set SLUICE_BIN_DIR)")
    admin_port, gateway_port = free_port(), free_port()
    control = Process([binaries["sluice-control"], "--admin", f"127.0.0.1:{admin_port}", "--data", folder / "data"],
                      core, folder / "control.log")
    stack = Stack(folder, control, admin_port, gateway_port)
    try:
        control.wait_ready(admin_port, "/readyz")
        stack.put("listeners", "web", {"address": "127.0.0.1", "port": gateway_port,
                                       "limits": {"requestsPerConnection": 1_000_000_000}})
        for number in range(replicas):
            stack.replicas.append(start_replica(binaries["sluice-worker"], stack, number, workers, core))
        for replica in stack.replicas:
            wait_until(lambda: replica.workers() and get(gateway_port), "the gateway's port", 30)
    except BaseException:
        stack.stop()
        raise
    return stack


def start_replica(worker: Path, stack: Stack, number: int, workers: int, core: int | None) -> Process:
    admin_port = free_port()
    process = Process(
        [worker, "--control", f"http://127.0.0.1:{stack.admin_port}", "--token-file",
         stack.folder / "data" / "worker.token", "--state", stack.folder / f"state-{number}", "--workers", workers,
         "--admin", f"127.0.0.1:{admin_port}", "--access-log", "off", "--replica", f"replica-{number}"],
        core, stack.folder / f"replica-{number}.log")
    process.wait_ready(admin_port, "/readyz", seconds=30)
    return process


class Probe:
    """A keep-alive connection to one worker process."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, request: bytes):
        self.socket.sendall(request)

    def received(self) -> bytes | None:
        """Reads once; a whole answer, or nothing when it is not whole yet."""
        chunk = self.socket.recv(262144)
        if not chunk:
            raise Failure("the gateway closed a probe's connection")
        self.buffer += chunk
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)
        if len(body) < length:
            return None
        self.buffer = body[length:]
        return head

    def ask(self, request: bytes) -> bytes:
        self.send(request)
        while (head := self.received()) is None:
            pass
        return head

    def owner(self, port: int, pids: list[int]) -> int | None:
        """The process that holds the other end."""
        mine = self.socket.getsockname()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1][9:], 16) == port and int(fields[2][9:], 16) == mine:
                return next((pid for pid in pids if holds(pid, f"socket:[{fields[9]}]")), None)
        return None


def holds(pid: int, name: str) -> bool:
    folder = f"/proc/{pid}/fd"
    for entry in os.listdir(folder):
        try:
            if os.readlink(f"{folder}/{entry}") == name:
                return True
        except OSError:
            continue
    return False


def probes(stack: Stack) -> list[Probe]:
    """One probe for every worker process of every replica. The kernel spreads connections over the shared port, so
    connections are opened until each process has one."""
    missing = [pid for replica in stack.replicas for pid in replica.workers()]
    found = []
    request = b"GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n"
    for _ in range(2000):
        probe = Probe(stack.gateway_port)
        probe.ask(request)
        owner = probe.owner(stack.gateway_port, missing)
        if owner is None:
            probe.socket.close()
            continue
        missing.remove(owner)
        found.append(probe)
        if not missing:
            return found
    raise Failure(f"no connection reached the processes {missing}")
