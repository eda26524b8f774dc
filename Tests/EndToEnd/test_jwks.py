"""Are key sets fetched as they should be: once for all, again when a key is missing, never blindly, and kept when the
issuer is away?"""

import ssl
import threading

import pytest

from certificates import Certificates
from harness import Replica, free_port, listener, route, upstream, wait_until
from issuer import Issuer, Key, bearer, policy, token


@pytest.fixture(scope="module")
def first() -> Key:
    return Key("RS256", "2026-a")


@pytest.fixture(scope="module")
def second() -> Key:
    return Key("ES256", "2026-b")


@pytest.fixture
def issuer(first, running) -> Issuer:
    running.append(Issuer(first))
    return running[-1]


def documents(origin, uri: str, **jwks) -> list[dict]:
    return [listener(free_port()), upstream(origin.port), policy(provider={"jwks": {"uri": uri, **jwks}}), route(policies=["users"])]


def reason(answer) -> str:
    assert answer["content-type"] == "application/problem+json", answer.body
    return answer.json()["reason"]


def test_a_key_set_is_fetched_once_for_all_workers(make_gateway, origin, issuer, first):
    gateway = make_gateway(documents(origin, issuer.uri), workers=2)
    for _ in range(8):
        with gateway.connect() as client:
            assert client.get(extra=bearer(token(first))).status == 200
    assert issuer.fetches == ["/protocol/openid-connect/certs?realm=shop"]


def test_a_request_waits_for_the_first_fetch(make_gateway, origin, issuer, first):
    may_answer = threading.Event()
    issuer.answer = lambda call: (may_answer.wait(10), issuer.publish(call))
    gateway = make_gateway(documents(origin, issuer.uri))
    with gateway.connect() as client, gateway.connect() as other:
        client.send(f"POST /late HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n{bearer(token(first))}\r\nbody")
        assert other.get().status == 401, "whoever shows no token is refused meanwhile"
        wait_until(lambda: issuer.fetches, "the issuer is asked")
        may_answer.set()
        assert client.answer().status == 200
    assert origin.requests[-1].body == b"body" and len(issuer.fetches) == 1


def test_a_new_key_is_fetched_when_a_token_names_it(make_gateway, origin, issuer, first, second):
    gateway = make_gateway(documents(origin, issuer.uri))
    with gateway.connect() as client:
        assert client.get(extra=bearer(token(first))).status == 200
        issuer.keys = [second]
        assert client.get(extra=bearer(token(second))).status == 200, "fetched while the request waits"
        assert len(issuer.fetches) == 2
        answer = client.get(extra=bearer(token(first)))
        assert (answer.status, reason(answer)) == (401, "token-key-unknown"), "a key that was taken out counts no more, cached or not"


def test_made_up_keys_cost_one_fetch(make_gateway, origin, issuer, first):
    gateway = make_gateway(documents(origin, issuer.uri))
    with gateway.connect() as client:
        for number in range(50):
            answer = client.get(extra=bearer(token(first, headers={"kid": f"made-up-{number}"})))
            assert (answer.status, reason(answer)) == (401, "token-key-unknown")
        assert client.get(extra=bearer(token(first))).status == 200
    assert len(issuer.fetches) == 2


def misbehave(call, way: str, issuer: Issuer):
    if way == "500":
        issuer.send(call, b"{}", 500)
    elif way == "redirect":
        issuer.send(call, b"", 302, Location=f"http://localhost:{issuer.port}/elsewhere")
    elif way == "garbage":
        issuer.send(call, b"<html>not here</html>")
    elif way == "large":
        issuer.send(call, b'{"keys":[' + b" " * (300 << 10) + b"]}")
    else:
        call.connection.close()


