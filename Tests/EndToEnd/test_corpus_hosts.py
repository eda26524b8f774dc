"""Is the authority of a request, in Host or in an absolute target, understood as nginx understands it?"""

import pytest

import corpus
from origin import Origin
from trials import Trial, described, play, start_gateway

cases = corpus.host_cases()


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    origin = Origin()
    gateway, barrier = start_gateway(tmp_path_factory.mktemp("hosts"), origin, {"idleTimeout": "300ms"})
    yield origin, gateway, barrier
    gateway.stop()
    origin.stop()


def host_of(request: dict) -> str:
    """The host that the origin is told, without port and final dot, in small letters."""
    values = [value for name, value in request["fields"] if name.lower() == "host"]
    assert len(values) == 1, values
    host = values[0].lower()
    host = host[:host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return host.removesuffix(".")


@pytest.mark.parametrize(("name", "raw", "expected"), cases, ids=[case[0] for case in cases])
def test_host(name, raw, expected, patient):
    origin, gateway, barrier = patient
    before = origin.bytes_seen
    trials = [Trial(raw, split) for split in [None, *range(1, len(raw))]]
    play(trials, gateway.port, barrier)
    if expected == "400":
        wrong = [trial for trial in trials if trial.statuses != [400] and trial.received]
        assert not wrong, described(wrong)
        assert origin.bytes_seen == before
    else:
        wrong = [trial for trial in trials if [host_of(each) for each in trial.forwarded()] != [expected]]
        assert not wrong, described(wrong)
