"""TLS 1.3 and HTTP/2 towards clients, HTTP/1.1 towards the origin: CPU per request of each candidate."""

import re
import shutil
import subprocess
from pathlib import Path

from . import certificates, peers
from .load import Load, load_core
from .plain import measure_all, ratio, start_all, start_origin
from .process import Failure

names = [name for name in peers.starters if name != "floor"]
connections, streams = 32, 8
cipher = "TLS_AES_128_GCM_SHA256"
units = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def h2load(port: int, seconds: int) -> Load:
    """Runs h2load to its end. Any answer but 2xx, any failed request and another protocol or cipher fail the round."""
    command = ["taskset", "-c", load_core, "h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}",
               f"--tls13-ciphers={cipher}", "--npn-list=h2", f"https://127.0.0.1:{port}/"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + 60)
    return parse(done.stdout + done.stderr)


def parse(output: str) -> Load:
    finished = re.search(r"finished in ([\d.]+)s", output)
    requests = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output)
    latency = re.search(r"time for request:\s+[\d.]+\w+\s+[\d.]+\w+\s+([\d.]+)(us|ms|s)", output)
    if not (finished and requests and codes and latency):
        raise Failure(f"h2load gave no report:\n{output[-1500:]}")
    for wanted in ("Application protocol: h2", "TLSv1.3", cipher):
        if wanted not in output:
            raise Failure(f"not {wanted}:\n{output[:800]}")
    if any(map(int, (*requests.groups()[1:], *codes.groups()[1:]))):
        raise Failure(f"requests failed: {requests.group(0)}; {codes.group(0)}")
    mean = float(latency.group(1)) * units[latency.group(2)]
    return Load(int(requests.group(1)), float(finished.group(1)), mean, mean)


def tls_h2(arguments, folder: Path) -> dict:
    if not shutil.which("h2load"):
        raise Failure("h2load is not installed (Debian: nghttp2-client)")
    tls = certificates.make("ecdsa", folder)
    origin, origin_port = start_origin(folder, arguments.bytes)
    running = []
    try:
        running, missing = start_all(arguments.only or names, folder, origin_port, tls)
        measure_all(running, arguments, h2load)
    finally:
        for series in running:
            series.peer.process.stop()
        origin.stop()
    if not running:
        raise Failure("none of the candidates is installed")
    return {"profile": "tls-h2", "bytes": arguments.bytes, "runs": arguments.runs, "seconds": arguments.seconds,
            "connections": connections, "streams": streams, "missing": missing, "rows": [series.row() for series in running]}


def table(result: dict) -> str:
    rows = result["rows"]
    best = min((row["cpuMicroseconds"] for row in rows if row["name"] != "sluice"), default=None)
    lines = [
        f"TLS 1.3 and HTTP/2 in, HTTP/1.1 out, {result['bytes']} bytes, {result['connections']} connections × "
        f"{result['streams']} streams, medians of {result['runs']} × {result['seconds']} s",
        f"ECDSA P-256, {cipher}; proxy pinned to core 0, h2load -t1 and origin to core 1",
        f"{'':9}{'version':>11}{'CPU µs/req':>12}{'(min – max)':>16}{'× best':>8}{'core':>7}{'req/s':>9}{'mean ms':>9}  settings"]
    for row in rows:
        spread = f"{row['cpuSpread'][0]:.2f} – {row['cpuSpread'][1]:.2f}"
        lines.append(
            f"{row['name']:9}{row['version']:>11}{row['cpuMicroseconds']:12.2f}{spread:>16}"
            f"{ratio(row['cpuMicroseconds'], best):>8}{row['busy']:7.0%}{row['throughput']:9.0f}"
            f"{row['p50Milliseconds']:9.2f}  {row['settings']}")
    lines.append("best: the best peer" + (
        f"; not installed here: {', '.join(result['missing'])}" if result["missing"] else ""))
    return "\n".join(lines)
