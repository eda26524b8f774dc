"""Single durable PUTs: how many a second, from one connection and from several at once, beside SQLite's own fsynced
transactions of one row on the same disk, interleaved round by round."""

import json
import selectors
import socket
import sqlite3
import statistics
import sys
import time
from pathlib import Path

from . import stack
from .documents import route
from .process import Failure
from .propagation import load_routes

clients = (1, 8, 32)


class Floor:
    """One transaction at a time of one row, written ahead and synced as the control plane does it."""

    def __init__(self, folder: Path):
        self.database = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute("CREATE TABLE rows (name TEXT PRIMARY KEY, document TEXT) STRICT, WITHOUT ROWID")
        self.number = 0

    def measure(self, seconds: float) -> list[float]:
        """How long each transaction took."""
        times = []
        end = time.monotonic() + seconds
        while (begin := time.monotonic()) < end:
            self.number += 1
            self.database.execute("BEGIN")
            self.database.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", (
                f"route-{self.number % 32}", json.dumps(route(self.number, "a"))))
            self.database.execute("COMMIT")
            times.append(time.monotonic() - begin)
        return times


class Client:
    """One connection with a route of its own, which it changes again and again."""

    def __init__(self, running: stack.Stack, number: int):
        self.socket = socket.create_connection(("127.0.0.1", running.admin_port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.puts = [self.request(running, number, upstream) for upstream in ("a", "b")]
        self.buffer, self.turn, self.begin = b"", 0, 0.0
        self.times: list[float] = []

    @staticmethod
    def request(running: stack.Stack, number: int, upstream: str) -> bytes:
        body = json.dumps(route(number, upstream)).encode()
        fields = {**running.headers(), "Host": "localhost", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"PUT /v1/routes/route-{number} HTTP/1.1\r\n{head}\r\n".encode() + body

    def send(self):
        self.turn += 1
        self.buffer, self.begin = b"", time.monotonic()
        self.socket.sendall(self.puts[self.turn % 2])

    def is_answered(self) -> bool:
        self.buffer += self.socket.recv(65536)
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return False
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")) or b"\r\nx-change: none" in head.lower():
            raise Failure(f"PUT: {self.buffer.decode(errors='replace')[:500]}")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        if len(body) < length:
            return False
        self.times.append(time.monotonic() - self.begin)
        return True


def measure(clients: list[Client], seconds: float) -> list[float]:
    """All of them at once: the time that each PUT took."""
    selector = selectors.DefaultSelector()
    for client in clients:
        client.times = []
        selector.register(client.socket, selectors.EVENT_READ, client)
    end = time.monotonic() + seconds
    for client in clients:
        client.send()
    waiting = len(clients)
    while waiting:
        for key, _ in selector.select(timeout=30):
            if key.data.is_answered():
                if time.monotonic() < end:
                    key.data.send()
                else:
                    waiting -= 1
    selector.close()
    return [each for client in clients for each in client.times]


def writes(arguments, folder: Path) -> dict:
    count = arguments.routes or 1_000
    running = stack.start(folder, replicas=0, workers=1)
    try:
        for upstream in ("a", "b"):
            running.put("upstreams", upstream, {"endpoints": [{"address": "127.0.0.1", "port": 9}]})
        load_routes(running, count, folder)
        floor = Floor(folder)
        connections = [Client(running, number) for number in range(max(clients))]
        rounds: dict[str, list[dict]] = {name: [] for name in ("floor", *map(str, clients))}
        for number in range(arguments.runs):
            rounds["floor"].append(row(floor.measure, arguments.seconds, running))
            for together in clients:
                chosen = connections[:together]
                rounds[str(together)].append(row(lambda seconds: measure(chosen, seconds), arguments.seconds, running))
            print(f"round {number + 1} of {arguments.runs}", file=sys.stderr)
    finally:
        running.stop()
    rows = {name: {field: statistics.median(each[field] for each in measured) for field in measured[0]}
            for name, measured in rounds.items()}
    for name in map(str, clients):
        rows[name]["ratio"] = statistics.median(
            own["perSecond"] / bare["perSecond"] for own, bare in zip(rounds[name], rounds["floor"]))
    return {"profile": "writes", "routes": count, "runs": arguments.runs, "seconds": arguments.seconds, "rows": rows}


def row(measured, seconds: float, running: stack.Stack) -> dict:
    spent, begin = running.control.cpu_nanoseconds(), time.monotonic()
    times = sorted(measured(seconds))
    lasted = time.monotonic() - begin
    return {"perSecond": len(times) / lasted, "p50Milliseconds": times[len(times) // 2] * 1000,
            "p99Milliseconds": times[int(len(times) * 0.99)] * 1000,
            "cpuMicroseconds": (running.control.cpu_nanoseconds() - spent) / len(times) / 1000}


def table(result: dict) -> str:
    lines = [f"writes: single durable PUTs at {result['routes']} routes, medians of {result['runs']} × "
             f"{result['seconds']} s",
             f"{'':34} {'per s':>8} {'ratio':>6} {'p50':>9} {'p99':>9}   {'CPU of control':>15}"]
    for name, row in result["rows"].items():
        what = "SQLite, one transaction at a time" if name == "floor" else f"PUT, {name} connection{'s' * (name != '1')}"
        cpu = "" if name == "floor" else f"{row['cpuMicroseconds']:9.0f} µs/PUT"
        lines.append(f"{what:34} {row['perSecond']:8.0f} {row.get('ratio', 1):6.2f} {row['p50Milliseconds']:6.2f} ms "
                     f"{row['p99Milliseconds']:6.2f} ms   {cpu:>15}")
    return "\n".join(lines)
