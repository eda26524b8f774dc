"""Do access log and metrics say what happened?"""

import json
import re

import pytest

from harness import free_port, listener, route, upstream

common = {"time", "requestId", "listener", "clientAddress", "method", "host", "path", "protocol", "status", "bytesIn",
          "bytesOut", "durationMs"}
forwarded = common | {"route", "upstream", "endpoint", "upstreamMs"}


def test_a_forwarded_request_is_one_whole_line(gateway, client, origin):
    answer = client.ask("POST /some/path?q=1 HTTP/1.1\r\nHost: shop.test:81\r\nContent-Length: 5\r\n\r\nhello")
    line = gateway.log_lines(1)[0]
    assert forwarded <= set(line), forwarded - set(line)
    assert (line["method"], line["status"], line["listener"], line["route"]) == ("POST", 200, "web", "all")
    assert (line["upstream"], line["endpoint"]) == ("origin", f"127.0.0.1:{origin.port}")
    assert line["requestId"] == answer["x-request-id"] and line["host"].startswith("shop.test")
    assert line["path"].startswith("/some/path") and line["protocol"] == "HTTP/1.1"
    assert line["bytesIn"] >= 5 and line["bytesOut"] >= len(answer.body)
    assert line["clientAddress"] == "127.0.0.1" and not line.get("reason")
    assert 0 <= line["upstreamMs"] <= line["durationMs"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["time"])


@pytest.mark.parametrize(("raw", "status", "reason"), [
    ("GET /%2F HTTP/1.1\r\nHost: test\r\n\r\n", 400, "bad-request"),
    ("TRACE / HTTP/1.1\r\nHost: test\r\n\r\n", 405, "method-not-allowed"),
    ("nonsense\r\n\r\n", 400, "bad-request"),
])
def test_a_refusal_is_a_line_with_its_reason(gateway, client, raw, status, reason):
    answer = client.ask(raw)
    line = gateway.log_lines(1)[0]
    assert (line["status"], line["reason"], line["requestId"]) == (status, reason, answer["x-request-id"])
    assert {"time", "listener", "clientAddress", "durationMs"} <= set(line)


@pytest.mark.parametrize("path", ['/"quoted"', "/back%22slash", "/caf%C3%A9", "/<script>", "/a\x7fb", "/caf\xe9",
                                  "/" + "x" * 3000])
def test_whatever_is_asked_for_the_line_is_json(gateway, client, path):
    client.ask(f"GET {path} HTTP/1.1\r\nHost: test\r\nUser-Agent: \"}}\r\n\r\n")
    gateway.log_lines(1)


def test_many_requests_are_as_many_lines(gateway):
    with gateway.connect() as client:
        ids = {client.get(f"/{number}")["x-request-id"] for number in range(500)}
    lines = gateway.log_lines(500)
    assert len(lines) == 500 and {line["requestId"] for line in lines} == ids


def test_two_workers_write_whole_lines(make_gateway, origin):
    gateway = make_gateway(origin=origin, workers=2)
    clients = [gateway.connect() for _ in range(20)]
    for number in range(20):
        for client in clients:
            client.send(f"GET /{'x' * 200}{number} HTTP/1.1\r\nHost: test\r\n\r\n")
        for client in clients:
            assert client.answer().status == 200
    assert len(gateway.log_lines(400)) == 400


def test_failed_upstreams_are_told_in_the_log(make_gateway):
    gateway = make_gateway(origin=free_port())
    with gateway.connect() as client:
        client.get()
    line = gateway.log_lines(1)[0]
    assert (line["status"], line["reason"], line["upstream"]) == (503, "upstream-connect-failed", "origin")


def test_metrics_count_what_was_answered(make_gateway, origin):
    gateway = make_gateway([
        listener(free_port()), upstream(origin.port), upstream(free_port(), name="dead"), route("good", prefix="/good"),
        route("bad", to="dead", prefix="/bad")])
    with gateway.connect() as client:
        for path, count in (("/good", 7), ("/bad", 3), ("/nowhere", 2)):
            for _ in range(count):
                client.get(path)
        samples = gateway.metrics()
        total = {code: sample(samples, "sluice_requests_total", listener="web", code=code) for code in ("200", "503", "404")}
        assert total == {"200": 7, "503": 3, "404": 2}
        assert sample(samples, "sluice_upstream_requests_total", upstream="origin", code="2xx") == 7
        assert sample(samples, "sluice_gateway_answers_total", reason="no-route") == 2
        assert sample(samples, "sluice_gateway_answers_total", reason="upstream-connect-failed") == 3
        assert sample(samples, "sluice_connections", side="client") == 1
        assert sample(samples, "sluice_connections", side="upstream") == 1
        assert sample(samples, "sluice_active_requests") == 0
        assert sample(samples, "sluice_request_duration_seconds_count") == 12
        for name in ("sluice_log_dropped_total", "sluice_config_version", "sluice_snapshot_rejected_total",
                     "sluice_worker_respawns_total"):
            assert sample(samples, name) is not None, name


def sample(samples: dict[str, float], name: str, **labels: str) -> float | None:
    """The sum of the samples with that name and those labels; nothing when there is none."""
    found = [value for key, value in samples.items() if key.partition("{")[0] == name
             and all(f'{label}="{wanted}"' in key for label, wanted in labels.items())]
    return sum(found) if found else None


def test_metrics_are_the_text_format(gateway, client):
    client.get()
    answer = gateway.admin("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    line = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+|[a-z_]+(\{.*\})? \+?Inf')
    families = set()
    for each in answer.text.splitlines():
        if each.startswith("# TYPE "):
            assert each.split()[2] not in families, f"{each} stands twice"
            families.add(each.split()[2])
        elif not each.startswith("#"):
            assert line.fullmatch(each), each
    assert "sluice_requests_total" in families


def test_histogram_buckets_only_grow(gateway, client):
    for _ in range(20):
        client.get()
    samples = gateway.metrics()
    buckets = [(key, value) for key, value in samples.items() if key.startswith("sluice_request_duration_seconds_bucket")]
    values = [value for key, value in sorted(buckets, key=lambda each: bound(each[0]))]
    assert len(values) > 3 and values == sorted(values) and values[-1] == 20


def bound(key: str) -> float:
    text = re.search(r'le="([^"]+)"', key).group(1)
    return float("inf") if text == "+Inf" else float(text)


def test_the_admin_port(gateway):
    assert gateway.admin("/livez").status == 200 and gateway.admin("/readyz").status == 200
    served = gateway.admin("/config").json()
    assert {each["document"]["name"] for each in served["resources"]} == {"web", "origin", "all"}
    assert gateway.admin("/nothing").status == 404
    assert json.loads(gateway.admin("/nothing").body)["reason"] == "not-found"
