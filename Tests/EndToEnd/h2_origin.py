"""An HTTP/2 origin on hyper-h2, with TLS or with prior knowledge: records what reaches it, answers as a test wants."""

import hashlib
import json
import socket
import threading
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from certificates import Authority, Certificate
from tls_client import server_context


@dataclass
class H2Request:
    """One request; `body` grows until `has_ended`."""

    connection: "H2Connection"
    stream: int
    fields: list[tuple[str, str]]
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)
    has_ended: bool = False

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def __getitem__(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"the origin got {name} {len(values)} times: {values}"
        return values[0] if values else None

    def answer(self, body: bytes | str = b"", status: int = 200, fields: list[tuple[str, str]] = (),
               trailers: list[tuple[str, str]] = ()):
        body = body.encode() if isinstance(body, str) else body
        self.head(status, [("content-length", str(len(body))), *fields])
        self.data(body, ends=not trailers)
        if trailers:
            self.connection.act(lambda state: state.send_headers(self.stream, trailers, end_stream=True))

    def head(self, status: int = 200, fields: list[tuple[str, str]] = (), ends: bool = False):
        self.connection.act(lambda state: state.send_headers(self.stream, [(":status", str(status)), *fields], end_stream=ends))

    def data(self, data: bytes, ends: bool = False):
        """Queues bytes; they go out as the windows allow."""
        self.connection.queue(self.stream, data, ends)

    def reset(self, code: int = h2.errors.ErrorCodes.INTERNAL_ERROR):
        self.connection.act(lambda state: state.reset_stream(self.stream, code))


def echo(request: H2Request):
    """Answers with what the origin saw, as JSON."""
    request.answer(json.dumps({
        "origin": request.connection.origin.name, "method": request[":method"], "target": request[":path"],
        "fields": request.fields, "trailers": request.trailers, "length": len(request.body),
        "sha256": hashlib.sha256(request.body).hexdigest(),
    }), fields=[("content-type", "application/json")])


class H2Connection:
    """One accepted connection: a thread that reads; any thread may act."""

    def __init__(self, origin: "H2Origin", accepted: socket.socket):
        self.origin, self.socket, self.lock = origin, accepted, threading.RLock()
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.requests: dict[int, H2Request] = {}
        self.queues: dict[int, list] = {}
        self.resets: list[int] = []

    def act(self, action):
        with self.lock:
            try:
                action(self.state)
                self.socket.sendall(self.state.data_to_send())
            except (h2.exceptions.ProtocolError, OSError) as error:
                self.origin.refused.append(repr(error))

    def queue(self, stream: int, data: bytes, ends: bool):
        with self.lock:
            waiting = self.queues.setdefault(stream, [b"", False])
            waiting[0] += data
            waiting[1] = waiting[1] or ends
            self.act(lambda state: self.flush(state, stream))

    def flush(self, state, stream: int):
        waiting = self.queues.get(stream)
        while waiting and (waiting[0] or waiting[1]):
            size = min(len(waiting[0]), state.local_flow_control_window(stream), state.max_outbound_frame_size)
            if waiting[0] and size <= 0:
                return
            part, waiting[0] = waiting[0][:size], waiting[0][size:]
            is_last = waiting[1] and not waiting[0]
            state.send_data(stream, part, end_stream=is_last)
            if is_last:
                del self.queues[stream]
                return

    def goaway(self, last_stream: int | None = None, code: int = 0):
        """Says goodbye: streams above `last_stream` were not and will not be processed."""
        with self.lock:
            last = self.state.highest_inbound_stream_id if last_stream is None else last_stream
            payload = last.to_bytes(4, "big") + code.to_bytes(4, "big")
            self.socket.sendall(len(payload).to_bytes(3, "big") + b"\x07\x00" + bytes(4) + payload)

    def run(self):
        self.state.local_settings = h2.settings.Settings(client=False, initial_values={
            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 100, **self.origin.settings})
        self.act(lambda state: state.initiate_connection())
        while chunk := self.socket.recv(65536):
            with self.lock:
                events = self.state.receive_data(chunk)
                self.act(lambda _: None)
            for event in events:
                self.take(event)

    def take(self, event):
        request = self.requests.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RequestReceived):
            request = H2Request(self, event.stream_id, [(str(name), str(value)) for name, value in event.headers])
            self.requests[event.stream_id] = request
            self.origin.requests.append(request)
            if self.origin.on_head:
                self.origin.on_head(request)
        elif isinstance(event, h2.events.DataReceived):
            request.body += event.data
            if self.origin.reads:
                self.act(lambda state: state.acknowledge_received_data(event.flow_controlled_length, event.stream_id))
        elif isinstance(event, h2.events.TrailersReceived):
            request.trailers = [(str(name), str(value)) for name, value in event.headers]
        elif isinstance(event, h2.events.StreamEnded):
            request.has_ended = True
            if self.origin.script:
                self.origin.script(request)
        elif isinstance(event, h2.events.StreamReset):
            self.resets.append(event.stream_id)
        elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            for stream in list(self.queues):
                self.act(lambda state: self.flush(state, stream))

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


@dataclass
class H2Origin:
    """Listens on a port of its own. `script` takes a request when its body has come, `on_head` when its head has. With
    `certificate` it speaks TLS and asks for client certificates of `client_authority`."""

    script: object = echo
    name: str = "origin"
    on_head: object = None
    reads: bool = True
    certificate: Certificate | None = None
    client_authority: Authority | None = None
    alpn: tuple[str, ...] = ("h2",)
    settings: dict = field(default_factory=dict)
    requests: list[H2Request] = field(default_factory=list)
    connections: list[H2Connection] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.context = server_context(self.certificate, self.alpn, self.client_authority) if self.certificate else None
        self.server_names: list[str | None] = []
        if self.context:
            self.context.sni_callback = lambda _, name, __: self.server_names.append(name)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(accepted,), daemon=True).start()

    def serve(self, accepted: socket.socket):
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection = H2Connection(self, self.context.wrap_socket(accepted, server_side=True) if self.context else accepted)
        except OSError as error:
            self.refused.append(repr(error))
            return
        self.connections.append(connection)
        try:
            connection.run()
        except OSError:
            pass
        except h2.exceptions.ProtocolError as error:
            self.failures.append(f"the gateway broke the protocol: {error!r}")
        except Exception as error:
            self.failures.append(f"the origin's script: {error!r}")
        connection.close()

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in self.connections:
            connection.close()
