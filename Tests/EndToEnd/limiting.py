"""Traffic policies that say how much may pass, as documents."""


def rate_limit(name: str, *limits: dict, **fields) -> dict:
    settings = {key: fields.pop(key) for key in ("scope", "onStoreFailure", "lease") if key in fields}
    return {"kind": "traffic-policy", "name": name, "type": "rate-limit", "rateLimit": {"limits": list(limits), **settings}, **fields}


def limit(requests: int, *key: dict, per: str = "day", **fields) -> dict:
    """A day, so that no test sees its end."""
    return {"requests": requests, "per": per, **({"key": list(key)} if key else {}), **fields}


def concurrency(name: str, most: int, *key: dict, queue: dict | None = None, status: int | None = None, **fields) -> dict:
    settings = {"maxRequests": most, **({"key": list(key)} if key else {}), **({"queue": queue} if queue else {}),
                **({"status": status} if status else {})}
    return {"kind": "traffic-policy", "name": name, "type": "concurrency", "concurrency": settings, **fields}


def body_limit(name: str, most: int, **fields) -> dict:
    return {"kind": "traffic-policy", "name": name, "type": "body", "body": {"maxBytes": most}, **fields}