@pytest.mark.parametrize("way", ["500", "redirect", "garbage", "large", "reset"])
def test_an_issuer_that_cannot_be_asked_is_no_fault_of_the_caller(make_gateway, origin, issuer, first, way):
    issuer.answer = lambda call: misbehave(call, way, issuer)
    gateway = make_gateway(documents(origin, issuer.uri))
    with gateway.connect() as client:
        answer = client.get(extra=bearer(token(first)))
        assert (answer.status, reason(answer)) == (503, "jwks-unreachable")
        assert answer["www-authenticate"] is None
        issuer.answer = issuer.publish
        wait_until(lambda: client.get(extra=bearer(token(first))).status == 200, "it is asked again")
    assert "/elsewhere" not in issuer.fetches


def test_known_keys_stay_when_the_issuer_goes(make_gateway, origin, issuer, first):
    gateway = make_gateway(documents(origin, issuer.uri, cache="1s"))
    with gateway.connect() as client:
        assert client.get(extra=bearer(token(first))).status == 200
        issuer.answer = lambda call: misbehave(call, "500", issuer)
        count = len(issuer.fetches)
        wait_until(lambda: len(issuer.fetches) > count + 1, "the set is fetched again")
        assert client.get(extra=bearer(token(first, sub="eve"))).status == 200
        answer = client.get(extra=bearer(token(first, headers={"kid": "new"})))
        assert (answer.status, reason(answer)) == (503, "jwks-unreachable"), "whether that key exists nobody can tell"


def context(certificates: Certificates) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates.shop.certificate, certificates.shop.key)
    return made


def test_the_issuer_proves_who_it_is(make_gateway, origin, certificates, running, first):
    issuer = Issuer(first, tls=context(certificates))
    running.append(issuer)
    trusted = ["--jwks-ca-file", certificates.authority.certificate]
    with make_gateway(documents(origin, issuer.uri), arguments=trusted).connect() as client:
        assert client.get(extra=bearer(token(first))).status == 200


def test_an_issuer_that_proves_nothing_is_not_believed(make_gateway, origin, certificates, running, first):
    issuer = Issuer(first, tls=context(certificates))
    running.append(issuer)
    with make_gateway(documents(origin, issuer.uri)).connect() as client:
        assert client.get(extra=bearer(token(first))).status == 503
    assert issuer.fetches == []


def test_keys_outlive_a_restart_while_the_issuer_is_away(control, origin, running, issuer, first):
    port = free_port()
    for document in [listener(port), *documents(origin, issuer.uri)[1:]]:
        control.put(document)
    replica = Replica(control, port)
    running.append(replica)
    with replica.connect() as client:
        assert client.get(extra=bearer(token(first))).status == 200
    wait_until(lambda: (replica.state / "keys.json").exists(), "the keys are on disk")
    assert b"2026-a" not in (replica.state / "keys.json").read_bytes(), "sealed"
    issuer.stop()
    replica.process.signal(15)
    replica.process.wait()
    replica.start()
    replica.wait_ready()
    with replica.connect() as client:
        assert client.get(extra=bearer(token(first))).status == 200


def test_a_policy_may_go_and_come_back(make_gateway, origin, issuer, first):
    guarded = documents(origin, issuer.uri)
    gateway = make_gateway(guarded)
    open_to_all = [listener(gateway.port), upstream(origin.port), route()]
    with gateway.connect() as client:
        assert client.get(extra=bearer(token(first))).status == 200
        gateway.reload(open_to_all)
        assert client.get().status == 200
        gateway.reload(guarded)
        assert client.get().status == 401
        assert client.get(extra=bearer(token(first))).status == 200
    assert len(issuer.fetches) == 2


def test_tokens_that_are_observed_stay_with_the_gateway_too(make_gateway, origin, issuer, first):
    stranger = Key("RS256", "stranger")
    guarded = [listener(free_port()), upstream(origin.port), policy(uri=issuer.uri, observe=True, forwardToken=False), route(policies=["users"])]
    with make_gateway(guarded).connect() as client:
        assert client.get(extra=bearer(token(stranger))).status == 200
    [request] = origin.requests
    assert request["authorization"] is None
