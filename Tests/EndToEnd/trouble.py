"""Origins that make trouble by turns: what happens to each request is settled by the order in which requests arrive,
whichever endpoint they arrive at."""

import threading

from harness import Connection, Gone, Origin


class Turns:
    """A script for many origins at once. `ways` are what befalls the first arrivals, in turn; later ones are answered with
    the name of their origin. Every head that arrives is counted, whatever becomes of the request."""

    def __init__(self, *ways):
        self.ways, self.arrivals, self.lock = list(ways), [], threading.Lock()

    def __call__(self, connection: Connection):
        while True:
            request = connection.read_head()
            with self.lock:
                turn = len(self.arrivals)
                self.arrivals.append((connection.origin.name, request.method))
            way = self.ways[turn] if turn < len(self.ways) else answers()
            way(connection, request)

    @property
    def names(self) -> list[str]:
        """The origins that requests arrived at, in order."""
        return [name for name, _ in self.arrivals]

    @property
    def methods(self) -> list[str]:
        return [method for _, method in self.arrivals]


def read_body(connection: Connection, request):
    request.body = b"".join(connection.body(request))
    connection.origin.record(request)


def answers(status: str = "200 OK"):
    def way(connection, request):
        read_body(connection, request)
        body = b"" if request.method == "HEAD" else connection.origin.name.encode()
        connection.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(connection.origin.name)}\r\n\r\n".encode() + body)
    return way


def resets(connection, request):
    read_body(connection, request)
    connection.reset()
    raise Gone


def closes(connection, request):
    read_body(connection, request)
    raise Gone


def resets_within_body(connection, request):
    """Takes a part of the body first: 100,000 bytes of a long one."""
    taken = 0
    for part in connection.body(request):
        taken += len(part)
        if taken > 100_000:
            break
    connection.reset()
    raise Gone


def stalls(connection, request):
    """Says nothing until the gateway gives up."""
    connection.wait_gone()
    raise Gone


def says(raw: bytes):
    """Answers with these bytes and closes."""
    def way(connection, request):
        read_body(connection, request)
        connection.send(raw)
        raise Gone
    return way


class Held:
    """A way: requests wait until `release` is set, then they are answered. `arrived` counts them."""

    def __init__(self, status: str = "200 OK"):
        self.release, self.arrived, self.status, self.lock = threading.Event(), 0, status, threading.Lock()

    def __call__(self, connection, request):
        with self.lock:
            self.arrived += 1
        assert self.release.wait(30), "nobody released the request"
        answers(self.status)(connection, request)


def endpoints(make_origin, script, count: int) -> list[Origin]:
    """Origins with the same script, named a, b, c…"""
    return [make_origin(script, name="abcdefgh"[index], keeps_bytes=False) for index in range(count)]
