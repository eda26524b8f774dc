"""Do pages of other origins get what the CORS policy of a route says, on every answer and before everything else?"""

import pytest

from client import Answer
from h2_client import H2Client
from harness import free_port, listener, route, upstream

PAGE = "https://app.example.com"
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def cors(name: str = "pages", **settings) -> dict:
    return {"kind": "auth-policy", "name": name, "type": "cors", "cors": {"allowOrigins": [PAGE], **settings}}


def fields(answer, prefix: str = "access-control-") -> dict:
    """The fields of CORS by name; none comes twice."""
    found = [(name.lower(), value) for name, value in answer.fields if name.lower().startswith(prefix)]
    assert len(found) == len(dict(found)), found
    return dict(found)


def vary(answer) -> set:
    values = [value for name, value in answer.fields if name.lower() == "vary"]
    return {each.strip().lower() for value in values for each in value.split(",")}


def status(answer) -> int:
    return int(answer.status)


@pytest.fixture(params=["http1", "http2"])
def ask(request, make_gateway):
    """`ask(documents)`: a function that makes requests of a gateway, over HTTP/1.1 and HTTP/2 in turn."""
    connections = []

    def make(documents, **options):
        port = free_port()
        gateway = make_gateway([listener(port, **options), *documents])

        def call(path: str = "/", method: str = "GET", origin: str | list | None = PAGE, body: str | None = None, **extra):
            origins = origin if isinstance(origin, list) else [origin] if origin else []
            lines = [("origin", each) for each in origins] + [(key.replace("_", "-"), value) for key, value in extra.items()]
            if request.param == "http2":
                client = H2Client(port)
                connections.append(client)
                head = [(":method", method), (":scheme", "http"), (":authority", "test"), (":path", path), *lines]
                return client.ask(head, body.encode() if body is not None else None)
            with gateway.connect() as client:
                length = [("Content-Length", str(len(body)))] if body is not None else []
                text = "".join(f"{name}: {value}\r\n" for name, value in lines + length)
                return client.ask(f"{method} {path} HTTP/1.1\r\nHost: test\r\n{text}\r\n{body or ''}", is_head=method == "HEAD")

        call.gateway = gateway
        return call

    yield make
    for each in connections:
        each.close()


def preflight(ask, path: str = "/", method: str = "PUT", headers: str | None = None, origin=PAGE):
    extra = {"access_control_request_method": method}
    if headers:
        extra["access_control_request_headers"] = headers
    return ask(path, "OPTIONS", origin, **extra)


def test_answers_of_upstreams(ask, make_origin):
    """The upstream's own fields of CORS give way; everything else passes."""
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("body", fields="Access-Control-Allow-Origin: *\r\nAccess-Control-Max-Age: 5\r\nVary: Accept\r\nX-Mine: 1\r\n")

    origin = make_origin(script)
    call = ask([cors(exposeHeaders=["x-mine"], allowCredentials=True), upstream(origin.port), route(policies=["pages"])])
    answer = call()
    assert status(answer) == 200
    assert fields(answer) == {"access-control-allow-origin": PAGE, "access-control-allow-credentials": "true",
                              "access-control-expose-headers": "x-mine"}
    assert vary(answer) == {"accept", "origin"}
    assert dict(answer.fields).get("x-mine", dict(answer.fields).get("X-Mine")) == "1"
    for foreign in ("https://evil.example.com", "null", "http://app.example.com", "https://app.example.com:8443", "https://APP.example.com",
                    "https://app.example.com.evil.com", [PAGE, PAGE], None):
        answer = call(origin=foreign)
        assert status(answer) == 200 and fields(answer) == {} and vary(answer) == {"accept", "origin"}, foreign


