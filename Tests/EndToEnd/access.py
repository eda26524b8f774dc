"""Documents of auth policies and consumers, with hashes in the place of secrets."""

import base64
import hashlib

# bcrypt of "right": one that is quickly checked, and one that takes its time.
QUICK = "$2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC"
SLOW = "$2b$11$abcdefghijklmnopqrstuuD06ya1Nw2W31Tn1jG5w4.7wnwI3cNXm"


def policy(name: str, type: str, settings: dict | None = None, **fields) -> dict:
    member = {"api-key": "apiKey", "ext-auth": "extAuth"}.get(type, type)
    return {"kind": "auth-policy", "name": name, "type": type, **({member: settings} if settings is not None else {}), **fields}


def consumer(name: str, key: str | None = None, password_hash: str | None = None, labels: dict | None = None) -> dict:
    document = {"kind": "consumer", "name": name, **({"labels": labels} if labels else {})}
    if key is not None:
        document["apiKeys"] = [{"id": "k1", "hash": "sha256:" + hashlib.sha256(key.encode()).hexdigest()}]
    if password_hash is not None:
        document["basic"] = {"username": name, "passwordHash": password_hash}
    return document


def basic(user: str, password: str) -> str:
    """A field line."""
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}\r\n"


def samples(gateway, name: str, **labels) -> float:
    """The sum of a metric's samples that have these labels."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(value for sample, value in gateway.metrics().items()
               if sample.startswith(name + "{") and all(each in sample for each in wanted))
