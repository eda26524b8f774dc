"""Few and many endpoints of one upstream: CPU per request for each algorithm, interleaved, and the growth."""

import ipaddress
import json
import statistics
import sys
from pathlib import Path

from . import peers, tools
from .configurations import write
from .load import wrk
from .plain import Series, measure, start_origin
from .process import Failure, free_port

few, many = 10, 1000
algorithms = ("least-request", "round-robin", "random", "consistent-hash", "peak-ewma")


def start(worker: Path, folder: Path, algorithm: str, count: int, origin_port: int) -> peers.Peer:
    port, own = free_port(), folder / f"{algorithm}-{count}"
    own.mkdir()
    first = ipaddress.ip_address("127.0.0.1")
    balancing = {"algorithm": algorithm} | ({"hashOn": {"query": "k"}} if algorithm == "consistent-hash" else {})
    file = write(own / "sluice.json", json.dumps([
        {"kind": "listener", "name": "web", "address": "127.0.0.1", "port": port,
         "limits": {"requestsPerConnection": 1_000_000_000}},
        {"kind": "upstream", "name": "origin", "loadBalancing": balancing,
         "endpoints": [{"address": str(first + number), "port": origin_port} for number in range(count)]},
        {"kind": "route", "name": "all", "forward": [{"upstream": "origin"}]}]))
    return peers.run(f"{algorithm} {count}", "this tree", "", peers.sluice_command(worker, file, own), own, port)


def endpoints(arguments, folder: Path) -> dict:
    worker = tools.sluice("sluice-worker")
    if worker is None:
        raise Failure("sluice-worker is not built (swift build -c release, or set SLUICE_BIN_DIR)")
    origin, origin_port = start_origin(folder, arguments.bytes, addresses=many)
    running: dict[tuple[str, int], Series] = {}
    try:
        for algorithm in algorithms:
            for count in (few, many):
                running[algorithm, count] = Series(start(worker, folder, algorithm, count, origin_port))
                # Until there are connections to all endpoints.
                wrk(running[algorithm, count].peer.port, 2)
        for number in range(arguments.runs):
            for (algorithm, count), series in running.items():
                measure(series, arguments.seconds)
                print(f"round {number + 1}: {algorithm}, {count} endpoints: {series.cpu[-1]:.2f} µs", file=sys.stderr)
    finally:
        for series in running.values():
            series.peer.process.stop()
        origin.stop()
    cost = {key: statistics.median(series.cpu) for key, series in running.items()}
    return {"profile": "endpoints", "few": few, "many": many, "runs": arguments.runs, "seconds": arguments.seconds,
            "rows": [{"algorithm": each, "few": cost[each, few], "many": cost[each, many]} for each in algorithms]}


def table(result: dict) -> str:
    lines = [f"CPU µs per request with {result['few']} and {result['many']} endpoints; medians of {result['runs']} × "
             f"{result['seconds']} s"]
    lines += [f"{row['algorithm']:16}{row['few']:8.2f}{row['many']:8.2f}{row['many'] / row['few'] - 1:+9.1%}"
              for row in result["rows"]]
    return "\n".join(lines)
