"""Do the requests of other servers' test suites get the right verdict, whole and split at every byte?"""

import pytest

import corpus
from origin import Origin
from trials import Trial, described, play, start_gateway, stray_bytes

next_request = b"GET /next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n"
cases = corpus.request_cases()


def named(verdict: str, is_chunked: bool | None = None):
    chosen = [case for case in cases if case.verdict == verdict and is_chunked in (None, has_chunks(case))]
    return pytest.mark.parametrize("case", chosen, ids=[case.id for case in chosen])


def has_chunks(case) -> bool:
    return b"chunked" in case.raw.lower()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A gateway that soon gives up on what does not go on: a request that never ends is refused by time."""
    yield from serving(tmp_path_factory, {"headerTimeout": "300ms", "bodyTimeout": "300ms", "idleTimeout": "300ms"})


@pytest.fixture(scope="module")
def impatient_with_chunks(tmp_path_factory):
    """Another one: here the origin sees bytes, and sees them late."""
    yield from serving(tmp_path_factory, {"headerTimeout": "300ms", "bodyTimeout": "300ms", "idleTimeout": "300ms"})


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    yield from serving(tmp_path_factory, {"idleTimeout": "2s"})


def serving(tmp_path_factory, limits: dict):
    origin = Origin()
    gateway, barrier = start_gateway(tmp_path_factory.mktemp("corpus"), origin, limits)
    yield origin, gateway, barrier
    gateway.stop()
    origin.stop()


@named("refuse", is_chunked=False)
def test_refused_and_not_a_byte_of_it_reaches_the_origin(case, impatient):
    origin, _, _ = impatient
    before = origin.bytes_seen
    refuses(case, impatient)
    assert origin.bytes_seen == before, f"bytes of {case.raw!r} reached the origin: {origin.connections[-1].received}"


@named("refuse", is_chunked=True)
def test_refused_and_never_completed_at_the_origin(case, impatient_with_chunks):
    """The head of a chunked request may go out before its body is known to be broken."""
    refuses(case, impatient_with_chunks)


def refuses(case, instance):
    origin, gateway, barrier = instance
    before = len(origin.requests)
    trials = [Trial(case.raw, split) for split in [None, *case.splits()]]
    play(trials, gateway.port, barrier)
    wrong = [trial for trial in trials if not trial.is_refused()]
    assert not wrong, f"{case.raw!r} passed:\n{described(wrong)}"
    assert len(origin.requests) == before, f"{case.raw!r} reached the origin as {origin.requests[-1].raw_head!r}"


@named("forward")
def test_forwarded_as_one_message_and_the_next_gets_its_own_answer(case, patient):
    origin, gateway, barrier = patient
    trials = [Trial(case.raw, split, next_request) for split in [None, *case.splits()]]
    play(trials, gateway.port, barrier)
    whole = trials[0].forwarded()
    targets = [each["target"] for each in whole]
    assert len(whole) >= 1 and (targets[-1] == "/next" and len(whole) == 2 or is_last(case)), str(trials[0])
    wrong = [trial for trial in trials if trial.forwarded() != whole]
    assert not wrong, f"{case.raw!r} means something else when split:\n{described(wrong)}"
    assert origin.failures == []


@named("either")
def test_refused_or_forwarded_unambiguously_the_same_way_however_it_is_split(case, impatient_with_chunks):
    origin, gateway, barrier = impatient_with_chunks
    trials = [Trial(case.raw, split) for split in [None, *case.splits()]]
    play(trials, gateway.port, barrier)
    whole = trials[0].forwarded()
    assert len(whole) <= 1, f"{case.raw!r} is {len(whole)} messages to the origin"
    wrong = [trial for trial in trials if trial.forwarded() != whole]
    assert not wrong, f"{case.raw!r} means something else when split:\n{described(wrong)}"
    assert origin.failures == []


def test_no_stray_byte_reached_the_origin(patient):
    origin, gateway, _ = patient
    with gateway.connect() as client:
        assert client.get("/flush").status == 200
    assert stray_bytes(origin) == 0


def is_last(case) -> bool:
    """Whether the case itself ends its connection."""
    return b"HTTP/1.0" in case.raw or b"close" in case.raw.lower()
