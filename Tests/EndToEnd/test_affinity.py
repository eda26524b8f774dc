"""Do cookies keep clients at their share and endpoint, and do forged or dead ones do nothing?"""

import re
import signal

import pytest

from h2_client import H2Client
from h2_frames import fields_of
from harness import free_port, https, listener, route, upstream, wait_until


def cookie_of(answer) -> str:
    return answer["set-cookie"].partition(";")[0]


def name_of(answer) -> str:
    return answer.json()["origin"]


@pytest.fixture
def origins(make_origin):
    return [make_origin(name=f"o{number}") for number in range(3)]


def documents(origins, **persistence) -> list[dict]:
    return [listener(free_port()), upstream(*(each.port for each in origins), sessionPersistence=persistence), route()]


def test_a_client_stays_at_its_endpoint(make_gateway, origins):
    gateway = make_gateway(documents(origins))
    seen = set()
    for _ in range(20):
        with gateway.connect() as client:
            first = client.get()
            assert re.fullmatch(r"sluice-origin=[A-Za-z0-9_-]{22}; Path=/; HttpOnly; SameSite=Lax", first["set-cookie"])
            for _ in range(5):
                again = client.get(extra=f"Cookie: a=b; {cookie_of(first)}; c=d\r\n")
                assert name_of(again) == name_of(first) and again.all("set-cookie") == []
            seen.add(name_of(first))
    assert len(seen) == 3


def test_over_http2_and_with_a_lifetime(make_gateway, origins):
    gateway = make_gateway(documents(origins, name="stay", lifetime="90s"))
    with H2Client(gateway.port) as client:
        first = client.get()
        assert first["set-cookie"].startswith("stay=") and first["set-cookie"].endswith("; Max-Age=90")
        for _ in range(5):
            again = client.ask(fields_of(extra=[("cookie", "a=b"), ("cookie", cookie_of(first))]))
            assert name_of(again) == name_of(first) and again.all("set-cookie") == []


@pytest.mark.parametrize("value", ["", "x", "A" * 22, "A" * 23, "../../x"])
def test_a_forged_value_names_nothing(make_gateway, origins, value):
    gateway = make_gateway(documents(origins))
    with gateway.connect() as client:
        assert len(client.get(extra=f"Cookie: sluice-origin={value}\r\n").all("set-cookie")) == 1


def test_all_workers_give_the_same_names(make_gateway, origins):
    gateway = make_gateway(documents(origins), workers=3)
    cookies: dict[str, set[str]] = {}
    for _ in range(40):
        with gateway.connect() as client:
            answer = client.get()
            cookies.setdefault(name_of(answer), set()).add(cookie_of(answer))
    assert len(cookies) == 3 and all(len(each) == 1 for each in cookies.values())


def test_an_endpoint_that_is_gone_is_replaced(make_gateway, origins):
    gateway = make_gateway(documents(origins))
    with gateway.connect() as client:
        first = client.get()
        gone = next(each for each in origins if each.name == name_of(first))
        gone.stop()
        client.get(extra=f"Cookie: {cookie_of(first)}\r\n")
    left = [each for each in origins if each is not gone]
    gateway.write([listener(gateway.port), upstream(*(each.port for each in left), sessionPersistence={}), route()])
    gateway.process.signal(signal.SIGHUP)
    with gateway.connect() as client:
        def ask():
            answer = client.get(extra=f"Cookie: {cookie_of(first)}\r\n")
            return answer if answer.status == 200 else None
        assert cookie_of(wait_until(ask, lambda: "an answer of another endpoint")) != cookie_of(first)


def test_under_tls_the_cookie_is_secure(make_tls_gateway, make_gateway, certificates, origins):
    gateway = make_gateway([*certificates.documents("shop"), https(free_port(), "shop"),
                            upstream(*(each.port for each in origins), sessionPersistence={}), route()])
    with H2Client(gateway.port, tls={}) as client:
        assert client.get()["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize("source, lines", [
    ({"header": "x-user"}, "X-User: {}\r\n"), ({"cookie": "user"}, "Cookie: a=1; user={}\r\n")])
def test_what_has_the_same_key_goes_to_the_same_endpoint(make_gateway, origins, source, lines):
    balancing = {"algorithm": "consistent-hash", "hashOn": source}
    gateway = make_gateway([listener(free_port()), upstream(*(each.port for each in origins), loadBalancing=balancing), route()],
                           workers=2)
    found: dict[int, set[str]] = {}
    for _ in range(3):
        for key in range(20):
            with gateway.connect() as client:
                found.setdefault(key, set()).add(name_of(client.get(extra=lines.format(key))))
    assert all(len(each) == 1 for each in found.values()) and len(set().union(*found.values())) == 3


def test_query_parameters_are_compared_decoded(make_gateway, origins):
    balancing = {"algorithm": "consistent-hash", "hashOn": {"query": "a b"}}
    gateway = make_gateway([listener(free_port()), upstream(*(each.port for each in origins), loadBalancing=balancing), route()])
    for key in range(10):
        queries = [f"?a+b=k{key}+x", f"?z=1&a%20b=k{key}%20x&a+b=other", f"?%61%20b=%6b{key}%20%78"]
        with gateway.connect() as client:
            assert len({name_of(client.get(f"/{query}")) for query in queries}) == 1