def test_preflight_of_the_route_that_would_take_the_request(ask, make_origin):
    origin = make_origin()
    call = ask([
        cors("get", allowMethods=["GET"]), cors("put", allowMethods=["PUT"], allowHeaders=["x-a", "X-B"], maxAge="10m", exposeHeaders=["x-c"]),
        cors("beta", allowMethods=["GET", "DELETE"]), upstream(origin.port),
        {**route("get", policies=["get"]), "matches": [{"path": {"prefix": "/a"}, "methods": ["GET"]}]},
        {**route("put", policies=["put"]), "matches": [{"path": {"prefix": "/a"}, "methods": ["PUT"]}]},
        {**route("beta", policies=["beta"]), "matches": [{"path": {"prefix": "/a"}, "headers": [{"name": "x-beta", "exact": "1"}]}]},
        route("plain", prefix="/plain"),
    ])
    answer = preflight(call, "/a", "PUT", "x-a")
    assert status(answer) == 204 and not answer.body
    assert fields(answer) == {
        "access-control-allow-origin": PAGE, "access-control-allow-methods": "PUT", "access-control-allow-headers": "x-a, x-b",
        "access-control-expose-headers": "x-c", "access-control-max-age": "600"}
    assert vary(answer) == {each.strip().lower() for each in PREFLIGHT_VARY.split(",")}
    assert fields(preflight(call, "/a", "GET"))["access-control-allow-methods"] == "GET"
    assert fields(preflight(call, "/a", "DELETE", "x-beta"))["access-control-allow-methods"] == "GET, DELETE"
    # No route has the method: the page may still read what it is answered.
    assert status(preflight(call, "/a", "PATCH")) == 204 and fields(preflight(call, "/a", "PATCH"))["access-control-allow-origin"] == PAGE
    answer = preflight(call, "/a", "PUT", origin="https://evil.example.com")
    assert status(answer) == 204 and fields(answer) == {} and "origin" in vary(answer)
    assert not origin.requests
    # No policy: an OPTIONS request like another.
    assert status(preflight(call, "/plain", "PUT")) == 200 and len(origin.requests) == 1
    assert status(call("/plain", "OPTIONS")) == 200 and status(call("/a", "OPTIONS")) == 404


def test_own_answers(ask, make_origin):
    """Redirects, fixed answers, and every refusal."""
    dead = free_port()
    blank = {"kind": "upstream", "name": "blank", "endpoints": []}
    policies = {"policies": ["pages"]}
    fault = {"kind": "traffic-policy", "name": "fault", "type": "fault", "fault": {"abort": {"percent": 100, "status": 429}}}

    def garbage(connection):
        connection.read_request()
        connection.send("nonsense\r\n\r\n")

    call = ask([
        cors(), fault, upstream(dead), upstream(make_origin(garbage).port, name="garbage"),
        {"kind": "route", "name": "moved", "matches": [{"path": {"prefix": "/moved"}}], "redirect": {"hostname": "other.example.com"}, **policies},
        {"kind": "route", "name": "fixed", "matches": [{"path": {"prefix": "/fixed"}}], "respond": {"status": 200, "body": "fixed"},
         "responseHeaders": {"set": [{"name": "Access-Control-Allow-Origin", "value": "*"}, {"name": "x-set", "value": "1"}]}, **policies},
        route("dead", prefix="/dead", **policies), route("garbage", to="garbage", prefix="/garbage", **policies),
        route("fault", prefix="/fault", policies=["pages", "fault"]),
    ])
    expected = {"/moved": 302, "/fixed": 200, "/dead": 503, "/garbage": 502, "/fault": 429}
    for path, code in expected.items():
        for origin, found in ((PAGE, {"access-control-allow-origin": PAGE}), ("https://evil.example.com", {}), (None, {})):
            answer = call(path, origin=origin)
            assert status(answer) == code and fields(answer) == found and "origin" in vary(answer), (path, origin, answer)
    assert ("x-set", "1") in [(name.lower(), value) for name, value in call("/fixed").fields]
    answer = call("/nowhere")
    assert status(answer) == 404 and fields(answer) == {} and "origin" not in vary(answer)


def test_listener(ask, make_origin):
    """What no route takes, and what is refused before routing; routes inherit, replace or drop."""
    origin = make_origin()
    call = ask([
        cors(), cors("other", allowOrigins=["https://other.example.com"]), upstream(origin.port), route("inherits", prefix="/inherits"),
        route("replaces", prefix="/replaces", policies=["other"]), route("drops", prefix="/drops", inherit=False),
    ], policies=["pages"], limits={"bodyBytes": 10})
    allowed = {"access-control-allow-origin": PAGE}
    assert fields(call("/inherits")) == allowed
    assert fields(call("/replaces")) == {} and fields(call("/replaces", origin="https://other.example.com"))
    assert fields(call("/drops")) == {} and "origin" not in vary(call("/drops"))
    for path, code in (("/nowhere", 404), ("/a%2", 400), ("/a%00", 400)):
        answer = call(path)
        assert status(answer) == code and fields(answer) == allowed and "origin" in vary(answer), path
        answer = preflight(call, path)
        assert status(answer) == 204 and fields(answer)["access-control-allow-origin"] == PAGE, path
    answer = call("/inherits", "POST", body="x" * 11)
    assert status(answer) == 413 and fields(answer) == allowed
    assert status(preflight(call, "/drops")) == 200


