"""JSON Web Tokens: what a new one, a seen one and a bad one cost, beside bare verifications by the same library."""

import json
import statistics

from . import tools
from .load import load_core
from .process import Failure

fixtures = tools.repository / "Tests" / "JOSETests" / "Fixtures" / "tokens.json"


def tokens(arguments, folder) -> dict:
    program = tools.sluice("bench-tokens")
    if not program:
        raise Failure("there is no bench-tokens: swift build -c release")
    output = tools.run(["taskset", "-c", str(load_core), program, fixtures, max(arguments.runs, 3)], "bench-tokens")
    rows = [{"name": name, "nanoseconds": statistics.median(figures), "spread": [min(figures), max(figures)]}
            for name, figures in json.loads(output).items()]
    for row in rows:
        if row["spread"][0] < 0:
            raise Failure(f"{row['name']}: went another way than it should")
    return {"profile": "tokens", "runs": arguments.runs, "rows": rows}


def table(result: dict) -> str:
    bare = {row["name"]: row["nanoseconds"] for row in result["rows"] if row["name"].startswith("bare ")}
    lines = ["| token | ns of CPU | spread | x bare |", "| --- | --- | --- | --- |"]
    for row in result["rows"]:
        low, high = row["spread"]
        base = bare.get("bare " + row["name"].split()[1].rstrip(",")) if " " in row["name"] else None
        ratio = f"{row['nanoseconds'] / base:.3f}" if base else ""
        lines.append(f"| {row['name']} | {row['nanoseconds']:,.0f} | {low:,.0f} to {high:,.0f} | {ratio} |")
    return "\n".join(lines)
