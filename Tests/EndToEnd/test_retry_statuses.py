"""Which answers are followed by another try, and what becomes of what came before them and with them?"""

import time

import pytest

from h2_client import H2Client
from harness import free_port, listener, route, upstream, wait_until
from retrying import retried, serving
from trouble import Turns, answers, endpoints, read_body, says, stalls


def test_the_last_answer_is_passed_on_when_no_try_is_left(make_origin, make_gateway):
    unavailable = answers("503 Busy")
    answer, turns = retried(make_origin, make_gateway, [unavailable] * 9)
    assert (answer.status, answer.body.decode(), len(turns.names)) == (503, turns.names[-1], 3)


@pytest.mark.parametrize(("codes", "status", "tries"), [
    ([503], 500, 1), ([500], 500, 3), ([500], 503, 1), ([], 503, 1), ([429, 502], 429, 3), ([404], 404, 3)])
def test_status_codes_replace_the_default(make_origin, make_gateway, codes, status, tries):
    answer, turns = retried(make_origin, make_gateway, [answers(f"{status} No")] * 9, retry={"statusCodes": codes})
    assert (answer.status, len(turns.names)) == (status, tries)


def test_a_status_that_is_tried_again_leaves_the_connection_good(make_origin, make_gateway):
    turns = Turns(answers("503 Busy"))
    [origin] = endpoints(make_origin, turns, 1)
    gateway = serving(make_gateway, [origin.port], {})
    with gateway.connect() as client:
        assert [client.get().status for _ in range(10)] == [200] * 10
    assert len(turns.names) == 11


@pytest.mark.parametrize("framing", ["Content-Length: 10000000000", "Transfer-Encoding: chunked"])
def test_the_rest_of_an_answer_that_is_not_passed_on_is_not_waited_for(make_origin, make_gateway, framing):
    def endless(connection, request):
        read_body(connection, request)
        connection.send(f"HTTP/1.1 503 Busy\r\n{framing}\r\n\r\n5\r\nhello\r\n")
        stalls(connection, request)
    answer, turns = retried(make_origin, make_gateway, [endless])
    assert (answer.status, len(turns.names)) == (200, 2)


def test_interim_answers_of_a_try_that_failed_are_harmless(make_origin, make_gateway):
    way = says(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    answer, turns = retried(make_origin, make_gateway, [way])
    assert (answer.status, len(turns.names)) == (200, 2)


def hints_then_busy(connection, request):
    """An interim answer, and in the same bytes one that is tried again."""
    read_body(connection, request)
    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")


# Who waits until the time of a request is over waits longer than the tests' clients do.
waiting = {"backoff": {"base": "100ms", "max": "100ms"}}


@pytest.mark.parametrize("is_http2", [False, True], ids=["http1", "http2"])
def test_an_interim_answer_does_not_put_off_the_next_try(make_origin, make_gateway, is_http2):
    turns = Turns(*[hints_then_busy, answers()] * 10)
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins], waiting, {"request": "60s"})
    with H2Client(gateway.port) if is_http2 else gateway.connect() as client:
        assert [client.get().status for _ in range(10)] == [200] * 10
    assert len(turns.names) == 20


class Filling:
    """A script: answers /fill… with 16 KiB; the first request for /held with interim answers of 60 KiB and one that is tried
    again, in the same bytes."""

    def __init__(self):
        self.targets = []

    def __call__(self, connection):
        while True:
            request = connection.read_head()
            self.targets.append(request.target)
            if request.target.startswith("/fill"):
                connection.answer(bytes(16384))
            elif request.target == "/after" or self.targets.count("/held") > 1:
                connection.answer(request.target)
            else:
                hint = f"HTTP/1.1 103 Early Hints\r\nLink: <{'a' * 4000}>\r\n\r\n"
                connection.send(15 * hint + "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

    def settled(self, target: str) -> int:
        """How many requests for it have come, once no more come or /held has."""
        count = wait_until(lambda: self.targets.count(target), f"{target} is asked for")
        quiet = 0
        while quiet < 10 and "/held" not in self.targets:
            time.sleep(0.05)
            quiet = quiet + 1 if count == self.targets.count(target) else 0
            count = self.targets.count(target)
        return count


def test_a_client_that_takes_interim_answers_late_gets_the_final_one(make_origin, make_gateway):
    """They wait for room in the kernel while the request waits for its next try: taking them ends nothing."""
    filling = Filling()
    origin = make_origin(filling, keeps_bytes=False)
    gateway = make_gateway([
        listener(free_port(), limits={"requestsPerConnection": 1_000_000}), upstream(origin.port),
        route(retry={"backoff": {"base": "5s", "max": "5s"}}, timeouts={"request": "60s"})])
    # How many answers the kernel takes for a client that does not read is found out: of the last one it takes a part.
    count = 1000
    for turn in range(10):
        client = gateway.connect(receive_buffer=65536)
        paths = [f"/fill/{turn}"] * (count - 2) + ["/held", "/after"]
        client.send("".join(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n" for path in paths))
        taken = filling.settled(paths[0])
        if "/held" in filling.targets:
            break
        client.close()
        count = min(taken, count - 1)
    assert "/held" in filling.targets and 2 < count < 1000
    with client:
        assert [len(client.answer().body) for _ in range(count - 2)] == [16384] * (count - 2)
        assert [client.answer().body for _ in range(2)] == [b"/held", b"/after"]
    assert filling.targets[-3:] == ["/held", "/held", "/after"]