@pytest.mark.parametrize("settings, origin, answer, preflighted", [
    ({"allowOrigins": ["*"], "allowMethods": "*", "allowHeaders": "*", "exposeHeaders": "*"}, "https://any.example",
     {"access-control-allow-origin": "*", "access-control-expose-headers": "*"},
     {"access-control-allow-origin": "*", "access-control-expose-headers": "*", "access-control-allow-methods": "*",
      "access-control-allow-headers": "*, authorization"}),
    ({"allowOrigins": ["*"], "allowMethods": "*", "allowHeaders": "*", "allowCredentials": True, "anyOriginWithCredentials": True},
     "https://any.example", {"access-control-allow-origin": "https://any.example", "access-control-allow-credentials": "true"},
     {"access-control-allow-origin": "https://any.example", "access-control-allow-credentials": "true",
      "access-control-allow-methods": "PUT", "access-control-allow-headers": "x-a,x-b"}),
    ({"allowOrigins": ["*"], "allowCredentials": True, "anyOriginWithCredentials": True}, "null", {}, {}),
    ({"allowOrigins": ["https://*.example.com"]}, "https://a.b.example.com", {"access-control-allow-origin": "https://a.b.example.com"}, None),
    ({"allowOrigins": ["https://*.example.com"]}, "https://example.com", {}, {}),
    ({"allowOrigins": ["https://*.example.com"]}, "https://evil.com/.example.com", {}, {}),
    ({"allowOrigins": ["https://*.example.com"]}, "https://evil.com:1.example.com", {}, {}),
    ({"allowOrigins": ["https://*.example.com:8443"]}, "https://a.example.com:8443", {"access-control-allow-origin": "https://a.example.com:8443"}, None),
    ({"allowOrigins": ["http://localhost:5173"]}, "http://localhost:5173", {"access-control-allow-origin": "http://localhost:5173"}, None),
    ({"allowOrigins": ["http://localhost:80"]}, "http://localhost", {"access-control-allow-origin": "http://localhost"}, None),
])
def test_settings(ask, settings, origin, answer, preflighted):
    call = ask([cors(**settings), {"kind": "route", "name": "fixed", "respond": {"status": 200}, "policies": ["pages"]}])
    assert fields(call(origin=origin)) == answer
    assert ("origin" in vary(call(origin=origin))) == (settings["allowOrigins"] != ["*"] or "allowCredentials" in settings)
    found = preflight(call, headers="x-a,x-b", origin=origin)
    assert status(found) == 204
    if preflighted is not None:
        assert fields(found) == preflighted


def test_exposing_all_with_credentials(ask, make_origin):
    """`*` would mean nothing: the names of all fields are listed."""
    origin = make_origin(lambda connection: [connection.read_request(), connection.answer("x", fields="X-One: 1\r\nX-Two: 2\r\n")])
    call = ask([cors(exposeHeaders="*", allowCredentials=True), upstream(origin.port), route(policies=["pages"])])
    for path in ("/", "/gone"):
        answer = call(path)
        names = {each.strip().lower() for each in fields(answer)["access-control-expose-headers"].split(",")}
        assert {name.lower() for name, _ in answer.fields if name.lower() not in ("vary", "connection") and not name.startswith(":")
                and not name.lower().startswith("access-control-")} - names <= {"content-length", "transfer-encoding"}
        assert "*" not in names and ("x-request-id" in names)


def test_compressed(ask, make_origin):
    def script(connection):
        while True:
            connection.read_request()
            connection.answer("word " * 1000, fields="Content-Type: text/plain\r\nVary: Accept\r\n")

    zips = {"kind": "traffic-policy", "name": "zips", "type": "compression", "compression": {"algorithms": ["gzip"], "types": ["text/plain"]}}
    call = ask([cors(), zips, upstream(make_origin(script).port), route(policies=["pages", "zips"])])
    answer = call(accept_encoding="gzip")
    assert vary(answer) == {"accept", "accept-encoding", "origin"} and fields(answer) == {"access-control-allow-origin": PAGE}


def test_observing_changes_nothing(ask):
    call = ask([{**cors(), "observe": True}, {"kind": "route", "name": "fixed", "respond": {"status": 200}, "policies": ["pages"]}])
    assert fields(call()) == {} and "origin" not in vary(call())
