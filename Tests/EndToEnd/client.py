"""A client on a raw socket: sends exactly the bytes it is given, reads answers strictly."""

import json
import socket
import struct
from dataclasses import dataclass


class Closed(Exception):
    """The connection ended; `partial` is what had come of an answer."""

    def __init__(self, partial: bytes):
        super().__init__(f"closed after {partial[:300]!r}")
        self.partial = partial


@dataclass
class Answer:
    """One whole answer. `fields` in their order, names as sent."""

    status: int
    reason: str
    version: str
    fields: list[tuple[str, str]]
    body: bytes
    is_whole: bool = True  # False: the connection ended within the body

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def __getitem__(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    @property
    def closes(self) -> bool:
        tokens = [token.strip().lower() for value in self.all("connection") for token in value.split(",")]
        return "close" in tokens or (self.version == "HTTP/1.0" and "keep-alive" not in tokens)


class Client:
    """A connection to the gateway."""

    def __init__(self, port: int, timeout: float = 15.0, receive_buffer: int | None = None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data: bytes | str):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def get(self, path: str = "/", host: str = "test", extra: str = "") -> Answer:
        self.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{extra}\r\n")
        return self.answer()

    def ask(self, data: bytes | str, is_head: bool = False) -> Answer:
        self.send(data)
        return self.answer(is_head)

    def answer(self, is_head: bool = False) -> Answer:
        """The next final answer; interim ones are skipped."""
        while (answer := self.any_answer(is_head)).status < 200:
            pass
        return answer

    def any_answer(self, is_head: bool = False) -> Answer:
        """The next answer, interim ones too."""
        head = self.read_until(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        version, status, *reason = first.split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0") and len(status) == 3, f"not an answer: {first!r}"
        fields = []
        for line in lines:
            name, colon, value = line.partition(":")
            assert colon and name and name == name.strip(), f"not a field: {line!r}"
            fields.append((name, value.strip(" \t")))
        answer = Answer(int(status), reason[0] if reason else "", version, fields, b"")
        self.read_body(answer, is_head)
        return answer

    def read_body(self, answer: Answer, is_head: bool):
        lengths, codings = set(answer.all("content-length")), answer.all("transfer-encoding")
        assert len(lengths) <= 1 and not (lengths and codings), f"ambiguous framing: {answer.fields}"
        if is_head or answer.status < 200 or answer.status in (204, 304):
            return
        try:
            if codings:
                assert codings == ["chunked"], codings
                self.read_chunks(answer)
            elif lengths:
                answer.body = self.read_exactly(int(lengths.pop()))
            else:
                answer.body = self.read_to_end()
        except Closed as closed:
            answer.body += closed.partial
            answer.is_whole = False

    def read_chunks(self, answer: Answer):
        parts = []
        try:
            while size := int(self.read_until(b"\r\n").split(b";")[0], 16):
                parts.append(self.read_exactly(size))
                assert self.read_exactly(2) == b"\r\n"
            while self.read_until(b"\r\n") != b"\r\n":
                pass
        finally:
            answer.body = b"".join(parts)

    def receive(self) -> bytes:
        """One read; nothing at the end. A reset counts as an end."""
        try:
            return self.socket.recv(262144)
        except ConnectionResetError:
            return b""

    def read_until(self, mark: bytes) -> bytes:
        while (at := self.buffer.find(mark)) < 0:
            self.fill()
        part, self.buffer = self.buffer[:at + len(mark)], self.buffer[at + len(mark):]
        return part

    def read_exactly(self, count: int) -> bytes:
        parts, have = [self.buffer], len(self.buffer)
        while have < count:
            chunk = self.receive()
            if not chunk:
                self.buffer = b""
                raise Closed(b"".join(parts))
            parts.append(chunk)
            have += len(chunk)
        joined = b"".join(parts)
        self.buffer = joined[count:]
        return joined[:count]

    def read_to_end(self) -> bytes:
        parts = [self.buffer]
        self.buffer = b""
        while chunk := self.receive():
            parts.append(chunk)
        return b"".join(parts)

    def fill(self):
        chunk = self.receive()
        if not chunk:
            partial, self.buffer = self.buffer, b""
            raise Closed(partial)
        self.buffer += chunk

    def is_closed(self) -> bool:
        """Waits for the end; True when nothing came before it."""
        return self.read_to_end() == b""

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()
