"""One route changed among many: from the start of the call until every worker process of two replicas serves it."""

import json
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from . import load, stack, tools
from .configurations import write
from .plain import start_origin
from .process import Failure
from .documents import route
from .routes import targets

change_name = "changing"
# Seconds between two questions of a probe: the probes must not be what keeps the machine busy.
pause = 0.0005
request = b"GET /changing HTTP/1.1\r\nHost: change.example.com\r\n\r\n"


def document(upstream: str) -> dict:
    return {"hostnames": ["change.example.com"], "matches": [{"path": {"exact": "/changing"}}],
            "forward": [{"upstream": upstream}]}


class Change:
    """One PUT and the probes that wait for it, on one selector, so that the clock is read when bytes arrive."""

    def __init__(self, admin: socket.socket, put: bytes, probes: list[stack.Probe], tag: bytes):
        self.admin, self.put, self.tag = admin, put, tag
        self.waiting = {probe.socket: probe for probe in probes}
        self.selector = selectors.DefaultSelector()
        for each in (admin, *self.waiting):
            self.selector.register(each, selectors.EVENT_READ)

    def run(self, seconds: float = 10) -> tuple[float, float]:
        """Seconds until the call was answered, and until the last process served the change."""
        begin = time.monotonic()
        self.admin.sendall(self.put)
        for probe in self.waiting.values():
            probe.send(request)
        answered = served = None
        while answered is None or self.waiting:
            again = []
            for key, _ in self.selector.select(timeout=seconds):
                if key.fileobj is self.admin:
                    answered = self.read_answer(begin) or answered
                elif self.read_probe(key.fileobj, again):
                    served = time.monotonic() - begin
            if again:
                time.sleep(pause)
                for probe in again:
                    probe.send(request)
            if time.monotonic() - begin > seconds:
                raise Failure(f"a change is not served after {seconds:.0f} s")
        self.selector.close()
        return answered, served

    def read_answer(self, begin: float) -> float | None:
        answer = self.admin.recv(65536)
        if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise Failure(f"PUT: {answer.decode(errors='replace')[:500] or 'connection closed'}")
        return time.monotonic() - begin

    def read_probe(self, ready: socket.socket, again: list[stack.Probe]) -> bool:
        probe = self.waiting[ready]
        head = probe.received()
        if head is None:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise Failure(f"a probe got {head.decode(errors='replace')[:200]}")
        if b": " + self.tag + b"\r\n" not in head + b"\r\n":
            again.append(probe)
            return False
        del self.waiting[ready]
        self.selector.unregister(ready)
        return True


def put_bytes(running: stack.Stack, upstream: str) -> bytes:
    body = json.dumps(document(upstream)).encode()
    fields = {**running.headers(), "Host": "localhost", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"PUT /v1/routes/{change_name} HTTP/1.1\r\n{head}\r\n".encode() + body


def load_routes(running: stack.Stack, count: int, folder: Path):
    file = write(folder / "routes.json", json.dumps([route(number, "a") for number in range(count)]))
    done = subprocess.run([tools.sluice("sluice"), "apply", "-f", file], env=running.environment(), capture_output=True,
                          text=True, timeout=300)
    if done.returncode != 0:
        raise Failure(f"sluice apply: exit {done.returncode}: {(done.stdout + done.stderr)[-500:]}")


def propagation(arguments, folder: Path) -> dict:
    count = arguments.routes or 10_000
    started = []
    try:
        ports = {}
        for tag in ("a", "b"):
            origin, ports[tag] = start_origin(folder, arguments.bytes, tag)
            started.append(origin)
        running = stack.start(folder, replicas=2, workers=arguments.workers)
        started.append(running)
        for tag, port in ports.items():
            running.put("upstreams", tag, {"endpoints": [{"address": "127.0.0.1", "port": port}]})
        load_routes(running, count, folder)
        running.put("routes", change_name, document("a"))
        watched = stack.probes(running)
        settle(watched, count)
        traffic = subprocess.Popen(
            load.wrk_command(running.gateway_port, 3600, 32, targets=targets(count, 1000, folder), delay=10),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            times = change_often(running, watched, arguments.changes)
        finally:
            traffic.send_signal(signal.SIGINT)
            output, _ = traffic.communicate(timeout=30)
    finally:
        for each in reversed(started):
            each.stop()
    seen = load.parse(output, strict=False)
    return {"profile": "propagation", "routes": count, "changes": arguments.changes, "replicas": 2,
            "workers": arguments.workers, "put": summary([each[0] for each in times]),
            "served": summary([each[1] for each in times]), "requests": seen.requests, "failed": load.failed(output)}


def settle(watched: list[stack.Probe], count: int):
    """Waits until every process serves the routes that were loaded."""
    asked = [request]
    last = route(count - 1)
    asked.append(f"GET {last['matches'][0]['path']['prefix']} HTTP/1.1\r\nHost: {last['hostnames'][0]}\r\n\r\n".encode())
    deadline = time.monotonic() + 60
    for probe in watched:
        while not all(probe.ask(each).startswith(b"HTTP/1.1 200") for each in asked):
            if time.monotonic() > deadline:
                raise Failure("the routes are not served after 60 s")
            time.sleep(0.01)


def change_often(running: stack.Stack, watched: list[stack.Probe], changes: int) -> list[tuple[float, float]]:
    times = []
    with socket.create_connection(("127.0.0.1", running.admin_port), 30) as admin:
        for number in range(changes):
            tag = "ba"[number % 2]
            times.append(Change(admin, put_bytes(running, tag), watched, tag.encode()).run())
            if number % 50 == 49:
                print(f"{number + 1} changes", file=sys.stderr)
    return times


def summary(seconds: list[float]) -> dict:
    ordered = sorted(each * 1000 for each in seconds)
    return {"p50Milliseconds": ordered[len(ordered) // 2], "p99Milliseconds": ordered[int(len(ordered) * 0.99) - 1],
            "maxMilliseconds": ordered[-1]}


def table(result: dict) -> str:
    lines = [f"propagation: one route of {result['routes']} changed {result['changes']} times, {result['replicas']} "
             f"replicas of {result['workers']} worker process(es), traffic beside it"]
    for name, what in (("put", "the call answered"), ("served", "served by every process")):
        figures = result[name]
        lines.append(f"{what:24} p50 {figures['p50Milliseconds']:7.2f} ms   p99 {figures['p99Milliseconds']:7.2f} ms"
                     f"   max {figures['maxMilliseconds']:7.2f} ms")
    lines.append(f"traffic                  {result['requests']} requests, {result['failed']} failed")
    return "\n".join(lines)
