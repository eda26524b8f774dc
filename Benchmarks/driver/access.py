"""What access rules cost as callers grow in number, and what those who show bad credentials cost the others.

With 10 and with 10,000 consumers: CPU per request with an API key. Beside a flood of tokens with wrong signatures, each of
which is verified: latency of clients with good ones, as a multiple of theirs without the flood."""

import hashlib
import json
import statistics
import subprocess
import sys
from pathlib import Path

from . import configurations, jwt, peers, tools
from .load import parse, wrk, wrk_command
from .plain import Series, measure, start_origin
from .process import Failure, free_port

counts = (10, 10_000)
paused = 10  # milliseconds between two requests of a connection


def start_with(consumers: int, folder: Path, origin_port: int) -> peers.Peer:
    if not (worker := tools.sluice("sluice-worker")):
        raise Failure("sluice-worker is not built")
    port = free_port()
    known = [{"kind": "consumer", "name": f"c{number}", "apiKeys": [
        {"id": "k", "hash": "sha256:" + hashlib.sha256(key(number).encode()).hexdigest()}]} for number in range(consumers)]
    documents = json.loads(configurations.sluice(port, origin_port)) + known + [
        {"kind": "auth-policy", "name": "keys", "type": "api-key", "apiKey": {"forwardConsumer": "x-consumer"}},
        {"kind": "route", "name": "api", "matches": [{"path": {"prefix": "/api"}}], "forward": [{"upstream": "origin"}],
         "policies": ["keys"]}]
    file = configurations.write(folder / f"consumers-{consumers}.json", json.dumps(documents))
    command = peers.sluice_command(worker, file, folder)
    command[command.index("--state") + 1] = folder / f"state-{consumers}"
    return peers.run(f"{consumers} consumers", "this tree", "--workers 1", command, folder, port)


def key(number: int) -> str:
    return f"slk_key-of-the-benchmark-{number:06}"


def by_consumers(arguments, folder: Path, origin_port: int) -> list[dict]:
    running = []
    try:
        for count in counts:
            running.append((count, Series(start_with(count, folder, origin_port))))
        for round_number in range(arguments.runs):
            for count, series in running:
                measure(series, arguments.seconds, path="/api", headers={"X-Api-Key": key(count - 1)})
                print(f"round {round_number + 1}: {series.peer.name} {series.cpu[-1]:.2f} µs", file=sys.stderr)
    finally:
        for _, series in running:
            series.peer.process.stop()
    return [{"consumers": count, "cpuMicroseconds": statistics.median(series.cpu)} for count, series in running]


def flood(arguments, folder: Path, origin_port: int) -> dict:
    token, keys = jwt.make_token(folder)
    peer = jwt.start_sluice(folder, free_port(), origin_port, keys)
    if not peer:
        raise Failure("sluice-worker is not built")
    head, _, signature = token.rpartition(".")
    bad = {"Authorization": f"Bearer {head}.{signature[:-8]}{'AAAAAAAA' if signature[-8:] != 'AAAAAAAA' else 'BBBBBBBB'}"}
    good = {"path": "/api", "connections": 16, "delay": paused, "headers": {"Authorization": f"Bearer {token}"}}
    alone, beside, refused = [], [], []
    try:
        wrk(peer.port, 1, **good)
        for round_number in range(arguments.runs):
            alone.append(wrk(peer.port, arguments.seconds, **good))
            # 32 connections that pause as long: some 3,000 a second.
            command = wrk_command(peer.port, arguments.seconds + 1, 32, "/api", None, paused, bad)
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as flooding:
                beside.append(wrk(peer.port, arguments.seconds, **good))
                output, _ = flooding.communicate(timeout=arguments.seconds + 60)
            refused.append(parse(output, strict=False).throughput)
            print(f"round {round_number + 1}: p99 {alone[-1].p99:.2f} ms alone, {beside[-1].p99:.2f} ms beside "
                  f"{refused[-1]:.0f} bad tokens a second", file=sys.stderr)
    finally:
        peer.process.stop()
    return {"badPerSecond": statistics.median(refused),
            **{f"{name}{what}": statistics.median(getattr(load, what) for load in loads)
               for name, loads in (("alone", alone), ("beside", beside)) for what in ("p50", "p99")}}


def access(arguments, folder: Path) -> dict:
    origin, origin_port = start_origin(folder, arguments.bytes)
    try:
        rows = by_consumers(arguments, folder, origin_port)
        return {"profile": "access", "runs": arguments.runs, "seconds": arguments.seconds, "consumers": rows,
                "flood": flood(arguments, folder, origin_port)}
    finally:
        origin.stop()


def table(result: dict) -> str:
    few, many = result["consumers"]
    flood = result["flood"]
    return "\n".join([
        f"medians of {result['runs']} × {result['seconds']} s",
        f"API key, {few['consumers']} consumers: {few['cpuMicroseconds']:.2f} µs a request; {many['consumers']}: "
        f"{many['cpuMicroseconds']:.2f} µs ({many['cpuMicroseconds'] / few['cpuMicroseconds'] - 1:+.1%})",
        f"good tokens, 16 connections with pauses: p50 {flood['alonep50']:.2f} ms, p99 {flood['alonep99']:.2f} ms; beside "
        f"{flood['badPerSecond']:.0f} bad ones a second: p50 {flood['besidep50']:.2f} ms, p99 {flood['besidep99']:.2f} ms "
        f"({flood['besidep99'] / flood['alonep99']:.2f} ×)"])
