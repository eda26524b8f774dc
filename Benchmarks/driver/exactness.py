"""Are rate limits exact? Two replicas with four worker processes each, keys that are asked for far more often than others, all of
them more often than their limit lets pass: what reaches the origin is counted by key."""

import json
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

from . import configurations, tools
from .peers import Peer
from .process import Failure, Process, free_port

keys, limit, workers = 20, 50, 4
script = Path(__file__).with_name("keys.lua")


def origin(folder: Path, ports: list[int]) -> Process:
    """nginx, which writes down the key and the time of every request that reaches it, a file for each port."""
    servers = "".join(f"""server {{ listen 127.0.0.1:{port} backlog=4096; access_log {folder}/passed-{port} keyed; keepalive_requests 1000000000;
        location / {{ return 200 "ok"; }} }}\n""" for port in ports)
    text = f"""daemon off; worker_processes 1; pid {folder}/origin.pid; error_log stderr error;
events {{ worker_connections 8192; }}
http {{ log_format keyed '$http_x_key $msec'; {servers} }}"""
    process = Process([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-c", configurations.write(folder / "origin.conf", text)],
                      None, folder / "origin.log")
    for port in ports:
        process.wait_ready(port)
    return process


def replica(folder: Path, origin_port: int, store: int | None, lease: bool) -> Peer:
    folder.mkdir()
    port = free_port()
    settings = {"limits": [{"requests": limit, "per": "second", "key": [{"header": "x-key"}]}]}
    if store:
        settings |= {"scope": "global", "onStoreFailure": "closed", "lease": lease}
    policy = {"kind": "traffic-policy", "name": "per-key", "type": "rate-limit", "rateLimit": settings}
    file = configurations.write(folder / "sluice.json", configurations.sluice(port, origin_port, None, [policy]))
    flags = ["--limit-store", f"redis://127.0.0.1:{store}"] if store else []
    command = [tools.sluice("sluice-worker"), "--config", file, "--workers", workers, "--state", folder / "state",
               "--access-log", "off", "--admin", f"127.0.0.1:{free_port()}", *flags]
    process = Process(command, None, folder / "sluice.log")
    process.wait_ready(port)
    return Peer("replica", "this tree", "", process, port)


def passed(folder: Path, ports: list[int], seconds: int) -> dict[str, float]:
    """By key and by who counts: what passed within so many seconds, as a part of the limit."""
    times = defaultdict(list)
    for port in ports:
        for line in (folder / f"passed-{port}").read_text().splitlines():
            key, moment = line.split()
            if key != "-":
                times[key].append(float(moment))
    return {key: sum(each < min(all) + seconds for each in all) / (limit * seconds) for key, all in times.items()}


def run(folder: Path, seconds: int, scope: str) -> list[float]:
    """For every key: what passed, as a part of the limit; lowest first."""
    folder.mkdir()
    origin_ports = [free_port(), free_port()]
    running, store, port = [origin(folder, origin_ports)], None, None
    try:
        if scope != "local":
            port = free_port()
            store = Process([shutil.which("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
                            None, folder / "redis.log")
            running.append(store)
        replicas = [replica(folder / f"replica{each}", origin_port, port, scope == "lease") for each, origin_port in enumerate(origin_ports)]
        running += [each.process for each in replicas]
        loads = [subprocess.Popen(["wrk", "-t1", "-c32", f"-d{seconds + 1}s", "-s", str(script), f"http://127.0.0.1:{each.port}/", "--",
                                   str(keys), str(number)], stdout=subprocess.DEVNULL)
                 for number, each in enumerate(replicas)]
        for load in loads:
            load.wait(seconds + 60)
        groups = [[each] for each in origin_ports] if scope == "local" else [origin_ports]
        found = [part for ports in groups for part in passed(folder, ports, seconds).values()]
        if len(found) != keys * len(groups):
            raise Failure(f"only {len(found)} keys came through")
        return sorted(found)
    finally:
        for process in reversed(running):
            process.stop()


def exactness(arguments, folder: Path) -> dict:
    scopes = ["local"] + (["global", "lease"] if shutil.which("redis-server") else [])
    return {"profile": "exactness", "seconds": arguments.window,
            "rows": [{"scope": scope, "parts": run(folder / scope, arguments.window, scope)} for scope in scopes]}


def table(result: dict) -> str:
    lines = [f"2 replicas × {workers} workers, {keys} skewed keys, {limit} requests a second each, {result['seconds']} s: "
             "passed, as a part of the limit"]
    for row in result["rows"]:
        parts = row["parts"]
        lines.append(f"{row['scope']:8}lowest key {parts[0]:.4f}   median {parts[len(parts) // 2]:.4f}   highest key {parts[-1]:.4f}")
    return "\n".join(lines)
