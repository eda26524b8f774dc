"""The audit log as a client reads it, and the check of its chain."""

import hashlib
import json


def audit(control) -> list[dict]:
    """All records, the oldest first."""
    records, cursor = [], ""
    while True:
        page = control.call("GET", f"/v1/audit?limit=1000&order=asc{cursor}").json()
        records += page["items"]
        if page["next"] is None:
            return records
        cursor = f"&cursor={page['next']}"


def check_chain(records: list[dict]):
    """Every record is bound to the one before it."""
    previous = "sha256:" + "0" * 64
    for number, record in enumerate(records, 1):
        content = {name: value for name, value in record.items() if name != "hash"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert record["sequence"] == number and record["previousHash"] == previous, record
        assert record["hash"] == "sha256:" + hashlib.sha256(text).hexdigest(), record
        previous = record["hash"]
