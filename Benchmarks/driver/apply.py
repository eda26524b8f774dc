"""`sluice apply` of 10,000 routes: until it is durable, and until every worker process of two replicas serves the last of them."""

import json
import statistics
import subprocess
import time
from pathlib import Path

from . import stack, tools
from .configurations import write
from .documents import route, target
from .plain import start_origin
from .process import Failure

applied = 10_000


def several(arguments, folder: Path, runs: int) -> list[dict]:
    """Some applies; none where there is no control plane to apply to."""
    if not tools.sluice("sluice-control") or not tools.sluice("sluice"):
        return []
    return [once(arguments, folder, number) for number in range(runs)]


def once(arguments, folder: Path, number: int) -> dict:
    own = folder / f"apply-{number}"
    own.mkdir()
    origin, origin_port = start_origin(own, arguments.bytes)
    running = None
    try:
        running = stack.start(own, replicas=2, workers=1)
        running.put("upstreams", "origin", {"endpoints": [{"address": "127.0.0.1", "port": origin_port}]})
        file = write(own / "routes.json", json.dumps([route(each) for each in range(applied)]))
        return measured(running, file)
    finally:
        if running:
            running.stop()
        origin.stop()


def measured(running: stack.Stack, file: Path) -> dict:
    watched = stack.probes(running)
    host, path = target(applied - 1).split()
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    spent = running.control.cpu_nanoseconds()
    begin = time.monotonic()
    log = file.with_suffix(".log")
    with log.open("wb") as output:
        command = subprocess.Popen([tools.sluice("sluice"), "apply", "-f", file], env=running.environment(),
                                   stdout=output, stderr=subprocess.STDOUT)
    durable = live = None
    waiting = list(watched)
    while waiting or durable is None:
        waiting = [probe for probe in waiting if not probe.ask(request).startswith(b"HTTP/1.1 200")]
        now = time.monotonic() - begin
        if not waiting:
            live = live or now
        if command.poll() is not None:
            durable = durable or now
        if now > 60 or command.poll() not in (None, 0):
            raise Failure(f"apply is not live: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.002)
    return {"routes": applied, "liveSeconds": live, "commandSeconds": durable,
            "controlSeconds": (running.control.cpu_nanoseconds() - spent) / 1e9}


def line(measured: list[dict]) -> str:
    if not measured:
        return f"apply of {applied} routes  not measured: sluice-control or sluice is not built"
    live, done, spent = (statistics.median(each[name] for each in measured)
                         for name in ("liveSeconds", "commandSeconds", "controlSeconds"))
    return (f"apply of {applied} routes  live on two replicas after {live:.2f} s; the command took {done:.2f} s; "
            f"CPU of the control plane {spent:.2f} s")


def apply(arguments, folder: Path) -> dict:
    measured = several(arguments, folder, arguments.runs)
    if not measured:
        raise Failure("sluice-control or sluice is not built (swift build -c release, or set SLUICE_BIN_DIR)")
    return {"profile": "apply", "runs": arguments.runs, "apply": measured}


def table(result: dict) -> str:
    return f"medians of {result['runs']}\n{line(result['apply'])}"
