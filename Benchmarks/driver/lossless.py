"""Requests lost while configurations are swapped and the executable hands over to itself, under four kinds of load."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from . import certificates, tools
from .load import load_core, wrk_command
from .plain import start_origin
from .process import Failure, Process, free_port, get, wait_until

upgrades = 20


def documents(port: int, tls_port: int, origin_port: int, tls: Path, turn: int) -> str:
    """One configuration; the certificate, a route with its host, and a time-out differ from turn to turn."""
    certificate, end, key = tls.read_text().partition("-----END CERTIFICATE-----\n")
    listener = {"kind": "listener", "address": "127.0.0.1"}
    return json.dumps([
        listener | {"name": "web", "port": port},
        listener | {"name": "secure", "port": tls_port, "protocol": "https", "tls": {"certificates": ["bench"]}},
        {"kind": "certificate", "name": "bench", "certificate": certificate + end, "privateKey": key},
        {"kind": "upstream", "name": "origin", "endpoints": [{"address": "127.0.0.1", "port": origin_port}]},
        {"kind": "route", "name": "all", "forward": [{"upstream": "origin"}], "timeouts": {"request": f"{20 + turn % 9}s"}},
        {"kind": "route", "name": f"turn-{turn % 7}", "hostnames": [f"h{turn}.test"], "forward": [{"upstream": "origin"}]},
    ])


def start_loads(port: int, tls_port: int, seconds: int, folder: Path) -> dict[str, tuple[subprocess.Popen, Path]]:
    """Kept connections and a new one for each request, plain and under TLS."""
    fresh = wrk_command(port, seconds, 8)
    fresh[fresh.index("-s"):fresh.index("-s")] = ["-H", "Connection: close"]
    fresh_tls = [part.replace(f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls_port}") for part in fresh]
    commands = {
        "HTTP/1.1, kept": wrk_command(port, seconds, 16), "HTTP/1.1, new": fresh, "TLS, new": fresh_tls,
        # h2load opens no connection anew after a GOAWAY; curl does, as browsers do.
        "TLS and HTTP/2, kept": ["taskset", "-c", str(load_core), "timeout", "-s", "INT", str(seconds), "curl", "-k", "-s", "-Z",
                                 "--parallel-max", "32", "-w", "CODE %{http_code} %{http_version}\\n", "-o", "/dev/null",
                                 f"https://127.0.0.1:{tls_port}/?[1-100000000]"]}
    loads = {}
    for number, (name, command) in enumerate(commands.items()):
        report = folder / f"load-{number}.txt"
        with report.open("w") as output:
            loads[name] = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT), report
    return loads


def outcome(output: str) -> tuple[int, int]:
    """How many requests were answered, and how many were not, or not with 2xx."""
    for line in output.splitlines():
        if line.startswith("JSON "):
            report = json.loads(line[5:])
            return report["requests"], report["failed"]
    codes = Counter(re.findall(r"^CODE (\d+ \S+)$", output, re.MULTILINE))
    if not codes:
        raise Failure(f"no report:\n{output[-1000:]}")
    return codes["200 2"], codes.total() - codes["200 2"]


def config(admin: int) -> dict:
    return json.loads(get(admin, "/config").partition(b"\r\n\r\n")[2])


def supervisor(admin: int) -> int:
    """The process that answers on the admin port: the parent of its workers."""
    pid = config(admin)["workers"][0]["pid"]
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def swap(admin: int, file: Path, content: str):
    before = config(admin)["version"]
    file.write_text(content)
    os.kill(supervisor(admin), signal.SIGHUP)
    wait_until(lambda: config(admin)["version"] > before, "the swapped configuration")


def upgrade(admin: int):
    old = supervisor(admin)
    os.kill(old, signal.SIGUSR2)
    wait_until(lambda: not is_running(old), "the end of the old process", 40)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def lossless(arguments, folder: Path) -> dict:
    kinds = [certificates.make(kind, folder) for kind in ("ecdsa", "rsa")]
    worker = tools.sluice("sluice-worker")
    origin, origin_port = start_origin(folder, arguments.bytes)
    port, tls_port, admin, file = free_port(), free_port(), free_port(), folder / "lossless.json"
    rows, replica = [], None
    try:
        for what, count, step in (("swaps", arguments.changes, None), ("upgrades", upgrades, upgrade)):
            file.write_text(documents(port, tls_port, origin_port, kinds[0], 0))
            replica = Process([worker, "--config", file, "--workers", "2", "--access-log", "off",
                               "--admin", f"127.0.0.1:{admin}"], None, folder / f"{what}.log")
            replica.wait_ready(port)
            loads = start_loads(port, tls_port, arguments.seconds, folder)
            ends = time.monotonic() + arguments.seconds - 1
            done = 0
            while done < count and time.monotonic() < ends:
                done += 1
                if step:
                    step(admin)
                else:
                    swap(admin, file, documents(port, tls_port, origin_port, kinds[done % 2], done))
            print(f"{done} {what}", file=sys.stderr)
            for name, (load, report) in loads.items():
                load.wait(timeout=arguments.seconds + 60)
                answered, lost = outcome(report.read_text())
                rows.append({"what": what, "count": done, "load": name, "answered": answered, "lost": lost})
            os.kill(supervisor(admin), signal.SIGTERM)
            wait_until(lambda: not answers(admin), "the replica's end", 40)
    finally:
        if replica:
            replica.stop()
        origin.stop()
    return {"rows": rows, "seconds": arguments.seconds}


def answers(admin: int) -> bool:
    try:
        return bool(get(admin, "/livez"))
    except OSError:
        return False


def table(result: dict) -> str:
    lines = [f"requests lost within {result['seconds']} s on two worker processes",
             f"{'':10}{'count':>6}  {'load':22}{'answered':>10}{'lost':>6}"]
    lines += [f"{row['what']:10}{row['count']:6}  {row['load']:22}{row['answered']:10}{row['lost']:6}" for row in result["rows"]]
    return "\n".join(lines)
