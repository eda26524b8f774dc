"""Plain HTTP/1.1: CPU per request of each candidate, interleaved round by round, medians and ratios."""

import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import peers, tools
from .load import Load, load_core, wrk
from .process import Failure, Process, free_port


@dataclass
class Series:
    """The rounds of one candidate."""

    peer: peers.Peer
    cpu: list[float] = field(default_factory=list)  # µs per request
    busy: list[float] = field(default_factory=list)  # share of a core
    loads: list[Load] = field(default_factory=list)

    def row(self) -> dict:
        return {
            "name": self.peer.name, "version": self.peer.version, "settings": self.peer.settings,
            "cpuMicroseconds": statistics.median(self.cpu), "cpuSpread": [min(self.cpu), max(self.cpu)],
            "busy": statistics.median(self.busy),
            "throughput": statistics.median(load.throughput for load in self.loads),
            "p50Milliseconds": statistics.median(load.p50 for load in self.loads),
            "p99Milliseconds": statistics.median(load.p99 for load in self.loads),
        }


def measure(series: Series, seconds: int, generate=wrk, **options):
    """One round: what the kernel charged the candidate while the load generator ran."""
    before = series.peer.process.cpu_nanoseconds()
    load = generate(series.peer.port, seconds, **options)
    spent = series.peer.process.cpu_nanoseconds() - before
    series.cpu.append(spent / load.requests / 1000)
    series.busy.append(spent / 1e9 / load.seconds)
    series.loads.append(load)


def measure_all(running: list[Series], arguments, generate=wrk, **options):
    """Warms everyone up, then measures them round by round."""
    for series in running:
        generate(series.peer.port, 1, **options)
    for round_number in range(arguments.runs):
        for series in running:
            measure(series, arguments.seconds, generate, **options)
            print(f"round {round_number + 1}: {series.peer.name} {series.cpu[-1]:.2f} µs", file=sys.stderr)


def start_all(names: list[str], folder: Path, origin_port: int,
              tls: Path | None = None) -> tuple[list[Series], list[str]]:
    """Everyone that is installed, and the names of those that are not."""
    running, missing = [], []
    try:
        for name in names:
            peer = peers.start(name, folder, origin_port, tls)
            if peer:
                running.append(Series(peer))
            else:
                missing.append(name)
    except BaseException:
        for series in running:
            series.peer.process.stop()
        raise
    return running, missing


def start_origin(folder: Path, size: int, tag: str = "origin", addresses: int = 1) -> tuple[Process, int]:
    """`addresses`: on so many loopback addresses, from 127.0.0.1 on."""
    port = free_port()
    origin = Process([tools.origin(), "--port", port, "--bytes", size, "--tag", tag, "--addresses", addresses], load_core,
                     folder / f"origin-{tag}.log")
    origin.wait_ready(port)
    return origin, port


def plain(arguments, folder: Path) -> dict:
    origin, origin_port = start_origin(folder, arguments.bytes)
    running = []
    try:
        running, missing = start_all(arguments.only or list(peers.starters), folder, origin_port)
        measure_all(running, arguments)
    finally:
        for series in running:
            series.peer.process.stop()
        origin.stop()
    if not running:
        raise Failure("none of the candidates is installed")
    return {"profile": "plain", "bytes": arguments.bytes, "runs": arguments.runs, "seconds": arguments.seconds,
            "connections": 64, "missing": missing, "rows": [series.row() for series in running]}


def table(result: dict) -> str:
    rows = result["rows"]
    cost = {row["name"]: row["cpuMicroseconds"] for row in rows}
    best = min((cost[name] for name in ("nginx", "HAProxy") if name in cost), default=None)
    floor = cost.get("floor")
    lines = [
        f"plain HTTP/1.1, {result['bytes']} bytes, 64 keep-alive connections, medians of {result['runs']} × "
        f"{result['seconds']} s; proxy pinned to core 0, wrk -t1 and origin to core 1",
        f"{'':9}{'version':>11}{'CPU µs/req':>12}{'(min – max)':>16}{'× best':>8}{'× floor':>9}{'core':>7}"
        f"{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}  settings"]
    for row in rows:
        spread = f"{row['cpuSpread'][0]:.2f} – {row['cpuSpread'][1]:.2f}"
        lines.append(
            f"{row['name']:9}{row['version']:>11}{row['cpuMicroseconds']:12.2f}{spread:>16}"
            f"{ratio(row['cpuMicroseconds'], best):>8}{ratio(row['cpuMicroseconds'], floor):>9}{row['busy']:7.0%}"
            f"{row['throughput']:9.0f}{row['p50Milliseconds']:8.2f}{row['p99Milliseconds']:8.2f}  {row['settings']}")
    lines.append("best: the better of nginx and HAProxy" + (
        f"; not installed here: {', '.join(result['missing'])}" if result["missing"] else ""))
    return "\n".join(lines)


def ratio(value: float, base: float | None) -> str:
    return f"{value / base:.2f}" if base else "–"
