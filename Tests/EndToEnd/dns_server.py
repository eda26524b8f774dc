"""A tiny name server: answers from a table that a test changes, fails, or says nothing. What is too long for UDP is asked
for again over TCP."""

import socket
import struct
import threading
import time
from dataclasses import dataclass

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33}
SERVFAIL, NXDOMAIN = 2, 3
LONGEST_UDP, TRUNCATED = 1232, 0x0200


@dataclass(frozen=True)
class Query:
    name: str
    type: str
    time: float


def encoded(name: str) -> bytes:
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def sockets() -> tuple[socket.socket, socket.socket]:
    """One of UDP and one of TCP at the same free port."""
    while True:
        listener = socket.create_server(("127.0.0.1", 0))
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagrams.bind(listener.getsockname())
            return datagrams, listener
        except OSError:
            datagrams.close()
            listener.close()


class NameServer:
    """`records[name, "A"] = ["10.0.0.1"]`; for SRV `(priority, weight, port, target)`. A name without any records is
    NXDOMAIN, one without those of a type an empty answer. `failing` holds names that are answered with SERVFAIL, `silent`
    those that are not answered."""

    def __init__(self, ttl: int = 1):
        self.ttl = ttl
        self.records: dict[tuple[str, str], list] = {}
        self.failing: set[str] = set()
        self.silent: set[str] = set()
        self.queries: list[Query] = []
        self.socket, self.listener = sockets()
        self.port = self.socket.getsockname()[1]
        for serve in (self.serve, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def arguments(self) -> list[str]:
        """What makes a worker ask this server."""
        return ["--dns-servers", f"127.0.0.1:{self.port}"]

    def asked(self, name: str, kind: str = "A") -> list[float]:
        return [query.time for query in list(self.queries) if (query.name, query.type) == (name, kind)]

    def serve(self):
        while True:
            try:
                message, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            answer = self.answer(message)
            if answer and len(answer) > LONGEST_UDP:
                answer = self.answer(message, truncates=True)
            if answer:
                try:
                    self.socket.sendto(answer, sender)
                except OSError:
                    return

    def serve_tcp(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
                with accepted:
                    accepted.settimeout(5)
                    stream = accepted.makefile("rb")
                    while prefix := stream.read(2):
                        answer = self.answer(stream.read(int.from_bytes(prefix, "big"))) or b""
                        accepted.sendall(len(answer).to_bytes(2, "big") + answer)
            except TimeoutError:
                continue
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def answer(self, message: bytes, truncates: bool = False) -> bytes | None:
        labels, place = [], 12
        while message[place]:
            labels.append(message[place + 1:place + 1 + message[place]].decode())
            place += 1 + message[place]
        name, question = ".".join(labels).lower(), message[12:place + 5]
        number = struct.unpack_from(">H", message, place + 1)[0]
        kind = next((kind for kind, value in TYPES.items() if value == number), str(number))
        self.queries.append(Query(name, kind, time.monotonic()))
        if name in self.silent:
            return None
        code, answers = 0, []
        if name in self.failing:
            code = SERVFAIL
        elif not any(known == name for known, _ in list(self.records)):
            code = NXDOMAIN
        else:
            answers = [self.record(kind, record) for record in self.records.get((name, kind), [])]
        if truncates:
            code, answers = code | TRUNCATED, []
        head = message[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(answers), 0, 0)
        return head + question + b"".join(answers)

    def record(self, kind: str, record) -> bytes:
        if kind == "A":
            data = socket.inet_pton(socket.AF_INET, record)
        elif kind == "AAAA":
            data = socket.inet_pton(socket.AF_INET6, record)
        else:
            priority, weight, port, target = record
            data = struct.pack(">HHH", priority, weight, port) + encoded(target)
        return b"\xc0\x0c" + struct.pack(">HHIH", TYPES[kind], 1, self.ttl, len(data)) + data

    def stop(self):
        self.socket.close()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
