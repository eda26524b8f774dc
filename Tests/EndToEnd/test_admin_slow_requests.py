"""Requests that do not arrive cost their own connection and nobody else's."""

import signal
import threading
import time

import pytest

from harness import Client, Control, upstream

HEAD = "PUT /v1/upstreams/slow HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
# What the contract says, and room for a busy machine.
BODY, SILENCE, ROOM = 60, 75, 30


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    control = Control(tmp_path_factory.mktemp("slow"))
    yield control
    control.stop()


class Dripping(threading.Thread):
    """Sends its bytes one a second until the connection ends."""

    def __init__(self, control, head: str, drips: bool):
        super().__init__()
        self.client = Client(control.port, timeout=1)
        self.head, self.drips = head, drips
        self.seconds, self.answer = 0.0, b""

    def run(self):
        start = time.monotonic()
        self.client.send(self.head)
        while time.monotonic() - start < BODY + SILENCE + ROOM:
            try:
                if self.drips:
                    self.client.send("x")
                part = self.client.socket.recv(65536)
                self.answer += part
                if not part:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.seconds = time.monotonic() - start
        self.client.close()


def test_bodies_that_drip_and_silent_connections_end_without_an_answer_and_disturb_nobody(slow):
    head = HEAD.format(token=slow.token)
    drip = Dripping(slow, head + "Content-Length: 100000\r\n\r\n", True)
    half = Dripping(slow, head + "Content-Length: 100000\r\n\r\n{", False)
    chunks = Dripping(slow, head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", False)
    silent = Dripping(slow, "", False)
    halfway = Dripping(slow, head, False)
    everybody = [drip, half, chunks, silent, halfway]
    for each in everybody:
        each.start()
    for number in range(20):
        assert slow.call("PUT", f"/v1/upstreams/u{number}", upstream(9000 + number, name=f"u{number}")).status == 201
    for each in everybody:
        each.join(BODY + SILENCE + 2 * ROOM)
    assert [each.answer for each in everybody] == [b""] * 5
    assert all(each.seconds < BODY + ROOM for each in (drip, half, chunks)), [each.seconds for each in everybody]
    assert all(each.seconds < SILENCE + ROOM for each in (silent, halfway)), [each.seconds for each in everybody]
    assert slow.call("GET", "/v1/upstreams/slow").status == 404


def test_hundreds_of_requests_that_never_come_whole_do_not_keep_others_out_nor_the_shutdown(control):
    head = HEAD.format(token=control.token)
    texts = ["", "PUT /v1/", head, head + "Content-Length: 10\r\n\r\n{", head + "Transfer-Encoding: chunked\r\n\r\n"]
    stuck = []
    for number in range(400):
        stuck.append(Client(control.port))
        stuck[-1].send(texts[number % len(texts)])
    for number in range(20):
        assert control.call("PUT", f"/v1/upstreams/u{number}", upstream(9000, name=f"u{number}")).status == 201
    control.process.signal(signal.SIGTERM)
    assert control.process.wait(20) == 0
    for each in stuck:
        each.close()
