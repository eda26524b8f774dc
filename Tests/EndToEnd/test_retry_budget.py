"""Do retries stay within their budget, and all tries within the time of the request?"""

import time

from harness import free_port, wait_until
from retrying import GET, retried, serving
from trouble import Held, Turns, answers, endpoints, resets, stalls


def test_no_budget_is_no_retry(make_origin, make_gateway):
    answer, turns = retried(make_origin, make_gateway, [resets] * 9,
                            retry={"budget": {"percent": 0, "minConcurrency": 0}})
    assert (answer.status, len(turns.names)) == (503, 1)


def test_retries_at_once_stay_within_the_budget(make_origin, make_gateway):
    held = Held()
    turns = Turns(resets, held, *[resets] * 9)
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins], {"budget": {"percent": 0, "minConcurrency": 1}})
    with gateway.connect() as first, gateway.connect() as second:
        first.send(GET)
        wait_until(lambda: held.arrived == 1, "the first request's retry is under way")
        assert second.get().status == 503 and len(turns.names) == 3
        held.release.set()
        assert first.answer().status == 200
        # The budget is free again; of the ways two more fail.
        turns.ways = turns.ways[:len(turns.names)] + [resets]
        assert second.get().status == 200 and len(turns.names) == 5


def test_tries_never_outlive_the_request(make_origin, make_gateway):
    start = time.monotonic()
    answer, turns = retried(make_origin, make_gateway, [stalls] * 20, retry={"attempts": 10},
                            timeouts={"request": "1s", "backendRequest": "3s"})
    assert (answer.status, answer.json()["reason"], len(turns.names)) == (504, "upstream-timeout", 1)
    answer, turns = retried(make_origin, make_gateway, [stalls] * 20, retry={"attempts": 10},
                            timeouts={"request": "1s", "backendRequest": "400ms"})
    assert (answer.status, answer.json()["reason"]) == (504, "upstream-timeout")
    assert 2 <= len(turns.names) <= 3 and time.monotonic() - start < 10


def test_a_wait_between_tries_never_outlives_the_request(make_origin, make_gateway):
    start = time.monotonic()
    answer, turns = retried(make_origin, make_gateway, [resets] * 9, timeouts={"request": "500ms"},
                            retry={"backoff": {"base": "24h", "max": "24h"}})
    assert answer.status in (503, 504) and len(turns.names) == 1 and time.monotonic() - start < 10


def test_a_client_that_leaves_is_not_served_again(make_origin, make_gateway):
    turns = Turns(*[stalls] * 9)
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins], {"attempts": 5}, {"backendRequest": "30s"})
    client = gateway.connect()
    client.send(GET)
    wait_until(lambda: len(turns.names) == 1, "the request has arrived")
    client.reset()
    [line] = gateway.log_lines(1)
    assert (line["status"], line["reason"]) == (499, "client-closed") and len(turns.names) == 1


def test_every_retry_is_counted_not_only_the_first_of_a_request(make_origin, make_gateway):
    turns = Turns(*[resets] * 1000)
    origins = endpoints(make_origin, turns, 2)
    gateway = serving(make_gateway, [each.port for each in origins],
                      {"attempts": 5, "budget": {"percent": 20, "minConcurrency": 0}})
    with gateway.connect() as client:
        assert [client.get().status for _ in range(50)] == [503] * 50
    # The one request that is under way may be tried again; the retry after that would be more than a fifth.
    assert 50 < len(turns.names) <= 110


def test_a_refused_connection_spends_no_budget_and_lifts_none(make_origin, make_gateway):
    turns = Turns(*[answers("503 Busy")] * 1000)
    [busy] = endpoints(make_origin, turns, 1)
    gateway = serving(make_gateway, [free_port(), busy.port],
                      {"attempts": 5, "budget": {"percent": 0, "minConcurrency": 0}})
    with gateway.connect() as client:
        # Half of them meet the endpoint that refuses first, and go on to the other at once.
        given = [client.get() for _ in range(10)]
    assert [each.body for each in given] == [b"a"] * 10 and len(turns.names) == 10
