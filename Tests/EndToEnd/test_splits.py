"""Does every share of a split get what it should, and does a client stay in its share?"""

import collections
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from h2_client import H2Client
from harness import Client, Gateway, free_port, listener, route, upstream


def answers_name(connection):
    """Answers with the origin's name; requests are not kept."""
    while True:
        request = connection.read_head()
        for _ in connection.body(request):
            pass
        connection.answer(connection.origin.name)


@pytest.fixture
def shares(make_origin):
    """Two origins, v1 and v2."""
    return [make_origin(answers_name, name=name, keeps_bytes=False) for name in ("v1", "v2")]


def documents(shares, first: int = 90, second: int = 10, port: int | None = None, **fields) -> list[dict]:
    return [listener(port or free_port(), limits={"requestsPerConnection": 1_000_000}),
            *[upstream(each.port, name=each.name) for each in shares],
            route(forward=[{"upstream": "v1", "weight": first}, {"upstream": "v2", "weight": second}], **fields)]


def counts(gateway, total: int, connections: int = 1, extra: str = "") -> collections.Counter:
    """What answered so many requests on so many connections at once."""
    def run(_):
        with gateway.connect() as client:
            return collections.Counter(client.get(extra=extra).body.decode() for _ in range(total // connections))
    with ThreadPoolExecutor(connections) as pool:
        return sum(pool.map(run, range(connections)), collections.Counter())


def split(answer) -> tuple[str, str | None]:
    """Which share answered, and the cookie that was set, as a client sends it back."""
    cookie = answer["set-cookie"]
    return answer.body.decode(), cookie.split(";")[0] if cookie else None


# Exact shares

@pytest.mark.parametrize(("first", "second"), [(90, 10), (999_999, 1), (1, 1), (2, 1), (50, 50), (95, 5)])
def test_shares_are_exact_on_one_worker(make_gateway, shares, first, second):
    gateway = make_gateway(documents(shares, first, second))
    found = counts(gateway, 1000)
    expected = 1000 * first / (first + second)
    assert sum(found.values()) == 1000 and abs(found["v1"] - expected) <= 1, found


def test_shares_are_exact_over_many_requests_at_once(make_gateway, shares):
    found = counts(make_gateway(documents(shares)), 10_000, connections=8)
    assert abs(found["v1"] - 9000) <= 10, found


def test_shares_are_exact_on_two_workers(make_gateway, shares):
    found = counts(make_gateway(documents(shares), workers=2), 2000, connections=16)
    assert abs(found["v1"] - 1800) <= 2, found


def test_shares_are_exact_within_every_stretch(make_gateway, shares):
    """A split is smooth: no burst to one of them."""
    with make_gateway(documents(shares, 3, 1)).connect() as client:
        row = [client.get().body.decode() for _ in range(400)]
    for start in range(0, 400, 4):
        assert row[start:start + 4].count("v2") == 1, row[:40]


def test_three_shares_and_the_same_upstream_twice(make_gateway, shares):
    forward = [{"upstream": "v1", "weight": 1}, {"upstream": "v2", "weight": 1}, {"upstream": "v1", "weight": 2}]
    found = counts(make_gateway(documents(shares)[:3] + [route(forward=forward)]), 400)
    assert found == {"v1": 300, "v2": 100}


def test_a_weight_of_zero_gets_nothing(make_gateway, shares):
    assert counts(make_gateway(documents(shares, 0, 1)), 200) == {"v2": 200}


def test_all_zero_is_500(make_gateway, shares):
    gateway = make_gateway(documents(shares, 0, 0))
    with gateway.connect() as client:
        answer = client.get()
        assert (answer.status, answer.json()["reason"]) == (500, "no-share")
        assert client.get().status == 500
    assert gateway.log_lines(2)[0]["reason"] == "no-share"


def test_a_share_without_an_endpoint_is_503_and_the_others_serve(make_gateway, shares):
    forward = [{"upstream": "v1"}, {"upstream": "dead"}]
    gateway = make_gateway([listener(free_port()), upstream(shares[0].port, name="v1"), upstream(free_port(), name="dead"),
                            route(forward=forward)])
    with gateway.connect() as client:
        assert sorted(client.get().status for _ in range(20)) == [200] * 10 + [503] * 10


def test_a_changed_split_holds_from_the_next_request(make_origin, shares, control, make_replica):
    for document in documents(shares, 1, 0, port := free_port()):
        control.put(document)
    replica = make_replica(control, port)
    with replica.connect() as client:
        assert {client.get().body for _ in range(20)} == {b"v1"}
        changed = documents(shares, 0, 1, port)[-1]
        assert control.put(changed, "?wait=applied&timeout=10s").status == 200
        assert {client.get().body for _ in range(20)} == {b"v2"}


def test_requests_over_http2_are_split_too(make_gateway, shares):
    with H2Client(make_gateway(documents(shares, 3, 1)).port) as client:
        found = collections.Counter(bytes(client.get().body) for _ in range(100))
    assert found == {b"v1": 75, b"v2": 25}


# Canaries

def test_a_header_chooses_the_canary(make_gateway, shares):
    canary = {"kind": "route", "name": "canary", "forward": [{"upstream": "v2"}],
              "matches": [{"headers": [{"name": "x-env", "exact": "canary"}]}]}
    gateway = make_gateway(documents(shares)[:3] + [route(to="v1"), canary])
    with gateway.connect() as client:
        assert client.get(extra="X-Env: canary\r\n").body == b"v2"
        assert client.get(extra="X-Env: Canary\r\n").body == b"v1"
        assert client.get().body == b"v1"


def test_a_share_has_header_rules_of_its_own_after_those_of_the_route(make_gateway, make_origin):
    origins = [make_origin(name=name) for name in ("v1", "v2")]
    gateway = make_gateway([
        listener(free_port()), *[upstream(each.port, name=each.name) for each in origins],
        route(requestHeaders={"set": {"x-share": "route"}}, responseHeaders={"set": {"x-answer": "route"}}, forward=[
            {"upstream": "v1"},
            {"upstream": "v2", "requestHeaders": {"set": {"x-share": "v2"}}, "responseHeaders": {"set": {"x-answer": "v2"}}}])])
    with gateway.connect() as client:
        found = {}
        for _ in range(10):
            answer = client.get()
            seen = {name.lower(): value for name, value in answer.json()["fields"]}
            found[answer.json()["origin"]] = (seen["x-share"], answer["x-answer"])
    assert found == {"v1": ("route", "route"), "v2": ("v2", "v2")}


def test_a_share_is_rewritten_in_place_of_the_route(make_gateway, make_origin):
    origins = [make_origin(name=name) for name in ("v1", "v2")]
    gateway = make_gateway([
        listener(free_port()), *[upstream(each.port, name=each.name) for each in origins],
        route(prefix="/api", rewrite={"path": {"replacePrefix": "/route"}}, forward=[
            {"upstream": "v1"}, {"upstream": "v2", "rewrite": {"path": {"replacePrefix": "/share"}}}])])
    with gateway.connect() as client:
        seen = {(each["origin"], each["target"]) for each in (client.get("/api/x?a=b").json() for _ in range(10))}
    assert seen == {("v1", "/route/x?a=b"), ("v2", "/share/x?a=b")}


# Sticky splits

def test_a_cookie_keeps_a_client_in_its_share(make_gateway, shares):
    gateway = make_gateway(documents(shares, 1, 1, sticky={"by": "cookie"}))
    with gateway.connect() as client:
        firsts = [split(client.get()) for _ in range(20)]
        assert collections.Counter(name for name, _ in firsts) == {"v1": 10, "v2": 10}
        for name, cookie in firsts:
            assert cookie.startswith("sluice-split-all=")
            for _ in range(3):
                answer = client.get(extra=f"Cookie: a=b; {cookie}\r\n")
                assert (answer.body.decode(), answer["set-cookie"]) == (name, None)


def test_a_cookie_of_a_session_has_no_age_and_is_not_for_scripts(make_gateway, shares):
    with make_gateway(documents(shares, sticky={"by": "cookie"})).connect() as client:
        parts = [part.strip().lower() for part in client.get()["set-cookie"].split(";")[1:]]
        assert "httponly" in parts and "path=/" in parts and not any(part.startswith(("max-age", "expires")) for part in parts)


def test_a_cookie_has_the_name_and_age_that_it_is_given(make_gateway, shares):
    sticky = {"by": "cookie", "name": "version", "lifetime": "1h"}
    with make_gateway(documents(shares, sticky=sticky)).connect() as client:
        cookie = client.get()["set-cookie"]
        assert cookie.startswith("version=") and "max-age=3600" in cookie.lower()


def test_a_cookie_counts_on_every_worker(make_gateway, shares):
    gateway = make_gateway(documents(shares, 1, 1, sticky={"by": "cookie"}), workers=2)
    with gateway.connect() as client:
        known = dict(split(client.get()) for _ in range(4))
    for name, cookie in known.items():
        for _ in range(16):
            with gateway.connect() as client:
                assert client.get(extra=f"Cookie: {cookie}\r\n").body.decode() == name


def spoiled(cookie: str):
    """Cookies that nobody signed."""
    name, _, value = cookie.partition("=")
    yield f"{name}="
    yield f"{name}=0"
    yield f"{name}={value[:-1]}"
    yield f"{name}={value}{value}"
    yield f"{name}={'x' * 4000}"
    for at in range(0, len(value), 3):
        other = "A" if value[at] != "A" else "B"
        yield f"{name}={value[:at]}{other}{value[at + 1:]}"


def test_a_forged_cookie_is_no_cookie(make_gateway, shares):
    gateway = make_gateway(documents(shares, 1, 0, sticky={"by": "cookie"}))
    with gateway.connect() as client:
        _, cookie = split(client.get())
        for forged in spoiled(cookie):
            answer = client.get(extra=f"Cookie: {forged}\r\n")
            assert answer.status == 200 and answer["set-cookie"], forged


def test_a_cookie_of_a_share_that_gets_nothing_any_more_is_replaced(tmp_path, running, shares):
    port = free_port()
    gateway = Gateway(tmp_path, documents(shares, 0, 1, port, sticky={"by": "cookie"}))
    running.append(gateway)
    with gateway.connect() as client:
        name, cookie = split(client.get())
        assert name == "v2"
    gateway.reload(documents(shares, 1, 0, port, sticky={"by": "cookie"}))
    with gateway.connect() as client:
        answer = client.get(extra=f"Cookie: {cookie}\r\n")
        assert answer.body == b"v1" and answer["set-cookie"]


def test_a_field_keeps_a_client_in_its_share(make_gateway, shares):
    gateway = make_gateway(documents(shares, 1, 1, sticky={"by": "header", "name": "X-User"}), workers=2)
    found = collections.defaultdict(set)
    for _ in range(4):
        with gateway.connect() as client:
            for user in range(60):
                answer = client.get(extra=f"X-User: user-{user}\r\n")
                assert answer["set-cookie"] is None
                found[user].add(answer.body)
    assert all(len(names) == 1 for names in found.values())
    assert {name for names in found.values() for name in names} == {b"v1", b"v2"}


def test_an_address_keeps_a_client_in_its_share(make_gateway, shares):
    gateway = make_gateway(documents(shares, 1, 1, sticky={"by": "client-address"}), workers=2)
    found = collections.defaultdict(set)
    for _ in range(3):
        for last in range(2, 42):
            with From(f"127.0.0.{last}", gateway.port) as client:
                found[last].add(client.get().body)
    assert all(len(names) == 1 for names in found.values())
    assert {name for names in found.values() for name in names} == {b"v1", b"v2"}


class From(Client):
    """A client with an address of its own."""

    def __init__(self, address: str, port: int):
        self.socket, self.buffer = socket.create_connection(("127.0.0.1", port), 15, (address, 0)), b""


def test_more_weight_moves_clients_one_way_only(make_origin, tmp_path, running, shares):
    """As the canary grows, nobody who is in it leaves it."""
    port, sticky = free_port(), {"by": "header", "name": "x-user"}
    gateway = Gateway(tmp_path, documents(shares, 90, 10, port, sticky=sticky))
    running.append(gateway)

    def canary() -> set[int]:
        with gateway.connect() as client:
            return {user for user in range(300) if client.get(extra=f"X-User: {user}\r\n").body == b"v2"}
    before = canary()
    gateway.reload(documents(shares, 60, 40, port, sticky=sticky))
    after = canary()
    assert before < after and 5 <= len(before) <= 70 and 70 <= len(after) <= 170
