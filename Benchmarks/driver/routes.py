"""Few and many routes: CPU per request, memory per route, and how long an apply takes until it is live. With `--matchers` the
routes have conditions: on each path one by the method, one by two headers, one by query and cookie, and one without."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from . import peers, stack, tools
from .configurations import write
from .plain import Series, measure, start_origin
from .process import Failure, free_port, private_bytes

few = 10
applied = 10_000
paths_per_host = 100


def route(number: int, upstream: str = "origin") -> dict:
    """One of many: a hundred paths on each host."""
    host, path = divmod(number, paths_per_host)
    return {"kind": "route", "name": f"route-{number}", "hostnames": [f"h{host}.bench.example.com"],
            "matches": [{"path": {"prefix": f"/api/v1/service-{path}"}}], "forward": [{"upstream": upstream}]}


def conditional(number: int, upstream: str = "origin") -> dict:
    """One of many: each path of a host has four routes, three of which want more than the path. A hundredth has a regular
    expression: one path on every host, and one header on some."""
    path, kind = divmod(number, 4)
    made = route(path, upstream) | {"name": f"route-{number}"}
    match = made["matches"][0]
    if kind == 1:
        match["methods"] = ["POST", "PUT"]
    elif kind == 2:
        match["headers"] = [{"name": "x-env", "exact": f"canary-{path}"}, {"name": "x-tenant", "exact": "t1"}]
        if path % 25 == 0:
            match["headers"][0] = {"name": "x-env", "regex": "^canary-[0-9]+$"}
    elif kind == 3:
        match["query"] = [{"name": "beta", "exact": "1"}]
        match["cookies"] = [{"name": "group", "exact": "b"}]
        if path % paths_per_host == 0:
            made["matches"] = [{"path": {"regex": "^/files/[^/]+\\.(png|jpg)$"}}]
    return made


def target(number: int) -> str:
    host, path = divmod(number, paths_per_host)
    return f"h{host}.bench.example.com /api/v1/service-{path}/items/42"


def configuration(count: int, port: int, origin_port: int, make=route) -> str:
    return json.dumps([
        {"kind": "listener", "name": "web", "address": "127.0.0.1", "port": port,
         "limits": {"requestsPerConnection": 1_000_000_000}},
        {"kind": "upstream", "name": "origin", "endpoints": [{"address": "127.0.0.1", "port": origin_port}]},
        {"kind": "route", "name": "ready", "hostnames": ["localhost"], "forward": [{"upstream": "origin"}]},
        *(make(number) for number in range(count))])


def targets(count: int, spread: int, folder: Path) -> Path:
    """What is asked for: `spread` requests, evenly over all routes, so that every configuration sees equally many."""
    lines = [target(number * count // spread if count > spread else number % count) for number in range(spread)]
    return write(folder / f"targets-{count}", "\n".join(lines) + "\n")


def start_sluice(worker: Path, count: int, folder: Path, origin_port: int, make=route) -> peers.Peer:
    port = free_port()
    own = folder / f"routes-{count}"
    own.mkdir()
    file = write(own / "sluice.json", configuration(count, port, origin_port, make))
    started = time.monotonic()
    peer = peers.run(f"{count} routes", "this tree", "", peers.sluice_command(worker, file, own), own, port)
    print(f"{count} routes: ready after {time.monotonic() - started:.2f} s", file=sys.stderr)
    return peer


def routes(arguments, folder: Path) -> dict:
    worker = tools.sluice("sluice-worker")
    if worker is None:
        raise Failure("sluice-worker is not built (swift build -c release, or set SLUICE_BIN_DIR)")
    many = arguments.routes or 100_000
    make, asked = (conditional, 4) if arguments.matchers else (route, 1)
    origin, origin_port = start_origin(folder, arguments.bytes)
    running = []
    try:
        for count in (few, many):
            running.append(Series(start_sluice(worker, count, folder, origin_port, make)))
        memory = [max(private_bytes(pid) for pid in series.peer.process.workers()) for series in running]
        supervisor = [private_bytes(series.peer.process.pid) for series in running]
        for _ in range(arguments.runs):
            for series, count in zip(running, (few, many)):
                measure(series, arguments.seconds, targets=targets(max(1, count // asked), arguments.spread, folder))
    finally:
        for series in running:
            series.peer.process.stop()
        origin.stop()
    cost = [statistics.median(series.cpu) for series in running]
    return {"profile": "routes", "matchers": arguments.matchers, "few": few, "many": many, "spread": arguments.spread, "runs": arguments.runs,
            "seconds": arguments.seconds, "cpuMicroseconds": cost, "growth": cost[1] / cost[0] - 1,
            "workerBytes": memory, "bytesPerRoute": (memory[1] - memory[0]) / (many - few),
            "supervisorBytesPerRoute": (supervisor[1] - supervisor[0]) / (many - few),
            "apply": applies(arguments, folder)}


def applies(arguments, folder: Path) -> list[dict]:
    """Some applies; none where there is no control plane to apply to."""
    if not tools.sluice("sluice-control") or not tools.sluice("sluice"):
        return []
    return [apply(arguments, folder, number) for number in range(min(arguments.runs, 3))]


def apply(arguments, folder: Path, number: int) -> dict:
    """`sluice apply` of 10,000 routes, until every worker process of two replicas serves the last of them."""
    own = folder / f"apply-{number}"
    own.mkdir()
    origin, origin_port = start_origin(own, arguments.bytes)
    running = None
    try:
        running = stack.start(own, replicas=2, workers=1)
        running.put("upstreams", "origin", {"endpoints": [{"address": "127.0.0.1", "port": origin_port}]})
        file = write(own / "routes.json", json.dumps([route(each) for each in range(applied)]))
        watched = stack.probes(running)
        host, path = target(applied - 1).split()
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        begin = time.monotonic()
        command = subprocess.Popen([tools.sluice("sluice"), "apply", "-f", file], env=running.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for probe in watched:
            while not probe.ask(request).startswith(b"HTTP/1.1 200"):
                if time.monotonic() - begin > 60 or command.poll() not in (None, 0):
                    raise Failure(f"apply is not live: {command.communicate()[0].decode()[-500:]}")
                time.sleep(0.002)
        live = time.monotonic() - begin
        output, _ = command.communicate(timeout=60)
        if command.returncode != 0:
            raise Failure(f"sluice apply: exit {command.returncode}: {output.decode()[-500:]}")
        return {"routes": applied, "liveSeconds": live, "commandSeconds": time.monotonic() - begin}
    finally:
        if running:
            running.stop()
        origin.stop()


def table(result: dict) -> str:
    cost, memory = result["cpuMicroseconds"], result["workerBytes"]
    applied_line = f"apply of {applied} routes  not measured: sluice-control or sluice is not built"
    if result["apply"]:
        live = statistics.median(each["liveSeconds"] for each in result["apply"])
        done = statistics.median(each["commandSeconds"] for each in result["apply"])
        applied_line = (f"apply of {applied} routes  live on two replicas after {live:.2f} s; the command took "
                        f"{done:.2f} s")
    return "\n".join([
        f"routes{' with conditions' if result['matchers'] else ''}: {result['few']} and {result['many']}, {paths_per_host} paths on each host; {result['spread']} targets "
        f"spread evenly; medians of {result['runs']} × {result['seconds']} s",
        f"CPU per request        {cost[0]:.2f} µs → {cost[1]:.2f} µs ({result['growth']:+.1%})",
        f"worker process         {memory[0] / 2**20:.1f} MiB → {memory[1] / 2**20:.1f} MiB private, "
        f"{result['bytesPerRoute']:.0f} bytes per route (supervisor: {result['supervisorBytesPerRoute']:.0f})",
        applied_line])
