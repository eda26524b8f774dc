"""The load generator: wrk on the other core, its figures as numbers."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .process import Failure

proxy_core, load_core = 0, 1
script = Path(__file__).with_name("report.lua")


@dataclass
class Load:
    """What one run of wrk saw."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def throughput(self) -> float:
        return self.requests / self.seconds


def wrk(port: int, seconds: int, connections: int = 64, path: str = "/", targets: Path | None = None,
        delay: int = 0, headers: dict[str, str] | None = None, body: Path | None = None) -> Load:
    """Runs wrk to its end. Any answer but 2xx and any socket error fails the round."""
    command = wrk_command(port, seconds, connections, path, targets, delay, headers, body)
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    return parse(done.stdout + done.stderr)


def wrk_command(port: int, seconds: int, connections: int = 64, path: str = "/", targets: Path | None = None,
                delay: int = 0, headers: dict[str, str] | None = None, body: Path | None = None) -> list[str]:
    """`targets` is a file of `HOST PATH` lines to rotate through, `delay` the milliseconds between two requests of a
    connection, `body` a file to POST."""
    command = ["taskset", "-c", str(load_core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
               *(f"-H{name}: {value}" for name, value in (headers or {}).items()), "-s", str(script), f"http://127.0.0.1:{port}{path}"]
    return command + ["--", str(targets or ""), str(delay), str(body or "")]


def parse(output: str, strict: bool = True) -> Load:
    line = next((line for line in output.splitlines() if line.startswith("JSON ")), None)
    if line is None:
        raise Failure(f"wrk gave no report:\n{output[-1000:]}")
    report = json.loads(line[5:])
    if strict and report["failed"]:
        raise Failure(f"{report['failed']} requests of {report['requests']} failed")
    if not report["requests"]:
        raise Failure("no request was answered")
    return Load(report["requests"], report["microseconds"] / 1e6, report["p50"] / 1e3, report["p99"] / 1e3)


def failed(output: str) -> int:
    line = next((line for line in output.splitlines() if line.startswith("JSON ")), None)
    if line is None:
        raise Failure(f"wrk gave no report:\n{output[-1000:]}")
    return json.loads(line[5:])["failed"]
