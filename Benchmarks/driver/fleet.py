"""Hundreds of replicas that poll and report: what they cost the control plane while nothing changes, and how soon all of
them have a change."""

import subprocess
import sys
import time
from pathlib import Path

from . import stack, tools
from .large import Admin
from .process import Failure
from .propagation import change_name, document, load_routes, summary

# Two rounds of polls, which are held for 25 s.
quiet_seconds = 50


class Fleet:
    """The replicas, all of them in one process."""

    def __init__(self, running: stack.Stack, count: int):
        token = (running.folder / "data" / "worker.token").read_text().strip()
        self.child = subprocess.Popen(
            [tools.fleet(), "--port", str(running.admin_port), "--token", token, "--replicas", str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def until(self, version: int) -> tuple[float, float]:
        """When the first and the last replica had the version, by the clock of `time.monotonic`."""
        for line in self.child.stdout:
            number, first, last = (int(word) for word in line.split())
            if number >= version:
                return first / 1e9, last / 1e9
        raise Failure("the fleet has ended")

    def stop(self) -> str:
        self.child.stdin.close()
        rest = self.child.stdout.read().strip().rpartition("\n")[2]
        if self.child.wait(timeout=10) != 0:
            raise Failure("the fleet has failed")
        return rest


def fleet(arguments, folder: Path) -> dict:
    count = arguments.routes or 1_000
    started = []
    try:
        running = stack.start(folder, replicas=0, workers=1)
        started.append(running)
        for tag in ("a", "b"):
            running.put("upstreams", tag, {"endpoints": [{"address": "127.0.0.1", "port": 9}]})
        load_routes(running, count, folder)
        admin = Admin(running)
        version = put(admin, "a")
        replicas = Fleet(running, arguments.replicas)
        started.append(replicas)
        replicas.until(version)
        quiet = quietly(running, replicas)
        changes = [change(running, admin, replicas, "ba"[number % 2]) for number in range(arguments.changes)]
    finally:
        for each in reversed(started):
            each.stop()
    return {"profile": "fleet", "routes": count, "replicas": arguments.replicas, "changes": arguments.changes,
            "quiet": quiet, "first": summary([each[0] for each in changes]),
            "last": summary([each[1] for each in changes]),
            "cpuMilliseconds": sorted(each[2] for each in changes)[len(changes) // 2] * 1000}


def put(admin: Admin, tag: str) -> int:
    """Returns the version that the change made."""
    return admin.call("PUT", f"/v1/routes/{change_name}", document(tag))[0]["meta"]["version"]


def quietly(running: stack.Stack, replicas: Fleet) -> dict:
    print(f"nothing changes for {quiet_seconds} s", file=sys.stderr)
    time.sleep(2)
    before, begin = running.control.cpu_nanoseconds(), time.monotonic()
    time.sleep(quiet_seconds)
    spent, lasted = running.control.cpu_nanoseconds() - before, time.monotonic() - begin
    return {"share": spent / 1e9 / lasted}


def change(running: stack.Stack, admin: Admin, replicas: Fleet, tag: str) -> tuple[float, float, float]:
    """Seconds from the start of the call until the first and the last replica had it; CPU seconds that it cost."""
    spent, begin = running.control.cpu_nanoseconds(), time.monotonic()
    first, last = replicas.until(put(admin, tag))
    time.sleep(0.1)  # until every replica's next poll is held
    return first - begin, last - begin, (running.control.cpu_nanoseconds() - spent) / 1e9


def table(result: dict) -> str:
    lines = [f"fleet: {result['replicas']} replicas at {result['routes']} routes, {result['changes']} changes",
             f"while nothing changes    {result['quiet']['share']:.1%} of a core (polls held 25 s, reports every 10 s)"]
    for name, what in (("first", "the first has a change"), ("last", "all have a change")):
        figures = result[name]
        lines.append(f"{what:24} p50 {figures['p50Milliseconds']:7.2f} ms   p99 {figures['p99Milliseconds']:7.2f} ms"
                     f"   max {figures['maxMilliseconds']:7.2f} ms")
    lines.append(f"CPU of control           {result['cpuMilliseconds']:.1f} ms a change")
    return "\n".join(lines)
