"""Is a request target normalised once, and what is sent on the same that was routed?"""

import re

import pytest

import corpus
from origin import Origin
from trials import Trial, described, play, start_gateway

cases = corpus.read("paths-servers.json")
# An encoded slash is refused here, other servers keep it.
refused_here = {"kestrel:6"}


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    origin = Origin()
    gateway, barrier = start_gateway(tmp_path_factory.mktemp("paths"), origin, {"idleTimeout": "300ms"})
    yield origin, gateway, barrier
    gateway.stop()
    origin.stop()


def decoded(target: str) -> str:
    """The path that a server sees: percent-encoding undone, once."""
    path = target.partition("?")[0]
    return re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found.group(1), 16)), path)


@pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])
def test_target(case, patient):
    origin, gateway, barrier = patient
    raw = f"GET {case['target']} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
    before = origin.bytes_seen
    trials = [Trial(raw, split) for split in [None, *range(1, len(raw))]]
    play(trials, gateway.port, barrier)
    whole = trials[0].forwarded()
    wrong = [trial for trial in trials if trial.forwarded() != whole]
    assert not wrong, described(wrong)
    if not whole:
        assert case["server_path"] == "reject" or case["id"] in refused_here or is_malformed(case), str(trials[0])
        assert origin.bytes_seen == before
    else:
        assert decoded(whole[0]["target"]) == case["server_path"], whole[0]["target"]
        assert whole[0]["target"].partition("?")[2] == case["target"].partition("?")[2]


def is_malformed(case: dict) -> bool:
    """A percent sign without two digits, or an encoded control byte: refusing is right, whatever lenient servers do."""
    return re.search(r"%(?![0-9A-Fa-f]{2})|%[01][0-9A-Fa-f]", case["target"]) is not None
