"""An HTTP/2 client that sends exactly the frames it is told to, right or wrong (RFC 9113). Only HPACK is a library's."""

from collections import deque

import contextlib
import hpack

from client import Client, Closed
from h2_frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE,
                       PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, Frame, H2Answer, fields_of, frame, preface, settings_payload)
from tls_client import TLSClient


class H2Client:
    """A connection. With `tls` (options of TLSClient) over TLS, else with prior knowledge. `grants` says whether received
    bytes are given back to the sender's windows."""

    def __init__(self, port: int, tls: dict | None = None, settings: dict[int, int] | None = None, greets: bool = True,
                 grants: bool = True, timeout: float = 15.0):
        is_tls = tls is not None
        self.connection = TLSClient(port, alpn=["h2"], timeout=timeout, **tls) if is_tls else Client(port, timeout)
        self.scheme = "https" if is_tls else "http"
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.grants, self.next_stream, self.goaway, self.last_stream = grants, 1, None, None
        self.window, self.windows, self.initial_window, self.frame_size = 65535, {}, 65535, 16384
        self.answers: dict[int, H2Answer] = {}
        self.settings: dict[int, int] = {}
        self.fragments, self.seen = b"", deque(maxlen=200)
        if greets:
            self.send(preface + frame(SETTINGS, 0, 0, settings_payload(settings or {})))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data: bytes):
        """The gateway may have closed already; what it said is still to be read."""
        try:
            self.connection.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_frame(self, kind: int, flags: int = 0, stream: int = 0, payload: bytes = b""):
        self.send(frame(kind, flags, stream, payload))

    def open(self, fields: list[tuple[str, str]] | None = None, ends: bool = True, **options) -> int:
        """Sends a request's head on a new stream; its number."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.send_head(stream, fields or fields_of(**{"scheme": self.scheme, **options}), ends)
        return stream

    def send_head(self, stream: int, fields: list[tuple[str, str]], ends: bool = True):
        block = self.encoder.encode(fields)
        first, rest = block[:self.frame_size], block[self.frame_size:]
        out = frame(HEADERS, (END_STREAM if ends else 0) | (0 if rest else END_HEADERS), stream, first)
        while rest:
            part, rest = rest[:self.frame_size], rest[self.frame_size:]
            out += frame(CONTINUATION, 0 if rest else END_HEADERS, stream, part)
        self.send(out)

    def send_body(self, stream: int, body: bytes, ends: bool = True):
        """Sends as the windows allow; reads while they are shut."""
        at = 0
        while True:
            size = min(len(body) - at, self.frame_size, self.window, self.windows.get(stream, self.initial_window))
            if at < len(body) and size <= 0:
                self.take()
                continue
            self.window -= size
            self.windows[stream] = self.windows.get(stream, self.initial_window) - size
            at += size
            is_last = at == len(body)
            self.send_frame(DATA, END_STREAM if ends and is_last else 0, stream, body[at - size:at])
            if is_last:
                return

    def ask(self, fields: list[tuple[str, str]] | None = None, body: bytes | None = None, **options) -> H2Answer:
        stream = self.open(fields, ends=body is None, **options)
        if body is not None:
            self.send_body(stream, body)
        return self.answer(stream)

    def get(self, path: str = "/", **options) -> H2Answer:
        return self.ask(path=path, **options)

    def answer(self, stream: int) -> H2Answer:
        """The whole answer on a stream, or what there was of it before a reset."""
        while not (answer := self.answers.setdefault(stream, H2Answer())).has_ended and answer.reset is None:
            self.take()
        return answer

    def read_frame(self) -> Frame:
        head = self.connection.read_exactly(9)
        payload = self.connection.read_exactly(int.from_bytes(head[:3], "big"))
        read = Frame(head[3], head[4], int.from_bytes(head[5:], "big") & 0x7fffffff, payload)
        self.seen.append(read)
        return read

    def reply(self, kind: int, flags: int, stream: int = 0, payload: bytes = b""):
        """Sends what a good client owes; to one who has gone already it owes nothing."""
        with contextlib.suppress(OSError):
            self.send_frame(kind, flags, stream, payload)

    def take(self) -> Frame:
        """Reads one frame and does what a good client does upon it."""
        read = self.read_frame()
        answer = self.answers.setdefault(read.stream, H2Answer()) if read.stream else None
        if read.kind == SETTINGS and not read.flags & ACK:
            self.take_settings(read.payload)
        elif read.kind == PING and not read.flags & ACK:
            self.reply(PING, ACK, 0, read.payload)
        elif read.kind == WINDOW_UPDATE:
            self.take_window(read)
        elif read.kind == GOAWAY:
            self.last_stream, self.goaway = int.from_bytes(read.payload[:4], "big"), int.from_bytes(read.payload[4:8], "big")
        elif read.kind == RST_STREAM:
            answer.reset = int.from_bytes(read.payload, "big")
        elif read.kind == DATA:
            self.take_data(read, answer)
        elif read.kind in (HEADERS, CONTINUATION):
            self.take_head(read, answer)
        return read

    def take_settings(self, payload: bytes):
        for at in range(0, len(payload), 6):
            self.settings[int.from_bytes(payload[at:at + 2], "big")] = int.from_bytes(payload[at + 2:at + 6], "big")
        initial = self.settings.get(INITIAL_WINDOW_SIZE, 65535)
        self.windows = {stream: window + initial - self.initial_window for stream, window in self.windows.items()}
        self.initial_window, self.frame_size = initial, min(self.settings.get(MAX_FRAME_SIZE, 16384), 65536)
        self.reply(SETTINGS, ACK)

    def take_window(self, read: Frame):
        increment = int.from_bytes(read.payload, "big")
        if read.stream:
            self.windows[read.stream] = self.windows.get(read.stream, self.initial_window) + increment
        else:
            self.window += increment

    def take_data(self, read: Frame, answer: H2Answer):
        answer.body += read.payload
        answer.has_ended = bool(read.flags & END_STREAM)
        if self.grants and read.payload:
            self.grant(0, len(read.payload))
            if not answer.has_ended:
                self.grant(read.stream, len(read.payload))

    def grant(self, stream: int, size: int):
        self.reply(WINDOW_UPDATE, 0, stream, size.to_bytes(4, "big"))

    def take_head(self, read: Frame, answer: H2Answer):
        self.fragments += read.payload
        if read.kind == HEADERS:
            self.ends_stream = bool(read.flags & END_STREAM)
        if read.flags & END_HEADERS:
            fields = [(str(name), str(value)) for name, value in self.decoder.decode(self.fragments)]
            self.fragments = b""
            if answer.status >= 200:
                answer.trailers = fields
            else:
                answer.fields = fields
            answer.has_ended = self.ends_stream

    def end(self) -> int | None:
        """Reads until the gateway closes: the code of its GOAWAY, nothing when it sent none."""
        try:
            while True:
                self.take()
        except Closed:
            return self.goaway

    def close(self):
        self.connection.close()


class H2Server:
    """A gateway as clients of HTTP/2 see it: over TLS, or with prior knowledge."""

    def __init__(self, gateway, is_tls: bool):
        self.gateway, self.is_tls = gateway, is_tls

    def connect(self, **options) -> H2Client:
        return H2Client(self.gateway.port, tls={} if self.is_tls else None, **options)
