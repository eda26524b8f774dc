"""Plays many requests at a gateway at once, each on a connection of its own, whole or in two parts that the gateway
certainly reads apart."""

import struct
import socket
from dataclasses import dataclass, field

from client import Answer, Client, Closed
from gateway import Gateway, listener, route, upstream
from origin import Origin
from processes import free_port

at_once = 400


class Barrier:
    """Knows when the gateway has read what was sent to it before: its one loop serves connections in the order in which
    they became readable, so an answer here comes after all earlier reads. Asked twice, because accepting comes between."""

    def __init__(self, port: int):
        self.port = port
        self.client = Client(port)

    def wait(self):
        for _ in range(2):
            try:
                answer = self.client.get("/barrier")
            except (Closed, OSError):
                self.client = Client(self.port)
                answer = self.client.get("/barrier")
            assert answer.status == 404
            if answer.closes:
                self.client = Client(self.port)


@dataclass
class Trial:
    """One connection: what is sent, where it is cut, what came back until the gateway closed."""

    raw: bytes
    split: int | None = None
    after: bytes = b""  # sent after the case, in the second part
    received: bytes = b""
    answers: list[Answer] = field(default_factory=list)

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers]

    def forwarded(self) -> list[dict]:
        """What the origin saw of the requests that it answered; without what differs from one request to the next."""
        seen = []
        for answer in self.answers:
            if answer.status == 200:
                request = answer.json()
                request["fields"] = [each for each in request["fields"] if each[0].lower() != "x-request-id"]
                seen.append(request)
        return seen

    def is_refused(self) -> bool:
        return all(400 <= status < 500 or status in (501, 505) for status in self.statuses)

    def __str__(self) -> str:
        return f"split at {self.split}: {self.statuses} {self.received[:200]!r}"


class Recorded(Client):
    """Reads answers from bytes that came before."""

    def __init__(self, data: bytes):
        self.buffer = data

    def receive(self) -> bytes:
        return b""


def parse(trial: Trial):
    """Reads the answers one by one; a cut or broken one ends the list."""
    reader = Recorded(trial.received)
    is_head = trial.raw.lstrip().startswith(b"HEAD ")
    while reader.buffer:
        try:
            trial.answers.append(reader.answer(is_head and not trial.answers))
        except Closed:
            return


def play(trials: list[Trial], port: int, barrier: Barrier):
    """Plays them all, some hundred at once, each to its end: the gateway closes every connection."""
    for start in range(0, len(trials), at_once):
        batch = trials[start:start + at_once]
        sockets = [Client(port).socket for _ in batch]
        for trial, connection in zip(batch, sockets):
            if trial.split:
                send(connection, trial.raw[:trial.split])
        if any(trial.split for trial in batch):
            barrier.wait()
        for trial, connection in zip(batch, sockets):
            send(connection, trial.raw[trial.split or 0:] + trial.after)
        for trial, connection in zip(batch, sockets):
            trial.received = read_to_end(connection)
            parse(trial)


def send(connection: socket.socket, data: bytes):
    """The gateway may have refused and closed already."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    # Closing with RST leaves no port behind in TIME_WAIT.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return received


def start_gateway(folder, origin: Origin, limits: dict) -> tuple[Gateway, Barrier]:
    """A gateway with everything on one listener, and a second listener with nothing, for the barrier."""
    quiet = free_port()
    gateway = Gateway(folder, [
        listener(free_port(), limits={"requestsPerConnection": 1_000_000, **limits}),
        listener(quiet, name="quiet", limits={"requestsPerConnection": 1_000_000_000}),
        upstream(origin.port), route(listeners=["web"])])
    return gateway, Barrier(quiet)


def stray_bytes(origin: Origin) -> int:
    """Bytes that reached the origin and belong to no whole request."""
    whole = sum(len(each.raw_head) + 4 + len(each.body) for each in origin.requests)
    return origin.bytes_seen - whole


def described(trials: list[Trial]) -> str:
    return "\n".join(map(str, trials[:5])) + (f"\n… and {len(trials) - 5} more" if len(trials) > 5 else "")
