"""Do limits of scope global hold over replicas, by a real Redis, and is its absence what the policy says?"""

import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import Gateway, free_port, listener, route, upstream, wait_until
from limiting import limit, rate_limit
from redis_server import Redis

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


@pytest.fixture
def redis(tmp_path):
    """`redis(…)`: a server with these arguments."""
    servers = []

    def make(*arguments, **options):
        servers.append(Redis(tmp_path, *arguments, **options))
        return servers[-1]
    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def replica(tmp_path, origin):
    """`replica(REDIS, POLICY, …)`: a gateway whose one route names the policies."""
    gateways = []

    def make(server, *policies, workers: int = 1, flags=(), url: str | None = None, ready: bool = True) -> Gateway:
        documents = [listener(free_port()), upstream(origin.port), *policies, route(policies=[each["name"] for each in policies])]
        where = ["--limit-store", url or f"redis://127.0.0.1:{server.port}", *flags]
        gateways.append(Gateway(tmp_path, documents, workers=workers, arguments=where, name=f"replica{len(gateways)}"))
        if ready:
            connected(gateways[-1], workers)
        return gateways[-1]
    yield make
    for gateway in gateways:
        gateway.stop()


def connections(gateway: Gateway) -> float:
    return gateway.metrics().get("sluice_rate_limit_store_connected", 0)


def connected(gateway: Gateway, workers: int = 1):
    """Waits until so many worker processes have their connection."""
    wait_until(lambda: connections(gateway) == workers, "connections to the store")


def status(gateway: Gateway) -> int:
    with gateway.connect() as client:
        return client.get().status


def together(*requests: int, most: int, **fields) -> dict:
    return rate_limit("everybody", *[limit(each) for each in requests or (most,)], scope="global", **fields)


def test_replicas_let_exactly_the_limit_pass_together(redis, replica):
    server = redis()
    replicas = [replica(server, together(most=60), workers=2) for _ in range(2)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda place: status(replicas[place % 2]), range(200)))
    assert (answers.count(200), answers.count(429)) == (60, 140)


