"""Processes under test: start, wait until ready by asking, signal, stop. Only what was started here is ever stopped."""

import itertools
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

repository = Path(__file__).resolve().parent.parent.parent
binaries = Path(os.environ.get("SLUICE_BIN_DIR") or repository / ".build" / "release")


def binary(name: str) -> Path:
    path = binaries / name
    assert path.exists(), f"{path} is not there: build it, or set SLUICE_BIN_DIR"
    return path


# Below the ports that the kernel gives to whoever asks for none, so that nobody takes one between the look and its use. Test
# processes that run beside each other have a part each, and begin somewhere in it.
ports_of_one = 5000
first_port = 11_000 + ports_of_one * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
ports = itertools.cycle(range(first_port, first_port + ports_of_one))
for _ in range(os.getpid() * 37 % ports_of_one):
    next(ports)


def free_port() -> int:
    """A port that nobody listens on now, and that was not given out for a long time."""
    for port in itertools.islice(ports, ports_of_one):
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def wait_until(condition, what: str, seconds: float = 10.0):
    """Polls until `condition()` is true and returns its value; fails with `what` when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what() if callable(what) else what}")
        time.sleep(0.01)


class Process:
    """A command in a session of its own, its output in a file."""

    def __init__(self, command: list, log: Path, environment: dict[str, str] | None = None, cwd: Path | None = None):
        self.command = [str(part) for part in command]
        self.log = log
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, **(environment or {})}, cwd=cwd)
        self.pid = self.child.pid

    @property
    def is_running(self) -> bool:
        return self.child.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_ready(self, is_ready, seconds: float = 15.0):
        """Waits until `is_ready()`; a process that ended meanwhile is a failure that shows its output."""
        def ready():
            assert self.is_running, f"{self.command[0]} ended with {self.child.returncode}:\n{self.output()[-3000:]}"
            return is_ready()
        wait_until(ready, lambda: f"{self.command[0]} is ready; its output:\n{self.output()[-3000:]}", seconds)

    def children(self) -> list[int]:
        """Processes whose parent this is; a dead one that was not yet waited for does not count."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[1]) == self.pid and fields[0] != "Z":
                    found.append(int(entry.name))
        return sorted(found)

    def signal(self, number: int):
        self.child.send_signal(number)

    def kill(self):
        """kill -9 of this process alone, as the out-of-memory killer does it."""
        self.child.kill()
        self.child.wait(timeout=10)

    def wait(self, seconds: float = 15.0) -> int:
        """The exit status, once it has ended by itself."""
        return self.child.wait(timeout=seconds)

    def stop(self):
        """Asks, then insists; the session goes whole."""
        try:
            os.killpg(self.pid, signal.SIGTERM)
            self.child.wait(timeout=2)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait(timeout=10)


def resident_bytes(pid: int) -> int:
    """What the process occupies now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
