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
    """A script: answers /fill with 16 KiB; the first request for another path with interim answers of 60 KiB and one that
    is tried again, in the same bytes."""

    def __init__(self):
        self.filled, self.targets = 0, []

    def __call__(self, connection):
        while True:
            request = connection.read_head()
            self.targets.append(request.target)
            if request.target == "/fill":
                self.filled += 1
                connection.answer(bytes(16384))
            elif self.targets.count(request.target) > 1 or request.target == "/after":
                connection.answer(request.target)
            else:
                hint = f"HTTP/1.1 103 Early Hints\r\nLink: <{'a' * 4000}>\r\n\r\n"
                connection.send(15 * hint + "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")


def test_a_client_that_takes_interim_answers_late_gets_the_final_one(make_origin, make_gateway):
    """They wait for room in the kernel while the request waits for its next try: taking them ends nothing."""
    filling = Filling()
    origin = make_origin(filling, keeps_bytes=False)
    gateway = make_gateway([
        listener(free_port(), limits={"requestsPerConnection": 1_000_000}), upstream(origin.port),
        route(retry={"backoff": {"base": "2s", "max": "2s"}}, timeouts={"request": "60s"})])

    def ask(*paths: str):
        client = gateway.connect(receive_buffer=65536)
        client.send("".join(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n" for path in paths))
        return client
    # How many answers the kernel takes for a client that does not read: of the last one, a part.
    with ask(*["/fill"] * 2000):
        count = -1
        while count < filling.filled:
            count = filling.filled
            time.sleep(0.3)
    assert 2 < count < 2000
    with ask(*["/fill"] * (count - 2), "/held", "/after") as client:
        wait_until(lambda: "/held" in filling.targets, "the interim answers wait for the client")
        assert [len(client.answer().body) for _ in range(count - 2)] == [16384] * (count - 2)
        assert [client.answer().body for _ in range(2)] == [b"/held", b"/after"]
    assert filling.targets[-3:] == ["/held", "/held", "/after"]
