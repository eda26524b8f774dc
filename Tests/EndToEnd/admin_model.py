"""What the admin API should do, as a plain Python model: contents of every version, owners, tags, and what is refused.

The documents are drawn from a small vocabulary whose rules the model knows whole: upstreams, policies, listeners that may
use a policy, routes that use upstreams, listeners and policies.
"""

import copy
import random
from dataclasses import dataclass, field

PLURAL = {"upstream": "upstreams", "traffic-policy": "traffic-policies", "listener": "listeners", "route": "routes"}
NAMES = {"upstream": ["u1", "u2", "u3"], "traffic-policy": ["p1", "p2"], "listener": ["l1", "l2"],
         "route": ["r1", "r2", "r3", "r4"]}
SETS = [None, "shop", "blog"]
# What a field is when it is left out.
DEFAULTS = {
    "upstream": {"protocol": "http1", "labels": {}, "timeouts": {}},
    "traffic-policy": {"observe": False, "labels": {}},
    "listener": {"address": "0.0.0.0", "protocol": "http", "hostnames": [], "policies": [], "labels": {}},
    "route": {"listeners": [], "hostnames": [], "policies": [], "inherit": True, "labels": {}},
}

Key = tuple[str, str]


def normalized(kind: str, document: dict) -> dict:
    """The document without what says nothing: two are the same when this is."""
    found = {}
    for name, value in document.items():
        if value is None or name in ("kind", "name", "meta", "warnings") or value == DEFAULTS[kind].get(name):
            continue
        found[name] = value
    if "endpoints" in found:
        found["endpoints"] = [{k: v for k, v in each.items() if (k, v) not in (("weight", 1), ("backup", False))}
                              for each in found["endpoints"]]
    if "respond" in found:
        found["respond"] = {k: v for k, v in found["respond"].items() if (k, v) != ("status", 200)}
    if "forward" in found:
        found["forward"] = [{k: v for k, v in each.items() if (k, v) != ("weight", 1)} for each in found["forward"]]
    return found


def references(key: Key, document: dict) -> set[Key]:
    kind = key[0]
    found = {("traffic-policy", name) for name in document.get("policies") or []}
    if kind == "route":
        found |= {("listener", name) for name in document.get("listeners") or []}
        found |= {("upstream", share["upstream"]) for share in document.get("forward") or []}
    return found


def merged(document: dict, patch: dict) -> dict:
    """RFC 7396 for objects."""
    result = copy.deepcopy(document)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            below = result.get(name)
            result[name] = merged(below if isinstance(below, dict) else {}, value)
        else:
            result[name] = copy.deepcopy(value)
    return result


@dataclass
class Stored:
    """A resource as the model has it."""

    document: dict
    owner: str | None
    version: int
    created: int

    def same_as(self, other: "Stored | None", kind: str) -> bool:
        """Whether a document says what is stored; one that was deleted and made again is another, because its age counts."""
        return (other is not None and self.owner == other.owner and self.created == other.created
                and normalized(kind, self.document) == normalized(kind, other.document))

    def is_spelled_as(self, other: "Stored | None") -> bool:
        """What versions are compared by: a rollback brings back the very text."""
        def text(document: dict) -> dict:
            return {name: value for name, value in document.items()
                    if value is not None and name not in ("kind", "name", "meta", "warnings")}
        return (other is not None and self.owner == other.owner and self.created == other.created
                and text(self.document) == text(other.document))

    def at(self, expected: int, number: int) -> "Stored":
        """The same, where the version that was expected came to be another."""
        def actual(version: int) -> int:
            return number if version == expected else version
        return Stored(self.document, self.owner, actual(self.version), actual(self.created))


@dataclass
class Refused:
    """The model's answer to a write that must not be."""

    status: int
    reason: str


@dataclass
class Done:
    """The model's answer to a write: what becomes of each resource it is about."""

    changes: dict[Key, str]
    content: dict[Key, Stored]

    @property
    def is_unchanged(self) -> bool:
        return all(effect == "unchanged" for effect in self.changes.values())


