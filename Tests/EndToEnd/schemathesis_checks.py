"""What Schemathesis checks beyond its own checks. It loads this file by itself."""

import json
import os
import urllib.request

import schemathesis

from contracts import Contract

with urllib.request.urlopen(os.environ["CONTRACT_URL"], timeout=10) as answer:
    contract = Contract(json.load(answer))


def without_nulls(value):
    """A member that is null counts as left out."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


@schemathesis.check
def nothing_is_accepted_that_the_schema_forbids(ctx, response, case):
    """The schemas of bodies are exact: what they forbid is refused."""
    if response.status_code >= 300 or not isinstance(case.body, (dict, list)):
        return
    operation = contract.operation(case.method.upper(), case.formatted_path)
    content = operation.bodies.get((case.media_type or "").split(";")[0]) if operation else None
    if content and not (case.media_type or "").startswith("application/merge-patch"):
        faults = contract.faults(content.get("schema", {}), without_nulls(case.body))
        assert faults == [], f"accepted, although {faults}: {case.body}"
