"""Do answers from other servers' test suites become 502 or 503, or pass as one unambiguous message, whole and split?"""

import threading

import pytest

import corpus
from client import Client, Closed
from origin import Connection, Origin
from trials import start_gateway

cases = corpus.response_cases()
# A whole answer comes first in these; what stands behind it is never anyone's answer.
whole_first = {"llhttp:response/connection#153", "llhttp:response/connection#155"}


class Player:
    """The origin's script: `/INDEX/SPLIT` asks for a case, cut where the target says; `/own` for an answer of its own."""

    def __init__(self):
        self.barrier = None
        self.played = set()
        self.has_played = threading.Condition()

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
                self.barrier.wait()
            try:
                connection.send(raw[split:])
                connection.socket.shutdown(1)
            finally:
                with self.has_played:
                    self.played.add(request.target)
                    self.has_played.notify_all()
            connection.wait_gone()
            return


@pytest.fixture(scope="module")
def playing(tmp_path_factory):
    player = Player()
    origin = Origin(player, keeps_bytes=False)
    gateway, barrier = start_gateway(tmp_path_factory.mktemp("responses"), origin, {"idleTimeout": "2s"})
    player.barrier = barrier
    yield player, origin, gateway
    gateway.stop()
    origin.stop()


def outcome(player: Player, port: int, index: int, split: int) -> tuple:
    """What the client sees of one playing, and that the next request on the connection is answered by its own answer.

    That request goes out when the origin has sent all it wants: of bytes that come without a request, but after the next
    one has been sent, no HTTP/1.1 client can know that they are not its answer.
    """
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
            with player.has_played:
                assert player.has_played.wait_for(lambda: f"/{index}/{split}" in player.played, 20)
            try:
                own = client.get("/own")
            except Closed:
                return seen
            assert (own.status, own.body) == (200, b"own"), f"the next request got {own}"
        return seen


@pytest.mark.parametrize("index", range(len(cases)), ids=[case["id"] for case, _ in cases])
def test_answer(index, playing):
    player, origin, gateway = playing
    case, raw = cases[index]
    # One after the other: a connection that the gateway keeps must not serve another playing while this one goes on.
    outcomes = [outcome(player, gateway.port, index, split) for split in range(len(raw))]
    verdicts = {verdict(seen) for seen in outcomes}
    assert len(verdicts) == 1, f"{raw!r} depends on where it is split: {verdicts}"
    if is_rejected(case):
        assert verdicts == {"refused"}, f"{raw!r} passed: {outcomes[0]}"
    assert origin.failures == []


def verdict(seen: tuple) -> str | tuple:
    """An answer whose body turns out bad is refused, or broken off when its head has gone out: both are no."""
    return seen if seen[0] == "passed" else "refused"


def is_rejected(case: dict) -> bool:
    if case["id"] in whole_first or "data-after-close" in case["mode"] or "keep-alive" in case["mode"]:
        return False
    return case["verdict"] == "reject" or "lenient" in case["mode"]
