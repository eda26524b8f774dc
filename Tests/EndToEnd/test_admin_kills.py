"""kill -9 among applies, rollbacks and tokens: versions are whole or not there, and the audit chain holds."""

import http.client
import json
import random
import sqlite3
import threading

from audit import audit, check_chain
from harness import wait_until

ROUNDS = 20
GROUP = 10


class Caller(threading.Thread):
    """Makes calls over one connection until it breaks; remembers what was acknowledged, and what it asked for last."""

    def __init__(self, control, name: str):
        super().__init__()
        self.port, self.token, self.prefix = control.port, control.token, name
        self.acknowledged: list[tuple[str, dict, int]] = []
        self.last: tuple[str, str] = ("", "")

    def run(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        number = 0
        try:
            while True:
                self.step(number)
                number += 1
        except (OSError, http.client.HTTPException):
            pass

    def call(self, method: str, target: str, body=None) -> dict:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.last = (method, target if body is None or "name" not in body else body["name"])
        self.connection.request(method, target, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        content = json.loads(answer.read())
        assert answer.status in (200, 201), (method, target, answer.status, content)
        if method != "GET":
            self.acknowledged.append((method, content, int(answer.headers["X-Config-Version"] or 0)))
        return content


class Applier(Caller):
    """Ten upstreams at once, all of one port: a version has all of them, or none as they were then."""

    def step(self, number: int):
        self.call("POST", f"/v1/apply?message={number}", [
            {"kind": "upstream", "name": f"{self.prefix}-{index}",
             "endpoints": [{"address": "127.0.0.1", "port": 1 + number}]} for index in range(GROUP)])


class Roller(Caller):
    """Goes back by one version, again and again."""

    def step(self, number: int):
        latest = self.call("GET", "/v1/versions/latest")["number"]
        if latest > 1:
            self.call("POST", f"/v1/versions/{latest - 1}/rollback?message={number}")


class Tokens(Caller):
    """Makes three tokens and revokes the first of them."""

    def step(self, number: int):
        if number % 4 == 3:
            self.call("DELETE", f"/v1/tokens/{self.prefix}-{number - 3}")
        else:
            self.call("POST", "/v1/tokens", {"name": f"{self.prefix}-{number}", "role": "viewer"})


def test_versions_are_whole_tokens_are_kept_and_the_chain_holds(control):
    luck, tokens = random.Random(11), {}
    for number in range(ROUNDS):
        callers = [Applier(control, f"a{number}"), Applier(control, f"b{number}"), Roller(control, "back"),
                   Tokens(control, f"t{number}")]
        kill_among(control, callers, luck.randint(4, 24))
        check_database(control)
        control.start()
        for caller in callers[:3]:
            check_versions(control, caller)
        check_groups(control)
        check_tokens(control, callers[3], tokens)
        check_chain(audit(control))


def kill_among(control, callers: list[Caller], count: int):
    """Kills once so many calls were acknowledged, while others are under way."""
    for caller in callers:
        caller.start()
    wait_until(lambda: sum(len(caller.acknowledged) for caller in callers) >= count, "calls are acknowledged")
    control.process.kill()
    for caller in callers:
        caller.join(20)


def check_database(control):
    with sqlite3.connect(f"file:{control.data}/sluice.sqlite?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()


def check_versions(control, caller: Caller):
    """Every acknowledged version is there; one that a rollback made has the content that it was to have."""
    for method, content, version in caller.acknowledged:
        assert content["version"] == version
        record = control.call("GET", f"/v1/versions/{version}").json()
        assert record["author"] == "admin"
    rollbacks = [content for _, content, _ in caller.acknowledged if "rollbackOf" in content]
    for content in rollbacks[-3:]:
        answer = control.call("GET", f"/v1/versions/{content['rollbackOf']}/diff/{content['version']}")
        assert answer.json()["changes"] == [], answer.text


def check_groups(control):
    """Of each group all members are there and alike, or none is."""
    groups: dict[str, list] = {}
    cursor = ""
    while cursor is not None:
        page = control.call("GET", f"/v1/upstreams?limit=1000{cursor}").json()
        for item in page["items"]:
            groups.setdefault(item["name"].split("-")[0], []).append(item["endpoints"][0]["port"])
        cursor = page["next"] and f"&cursor={page['next']}"
    for name, ports in groups.items():
        assert len(ports) == GROUP and len(set(ports)) == 1, f"{name}: {ports}"


def check_tokens(control, caller: Caller, tokens: dict[str, str]):
    """What was acknowledged is so: tokens that were made work, those that were revoked do not. The last call is open."""
    for method, content, _ in caller.acknowledged:
        if method == "POST":
            tokens[content["name"]] = content["token"]
        else:
            revoked = tokens.pop(content["name"])
            assert control.call("GET", "/v1/versions/latest", token=revoked).status == 401
    listed = {token["name"] for token in control.call("GET", "/v1/tokens").json()["items"]} - {"admin", "worker"}
    unclear = {caller.last[1].rpartition("/")[2]}
    assert listed - unclear == tokens.keys() - unclear
    for name in unclear - listed:
        tokens.pop(name, None)
    for name in listed - tokens.keys():
        assert control.call("DELETE", f"/v1/tokens/{name}").status == 200
    for token in list(tokens.values())[-3:]:
        assert control.call("GET", "/v1/versions/latest", token=token).status == 200
