"""Counts calls of functions in a running process with the kernel's uprobes: nothing is loaded into it, and it does not
matter whether its Swift runtime is a shared library or a part of the executable."""

import os
import re
import subprocess
from pathlib import Path

from . import tools

tracing = Path("/sys/kernel/tracing")
group = "sluice_bench"
# What is counted under one name: functions, and the libraries that may hold them beside the executable.
wanted = {
    "allocations": (["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"], "libc.so"),
    "objects": (["swift_allocObject"], "libswiftCore.so"),
    # Those of bridge objects, which strings and arrays use, end in these.
    "retains": (["swift_retain", "swift_retain_n"], "libswiftCore.so"),
    "releases": (["swift_release", "swift_release_n"], "libswiftCore.so"),
}


def is_possible() -> bool:
    """Whether this user may set uprobes here; mounts the tracing file system where it is missing."""
    if os.geteuid() != 0:
        return False
    if not (tracing / "uprobe_events").exists():
        subprocess.run(["mount", "-t", "tracefs", "nodev", str(tracing)], capture_output=True)
    return (tracing / "uprobe_events").exists()


class Uprobes:
    """Probes on one process's functions while the block runs. `events` are names for perf, by what they count."""

    def __init__(self, pid: int):
        self.events: dict[str, list[str]] = {}
        self.lines = []
        files = mapped_files(pid)
        for name, (functions, library) in wanted.items():
            self.events[name] = []
            for function in functions:
                self.add(name, function, [file for file in files if is_candidate(file, files[0], library)])

    def add(self, name: str, function: str, files: list[Path]):
        for file in files:
            offset = file_offset(file, function)
            if offset is not None:
                event = f"{name}_{function}"
                self.lines.append((event, f"p:{group}/{event} {file}:{offset:#x}"))
                self.events[name].append(f"{group}:{event}")
                return

    def __enter__(self) -> "Uprobes":
        for _, line in self.lines:
            write(line)
        return self

    def __exit__(self, *_):
        for event, _ in self.lines:
            write(f"-:{group}/{event}")


def write(line: str):
    # Not by Python's own append mode, which seeks, what this file does not know.
    events = os.open(tracing / "uprobe_events", os.O_WRONLY | os.O_APPEND)
    try:
        os.write(events, line.encode() + b"\n")
    finally:
        os.close(events)


def mapped_files(pid: int) -> list[Path]:
    """The executable, then the libraries."""
    files = [Path(os.readlink(f"/proc/{pid}/exe"))]
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        path = line.split(maxsplit=5)[5:]
        if path and path[0].startswith("/") and Path(path[0]) not in files:
            files.append(Path(path[0]))
    return files


def is_candidate(file: Path, executable: Path, library: str) -> bool:
    return file == executable or file.name.startswith(library)


def file_offset(file: Path, function: str) -> int | None:
    """Where a function that the file defines begins in it."""
    symbols = tools.run(["readelf", "-Ws", file], "readelf")
    found = re.search(rf":\s+([0-9a-f]+)\s+\d+\s+I?FUNC\s+\w+\s+\w+\s+(?!UND)\w+\s+{function}(?:@@\S+)?$", symbols, re.M)
    if not found:
        return None
    address = int(found.group(1), 16)
    for line in tools.run(["readelf", "-lW", file], "readelf").splitlines():
        fields = line.split()
        if fields[:1] == ["LOAD"]:
            offset, start, size = (int(fields[at], 16) for at in (1, 2, 4))
            if start <= address < start + size:
                return address - start + offset
    return None
