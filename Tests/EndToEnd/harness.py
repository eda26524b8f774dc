"""What the tests use, in one place.

`Gateway(folder, [listener(port), upstream(port), route()])` is a gateway with a configuration file, `Control(folder)` a
control plane, `Replica(control, port)` a gateway that follows it, `Origin(script)` an origin that does what a test
wants, `Client(port)` a raw connection. The fixtures of `conftest.py` make each of them and stop it after the test.
"""

from client import Answer, Client, Closed
from control import Control, Replica
from gateway import Gateway, HTTPAnswer, Worker, https, listener, request, route, upstream
from origin import Connection, Gone, Origin, Request, echo
from processes import Process, binary, free_port, repository, resident_bytes, wait_until

__all__ = [
    "Answer", "Client", "Closed", "Connection", "Control", "Gateway", "Gone", "HTTPAnswer", "Origin", "Process",
    "Replica", "Request", "Worker", "binary", "echo", "free_port", "https", "listener", "repository", "request",
    "resident_bytes", "route", "upstream", "wait_until",
]
