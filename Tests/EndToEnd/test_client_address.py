"""Who is the client behind proxies, as the listener says?"""

import pytest

from harness import free_port, listener, route, upstream

cases = [
    # (clientAddress, X-Forwarded-For lines, who it is)
    ({}, ["198.51.100.7"], "127.0.0.1"),
    ({"source": "x-forwarded-for", "trustedHops": 1}, ["198.51.100.7"], "198.51.100.7"),
    ({"source": "x-forwarded-for", "trustedHops": 1}, ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
    ({"source": "x-forwarded-for", "trustedHops": 1}, ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
    ({"source": "x-forwarded-for", "trustedHops": 2}, ["6.6.6.6, 198.51.100.7, 10.0.0.1"], "198.51.100.7"),
    ({"source": "x-forwarded-for", "trustedHops": 1}, [], "127.0.0.1"),
    ({"source": "x-forwarded-for", "trustedHops": 1}, ["2001:db8::7"], "2001:db8::7"),
    ({"source": "x-forwarded-for", "trustedCIDRs": ["127.0.0.0/8", "10.0.0.0/8"]}, ["198.51.100.7, 10.1.2.3"], "198.51.100.7"),
    ({"source": "x-forwarded-for", "trustedCIDRs": ["127.0.0.0/8"]}, ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
    ({"source": "x-forwarded-for", "trustedCIDRs": ["10.0.0.0/8"]}, ["198.51.100.7"], "127.0.0.1"),
]


@pytest.mark.parametrize("settings,lines,expected", cases)
def test_x_forwarded_for(make_gateway, origin, settings, lines, expected):
    gateway = make_gateway([listener(free_port(), **({"clientAddress": settings} if settings else {})), upstream(origin.port), route()])
    with gateway.connect() as client:
        assert client.get(extra="".join(f"X-Forwarded-For: {line}\r\n" for line in lines)).status == 200
    assert gateway.log_lines(1)[0]["clientAddress"] == expected
    assert expected in origin.requests[0]["x-forwarded-for"]


@pytest.mark.parametrize("value", ["junk", "999.1.1.1", "198.51.100.7:x", "", "a, b"])
def test_an_entry_that_is_no_address_is_never_the_client(make_gateway, origin, value):
    gateway = make_gateway([listener(free_port(), clientAddress={"source": "x-forwarded-for", "trustedHops": 1}),
                            upstream(origin.port), route()])
    with gateway.connect() as client:
        assert client.get(extra=f"X-Forwarded-For: {value}\r\n").status in (200, 400)
    assert gateway.log_lines(1)[0]["clientAddress"] == "127.0.0.1"


def test_a_header_of_the_balancers(make_gateway, origin):
    gateway = make_gateway([listener(free_port(), clientAddress={"source": "header", "header": "X-Real-Client"}),
                            upstream(origin.port), route()])
    with gateway.connect() as client:
        assert client.get(extra="X-Real-Client: 198.51.100.7\r\nX-Forwarded-For: 6.6.6.6\r\n").status == 200
    assert gateway.log_lines(1)[0]["clientAddress"] == "198.51.100.7"
