"""Which endpoint does a request go to?"""

import collections
import socket

import pytest

from balancing import documents, names, serving, start
from harness import Client, free_port, wait_until
from trouble import endpoints

__all__ = ["serving", "start"]  # fixtures


# Algorithms

def test_round_robin_takes_one_after_the_other(start):
    with start(3, loadBalancing={"algorithm": "round-robin"}).connect() as client:
        row = names(client, 30)
    assert row == row[:3] * 10 and sorted(row[:3]) == ["a", "b", "c"]


def test_round_robin_weights_are_exact_and_smooth(start):
    gateway = start(3, {"a": 3, "b": 1, "c": 0}, loadBalancing={"algorithm": "round-robin"})
    with gateway.connect() as client:
        row = names(client, 40)
    assert row == row[:4] * 10 and sorted(row[:4]) == ["a", "a", "a", "b"]


@pytest.mark.parametrize("algorithm", ["least-request", "random", "peak-ewma"])
def test_chance_reaches_every_endpoint(start, algorithm):
    with start(3, loadBalancing={"algorithm": algorithm}).connect() as client:
        found = collections.Counter(names(client, 300))
    assert set(found) == {"a", "b", "c"}


def test_random_draws_by_weight(start):
    gateway = start(2, {"a": 9, "b": 1}, loadBalancing={"algorithm": "random"})
    with gateway.connect() as client:
        found = collections.Counter(names(client, 2000))
    assert 100 < found["b"] < 320, found


@pytest.mark.parametrize("algorithm", ["least-request", "peak-ewma"])
def test_a_slow_endpoint_gets_no_more_while_it_is_busy(start, serving, algorithm):
    gateway = start(2, loadBalancing={"algorithm": algorithm})
    serving.held = {"a"}
    held = []
    while not serving.waiting["a"]:
        client = gateway.connect()
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        held.append(client)
        wait_until(lambda: sum(serving.seen.values()) == len(held), "the request has arrived")
    with gateway.connect() as client:
        found = collections.Counter(names(client, 100))
    # Of two endpoints both are always looked at. An average of latencies may let one through before it knows.
    assert found["b"] >= (100 if algorithm == "least-request" else 98), found
    serving.release.set()


@pytest.mark.parametrize("algorithm", ["least-request", "round-robin", "random", "peak-ewma", "consistent-hash"])
def test_an_endpoint_of_weight_zero_gets_nothing(start, algorithm):
    with start(3, {"b": 0}, loadBalancing={"algorithm": algorithm}).connect() as client:
        assert "b" not in names(client, 100)


def test_all_weights_zero_is_no_endpoint(start):
    with start(2, {"a": 0, "b": 0}).connect() as client:
        answer = client.get()
        assert (answer.status, answer.json()["reason"]) == (503, "no-endpoint")


# Consistent hashing

sources = {
    "header": ({"header": "X-User"}, lambda key: {"extra": f"X-User: {key}\r\n"}),
    "cookie": ({"cookie": "user"}, lambda key: {"extra": f"Cookie: a=b; user={key}\r\n"}),
    "query": ({"query": "user"}, lambda key: {"path": f"/?a=b&user={key}"}),
}


def by_key(gateway, ask, keys: int, rounds: int = 3) -> dict[int, str]:
    """The endpoint of every key, which must be the same on each connection."""
    found = {}
    for _ in range(rounds):
        with gateway.connect() as client:
            for key in range(keys):
                name = client.get(**ask(key)).body.decode()
                assert found.setdefault(key, name) == name, f"key {key} moved"
    return found


@pytest.mark.parametrize("source", sources)
def test_a_key_stays_at_its_endpoint_on_every_worker(start, source):
    hash_on, ask = sources[source]
    gateway = start(4, workers=2, loadBalancing={"algorithm": "consistent-hash", "hashOn": hash_on})
    found = collections.Counter(by_key(gateway, ask, 80, rounds=6).values())
    assert set(found) == {"a", "b", "c", "d"} and max(found.values()) <= 40, found


def test_an_address_stays_at_its_endpoint(start):
    gateway = start(4, workers=2, loadBalancing={"algorithm": "consistent-hash"})
    found = {}
    for _ in range(3):
        for last in range(2, 42):
            with From(f"127.0.0.{last}", gateway.port) as client:
                found.setdefault(last, set()).add(client.get().body)
    assert all(len(each) == 1 for each in found.values())
    assert len({name for each in found.values() for name in each}) >= 3


