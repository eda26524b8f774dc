"""`GET /v1/export`: the whole configuration, canonical, and ready to be applied again."""

import json
import random

import pytest
import yaml

from harness import Control, listener, route, upstream


def export(control, query: str = "?format=json", **headers) -> str:
    answer = control.call("GET", f"/v1/export{query}", headers=headers)
    assert answer.status == 200, answer.text
    return answer.text


def apply(control, text, kind: str = "json", query: str = ""):
    return control.call("POST", f"/v1/apply{query}", text.encode(), headers={"Content-Type": f"application/{kind}"})


def test_nothing_is_an_empty_list(control):
    assert export(control) == "[]\n" and export(control, "?format=yaml") == ""


def test_documents_are_sorted_and_without_what_says_nothing(control, certificates):
    documents = [listener(18080, hostnames=[], limits={"headerBytes": "64Ki"}), upstream(9001, name="b"), upstream(9000, name="a"),
                 *certificates.documents("shop"), {**route("r", to="a", labels={"team": "shop"}), "timeouts": {"request": "15s", "idle": "6m"}}]
    assert apply(control, json.dumps(documents)).status == 200
    text = export(control)
    assert "PRIVATE" not in text and "meta" not in text and "info" not in text
    exported = json.loads(text)
    assert [f"{each['kind']}/{each['name']}" for each in exported] == [
        "certificate/shop", "upstream/a", "upstream/b", "listener/web", "route/r"]
    assert list(exported[0]) == ["kind", "name", "certificate"]
    assert exported[4] == {"kind": "route", "name": "r", "labels": {"team": "shop"}, "forward": [{"upstream": "a"}],
                           "timeouts": {"idle": "6m"}}
    assert list(yaml.safe_load_all(export(control, "?format=yaml"))) == exported
    # One document a line.
    assert len(text.splitlines()) == len(exported) + 2


@pytest.mark.parametrize("accept, kind", [
    ("application/yaml", "application/yaml"), ("application/json", "application/json"), ("*/*", "application/json")])
def test_the_accept_field_decides_where_the_query_does_not(control, accept, kind):
    assert control.call("GET", "/v1/export", headers={"Accept": accept}).headers["Content-Type"] == kind
    assert control.call("GET", "/v1/export?format=json", headers={"Accept": accept}).headers["Content-Type"] == "application/json"
    assert control.call("GET", "/v1/export?format=xml").status == 400


def test_a_set_is_exported_alone(control):
    apply(control, json.dumps([upstream(9000)]))
    apply(control, json.dumps([route("a"), route("b")]), query="?set=shop")
    assert [each["name"] for each in json.loads(export(control, "?set=shop"))] == ["a", "b"]
    again = apply(control, export(control, "?set=shop"), query="?set=shop&prune=true")
    assert again.headers["X-Change"] == "none"


def test_strings_that_yaml_could_take_for_something_else_stay_strings(control):
    labels = {f"l{index}": text for index, text in enumerate(
        ["yes", "no", "1", "1.0", "0x10", "null", "~", "", "a: b", "- a", "#", "'", '"', "\\", "a\nb", "tab\t", " x ", "ä", "true", "2026-01-01", "{", "[", "*a", "&a", "!t", "|", ">", "%", "@", "`", "\u0085", "\u2028", "1e3", "=", "<<"])}
    control.put({**upstream(9000), "labels": labels, "description": "several\nlines\n\n  and spaces "})
    text = export(control, "?format=yaml")
    assert apply(control, text, "yaml").headers["X-Change"] == "none"
    control.call("DELETE", "/v1/upstreams/origin")
    apply(control, text, "yaml")
    read = control.call("GET", "/v1/upstreams/origin").json()
    assert read["labels"] == labels and read["description"] == "several\nlines\n\n  and spaces "


