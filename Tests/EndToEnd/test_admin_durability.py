"""Every acknowledged write survives kill -9."""

import http.client
import json
import random
import sqlite3
import threading

ROUNDS = 50
WRITERS = 4


class Writer(threading.Thread):
    """Puts resources over one connection until it breaks; remembers what was acknowledged."""

    def __init__(self, control, name: str):
        super().__init__()
        self.port, self.token, self.name_prefix = control.port, control.token, name
        self.acknowledged: dict[str, tuple[int, int]] = {}

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        number = 0
        try:
            while True:
                number += 1
                name, port = f"{self.name_prefix}-{number % 7}", 1 + number % 60_000
                body = json.dumps({"endpoints": [{"address": "127.0.0.1", "port": port}]})
                connection.request("PUT", f"/v1/upstreams/{name}", body, headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status in (200, 201), answer.status
                self.acknowledged[name] = (port, int(answer.headers["X-Config-Version"]))
        except (OSError, http.client.HTTPException):
            pass


def test_fifty_kills_in_the_middle_of_writes_lose_no_acknowledged_write(control):
    expected: dict[str, tuple[int, int]] = {}
    highest, luck = 0, random.Random(7)
    for number in range(ROUNDS):
        writers = [Writer(control, f"w{number % 5}-{index}") for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        killer = threading.Timer(luck.uniform(0.02, 0.12), control.process.kill)
        killer.start()
        for writer in (*writers, killer):
            writer.join(20)
        for writer in writers:
            expected |= writer.acknowledged
        with sqlite3.connect(f"file:{control.data}/sluice.sqlite?mode=ro", uri=True) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        database.close()
        control.start()
        highest = check(control, expected, highest)
    assert highest > ROUNDS, "hardly anything was written"


def check(control, expected: dict, highest: int) -> int:
    """Everything acknowledged is there, or something newer: a write whose answer was lost may have happened."""
    items = control.call("GET", "/v1/upstreams?limit=1000").json()["items"]
    stored = {item["name"]: (item["endpoints"][0]["port"], item["meta"]["version"]) for item in items}
    for name, (port, version) in expected.items():
        assert name in stored, f"{name} of version {version} is lost"
        assert stored[name][0] == port or stored[name][1] > version, name
    latest = control.call("GET", "/v1/versions/latest").json()["number"]
    assert latest >= max([highest, *(version for _, version in expected.values())])
    return latest