class From(Client):
    """A client with an address of its own."""

    def __init__(self, address: str, port: int):
        self.socket, self.buffer = socket.create_connection(("127.0.0.1", port), 15, (address, 0)), b""


def test_a_hash_moves_little_more_than_the_share_that_must(make_origin, make_gateway, serving):
    port, hashing = free_port(), {"algorithm": "consistent-hash", "hashOn": {"header": "X-User"}}
    origins = endpoints(make_origin, serving, 5)
    gateway = make_gateway(documents(origins, port=port, loadBalancing=hashing))
    ask = sources["header"][1]
    before = by_key(gateway, ask, 400, rounds=1)
    gateway.reload(documents(origins[:4], port=port, loadBalancing=hashing))
    after = by_key(gateway, ask, 400, rounds=1)
    assert "e" not in after.values()
    moved = [key for key in before if before[key] != "e" and after[key] != before[key]]
    assert len(moved) <= 40, f"{len(moved)} of 400 keys moved without need"
    gateway.reload(documents(origins, port=port, loadBalancing=hashing))
    assert by_key(gateway, ask, 400, rounds=1) == before


def test_two_replicas_hash_alike(make_origin, control, make_replica, serving):
    hashing = {"algorithm": "consistent-hash", "hashOn": {"header": "X-User"}}
    origins = endpoints(make_origin, serving, 4)
    port = free_port()
    for document in documents(origins, port=port, loadBalancing=hashing):
        control.put(document)
    ask = sources["header"][1]
    found = []
    for name in ("one", "two"):
        replica = make_replica(control, port, name)
        found.append(by_key(replica, ask, 60, rounds=1))
        replica.stop()
    assert found[0] == found[1]


# Session persistence

def test_a_session_stays_at_its_endpoint(start):
    gateway = start(3, loadBalancing={"algorithm": "round-robin"}, sessionPersistence={"type": "cookie"})
    with gateway.connect() as client:
        answer = client.get()
        cookie = answer["set-cookie"].split(";")[0]
        assert cookie.startswith("sluice-origin=") and "httponly" in answer["set-cookie"].lower()
        for _ in range(9):
            again = client.get(extra=f"Cookie: {cookie}\r\n")
            assert (again.body, again["set-cookie"]) == (answer.body, None)
        assert len(set(names(client, 3))) == 3


def test_a_session_has_the_name_and_age_that_it_is_given(start):
    with start(2, sessionPersistence={"name": "sid", "lifetime": "2h"}).connect() as client:
        cookie = client.get()["set-cookie"]
        assert cookie.startswith("sid=") and "max-age=7200" in cookie.lower()


def test_a_session_survives_another_worker_and_another_replica(make_origin, control, make_replica, serving):
    origins = endpoints(make_origin, serving, 4)
    port = free_port()
    for document in documents(origins, port=port, sessionPersistence={"type": "cookie"}):
        control.put(document)
    replica = make_replica(control, port, "one", workers=2)
    sessions = []
    for _ in range(6):
        with replica.connect() as client:
            answer = client.get()
            sessions.append((answer.body, answer["set-cookie"].split(";")[0]))
    for turn in range(2):
        for body, cookie in sessions:
            for _ in range(4):
                with replica.connect() as client:
                    assert client.get(extra=f"Cookie: {cookie}\r\n").body == body
        if turn == 0:
            replica.stop()
            replica = make_replica(control, port, "two", workers=2)


def test_a_forged_session_is_no_session(start):
    with start(2, sessionPersistence={"type": "cookie"}).connect() as client:
        name, _, value = client.get()["set-cookie"].split(";")[0].partition("=")
        forged = ["", "0", "127.0.0.1:1", value + value, value[:-1], "x" * 4000]
        forged += [value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1:] for at in range(0, len(value), 3)]
        for each in forged:
            answer = client.get(extra=f"Cookie: {name}={each}\r\n")
            assert answer.status == 200 and answer["set-cookie"], each


def test_a_session_whose_endpoint_is_gone_goes_elsewhere(make_origin, make_gateway, serving):
    port, session = free_port(), {"sessionPersistence": {"type": "cookie"}}
    origins = endpoints(make_origin, serving, 2)
    gateway = make_gateway(documents(origins, port=port, **session))
    with gateway.connect() as client:
        answer = client.get()
        cookie = answer["set-cookie"].split(";")[0]
    left = [each for each in origins if each.name != answer.body.decode()]
    gateway.reload(documents(left, port=port, **session))
    with gateway.connect() as client:
        again = client.get(extra=f"Cookie: {cookie}\r\n")
        assert again.body.decode() == left[0].name and again["set-cookie"]
