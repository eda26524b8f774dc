"""Gateways with a retry rule before origins that make trouble."""

from harness import free_port, listener, route, upstream
from trouble import Turns, endpoints

GET = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"
quick = {"backoff": {"base": "0s", "max": "0s"}}


def serving(make_gateway, ports, retry: dict | None, timeouts: dict | None = None, connect: str = "5s", **fields):
    """A gateway with one route to these ports, tried one after the other."""
    rule = {} if retry is None else {"retry": {**quick, **retry}}
    fields["timeouts"] = {"connect": connect}
    return make_gateway([
        listener(free_port()), upstream(*ports, loadBalancing={"algorithm": "round-robin"}, **fields),
        route(**rule, **({"timeouts": timeouts} if timeouts else {}))])


def retried(make_origin, make_gateway, ways, count: int = 3, retry: dict | None = {}, timeouts: dict | None = None,
            request: str = GET):
    """One request at `count` endpoints, of whose arrivals the first meet `ways`: the answer, and the turns."""
    turns = Turns(*ways)
    origins = endpoints(make_origin, turns, count)
    gateway = serving(make_gateway, [each.port for each in origins], retry, timeouts)
    with gateway.connect() as client:
        return client.ask(request, is_head=request.startswith("HEAD")), turns
