"""Do connections live as long as they should, on both sides, and does every request get its own answer?"""

import pytest

from harness import Closed, wait_until


def test_a_connection_serves_many_requests_over_one_upstream_connection(gateway, client, origin):
    for number in range(50):
        assert client.get(f"/{number}").json()["target"] == f"/{number}"
    assert len(origin.connections) == 1


def test_pipelined_requests_are_answered_in_order(client):
    client.send("".join(f"GET /{number} HTTP/1.1\r\nHost: test\r\n\r\n" for number in range(100)))
    assert [client.answer().json()["target"] for _ in range(100)] == [f"/{number}" for number in range(100)]


def test_pipelined_requests_with_bodies_are_answered_in_order(client):
    client.send("".join(
        f"POST /{number} HTTP/1.1\r\nHost: test\r\nContent-Length: {number}\r\n\r\n{'x' * number}"
        f"PUT /c{number} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        for number in range(30)))
    for number in range(30):
        first, second = client.answer().json(), client.answer().json()
        assert (first["target"], first["length"]) == (f"/{number}", number)
        assert (second["target"], second["length"]) == (f"/c{number}", 3)


def test_pipelined_requests_survive_an_answer_that_the_gateway_makes(client):
    client.send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n"
                "GET /%2F HTTP/1.1\r\nHost: test\r\n\r\n"
                "GET /b HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.answer().json()["target"] == "/a"
    refusal = client.answer()
    assert refusal.status == 400
    if not refusal.closes:
        assert client.answer().json()["target"] == "/b"


def test_connection_close_is_kept(client):
    answer = client.get(extra="Connection: close\r\n")
    assert answer.status == 200 and answer.closes
    assert client.is_closed()


def test_http_1_0_is_answered_and_closed(client, origin):
    answer = client.ask("GET /old HTTP/1.0\r\nHost: test\r\n\r\n")
    assert answer.status == 200
    assert client.is_closed()
    assert origin.requests[0].version == "HTTP/1.1"


def test_http_1_0_without_host_takes_the_catch_all_and_the_origin_gets_one_host(client, origin):
    assert client.ask("GET /old HTTP/1.0\r\n\r\n").status == 200
    assert origin.requests[0]["host"]


def test_http_1_0_gets_no_chunks(make_origin, make_gateway):
    def chunked(connection):
        connection.read_request()
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        connection.wait_gone()
    gateway = make_gateway(origin=make_origin(chunked))
    with gateway.connect() as client:
        answer = client.ask("GET / HTTP/1.0\r\nHost: test\r\n\r\n")
        assert answer.body == b"hello" and answer.all("transfer-encoding") == []


def test_a_connection_ends_after_its_number_of_requests(make_gateway, origin):
    gateway = make_gateway(origin=origin, limits={"requestsPerConnection": 3})
    with gateway.connect() as client:
        assert not client.get().closes
        assert not client.get().closes
        assert client.get().closes
        assert client.is_closed()


def test_upstream_connections_are_shared_by_clients_that_take_turns(gateway, origin):
    for _ in range(20):
        with gateway.connect() as client:
            assert client.get().status == 200
    assert len(origin.connections) == 1


def test_an_upstream_that_says_close_is_not_used_again(make_origin, make_gateway):
    def once(connection):
        connection.read_request()
        connection.answer("ok", fields="Connection: close\r\n")
        connection.wait_gone()
    origin = make_origin(once)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        for _ in range(5):
            answer = client.get()
            assert answer.status == 200 and not answer.closes
    assert len(origin.connections) == 5


def test_an_upstream_that_speaks_http_1_0_is_not_used_again(make_origin, make_gateway):
    def old(connection):
        connection.read_request()
        connection.send("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_gone()
    origin = make_origin(old)
    gateway = make_gateway(origin=origin)
    with gateway.connect() as client:
        for _ in range(3):
            assert client.get().body == b"ok"
    assert len(origin.connections) == 3


def test_empty_lines_before_a_request_are_forgiven(client):
    assert client.ask("\r\nGET / HTTP/1.1\r\nHost: test\r\n\r\n").status == 200


@pytest.mark.parametrize("split", range(1, 9))
def test_a_request_in_many_pieces_is_one_request(client, split):
    raw = b"POST /pieces HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\nhello world"
    for start in range(0, len(raw), split):
        client.send(raw[start:start + split])
    assert client.answer().json()["length"] == 11


def test_a_client_that_leaves_takes_its_upstream_exchange_along(make_origin, make_gateway):
    origin = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()))
    gateway = make_gateway(origin=origin)
    client = gateway.connect()
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_until(lambda: origin.requests, "the request reached the origin")
    client.reset()
    wait_until(lambda: gateway.metrics()["sluice_active_requests"] == 0, "the exchange ended")


def test_half_closed_clients_still_get_their_answer_or_a_clean_end(client):
    client.send("GET /half HTTP/1.1\r\nHost: test\r\n\r\n")
    client.half_close()
    try:
        assert client.answer().json()["target"] == "/half"
    except Closed as closed:
        assert closed.partial == b""
