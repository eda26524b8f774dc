"""Does a real browser read what the policy lets it read, and does the diagnosis say the same?"""

import json
import shutil

import pytest

from chrome import Chrome
from harness import free_port, listener, route, upstream

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")

SCRIPT = """
async function go(url, options) {
  try { const answer = await fetch(url, options); return {status: answer.status, body: await answer.text(), headers: Object.fromEntries(answer.headers)} }
  catch (error) { return {error: String(error)} }
}
"""


def pages(connection):
    while True:
        request = connection.read_request()
        inner = SCRIPT + "go(location.hash.slice(1) || name, {}).then(r => parent.postMessage(r, '*'))"
        text = f"<!doctype html><title>page</title><script>{SCRIPT}</script>" if request.target != "/inner" else f"<script>{inner}</script>"
        connection.answer(text, fields="Content-Type: text/html\r\nSet-Cookie: id=7; Path=/\r\n")


def service(connection):
    while True:
        request = connection.read_request()
        if request.target.startswith("/garbage"):
            return connection.send("nonsense\r\n\r\n")
        connection.answer(json.dumps({"method": request.method, "cookie": request["cookie"]}),
                          fields="Content-Type: application/json\r\nX-Mine: 1\r\nX-Other: 2\r\nAccess-Control-Allow-Origin: *\r\n")


def fixed(name: str, path: str, status: int, **fields) -> dict:
    return {"kind": "route", "name": name, "matches": [{"path": {"prefix": path}}], "respond": {"status": status, "body": name}, **fields}


class World:
    def __init__(self, control, chrome, port: int, page: int, foreign: int):
        self.control, self.chrome, self.port = control, chrome, port
        self.page, self.foreign = f"http://127.0.0.1:{page}", f"http://127.0.0.1:{foreign}"
        self.base = f"http://127.0.0.1:{port}"

    def open(self, origin: str):
        self.chrome.open(f"{origin}/")
        self.chrome.wait_for(f"location.origin === {json.dumps(origin)} && document.title === 'page' && typeof go === 'function'")

    def fetch(self, path: str, method: str = "GET", headers: dict | None = None, credentials: bool = False) -> dict:
        options = {"method": method, "headers": headers or {}, "credentials": "include" if credentials else "same-origin"}
        return self.chrome.run(f"go({json.dumps(self.base + path)}, {json.dumps(options)})")

    def diagnose(self, origin: str, path: str, method: str = "GET", headers: dict | None = None, credentials: bool = False) -> dict:
        answer = self.control.call("POST", "/v1/diagnose/cors", {
            "origin": origin, "method": method, "url": self.base + path, "headers": headers or {}, "credentials": credentials})
        assert answer.status == 200, answer.text
        return answer.json()


@pytest.fixture
def world(control, make_replica, make_origin, tmp_path, running):
    port, page, foreign = free_port(), make_origin(pages).port, make_origin(pages).port
    mine = f"http://127.0.0.1:{page}"

    def cors(name: str, **settings) -> dict:
        return {"kind": "auth-policy", "name": name, "type": "cors", "cors": {"allowOrigins": [mine], **settings}}

    documents = [
        listener(port), upstream(make_origin(service).port), upstream(free_port(), name="dead"),
        cors("pages", allowMethods=["GET", "PUT"], allowHeaders=["x-a", "content-type"], exposeHeaders=["x-mine"]),
        cors("known", allowMethods="*", allowHeaders="*", exposeHeaders="*", allowCredentials=True),
        cors("all", allowOrigins=["*"], allowMethods="*", allowHeaders="*", exposeHeaders="*"),
        route("open", prefix="/open", policies=["pages"]), route("known", prefix="/known", policies=["known"]),
        route("all", prefix="/all", policies=["all"]), fixed("none", "/none", 200), fixed("denied", "/denied", 401, policies=["pages"]),
        {**route("get-only", policies=["pages"]), "matches": [{"path": {"prefix": "/get-only"}, "methods": ["GET"]}]},
        route("dead", to="dead", prefix="/dead", policies=["pages"]), route("garbage", prefix="/garbage", policies=["pages"]),
    ]
    applied = control.call("POST", "/v1/apply", documents)
    assert applied.status == 200, applied.text
    make_replica(control, port)
    chrome = Chrome(tmp_path)
    running.append(chrome)
    return World(control, chrome, port, page, foreign)


def test_fetches(world):
    world.open(world.page)
    answer = world.fetch("/open", "PUT", {"x-a": "1", "content-type": "application/json"})
    assert answer["status"] == 200 and json.loads(answer["body"])["method"] == "PUT"
    assert answer["headers"].get("x-mine") == "1" and "x-other" not in answer["headers"]
    answer = world.fetch("/known", "PATCH", {"x-any": "1", "authorization": "Bearer x"}, credentials=True)
    assert answer["status"] == 200 and json.loads(answer["body"])["cookie"] == "id=7"
    assert answer["headers"].get("x-mine") == "1" and answer["headers"].get("x-other") == "2" and "x-request-id" in answer["headers"]
    for path, method, status in (("/denied", "GET", 401), ("/denied", "PUT", 401), ("/get-only", "PUT", 404), ("/garbage", "GET", 502),
                                 ("/dead", "PUT", 503)):
        answer = world.fetch(path, method)
        assert answer.get("status") == status, (path, method, answer)


def test_sandboxed_frames(world):
    """Their origin is `null`, which no list has; only what is for everybody lets them read."""
    world.open(world.page)
    for path, readable in (("/open", False), ("/known", False), ("/all", True)):
        url = json.dumps(f"{world.base}{path}")
        found = world.chrome.run(f"""new Promise(done => {{
            addEventListener("message", event => done({{from: event.origin, ...event.data}}), {{once: true}});
            const frame = document.createElement("iframe"); frame.sandbox = "allow-scripts";
            frame.src = "/inner#" + {url}; document.body.append(frame) }})""")
        assert found["from"] == "null" and ("error" not in found) == readable, (path, found)


def test_diagnosis_agrees(world):
    """On origins, routes, methods, fields and credentials, one with another."""
    headers = [{}, {"x-a": "1"}, {"authorization": "Bearer x"}, {"content-type": "text/plain"}, {"content-type": "application/json", "x-b": "2"},
               {"range": "bytes=0-1"}]
    seen = set()
    for origin in (world.page, world.foreign):
        world.open(origin)
        for path in ("/open", "/known", "/all", "/none", "/get-only", "/nowhere"):
            for method, fields in [(method, {}) for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS")] + [("GET", each) for each in headers]:
                for credentials in (False, True):
                    found = world.fetch(path, method, fields, credentials)
                    said = world.diagnose(origin, path, method, fields, credentials)
                    assert (said["verdict"] == "allowed") == ("error" not in found), (origin, path, method, fields, credentials, found, said)
                    seen.add(said["failing"])
    assert seen >= {None, "policy", "preflight-allow-origin", "preflight-allow-methods", "preflight-allow-headers", "response-allow-origin",
                    "response-allow-credentials"}, seen