class Documents:
    """Random configurations: defaults are often spelled out."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def maybe(self, **fields) -> dict:
        return {name: self.random.choice(values) for name, values in fields.items() if self.random.random() < 0.4}

    def labels(self) -> dict:
        return self.maybe(labels=[{}, {"team": "shop", "env": "dev"}, {"b": "1", "a": "yes"}], description=["", "text: yes", "ä\n"])

    def upstream(self, name: str) -> dict:
        endpoints = [{"address": "127.0.0.1", "port": port, **self.maybe(weight=[0, 1, 5], backup=[True, False])}
                     for port in range(9000, 9000 + self.random.randint(1, 4))]
        return {"kind": "upstream", "name": name, **self.labels(), "endpoints": endpoints, **self.maybe(
            protocol=["http1", "h2c"], timeouts=[{}, {"connect": "5s"}, {"connect": "5000ms", "idle": "2m"}],
            loadBalancing=[{}, {"algorithm": "round-robin"}, {"algorithm": "least-request"}], healthChecks=[{}, {"passive": {}}])}

    def listener(self, name: str, port: int) -> dict:
        return {"kind": "listener", "name": name, **self.labels(), "port": port, **self.maybe(
            address=["0.0.0.0", "127.0.0.1"], protocol=["http"], hostnames=[[], ["A.example.com", "*.example.com"]],
            limits=[{}, {"headerBytes": 65536}, {"headerBytes": "32Ki", "headerCount": 100}], http2=[{}, {"maxConcurrentStreams": 100}],
            proxyProtocol=["off", "optional"], policies=[[], ["squeeze"]], healthCheck=[{"path": "/health"}])}

    def route(self, name: str, upstreams: list[str]) -> dict:
        matches = [{"path": self.random.choice([{"prefix": "/"}, {"prefix": "/a/"}, {"exact": "/b%7c"}, {"regex": "^/c[0-9]+$"}]),
                    **self.maybe(methods=[[], ["GET"], ["POST", "PUT"]], headers=[[], [{"name": "X-A", "exact": ""}]])}
                   for _ in range(self.random.randint(0, 3))]
        shares = [{"upstream": self.random.choice(upstreams), **self.maybe(
            weight=[1, 0, 9], requestHeaders=[{}, {"set": {"x-a": "1"}}])} for _ in range(self.random.randint(1, 3))]
        action = self.random.choice([{"forward": shares}, {"forward": shares}, {"respond": {"status": 200, "body": "no"}}])
        extra = self.maybe(retry=[{}, {"attempts": 2}, {"attempts": 1, "on": ["reset"], "backoff": {"base": "25ms", "max": "250ms"}}],
                           sticky=[{"by": "cookie"}, {"by": "cookie", "name": f"sluice-split-{name}"}, {"by": "client-address"}],
                           mirror=[[], [{"upstream": upstreams[0], "percent": 100}, {"upstream": upstreams[0], "percent": 0.5}]])
        return {"kind": "route", "name": name, **self.labels(), "matches": matches, **action,
                **(extra if "forward" in action else {}), **self.maybe(
                    hostnames=[[], ["shop.example.com"], ["*.example.com", "b.org"]], listeners=[[], ["l0"]], inherit=[True, False],
                    timeouts=[{}, {"request": "15s"}, {"request": "0s", "idle": "300s"}], policies=[[], ["squeeze"]])}

    def all(self) -> list[dict]:
        upstreams = [f"u{index}" for index in range(self.random.randint(1, 4))]
        documents = [self.upstream(name) for name in upstreams]
        documents += [self.listener(f"l{index}", 18080 + index) for index in range(self.random.randint(1, 3))]
        documents += [self.route(f"r{index}", upstreams) for index in range(self.random.randint(0, 12))]
        documents.append({"kind": "traffic-policy", "name": "squeeze", "type": "compression", **self.maybe(
            compression=[{}, {"minBytes": 1024}, {"minBytes": "2Ki", "algorithms": ["gzip"]}])})
        self.random.shuffle(documents)
        return documents


def wipe(control):
    assert apply(control, export(control), query="?set=all&force=true").status == 200
    assert apply(control, "[]", query="?set=all&prune=true").status == 200


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_an_export_applies_as_nothing_and_comes_back_byte_for_byte(control, start):
    for seed in range(start, start + 10):
        documents = Documents(seed).all()
        made = apply(control, json.dumps(documents))
        assert made.status == 200, f"seed {seed}: {made.text}"
        texts = {kind: export(control, f"?format={kind}") for kind in ["json", "yaml"]}
        for kind, text in texts.items():
            same = apply(control, text, kind)
            assert (same.status, same.headers["X-Change"]) == (200, "none"), f"seed {seed}, {kind}: {same.text}"
        for kind, text in texts.items():
            wipe(control)
            assert apply(control, text, kind).status == 200
            assert {each: export(control, f"?format={each}") for each in texts} == texts, f"seed {seed}, {kind}"
            # What was exported means what was applied: that is no change now.
            assert apply(control, json.dumps(documents)).headers["X-Change"] == "none", f"seed {seed}, {kind}"
        wipe(control)


def test_ten_thousand_routes_are_exported_whole(control):
    documents = [listener(18080), upstream(9000), *(route(f"r{number:05}", prefix=f"/p/{number}") for number in range(10_000))]
    apply(control, json.dumps(documents))
    text = export(control)
    assert [each["name"] for each in json.loads(text)][2:] == [f"r{number:05}" for number in range(10_000)]
    assert apply(control, text).headers["X-Change"] == "none"
