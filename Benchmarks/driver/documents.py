"""The documents that several profiles load: many routes, a hundred paths on each host."""

paths_per_host = 100


def route(number: int, upstream: str = "origin") -> dict:
    """One of many: a hundred paths on each host."""
    host, path = divmod(number, paths_per_host)
    return {"kind": "route", "name": f"route-{number}", "hostnames": [f"h{host}.bench.example.com"],
            "matches": [{"path": {"prefix": f"/api/v1/service-{path}"}}], "forward": [{"upstream": upstream}]}


def target(number: int) -> str:
    host, path = divmod(number, paths_per_host)
    return f"h{host}.bench.example.com /api/v1/service-{path}/items/42"
