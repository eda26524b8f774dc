"""Full TLS 1.3 handshakes, one request on each connection: CPU per connection of each candidate."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import certificates, tools
from .load import load_core
from .plain import measure, ratio, start_all, start_origin
from .process import Failure
from .tls_h2 import names

# Envoy brings BoringSSL, Caddy Go's own TLS.
same_library = ["nginx", "HAProxy"]


@dataclass
class Handshakes:
    """What one run of the client saw."""

    requests: int
    seconds: float
    tickets: float  # per handshake

    @property
    def throughput(self) -> float:
        return self.requests / self.seconds


def shake(port: int, seconds: int) -> Handshakes:
    """Runs the client to its end; any answer but 200 fails the round."""
    command = ["taskset", "-c", load_core, tools.handshakes(), "--port", port, "--seconds", seconds]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + 60)
    if not done.stdout.startswith("JSON "):
        raise Failure(done.stderr.strip() or "the client of handshakes gave no report")
    report = json.loads(done.stdout[5:])
    return Handshakes(report["handshakes"], report["seconds"], report["tickets"] / report["handshakes"])


def handshakes(arguments, folder: Path) -> dict:
    origin, origin_port = start_origin(folder, arguments.bytes)
    missing, rows = [], {}
    try:
        for kind in certificates.kinds:
            rows[kind], missing = measure_kind(kind, arguments, folder, origin_port)
    finally:
        origin.stop()
    return {"profile": "handshakes", "bytes": arguments.bytes, "runs": arguments.runs, "seconds": arguments.seconds,
            "connections": 32, "missing": missing, "rows": rows}


def measure_kind(kind: str, arguments, folder: Path, origin_port: int) -> tuple[list[dict], list[str]]:
    running = []
    try:
        running, missing = start_all(arguments.only or names, folder, origin_port, certificates.make(kind, folder))
        if not running:
            raise Failure("none of the candidates is installed")
        for series in running:
            shake(series.peer.port, 1)
        for round_number in range(arguments.runs):
            for series in running:
                measure(series, arguments.seconds, shake)
                print(f"{kind}, round {round_number + 1}: {series.peer.name} {series.cpu[-1]:.1f} µs", file=sys.stderr)
    finally:
        for series in running:
            series.peer.process.stop()
    return [row(series) for series in running], missing


def row(series) -> dict:
    return {"name": series.peer.name, "version": series.peer.version, "settings": series.peer.settings,
            "cpuMicroseconds": statistics.median(series.cpu), "cpuSpread": [min(series.cpu), max(series.cpu)],
            "busy": statistics.median(series.busy), "tickets": statistics.median(load.tickets for load in series.loads),
            "throughput": statistics.median(load.throughput for load in series.loads)}


def table(result: dict) -> str:
    lines = [
        f"full TLS 1.3 handshakes (X25519, TLS_AES_128_GCM_SHA256), a connection for each request of {result['bytes']} bytes, "
        f"{result['connections']} at once, medians of {result['runs']} × {result['seconds']} s",
        "proxy pinned to core 0, client and origin to core 1",
        f"{'':6}{'':9}{'version':>9}{'CPU µs each':>13}{'(min – max)':>18}{'× best':>8}{'per CPU s':>11}{'core':>7}{'tickets':>9}"
        "  settings"]
    for kind, rows in result["rows"].items():
        best = min((row["cpuMicroseconds"] for row in rows if row["name"] in same_library), default=None)
        for row in rows:
            spread = f"{row['cpuSpread'][0]:.1f} – {row['cpuSpread'][1]:.1f}"
            lines.append(
                f"{kind:6}{row['name']:9}{row['version']:>9}{row['cpuMicroseconds']:13.1f}{spread:>18}"
                f"{ratio(row['cpuMicroseconds'], best):>8}{1e6 / row['cpuMicroseconds']:11.0f}{row['busy']:7.0%}"
                f"{row['tickets']:9.1f}  {row['settings']}")
    lines.append("best: the better of nginx and HAProxy, which share Sluice's OpenSSL" + (
        f"; not installed here: {', '.join(result['missing'])}" if result["missing"] else ""))
    return "\n".join(lines)
