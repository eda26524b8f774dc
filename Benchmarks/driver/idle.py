"""Memory of an idle TLS connection, after its handshake and one request."""

import os
import resource
import socket
import statistics
import sys
import time
from pathlib import Path

from . import certificates, peers
from .load import load_core
from .plain import ratio, start_origin
from .process import Failure, proportional_bytes, trusting
from .tls_h2 import names

protocols = ["http/1.1", "h2"]
get_http1 = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
# Preface, empty SETTINGS, HEADERS of stream 1 that end it: GET, https, /, :authority localhost (RFC 7541, appendix A).
get_h2 = (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000" + "00000e010500000001" + "828784" + "4109")
          + b"localhost")


def opened(wrap, port: int, protocol: str, size: int) -> socket.socket:
    """A connection that has had one answer and stays."""
    stream = wrap(socket.create_connection(("127.0.0.1", port), 20))
    if stream.selected_alpn_protocol() != protocol:
        raise Failure(f"the peer did not choose {protocol}")
    stream.sendall(get_h2 if protocol == "h2" else get_http1)
    (take_h2 if protocol == "h2" else take_http1)(stream, size)
    return stream


def take_http1(stream: socket.socket, size: int):
    received = b""
    while len(received.partition(b"\r\n\r\n")[2]) < size:
        received += more(stream)
    if not received.startswith(b"HTTP/1.1 200"):
        raise Failure(f"not a 200: {received[:100]!r}")


def take_h2(stream: socket.socket, size: int):
    """Reads frames until stream 1 ends, and acknowledges the peer's settings."""
    received, content = b"", 0
    while True:
        while len(received) < 9 or len(received) < 9 + int.from_bytes(received[:3], "big"):
            received += more(stream)
        length, kind, flags, number = int.from_bytes(received[:3], "big"), received[3], received[4], received[5:9]
        received = received[9 + length:]
        if kind == 4 and not flags & 1:
            stream.sendall(bytes.fromhex("000000040100000000"))
        if kind in (3, 7):
            raise Failure("the peer reset the stream or the connection")
        content += length if kind == 0 else 0
        if kind in (0, 1) and flags & 1 and int.from_bytes(number, "big") == 1:
            break
    if content < size:
        raise Failure(f"{content} bytes of {size}")


def more(stream: socket.socket) -> bytes:
    chunk = stream.recv(65536)
    if not chunk:
        raise Failure("the peer closed a connection that should stay")
    return chunk


def settled_bytes(peer: peers.Peer) -> int:
    """Its memory, once two looks half a second apart agree."""
    before = proportional_bytes(peer.process.tree())
    for _ in range(20):
        time.sleep(0.5)
        now = proportional_bytes(peer.process.tree())
        if abs(now - before) < 65536:
            return now
        before = now
    return before


def measure(name: str, protocol: str, arguments, folder: Path, origin_port: int, tls: Path) -> dict | None:
    """Bytes for each of `--connections` connections: what the process has grown by since its first hundred."""
    peer = peers.start(name, folder, origin_port, tls)
    if peer is None:
        return None
    streams = []
    try:
        wrap = trusting("localhost", [protocol])
        streams += [opened(wrap, peer.port, protocol, arguments.bytes) for _ in range(100)]
        before = settled_bytes(peer)
        streams += [opened(wrap, peer.port, protocol, arguments.bytes) for _ in range(arguments.connections)]
        after = settled_bytes(peer)
    finally:
        for stream in streams:
            stream.close()
        peer.process.stop()
    return {"name": peer.name, "version": peer.version, "settings": peer.settings, "protocol": protocol,
            "bytes": (after - before) / arguments.connections, "base": before}


def idle(arguments, folder: Path) -> dict:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.sched_setaffinity(0, {load_core})
    tls = certificates.make("ecdsa", folder)
    origin, origin_port = start_origin(folder, arguments.bytes)
    found, missing = {}, set()
    try:
        for round_number in range(arguments.runs):
            for protocol in protocols:
                for name in arguments.only or names:
                    if name in missing:
                        continue
                    row = measure(name, protocol, arguments, folder, origin_port, tls)
                    if row is None:
                        missing.add(name)
                        continue
                    found.setdefault((protocol, name), []).append(row)
                    print(f"round {round_number + 1}: {row['name']} {protocol} {row['bytes'] / 1024:.1f} KiB", file=sys.stderr)
    finally:
        origin.stop()
    rows = [{**rows[0], "bytes": statistics.median(row["bytes"] for row in rows),
             "spread": [min(row["bytes"] for row in rows), max(row["bytes"] for row in rows)]} for rows in found.values()]
    if not rows:
        raise Failure("none of the candidates is installed")
    return {"profile": "idle", "connections": arguments.connections, "runs": arguments.runs, "missing": sorted(missing),
            "rows": rows}


def table(result: dict) -> str:
    lines = [
        f"memory (PSS) of an idle TLS 1.3 connection after one request, {result['connections']} connections, medians of "
        f"{result['runs']}",
        f"{'':10}{'':9}{'version':>9}{'KiB each':>10}{'(min – max)':>16}{'× HAProxy':>11}{'process MiB':>13}  settings"]
    base = {row["protocol"]: row["bytes"] for row in result["rows"] if row["name"] == "HAProxy"}
    for row in result["rows"]:
        spread = f"{row['spread'][0] / 1024:.1f} – {row['spread'][1] / 1024:.1f}"
        lines.append(f"{row['protocol']:10}{row['name']:9}{row['version']:>9}{row['bytes'] / 1024:10.1f}{spread:>16}"
                     f"{ratio(row['bytes'], base.get(row['protocol'])):>11}{row['base'] / 2**20:13.1f}  {row['settings']}")
    if result["missing"]:
        lines.append(f"not installed here: {', '.join(result['missing'])}")
    return "\n".join(lines)
