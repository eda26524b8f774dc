"""Few and many routes: CPU per request, memory per route, and how long an apply takes until it is live. With `--matchers` the
routes have conditions: on each path one by the method, one by two headers, one by query and cookie, and one without."""

import json
import statistics
import sys
import time
from pathlib import Path

from . import apply, peers, tools
from .configurations import write
from .documents import paths_per_host, route, target
from .plain import Series, measure, start_origin
from .process import Failure, free_port, private_bytes

few = 10


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
            "apply": apply.several(arguments, folder, min(arguments.runs, 3))}


def table(result: dict) -> str:
    cost, memory = result["cpuMicroseconds"], result["workerBytes"]
    return "\n".join([
        f"routes{' with conditions' if result['matchers'] else ''}: {result['few']} and {result['many']}, {paths_per_host} paths on each host; {result['spread']} targets "
        f"spread evenly; medians of {result['runs']} × {result['seconds']} s",
        f"CPU per request        {cost[0]:.2f} µs → {cost[1]:.2f} µs ({result['growth']:+.1%})",
        f"worker process         {memory[0] / 2**20:.1f} MiB → {memory[1] / 2**20:.1f} MiB private, "
        f"{result['bytesPerRoute']:.0f} bytes per route (supervisor: {result['supervisorBytesPerRoute']:.0f})",
        apply.line(result["apply"])])