@dataclass
class Model:
    content: dict[Key, Stored] = field(default_factory=dict)
    latest: int = 1
    versions: dict[int, dict[Key, Stored]] = field(default_factory=lambda: {1: {}})

    # What a write would do.

    def put(self, key: Key, document: dict, precondition: str | None = None) -> Refused | Done:
        if refused := self._precondition(key, precondition):
            return refused
        return self._write({key: document}, set())

    def patch(self, key: Key, patch: dict, precondition: str | None = None) -> Refused | Done:
        if key not in self.content:
            return Refused(404, "not-found")
        if refused := self._precondition(key, precondition):
            return refused
        return self._write({key: merged(self.content[key].document, patch)}, set())

    def delete(self, key: Key, precondition: str | None = None) -> Refused | Done:
        if key not in self.content:
            return Refused(404, "not-found")
        if refused := self._precondition(key, precondition):
            return refused
        return self._write({}, {key})

    def apply(self, documents: dict[Key, dict], owner: str | None, prune: bool, force: bool) -> Refused | Done:
        gone = {key for key, stored in self.content.items() if prune and stored.owner == owner and key not in documents}
        if owner and not force:
            owners = [self.content[key].owner for key in documents if key in self.content]
            if any(each not in (None, owner) for each in owners):
                return Refused(409, "owned-elsewhere")
        return self._write(documents, gone, owner)

    def rollback(self, number: int) -> Refused | Done:
        if number not in self.versions:
            return Refused(404, "not-found")
        target = self.versions[number]
        content, changes = {}, {}
        for key in self.content.keys() | target.keys():
            now, then = self.content.get(key), target.get(key)
            if then is None:
                changes[key] = "deleted"
            elif then.is_spelled_as(now):
                content[key] = now
            else:
                content[key] = Stored(then.document, then.owner, self.latest + 1, then.created)
                changes[key] = "updated" if now else "created"
        return Done(changes, content)

    def commit(self, done: Done, version: int | None = None):
        """It happened."""
        if done.is_unchanged:
            return
        number = version or self.latest + 1
        self.content = {key: s.at(self.latest + 1, number) for key, s in done.content.items()}
        self.latest = number
        self.versions[number] = dict(self.content)

    def difference(self, a: int, b: int) -> dict[Key, str]:
        old, new = self.versions[a], self.versions[b]
        found = {}
        for key in old.keys() | new.keys():
            if key not in new:
                found[key] = "deleted"
            elif key not in old:
                found[key] = "created"
            elif not new[key].is_spelled_as(old[key]):
                found[key] = "updated"
        return found

    def _precondition(self, key: Key, precondition: str | None) -> Refused | None:
        """`exists`, `missing`, `current` and `stale`: the caller turns them into fields."""
        there = key in self.content
        holds = {None: True, "exists": there, "missing": not there, "current": there, "stale": False}[precondition]
        return None if holds else Refused(412, "precondition-failed")

    def _write(self, documents: dict[Key, dict], gone: set[Key], owner: str | None = None) -> Refused | Done:
        content, changes = dict(self.content), {}
        for key, document in documents.items():
            now = self.content.get(key)
            created = now.created if now else self.latest + 1
            new = Stored(document, owner or (now.owner if now else None), self.latest + 1, created)
            if new.same_as(now, key[0]):
                changes[key] = "unchanged"
                continue
            content[key] = new
            changes[key] = "updated" if now else "created"
        for key in gone:
            del content[key]
            changes[key] = "deleted"
        for key in gone:
            if any(key in references(other, stored.document) for other, stored in content.items()):
                return Refused(409, "referenced")
        for key, effect in changes.items():
            if effect in ("created", "updated") and not references(key, content[key].document) <= content.keys():
                return Refused(422, "invalid")
        return Done(changes, content)


class Vocabulary:
    """Documents at random."""

    def __init__(self, luck: random.Random):
        self.luck = luck

    def key(self) -> Key:
        kind = self.luck.choice(["upstream", "upstream", "route", "route", "route", "listener", "traffic-policy"])
        return kind, self.luck.choice(NAMES[kind])

    def document(self, key: Key) -> dict:
        document = {"upstream": self._upstream, "traffic-policy": self._policy, "listener": self._listener,
                    "route": self._route}[key[0]](key[1])
        if self.luck.random() < 0.3:
            document["labels"] = {"team": self.luck.choice(["shop", "blog"])}
        if self.luck.random() < 0.2:
            document["description"] = self.luck.choice(["one", "two", "Zo\u00eb", "Zoe\u0308", "\U0001f600", "a\nb\"c\\"])
        if self.luck.random() < 0.4:
            name, value = self.luck.choice(list(DEFAULTS[key[0]].items()))
            document.setdefault(name, value)
        return document

    def patch(self, key: Key) -> dict:
        name, value = next(iter(self.document(key).items()))
        return self.luck.choice([
            {"description": self.luck.choice(["one", "three", None])},
            {"labels": {"team": self.luck.choice(["shop", "blog", None])}},
            {"labels": None},
            {},
            {name: value},
        ])

    def _upstream(self, _: str) -> dict:
        endpoint = {"address": "127.0.0.1", "port": self.luck.choice([9001, 9002, 9003])}
        if self.luck.random() < 0.3:
            endpoint["weight"] = self.luck.choice([1, 2])
        return {"endpoints": [endpoint]}

    def _policy(self, _: str) -> dict:
        return {"type": "compression", "compression": {"minBytes": self.luck.choice([100, 200])}}

    def _listener(self, name: str) -> dict:
        document = {"port": {"l1": 8081, "l2": 8082}[name]}
        if self.luck.random() < 0.3:
            document["policies"] = [self.luck.choice(NAMES["traffic-policy"])]
        if self.luck.random() < 0.3:
            document["hostnames"] = [self.luck.choice(["a.example.com", "*.example.com"])]
        return document

    def _route(self, name: str) -> dict:
        document = {"matches": [{"path": {"prefix": f"/{name}/{self.luck.choice('ab')}"}}]}
        if self.luck.random() < 0.2:
            return document | {"respond": {"status": self.luck.choice([200, 404])}}
        shares = self.luck.sample(NAMES["upstream"], self.luck.choice([1, 1, 2]))
        document["forward"] = [{"upstream": share, "weight": self.luck.choice([1, 5])} for share in shares]
        if self.luck.random() < 0.3:
            document["listeners"] = [self.luck.choice(NAMES["listener"])]
        if self.luck.random() < 0.2:
            document["policies"] = [self.luck.choice(NAMES["traffic-policy"])]
        return document
