"""A large configuration in the control plane and one replica: what apply, plan, rollback and a restart take, and the memory of
each process by route."""

import http.client
import json
import statistics
import sys
import time
from pathlib import Path

from . import stack, tools
from .documents import route
from .process import Failure, Process, private_bytes, wait_until

few = 100
repeats = 5


class Admin:
    """A kept connection to the admin API."""

    def __init__(self, running: stack.Stack):
        self.running = running
        self.connection = http.client.HTTPConnection("127.0.0.1", running.admin_port, timeout=300)

    def call(self, method: str, path: str, body=None) -> tuple[dict, dict]:
        """The answer, and what the call took: seconds and CPU seconds of the control plane."""
        text = None if body is None else json.dumps(body).encode()
        spent, begin = self.running.control.cpu_nanoseconds(), time.monotonic()
        self.connection.request(method, path, text, self.running.headers())
        answer = self.connection.getresponse()
        content = answer.read()
        taken = {"seconds": time.monotonic() - begin}
        taken["cpuSeconds"] = (self.running.control.cpu_nanoseconds() - spent) / 1e9
        if answer.status not in (200, 201):
            raise Failure(f"{method} {path}: {answer.status} {content.decode(errors='replace')[:500]}")
        return json.loads(content), taken


def quiet(processes: list[Process]):
    """Waits until nobody works any more, snapshots on disk included."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 3:
        spent = sum(process.cpu_nanoseconds() for process in processes)
        if spent - last > 50_000_000:
            last, since = spent, time.monotonic()
        time.sleep(0.1)


def bytes_by_process(running: stack.Stack) -> dict[str, int]:
    quiet([running.control, *running.replicas])
    replica = running.replicas[0]
    return {"control": private_bytes(running.control.pid), "supervisor": private_bytes(replica.pid),
            "worker": max(private_bytes(pid) for pid in replica.workers())}


def restart(running: stack.Stack, folder: Path) -> dict:
    """Seconds and CPU seconds until the control plane is ready again."""
    running.control.stop()
    begin = time.monotonic()
    running.control = Process(
        [tools.sluice("sluice-control"), "--admin", f"127.0.0.1:{running.admin_port}", "--data", folder / "data"], None,
        folder / "control-again.log")
    running.control.wait_ready(running.admin_port, "/readyz", seconds=120)
    return {"seconds": time.monotonic() - begin, "cpuSeconds": running.control.cpu_nanoseconds() / 1e9}


def several(call) -> dict:
    taken = [call() for _ in range(repeats)]
    return {name: statistics.median(each[name] for each in taken) for name in taken[0]}


def large(arguments, folder: Path) -> dict:
    count = arguments.routes or 100_000
    running = stack.start(folder, replicas=1, workers=1)
    try:
        admin = Admin(running)
        for tag in ("a", "b"):
            running.put("upstreams", tag, {"endpoints": [{"address": "127.0.0.1", "port": 9}]})
        documents = [route(number, "a") for number in range(count)]
        admin.call("POST", "/v1/apply", documents[:few])
        memory = [bytes_by_process(running)]
        rows = {f"apply of {count} routes": admin.call("POST", "/v1/apply", documents)[1]}
        memory.append(bytes_by_process(running))
        print("applied", file=sys.stderr)
        rows |= small_changes(admin, documents)
        rows["plan, nothing changes"] = several(lambda: admin.call("POST", "/v1/plan", documents)[1])
        documents[-1] = route(count - 1, "b")
        rows["plan, one change"] = several(lambda: admin.call("POST", "/v1/plan", documents)[1])
        rows["apply, one change"] = admin.call("POST", "/v1/apply", documents)[1]
        print("planned", file=sys.stderr)
        rows |= rollbacks(admin, [route(number, "b") for number in range(min(count, 10_000))])
        rows["restart until ready"] = several(lambda: restart(running, folder))
        memory.append(bytes_by_process(running))
    finally:
        running.stop()
    return {"profile": "large", "routes": count, "rows": rows, "memory": memory,
            "bytesPerRoute": {name: (memory[1][name] - memory[0][name]) / (count - few) for name in memory[0]}}


def small_changes(admin: Admin, documents: list[dict]) -> dict:
    def change(number: int) -> dict:
        name = documents[number]["name"]
        return admin.call("PUT", f"/v1/routes/{name}", route(number, "b"))[1]

    taken = [change(number) for number in range(50)]
    return {"PUT of one route": {name: statistics.median(each[name] for each in taken) for name in taken[0]}}


def rollbacks(admin: Admin, many: list[dict]) -> dict:
    latest = admin.call("GET", "/v1/versions/latest")[0]["number"]
    rows = {"rollback of one change": admin.call("POST", f"/v1/versions/{latest - 1}/rollback")[1]}
    before = latest + 1
    admin.call("POST", "/v1/apply", many)
    rows[f"rollback of {len(many)} changes"] = admin.call("POST", f"/v1/versions/{before}/rollback")[1]
    return rows


def table(result: dict) -> str:
    lines = [f"large: {result['routes']} routes, one replica of one worker process"]
    for name, row in result["rows"].items():
        lines.append(f"{name:28} {row['seconds'] * 1000:9.1f} ms   CPU of control {row['cpuSeconds'] * 1000:9.1f} ms")
    first, loaded, again = result["memory"]
    for name, each in result["bytesPerRoute"].items():
        after = f", {again[name] / 2**20:.1f} MiB after a restart" if name == "control" else ""
        lines.append(f"{name:28} {first[name] / 2**20:.1f} MiB → {loaded[name] / 2**20:.1f} MiB private, "
                     f"{each:.0f} bytes per route{after}")
    return "\n".join(lines)
