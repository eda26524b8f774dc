"""Who takes part: how each is configured and started. Everyone does the same work, with one thread on one core."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import configurations, tools
from .load import proxy_core
from .process import Process, free_port


@dataclass
class Peer:
    """A candidate that runs: its name, version, settings in a word, process and port."""

    name: str
    version: str
    settings: str
    process: Process
    port: int


def version(command: list[str], pattern: str) -> str:
    found = re.search(pattern, tools.run(command, command[0]))
    return found.group(1) if found else "unknown"


def start(name: str, folder: Path, origin_port: int, tls: Path | None = None) -> Peer | None:
    """Starts one by its name and waits until it answers; nothing when it is not installed. `tls`, a file of certificate
    and key, makes it speak TLS."""
    return {**starters, **variants}[name](folder, free_port(), origin_port, tls)


def run(name: str, version: str, settings: str, command: list, folder: Path, port: int, tls: Path | None = None,
        environment=None) -> Peer:
    process = Process(command, proxy_core, folder / f"{name}.log", environment)
    peer = Peer(name, version, settings, process, port)
    try:
        process.wait_ready(port, is_tls=tls is not None)
    except BaseException:
        process.stop()
        raise
    return peer


def start_sluice(folder: Path, port: int, origin_port: int, tls: Path | None = None) -> Peer | None:
    if not (worker := tools.sluice("sluice-worker")):
        return None
    file = configurations.write(folder / "sluice.json", configurations.sluice(port, origin_port, tls))
    return run("sluice", "this tree", "--workers 1, access log off", sluice_command(worker, file, folder), folder, port, tls)


def start_limited(folder: Path, port: int, origin_port: int, tls: Path | None = None,
                  key: dict = {"clientAddress": True}, store: int | None = None) -> Peer | None:
    """Sluice with a rate limit that nobody meets; with the port of a Redis, a global one."""
    if not (worker := tools.sluice("sluice-worker")):
        return None
    scope = {"scope": "global"} if store else {}
    flags = ["--limit-store", f"redis://127.0.0.1:{store}"] if store else []
    policy = {"kind": "traffic-policy", "name": "per-client", "type": "rate-limit",
              "rateLimit": {**scope, "limits": [{"requests": 100_000_000, "per": "day", "key": [key]}]}}
    file = configurations.write(folder / "limited.json", configurations.sluice(port, origin_port, tls, [policy]))
    return run("global" if store else "limited", "this tree", "as sluice, a rate limit by client address",
               sluice_command(worker, file, folder) + flags, folder, port, tls)


def sluice_command(worker: Path, file: Path, folder: Path) -> list:
    return [worker, "--config", file, "--workers", "1", "--state", folder / "sluice-state", "--access-log", "off",
            "--admin", f"127.0.0.1:{free_port()}"]


def start_floor(folder: Path, port: int, origin_port: int, tls: Path | None = None) -> Peer | None:
    if tls:
        return None
    return run("floor", "this tree", "one thread", [tools.floor(), port, origin_port], folder, port, tls)


def start_nginx(folder: Path, port: int, origin_port: int, tls: Path | None = None) -> Peer | None:
    if not (binary := shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")):
        return None
    file = configurations.write(folder / "nginx.conf", configurations.nginx(port, origin_port, folder, tls))
    return run("nginx", version([binary, "-v"], r"nginx/(\S+)"), "worker_processes 1, upstream keepalive 256",
               [binary, "-c", file, "-p", folder], folder, port, tls)


def start_haproxy(folder: Path, port: int, origin_port: int, tls: Path | None = None) -> Peer | None:
    if not (binary := shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")):
        return None
    file = configurations.write(folder / "haproxy.cfg", configurations.haproxy(port, origin_port, tls))
    return run("HAProxy", version([binary, "-v"], r"version (\d[^\s-]*)"), "nbthread 1, http-reuse always",
               [binary, "-db", "-f", file], folder, port, tls)


def start_caddy(folder: Path, port: int, origin_port: int, tls: Path | None = None) -> Peer | None:
    if not (binary := shutil.which("caddy")):
        return None
    file = configurations.write(folder / "Caddyfile", configurations.caddy(port, origin_port, tls))
    environment = {"GOMAXPROCS": "1", "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return run("Caddy", version([binary, "version"], r"v?(\d\S*)"), "GOMAXPROCS=1",
               [binary, "run", "--config", file, "--adapter", "caddyfile"], folder, port, tls, environment)


def start_envoy(folder: Path, port: int, origin_port: int, tls: Path | None = None) -> Peer | None:
    if not (binary := tools.envoy()):
        return None
    file = configurations.write(folder / "envoy.yaml", configurations.envoy(port, origin_port, tls))
    return run("Envoy", version([binary, "--version"], r"/(\d+\.\d+\.\d+)/"), "--concurrency 1",
               [binary, "-c", file, "--concurrency", "1", "--disable-hot-restart", "-l", "error"], folder, port, tls)


starters = {"sluice": start_sluice, "floor": start_floor, "nginx": start_nginx, "haproxy": start_haproxy,
            "caddy": start_caddy, "envoy": start_envoy}
# Take part when they are asked for.
variants = {"limited": start_limited}
