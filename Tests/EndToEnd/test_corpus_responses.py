"""Do answers from other servers' test suites become 502 or 503, or pass as one unambiguous message, however they are split?"""

from concurrent.futures import ThreadPoolExecutor

import pytest

import corpus
from client import Client, Closed
from origin import Connection, Origin
from trials import Barrier, start_gateway

cases = corpus.response_cases()
# A whole answer comes first in these; what stands behind it is never anyone's answer.
whole_first = {"llhttp:response/connection#153", "llhttp:response/connection#155"}
parallel = 16


class Player:
    """The origin's script: `/INDEX/SPLIT` asks for a case, cut where the target says; `/own` for an answer of its own."""

    def __init__(self):
        self.barriers = {}
        self.quiet_port = 0

    def __call__(self, connection: Connection):
        while True:
            request = connection.read_request()
            if request.target == "/own":
                connection.answer("own")
                continue
            index, split = map(int, request.target.split("/")[1:])
            raw = cases[index][1]
            if split:
                connection.send(raw[:split])
                self.barriers.setdefault(connection.number, Barrier(self.quiet_port)).wait()
            connection.send(raw[split:])
            connection.socket.shutdown(1)
            connection.wait_gone()
            return


@pytest.fixture(scope="module")
def playing(tmp_path_factory):
    player = Player()
    origin = Origin(player, keeps_bytes=False)
    gateway, barrier = start_gateway(tmp_path_factory.mktemp("responses"), origin, {"idleTimeout": "2s"})
    player.quiet_port = barrier.port
    yield origin, gateway
    gateway.stop()
    origin.stop()


def outcome(port: int, index: int, split: int) -> tuple:
    """What the client sees of one playing, and that the next request on the connection is answered by its own answer."""
    with Client(port) as client:
        client.send(f"GET /{index}/{split} HTTP/1.1\r\nHost: test\r\n\r\n")
        try:
            answer = client.answer()
        except Closed as closed:
            return ("closed", closed.partial)
        if not answer.is_whole:
            return ("broken", answer.status)
        if answer.status in (502, 503) and answer["content-type"] == "application/problem+json":
            seen = ("refused",)
        else:
            seen = ("passed", answer.status, answer.body)
        if not answer.closes:
            try:
                own = client.get("/own")
            except Closed:
                return seen
            assert (own.status, own.body) == (200, b"own"), f"the next request got {own}"
        return seen


@pytest.mark.parametrize("index", range(len(cases)), ids=[case["id"] for case, _ in cases])
def test_answer(index, playing):
    origin, gateway = playing
    case, raw = cases[index]
    with ThreadPoolExecutor(parallel) as pool:
        outcomes = list(pool.map(lambda split: outcome(gateway.port, index, split), range(len(raw))))
    strange = {seen[:2] for seen in outcomes if seen[:2] != outcomes[0][:2]}
    assert not strange, f"{raw!r}: whole {outcomes[0]}, split {strange}"
    if case["verdict"] == "reject" or "lenient" in case["mode"]:
        if case["id"] not in whole_first and "data-after-close" not in case["mode"] and "keep-alive" not in case["mode"]:
            assert outcomes[0][0] != "passed", f"{raw!r} passed: {outcomes[0]}"
    assert origin.failures == []
