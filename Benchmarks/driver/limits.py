"""What a rate limit by client address costs: the same route with and without one, round by round, and with a global one over Redis;
and what a million keys take."""

import re
import shutil
import statistics
import subprocess
from pathlib import Path

from . import peers
from .load import load_core, script
from .plain import Series, measure_all, start_origin
from .process import Failure, Process, free_port, proportional_bytes

keys = 1_000_000


def start(folder: Path, origin_port: int, store: int | None) -> list[peers.Peer]:
    """Without and with the limit, each with a state of its own."""
    running = []
    starters = [("plain", peers.start_sluice, {}), ("limited", peers.start_limited, {})]
    if store:
        starters.append(("global", peers.start_limited, {"store": store}))
    for name, begin, options in starters:
        (folder / name).mkdir()
        peer = begin(folder / name, free_port(), origin_port, **options)
        if not peer:
            raise Failure("sluice-worker is not built")
        running.append(peer)
    return running


def limits(arguments, folder: Path) -> dict:
    origin, origin_port = start_origin(folder, arguments.bytes)
    running, redis, port = [], None, free_port()
    try:
        if server := shutil.which("redis-server"):
            redis = Process([server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)], load_core,
                            folder / "redis.log")
        running = start(folder, origin_port, port if redis else None)
        series = [Series(peer) for peer in running]
        measure_all(series, arguments)
        memory = by_keys(folder, origin_port)
    finally:
        for peer in running:
            peer.process.stop()
        if redis:
            redis.stop()
        origin.stop()
    plain, limited = series[:2]
    return {"profile": "limits", "runs": arguments.runs, "seconds": arguments.seconds, "rows": [each.row() for each in series],
            "differences": [b - a for a, b in zip(plain.cpu, limited.cpu)], **memory}


def by_keys(folder: Path, origin_port: int) -> dict:
    """Memory of all processes before and after requests with a million different keys."""
    folder = folder / "keys"
    folder.mkdir()
    targets = folder / "targets"
    targets.write_text("".join(f"k{number}.test /\n" for number in range(keys)))
    peer = peers.start_limited(folder, free_port(), origin_port, key={"header": "host"})
    try:
        before = proportional_bytes(peer.process.tree())
        command = ["taskset", "-c", str(load_core), "wrk", "-t1", "-c64", "-d60s", "-s", str(script),
                   f"http://127.0.0.1:{peer.port}/", "--", str(targets), "0"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
        sent = int(re.search(r"(\d+) requests in", said)[1])
        return {"keys": min(keys, sent), "bytesBefore": before, "bytesAfter": proportional_bytes(peer.process.tree())}
    finally:
        peer.process.stop()


def table(result: dict) -> str:
    lines = [f"a rate limit by client address with its fields; medians of {result['runs']} × {result['seconds']} s"]
    for row in result["rows"]:
        lines.append(f"{row['name']:9}{row['cpuMicroseconds']:8.2f} µs/req{row['busy']:7.0%} of a core")
    lines.append(f"the limit costs {statistics.median(result['differences']):.2f} µs "
                 f"({min(result['differences']):.2f} – {max(result['differences']):.2f})")
    lines.append(f"{result['keys']} keys: {result['bytesBefore'] / 2**20:.1f} MiB before, {result['bytesAfter'] / 2**20:.1f} MiB after")
    return "\n".join(lines)
