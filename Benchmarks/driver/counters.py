"""Counters that do not depend on the machine: system calls, allocations and reference counting per request."""

import collections
import shutil
import subprocess
import sys
from pathlib import Path

from . import load, peers, uprobes
from .plain import start_origin

calls = ["read", "write", "readv", "writev", "recvfrom", "sendto", "recvmsg", "sendmsg", "epoll_wait", "epoll_pwait",
         "epoll_ctl", "accept4", "connect", "close", "timerfd_settime", "futex"]
names = list(uprobes.wanted)


def has_perf() -> bool:
    """Whether perf may count tracepoints here; strace does it otherwise, and slows what it watches."""
    if not shutil.which("perf"):
        return False
    return subprocess.run(["perf", "stat", "-e", "raw_syscalls:sys_enter", "true"], capture_output=True).returncode == 0


def count_with_perf(peer: peers.Peer, seconds: int, folder: Path) -> tuple[dict[str, int], load.Load]:
    report = folder / "perf.csv"
    events = ["raw_syscalls:sys_enter", *(f"syscalls:sys_enter_{call}" for call in calls)]
    pids = ",".join(map(str, peer.process.workers()))
    command = ["perf", "stat", "-x", ",", "-o", report, "-e", ",".join(events), "-p", pids, "--",
               *load.wrk_command(peer.port, seconds)]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    seen = load.parse(done.stdout + done.stderr)
    counts = {}
    for line in report.read_text().splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[0].isdigit():
            counts[fields[2].removeprefix("syscalls:sys_enter_").replace("raw_syscalls:sys_enter", "all")] = int(fields[0])
    return counts, seen


def count_with_strace(peer: peers.Peer, seconds: int, folder: Path) -> tuple[dict[str, int], load.Load]:
    report = folder / "strace.txt"
    pids = [part for pid in peer.process.workers() for part in ("-p", str(pid))]
    tracer = subprocess.Popen(["strace", "-c", "-f", "-o", str(report), *pids], stderr=subprocess.DEVNULL)
    try:
        seen = load.wrk(peer.port, seconds)
    finally:
        tracer.terminate()
        tracer.wait(timeout=20)
    counts = {}
    for line in report.read_text().splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[3].isdigit():
            counts["all" if fields[-1] == "total" else fields[-1]] = int(fields[3])
    return counts, seen


def count_memory(peer: peers.Peer, seconds: int, folder: Path) -> dict[str, float | None]:
    """Allocations and reference counting per request, in a run of its own: probes cost time."""
    report = folder / "uprobes.csv"
    pids = peer.process.workers()
    with uprobes.Uprobes(pids[0]) as probes:
        events = [event for group in probes.events.values() for event in group]
        command = ["perf", "stat", "-x", ",", "-o", report, "-e", ",".join(events), "-p", ",".join(map(str, pids)), "--",
                   *load.wrk_command(peer.port, seconds)]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    seen = load.parse(done.stdout + done.stderr)
    counts = {}
    for line in report.read_text().splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[0].isdigit():
            counts[fields[2]] = int(fields[0])
    return {name: sum(counts[event] for event in group) / seen.requests if group else None
            for name, group in probes.events.items()}


def find_callers(peer: peers.Peer, folder: Path) -> dict[str, list[str]]:
    """Who allocates and retains: the two functions nearest to each call, most frequent first."""
    pid = peer.process.workers()[0]
    found = {}
    with uprobes.Uprobes(pid) as probes:
        for event in (event for name in ("allocations", "retains") for event in probes.events[name]):
            data = folder / "callers.data"
            command = ["perf", "record", "-q", "-o", data, "-e", event, "-c", "11", "-g", "-p", pid, "--",
                       *load.wrk_command(peer.port, 1)]
            subprocess.run(list(map(str, command)), capture_output=True)
            script = subprocess.run(["perf", "script", "-i", str(data), "-F", "ip,sym"], capture_output=True, text=True)
            seen = collections.Counter(" < ".join(line.split(None, 1)[-1] for line in stack.strip().splitlines()[1:3])
                                       for stack in script.stdout.split("\n\n") if stack.strip())
            total = sum(seen.values())
            found[event] = [f"{count / total:6.1%} {names}" for names, count in seen.most_common(12)]
    return found


def counters(arguments, folder: Path) -> dict:
    count = count_with_perf if has_perf() else count_with_strace
    has_probes = has_perf() and uprobes.is_possible()
    origin, origin_port = start_origin(folder, arguments.bytes)
    rows, missing = [], []
    try:
        for name in arguments.only or list(peers.starters):
            print(f"counting {name} …", file=sys.stderr)
            peer = peers.start(name, folder, origin_port)
            if peer is None:
                missing.append(name)
                continue
            try:
                load.wrk(peer.port, 1)
                counts, seen = count(peer, arguments.seconds, folder)
                memory = count_memory(peer, arguments.seconds, folder) if has_probes else {}
                callers = find_callers(peer, folder) if has_probes and arguments.callers else {}
            finally:
                peer.process.stop()
            rows.append({"name": peer.name, "version": peer.version, "requests": seen.requests, "memory": memory, "callers": callers,
                         "calls": {call: number / seen.requests for call, number in counts.items()}})
    finally:
        origin.stop()
    return {"profile": "counters", "with": count.__name__.removeprefix("count_with_"), "missing": missing, "rows": rows}


def table(result: dict) -> str:
    lines = [f"per request of the serving process, 64 keep-alive connections; system calls by {result['with']}",
             f"{'':9}{'calls':>7}{'allocs':>9}{'objects':>9}{'retains':>9}{'releases':>9}  which"]
    for row in result["rows"]:
        memory = row.get("memory", {})
        cells = "".join(f"{'–' if memory.get(name) is None else format(memory[name], '.3f'):>9}" for name in names)
        named = {call: number for call, number in row["calls"].items() if call != "all"}
        named["other"] = row["calls"]["all"] - sum(named.values())
        which = sorted(((number, call) for call, number in named.items() if number >= 0.005), reverse=True)
        lines.append(f"{row['name']:9}{row['calls']['all']:7.2f}{cells}  "
                     + ", ".join(f"{call} {number:.2f}" for number, call in which))
        for event, callers in row["callers"].items():
            lines += [f"  {event}", *(f"    {caller}" for caller in callers)]
    lines.append("– not counted: no such function in it, or no leave to set uprobes (root, perf)" + (
        f"; not installed here: {', '.join(result['missing'])}" if result["missing"] else ""))
    return "\n".join(lines)