def test_clients_are_told(redis, replica):
    gateway = replica(redis(), together(most=2))
    with gateway.connect() as client:
        answers = [client.get() for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert answers[0]["ratelimit-policy"] == '"everybody";q=2;w=86400'
    assert answers[1]["ratelimit"].startswith('"everybody";r=0;t=86')
    assert answers[2].json()["reason"] == "rate-limited" and int(answers[2]["retry-after"]) > 86000


def test_all_limits_of_a_request_are_one_question_and_each_counts(redis, replica):
    server = redis()
    policy = rate_limit("both", limit(3), limit(9, {"method": True}), scope="global")
    gateway = replica(server, policy)
    with gateway.connect() as client:
        assert [client.get().status for _ in range(4)] == [200, 200, 200, 429]
    assert server.calls("evalsha") + server.calls("eval") == 4


def test_a_bucket_fills_by_the_clock_of_the_store(redis, replica):
    gateway = replica(redis(), rate_limit("burst", limit(1, burst=2), scope="global"))
    with gateway.connect() as client:
        answers = [client.get() for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert 43100 <= int(answers[2]["retry-after"]) <= 86400


def test_leases_let_no_more_pass_and_ask_far_less(redis, replica):
    server = redis()
    replicas = [replica(server, together(most=2000, lease=True)) for _ in range(2)]

    def ask(place: int) -> int:
        with replicas[place % 2].connect() as client:
            return sum(client.get().status == 200 for _ in range(400))
    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(ask, range(8)))
    assert 1960 <= passed <= 2000
    assert server.calls("evalsha") + server.calls("eval") < 1000


def files(certificates) -> list[str]:
    """The store's certificate and key, and who vouches for them."""
    leaf = certificates.authority.issue("localhost", ["DNS:localhost"])
    return [str(leaf.certificate), str(leaf.key), str(certificates.authority.certificate)]


@pytest.mark.parametrize(("failure", "expected"), [("open", [200] * 3), ("closed", [503] * 3), ("local", [200, 429, 429])])
def test_without_the_store_it_is_as_the_policy_says(redis, replica, failure, expected):
    server = redis()
    gateway = replica(server, together(most=1, onStoreFailure=failure))
    server.process.signal(signal.SIGKILL)
    wait_until(lambda: connections(gateway) == 0, "the loss of the store")
    with gateway.connect() as client:
        answers = [client.get() for _ in range(3)]
    assert [each.status for each in answers] == expected
    if failure == "closed":
        assert (answers[0].json()["reason"], answers[0]["retry-after"]) == ("limit-store-unreachable", "1")


def test_a_store_that_stands_still_holds_nobody_up(redis, replica):
    server = redis()
    gateway = replica(server, together(most=1, onStoreFailure="closed"))
    server.process.signal(signal.SIGSTOP)
    try:
        assert status(gateway) == 503
    finally:
        server.process.signal(signal.SIGCONT)
    connected(gateway)
    assert status(gateway) in (200, 429)


def test_a_store_that_comes_back_counts_again(redis, replica):
    server = redis()
    gateway = replica(server, together(most=2, onStoreFailure="closed"))
    assert status(gateway) == 200
    server.stop()
    wait_until(lambda: status(gateway) == 503, "the loss of the store")
    server.start()
    connected(gateway)
    assert [status(gateway) for _ in range(3)] == [200, 200, 429]


def test_a_store_that_has_forgotten_the_script_is_told_it_again(redis, replica):
    server = redis()
    gateway = replica(server, together(most=3, onStoreFailure="closed"))
    assert status(gateway) == 200
    server.ask("SCRIPT", "FLUSH")
    assert [status(gateway) for _ in range(3)] == [200, 200, 429]


def test_a_password_is_read_from_a_file(redis, replica, tmp_path):
    server = redis("--requirepass", "secret-of-redis")
    (tmp_path / "password").write_text("secret-of-redis\n")
    gateway = replica(server, together(most=1), flags=["--limit-store-password-file", tmp_path / "password"])
    assert [status(gateway) for _ in range(2)] == [200, 429]


def test_a_wrong_password_is_a_store_that_does_not_answer(redis, replica, tmp_path):
    server = redis("--requirepass", "secret-of-redis")
    (tmp_path / "password").write_text("another")
    gateway = replica(server, together(most=1, onStoreFailure="closed"), ready=False,
                      flags=["--limit-store-password-file", tmp_path / "password"])
    wait_until(lambda: "WRONGPASS" in gateway.process.output(), "what the store said, in the log")
    assert status(gateway) == 503


def test_the_store_is_spoken_to_by_tls(redis, replica, certificates):
    chain, key, authority = files(certificates)
    server = redis("--tls-cert-file", chain, "--tls-key-file", key, "--tls-ca-cert-file", authority, "--tls-auth-clients",
                   "no", secure=True)
    gateway = replica(server, together(most=1), url=f"rediss://localhost:{server.port}", flags=["--limit-store-ca-file", authority])
    assert [status(gateway) for _ in range(2)] == [200, 429]


def test_a_store_whose_certificate_nobody_vouches_for_is_not_spoken_to(redis, replica, certificates):
    chain, key, authority = files(certificates)
    server = redis("--tls-cert-file", chain, "--tls-key-file", key, "--tls-ca-cert-file", authority, "--tls-auth-clients",
                   "no", secure=True)
    gateway = replica(server, together(most=1, onStoreFailure="closed"), url=f"rediss://localhost:{server.port}", ready=False)
    assert status(gateway) == 503


def test_without_a_store_such_a_limit_is_refused(tmp_path, origin):
    policies = [together(most=1)]
    documents = [listener(free_port()), upstream(origin.port), *policies, route(policies=["everybody"])]
    gateway = Gateway(tmp_path, documents, waits=False)
    try:
        wait_until(lambda: "--limit-store" in (tmp_path / "gateway.log").read_text(), "the refusal")
        assert "everybody" in (tmp_path / "gateway.log").read_text()
    finally:
        gateway.stop()
