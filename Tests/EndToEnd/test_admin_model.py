"""Writes at random, restarts and kills among them, compared step by step with a plain model of what they should do."""

import http.client
import random
import threading
from collections import Counter

import pytest

from admin_model import NAMES, PLURAL, SETS, Done, Model, Refused, Vocabulary, normalized
from audit import audit, check_chain
from contracts import Contract
from harness import Control

STEPS = 120
SEEDS = [1, 2, 3, 4]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_writes_do_what_the_model_does(control, seed):
    run = Run(control, seed)
    for _ in range(STEPS):
        run.step()
    run.compare_all()
    run.check_history()
    run.check_audit()
    assert run.seen["done"] > STEPS / 4 and run.seen["refused"] > STEPS / 20, run.seen


def test_what_a_rollback_brings_back_is_listed_and_exported(control):
    """It is as old as it was, and all the same it was not there a version ago."""
    control.put({"kind": "upstream", "name": "u", "endpoints": [{"address": "127.0.0.1", "port": 9000}]})
    assert control.call("DELETE", "/v1/upstreams/u").status == 200
    assert control.call("GET", "/v1/upstreams").json()["items"] == []
    assert control.call("POST", "/v1/versions/2/rollback").status == 200
    assert [item["name"] for item in control.call("GET", "/v1/upstreams").json()["items"]] == ["u"]
    assert [each["name"] for each in control.call("GET", "/v1/export").json()] == ["u"]


