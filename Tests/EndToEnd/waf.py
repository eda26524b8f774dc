"""Documents and questions for tests of web application firewalls."""

import json

from harness import free_port, listener, route, upstream, wait_until

ATTACK = "id=1%27%20OR%20%271%27%3D%271%27%20UNION%20SELECT%20password%20FROM%20users--"
# Refuses whatever has this word in its body or its parameters.
WORD = 'SecRule ARGS|REQUEST_BODY "@contains forbiddenword" "id:10001,phase:2,deny,status:403,msg:\'A word\'"'


def firewall(name: str = "firewall", observe: bool = False, exclude: list[int] = (), **settings) -> dict:
    """A policy that lets any content type pass, so that bodies may be what they like."""
    settings["exclude"] = [920420, *exclude]
    return {"kind": "traffic-policy", "name": name, "type": "waf", **({"observe": True} if observe else {}),
            "waf": {"rules": "crs", **settings}}


def guarded(port: int, policy: dict | None = None, to: dict | None = None, limits: dict | None = None, **fields) -> list[dict]:
    """A listener, an upstream, and a route with a firewall."""
    policy = policy or firewall()
    return [listener(free_port(), **({"limits": limits} if limits else {})), to or upstream(port), policy,
            route(policies=[policy["name"]], **fields)]


def post(body: bytes, kind: str = "application/octet-stream", path: str = "/", framing: str = "length", extra: str = "") -> bytes:
    """A whole request."""
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nUser-Agent: test\r\nAccept: */*\r\nContent-Type: {kind}\r\n{extra}"
    if framing == "length":
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    size = 7 if len(body) < 1000 else 9973
    chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part)
                      for part in (body[at:at + size] for at in range(0, len(body), size)))
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\nX-Trailer: 1\r\n\r\n"


def all_lines(gateway) -> list[dict]:
    text = gateway.access_log.read_text() if gateway.access_log.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def events(gateway, count: int = 1) -> list[dict]:
    """What firewalls say in the log, once there is so much."""
    def found():
        seen = [line for line in all_lines(gateway) if line.get("type") == "waf"]
        return seen if len(seen) >= count else None
    return wait_until(found, lambda: f"{count} events in {all_lines(gateway)}")


def requests(gateway, count: int = 1) -> list[dict]:
    """The lines of requests, once there are so many."""
    def found():
        seen = [line for line in all_lines(gateway) if line.get("type") != "waf"]
        return seen if len(seen) >= count else None
    return wait_until(found, lambda: f"{count} requests in {all_lines(gateway)}")
