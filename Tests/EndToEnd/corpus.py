"""The corpora as cases with a verdict, and where this gateway's verdict needs a word."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

folder = Path(__file__).parent / "corpora"

# Both outcomes are right for these; the reason why.
either = {
    "llhttp:request/connection#15": "an upgrade: the request may pass as a plain one, what follows it may not",
    "llhttp:request/connection#16": "an upgrade: the request may pass as a plain one, what follows it may not",
    "llhttp:request/connection#2": "HTTP/1.0 without Host: the first message is whole, what follows it may not pass",
    "llhttp:request/connection#3": "HTTP/1.0 without Host: the first message is whole, what follows it may not pass",
    "llhttp:request/content-length#25": "HTTP/1.0 without Host takes the catch-all",
    "llhttp:request/invalid#40": "any token is a method",
    "llhttp:request/method#75": "`*` as the target of a method other than OPTIONS may be refused",
    "llhttp:request/sample#90": "`0.0.0.0=5000` is a registered name by RFC 3986 and no host name",
    "llhttp:request/sample#91": "`0.0.0.0=5000` is a registered name by RFC 3986 and no host name",
}
# What llhttp takes and no HTTP/1.1 gateway should: the file's own note says so.
refused = {
    "llhttp:request/method#82": "ICE/1.0",
    "llhttp:request/method#83": "RTSP/1.0",
    "llhttp:request/method#84": "RTSP/1.0",
}


@dataclass(frozen=True)
class Case:
    id: str
    raw: bytes
    verdict: str  # "refuse", "forward" or "either"
    messages: int = 1

    def splits(self) -> list[int]:
        """Every point for a short case; for a long one its first and last bytes, all line ends and some in between."""
        if len(self.raw) <= 400:
            return list(range(1, len(self.raw)))
        ends = [at + near for at in range(len(self.raw)) if self.raw[at] in b"\r\n" for near in (0, 1)]
        step = max(1, len(self.raw) // 100)
        points = {*range(1, 80), *range(len(self.raw) - 40, len(self.raw)), *ends, *range(80, len(self.raw), step)}
        return sorted(point for point in points if 0 < point < len(self.raw))


def read(name: str) -> list[dict]:
    return json.loads((folder / name).read_text())["cases"]


def request_cases() -> list[Case]:
    cases = [Case(each["id"], base64.b64decode(each["raw_b64"]), llhttp_verdict(each), max(1, each["messages"]))
             for each in read("h1-llhttp.json") if each["dir"] == "request"]
    cases += [Case(each["id"], base64.b64decode(each["raw_b64"]), "refuse" if each["verdict"] == "reject" else "either")
              for each in read("h1-kestrel-go.json")]
    return cases


def llhttp_verdict(case: dict) -> str:
    if case["id"] in either:
        return "either"
    if case["id"] in refused or "lenient" in case["mode"] or case["gateway"].startswith("reject"):
        return "refuse"
    return "forward"


def response_cases() -> list[tuple[dict, bytes]]:
    return [(each, base64.b64decode(each["raw_b64"])) for each in read("h1-llhttp.json") if each["dir"] == "response"]


def host_cases() -> list[tuple[str, bytes, str]]:
    """Identifier, request, and `400` or the host that it means."""
    cases = []
    for number, each in enumerate(read("host-nginx.json")):
        if each["form"] == "host_header":
            raw = f"GET / HTTP/1.1\r\nHost: {each['host']}\r\n\r\n"
        else:
            raw = f"GET http://{each['host']}/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        cases.append((f"nginx:{each['form']}:{number}:{each['host']}", raw.encode(), str(each["expect"])))
    return cases