class Run:
    """One sequence."""

    def __init__(self, control: Control, seed: int):
        self.control, self.seed = control, seed
        self.luck = random.Random(seed)
        self.words = Vocabulary(self.luck)
        self.model = Model(latest=self.latest(), versions={self.latest(): {}})
        self.contract = Contract.of(control)
        self.tags: dict = {}
        self.old_tags: list[str] = ['"1-nothing"']
        self.seen: Counter = Counter()
        self.log: list[str] = []
        self.begin()

    def begin(self):
        """Something for the first writes to refer to."""
        documents = {(kind, name): self.words.document((kind, name)) for kind in ("traffic-policy", "upstream", "listener")
                     for name in NAMES[kind]}
        self.write("POST", "/v1/apply", listed(documents), self.model.apply(documents, None, False, False), {}, None, False)

    def step(self):
        action = self.luck.choices(
            [self.put, self.patch, self.delete, self.apply, self.plan, self.rollback, self.export, self.diff, self.restart,
             self.kill],
            [10, 5, 4, 8, 3, 4, 1, 2, 1, 2])[0]
        action()
        self.compare_latest()
        if len(self.log) % 10 == 0:
            self.compare_all()

    # Writes of one resource.

    def put(self):
        key = self.words.key()
        document = self.words.document(key)
        if key in self.model.content and self.luck.random() < 0.2:
            document = self.model.content[key].document
        condition = self.luck.choice([None] * 6 + ["exists", "missing", "current", "stale"])
        self.write("PUT", path(key), document, self.model.put(key, document, condition), self.fields(key, condition), key)

    def patch(self):
        key = self.words.key()
        patch = self.words.patch(key)
        condition = self.luck.choice([None] * 6 + ["exists", "current", "stale"])
        headers = self.fields(key, condition) | {"Content-Type": "application/merge-patch+json"}
        self.write("PATCH", path(key), patch, self.model.patch(key, patch, condition), headers, key)

    def delete(self):
        key = self.words.key()
        condition = self.luck.choice([None] * 6 + ["exists", "current", "stale"])
        self.write("DELETE", path(key), None, self.model.delete(key, condition), self.fields(key, condition), key)

    # Writes of many.

    def documents(self) -> dict:
        keys = {self.words.key() for _ in range(self.luck.choice([1, 2, 4, 8]))}
        keys = sorted(keys, key=lambda key: self.luck.random())
        return {key: self.words.document(key) for key in keys}

    def apply(self):
        documents, owner = self.documents(), self.luck.choice(SETS)
        prune, force = bool(owner) and self.luck.random() < 0.5, self.luck.random() < 0.2
        query = self.query(owner, prune, force)
        self.write("POST", f"/v1/apply?{query}", listed(documents), self.model.apply(documents, owner, prune, force), {}, None)

    def plan(self):
        """A plan says what apply then does, unless somebody else was faster."""
        documents, owner = self.documents(), self.luck.choice(SETS)
        prune, force = bool(owner) and self.luck.random() < 0.5, self.luck.random() < 0.2
        query, expected = self.query(owner, prune, force), self.model.apply(documents, owner, prune, force)
        answer = self.call("POST", f"/v1/plan?{query}", listed(documents))
        if isinstance(expected, Refused):
            self.check_refused(answer, expected)
            return
        assert answer.status == 200, self.where(answer)
        plan = answer.json()
        assert plan["version"] == self.model.latest
        assert changes_of(plan) == expected.changes, self.where(answer)
        assert plan["summary"] == {effect: list(expected.changes.values()).count(effect)
                                   for effect in ("created", "updated", "deleted", "unchanged")}
        if self.luck.random() < 0.5:
            self.put()
        now = self.model.apply(documents, owner, prune, force)
        if plan["version"] != self.model.latest:
            now = Refused(409, "plan-outdated")
        target = f"/v1/apply?{query}&planHash={plan['planHash']}"
        self.write("POST", target, listed(documents), now, {}, None, may_be_dry=False)

    def rollback(self):
        number = self.luck.choice([*self.model.versions, self.model.latest + 5])
        name = "latest" if number == self.model.latest and self.luck.random() < 0.5 else str(number)
        self.write("POST", f"/v1/versions/{name}/rollback?message=back", None, self.model.rollback(number), {}, None)

    def write(self, method: str, target: str, body, expected: Refused | Done, headers: dict, key, may_be_dry: bool = True):
        """Makes the write, now and then as a dry run first or alone, and compares the answer."""
        is_dry = may_be_dry and self.luck.random() < 0.15
        if is_dry:
            target += ("&" if "?" in target else "?") + "dryRun=true"
        answer = self.call(method, target, body, headers)
        if isinstance(expected, Refused):
            self.check_refused(answer, expected)
            return
        version = self.model.latest + (0 if is_dry or expected.is_unchanged else 1)
        effects = set(expected.changes.values())
        status = 201 if method == "PUT" and effects == {"created"} and not is_dry else 200
        assert answer.status == status, self.where(answer)
        assert int(answer.headers["X-Config-Version"]) == version, self.where(answer)
        assert (answer.headers["X-Change"] == "none") == expected.is_unchanged, self.where(answer)
        assert answer.headers["X-Dry-Run"] == ("true" if is_dry else None)
        if method == "POST":
            assert changes_of(answer.json()) == expected.changes, self.where(answer)
        elif method != "DELETE":
            assert normalized(key[0], answer.json()) == normalized(key[0], expected.content[key].document), self.where(answer)
        self.seen["dry" if is_dry else "unchanged" if expected.is_unchanged else "done"] += 1
        if not is_dry:
            self.model.commit(expected)
            self.check_tags(expected)

    def check_refused(self, answer, expected: Refused):
        assert (answer.status, answer.json()["reason"]) == (expected.status, expected.reason), self.where(answer)
        self.seen["refused"] += 1

    # Reads.

    def compare_latest(self):
        assert self.latest() == self.model.latest, self.log[-5:]

    def compare_all(self):
        """Everything that is stored, with owners and versions."""
        for kind, plural in PLURAL.items():
            items = self.call("GET", f"/v1/{plural}?limit=1000").json()["items"]
            mine = {name: stored for (each, name), stored in self.model.content.items() if each == kind}
            assert [item["name"] for item in items] == sorted(mine), "\n".join([f"seed {self.seed} {kind}", *self.log[-14:]])
            for item in items:
                stored = mine[item["name"]]
                assert normalized(kind, item) == normalized(kind, stored.document), (item, self.log[-12:])
                assert (item["meta"]["version"], item["meta"]["set"]) == (stored.version, stored.owner), self.log[-12:]

    def check_tags(self, done: Done):
        """Tags change exactly when content does, and none comes again."""
        for key in {*done.changes, *self.luck.sample(sorted(self.model.content), min(2, len(self.model.content)))}:
            answer = self.call("GET", path(key))
            if key not in self.model.content:
                assert answer.status == 404, self.where(answer)
                self.tags.pop(key, None)
                continue
            tag, version = answer.headers["ETag"], self.model.content[key].version
            if key in self.tags and self.tags[key][1] == version:
                assert tag == self.tags[key][0], self.where(answer)
            else:
                assert tag not in self.old_tags, self.where(answer)
                self.old_tags.append(tag)
            self.tags[key] = (tag, version)

    def export(self):
        """An export has everything but what is a default, and applying it changes nothing."""
        kind = self.luck.choice(["json", "yaml"])
        answer = self.call("GET", f"/v1/export?format={kind}")
        if kind == "json":
            found = {(each["kind"], each["name"]): each for each in answer.json()}
            assert found.keys() == self.model.content.keys()
            for key, document in found.items():
                assert normalized(key[0], document) == normalized(key[0], self.model.content[key].document)
        type = {"json": "application/json", "yaml": "application/yaml"}[kind]
        answer = self.call("POST", "/v1/apply", answer.body, {"Content-Type": type})
        assert (answer.status, answer.headers["X-Change"]) == (200, "none"), self.where(answer)

    def diff(self):
        a, b = self.luck.choice(list(self.model.versions)), self.luck.choice(list(self.model.versions))
        answer = self.call("GET", f"/v1/versions/{a}/diff/{b}")
        assert answer.status == 200, self.where(answer)
        assert changes_of(answer.json()) == self.model.difference(a, b), self.where(answer)

    # Restarts.

    def restart(self):
        self.log.append("restart")
        self.control.stop()
        self.control.start()
        self.compare_all()

    def kill(self):
        """kill -9 while a write is under way: afterwards it has happened whole or not at all."""
        documents, owner = self.documents(), self.luck.choice(SETS)
        expected = self.model.apply(documents, owner, False, True)
        self.log.append(f"kill during apply {owner} {documents}")
        status = []
        writer = threading.Thread(target=lambda: status.append(attempt(self.control, owner, listed(documents))))
        killer = threading.Timer(self.luck.uniform(0, 0.01), self.control.process.kill)
        for each in (writer, killer):
            each.start()
        for each in (writer, killer):
            each.join(20)
        self.control.start()
        happened = self.latest() != self.model.latest
        assert not (status == [200] and not happened and isinstance(expected, Done) and not expected.is_unchanged), self.log[-3:]
        if happened:
            assert isinstance(expected, Done) and not expected.is_unchanged, self.log[-3:]
            self.model.commit(expected)
        self.seen["happened" if happened else "lost"] += 1
        self.compare_latest()
        self.compare_all()

    # The end.

    def check_history(self):
        numbers = []
        cursor = None
        while cursor is not None or not numbers:
            page = self.call("GET", "/v1/versions?limit=20" + (f"&cursor={cursor}" if cursor else "")).json()
            numbers += [version["number"] for version in page["items"]]
            cursor = page["next"]
        assert numbers == sorted(self.model.versions, reverse=True)

    def check_audit(self):
        records = audit(self.control)
        check_chain(records)
        told = [each["versionAfter"] for each in records if each["versionAfter"] != each["versionBefore"]]
        assert set(told) >= set(self.model.versions) - {1} and len(told) == len(set(told))

    # Helpers.

    def call(self, method: str, target: str, body=None, headers: dict | None = None):
        self.log.append(f"{method} {target} {body} {headers or ''}")
        answer = self.control.call(method, target, body, headers=headers)
        self.log[-1] += f" -> {answer.status} {answer.headers['X-Config-Version']}"
        self.contract.check(method, target, answer)
        return answer

    def latest(self) -> int:
        return self.control.call("GET", "/v1/versions/latest").json()["number"]

    def fields(self, key, condition: str | None) -> dict:
        if condition is None:
            return {}
        if condition == "missing":
            return {"If-None-Match": "*"}
        current = self.call("GET", path(key)).headers["ETag"] if key in self.model.content else '"0-none"'
        stale = next(tag for tag in self.old_tags if tag != current)
        return {"If-Match": {"exists": "*", "current": current, "stale": stale}[condition]}

    def query(self, owner, prune: bool, force: bool) -> str:
        parts = [f"set={owner}"] * bool(owner) + ["prune=true"] * prune + ["force=true"] * force
        return "&".join(parts)

    def where(self, answer) -> str:
        return f"seed {self.seed}: {answer.status} {answer.body[:500]} after:\n" + "\n".join(self.log[-8:])


def path(key) -> str:
    return f"/v1/{PLURAL[key[0]]}/{key[1]}"


def listed(documents: dict) -> list:
    return [{"kind": kind, "name": name} | document for (kind, name), document in documents.items()]


def changes_of(answer: dict) -> dict:
    return {(each["kind"], each["name"]): each["change"] for each in answer["changes"]}


def attempt(control, owner, documents) -> int:
    try:
        return control.call("POST", f"/v1/apply?force=true{f'&set={owner}' if owner else ''}", documents).status
    except (OSError, http.client.HTTPException):
        return 0
