"""A scripted origin: records every byte that reaches it, and answers as a test wants, well or badly."""

import hashlib
import json
import socket
import struct
import threading
from dataclasses import dataclass, field


@dataclass
class Request:
    """One whole request as it arrived."""

    raw_head: bytes
    method: str
    target: str
    version: str
    fields: list[tuple[str, str]]
    body: bytes
    connection: int

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def __getitem__(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"the origin got {name} {len(values)} times: {values}"
        return values[0] if values else None


class Gone(Exception):
    """The gateway closed the connection."""


class Connection:
    """The origin's end of one connection. A script reads and writes it as it likes."""

    def __init__(self, origin: "Origin", accepted: socket.socket, number: int):
        self.origin, self.socket, self.number = origin, accepted, number
        self.socket.settimeout(30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.received = bytearray()  # every byte, as long as the origin keeps bytes

    def receive(self) -> bytes:
        try:
            chunk = self.socket.recv(262144)
        except OSError:
            chunk = b""
        if self.origin.keeps_bytes:
            self.received += chunk
        self.origin.count_bytes(len(chunk))
        return chunk

    def read_head(self) -> Request:
        """The next request without its body."""
        while b"\r\n\r\n" not in self.buffer:
            chunk = self.receive()
            if not chunk:
                raise Gone
            self.buffer += chunk
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, version = first.split(" ")
        fields = [(name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines)]
        return Request(head, method, target, version, fields, b"", self.number)

    def read_request(self) -> Request:
        """The next whole request; it is recorded."""
        request = self.read_head()
        request.body = b"".join(self.body(request))
        self.origin.record(request)
        return request

    def body(self, request: Request):
        """The request's body in pieces, as they come. Framing that is not plain is a failure of the gateway."""
        lengths, codings = request.all("content-length"), request.all("transfer-encoding")
        if len(lengths) + len(codings) > 1 or (codings and codings != ["chunked"]):
            self.origin.fail(f"ambiguous framing reached the origin: {request.raw_head!r}")
            raise Gone
        if codings:
            while size := int(self.take_line().split(b";")[0], 16):
                yield from self.take(size)
                self.take_line()
            while self.take_line():
                pass
        elif lengths:
            yield from self.take(int(lengths[0]))

    def take(self, count: int):
        while count > 0:
            chunk = self.buffer[:count]
            self.buffer = self.buffer[count:]
            if not chunk:
                chunk = self.receive()
                if not chunk:
                    raise Gone
                chunk, self.buffer = chunk[:count], chunk[count:]
            count -= len(chunk)
            yield chunk

    def take_line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            chunk = self.receive()
            if not chunk:
                raise Gone
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def send(self, data: bytes | str):
        try:
            self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        except OSError:
            raise Gone from None

    def answer(self, body: bytes | str = b"", status: str = "200 OK", fields: str = ""):
        """A plain answer with a Content-Length."""
        body = body.encode() if isinstance(body, str) else body
        self.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode("latin-1") + body)

    def wait_gone(self):
        """Reads until the gateway closes."""
        while self.receive():
            pass

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


def echo(connection: Connection):
    """Answers every request with what the origin saw of it, as JSON."""
    while True:
        request = connection.read_request()
        connection.answer(json.dumps({
            "origin": connection.origin.name, "method": request.method, "target": request.target,
            "fields": request.fields, "length": len(request.body), "sha256": hashlib.sha256(request.body).hexdigest(),
        }), fields="Content-Type: application/json\r\n")


@dataclass
class Origin:
    """A listening socket; each connection runs the script in a thread of its own. A script that returns closes its
    connection; one that fails, fails the test."""

    script: object = echo
    name: str = "origin"
    keeps_bytes: bool = True
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    bytes_seen: int = 0
    address: str = "127.0.0.1"

    def __post_init__(self):
        self.lock = threading.Lock()
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self.listener = socket.create_server((self.address, self.port), family=family, backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                connection = Connection(self, accepted, len(self.connections))
                self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: Connection):
        try:
            self.script(connection)
        except (Gone, OSError):
            pass
        except Exception as error:
            self.fail(f"the origin's script: {error!r}")
        connection.close()

    def record(self, request: Request):
        with self.lock:
            self.requests.append(request)

    def count_bytes(self, count: int):
        with self.lock:
            self.bytes_seen += count

    def fail(self, text: str):
        self.failures.append(text)

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(timeout=5)
        for connection in self.connections:
            connection.close()
