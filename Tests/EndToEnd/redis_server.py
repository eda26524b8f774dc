"""A real Redis, as the store of global limits."""

import shutil
import socket
from pathlib import Path

from processes import Process, free_port


class Redis:
    """`redis-server` without persistence on a free port of loopback."""

    def __init__(self, folder: Path, *arguments: str, secure: bool = False):
        self.port, self.password = free_port(), None
        if "--requirepass" in arguments:
            self.password = arguments[arguments.index("--requirepass") + 1]
        self.secure = secure
        ports = ["--port", "0", "--tls-port", str(self.port)] if secure else ["--port", str(self.port)]
        self.command = [shutil.which("redis-server"), *ports, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                        "--dir", str(folder), *arguments]
        self.log = folder / f"redis-{self.port}.log"
        self.start()

    def start(self):
        self.process = Process(self.command, self.log)
        self.process.wait_ready(self.answers)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                if self.secure:
                    return True
                connection.sendall(b"PING\r\n")
                return connection.recv(16)[:1] in (b"+", b"-")
        except OSError:
            return False

    def ask(self, *words: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            if self.password:
                connection.sendall(f"AUTH {self.password}\r\n".encode())
                connection.recv(64)
            connection.sendall((" ".join(words) + "\r\n").encode())
            return connection.recv(1 << 16).decode()

    def calls(self, command: str) -> int:
        line = next((each for each in self.ask("INFO", "commandstats").splitlines()
                     if each.startswith(f"cmdstat_{command}:")), None)
        return int(line.split("calls=")[1].split(",")[0]) if line else 0

    def stop(self):
        self.process.stop()
