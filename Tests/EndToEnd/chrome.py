"""A headless Chromium that a test talks to by the DevTools protocol."""

import base64
import json
import re
import subprocess
import threading
import urllib.request
from pathlib import Path

from websockets.sync.client import connect

from processes import wait_until


class Chrome:
    """One page of a browser with a profile of its own. What pages complain of is in `complaints`."""

    def __init__(self, folder: Path):
        self.errors = (folder / "chromium.log").open("w")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0",
                   "--window-size=1280,1000", "--no-proxy-server", f"--user-data-dir={folder}/profile", "about:blank"]
        self.process = subprocess.Popen(command, stderr=self.errors, stdout=subprocess.DEVNULL)
        log = folder / "chromium.log"
        found = wait_until(lambda: re.search(r"ws://127\.0\.0\.1:(\d+)/", log.read_text()), lambda: log.read_text()[-500:], 60)
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/json/list", timeout=10) as answer:
            [page] = [each for each in json.load(answer) if each["type"] == "page"]
        self.socket = connect(page["webSocketDebuggerUrl"], max_size=1 << 26, legacy=True)
        self.last, self.answers = 0, {}
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.arrived = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def listen(self):
        try:
            for text in self.socket:
                self.take(json.loads(text))
        except Exception:  # The browser has ended.
            pass

    def take(self, message: dict):
        parameters = message.get("params", {})
        match message.get("method"):
            case "Log.entryAdded":
                self.complaints.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(parameters["exceptionDetails"])[:500])
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
        with self.arrived:
            if "id" in message:
                self.answers[message["id"]] = message
            self.arrived.notify_all()

    def send(self, method: str, **parameters) -> dict:
        """One command; its result."""
        self.last += 1
        number = self.last
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        with self.arrived:
            assert self.arrived.wait_for(lambda: number in self.answers, 60), f"no answer to {method}"
        answer = self.answers.pop(number)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, url: str):
        self.send("Page.navigate", url=url)

    def run(self, expression: str):
        """The value of an expression of JavaScript in the page."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, expression: str):
        """Until the expression is true of the page; its value."""
        return wait_until(lambda: self.run(expression), lambda: f"{expression}: {self.run('document.body.innerText')[:1000]} {self.complaints}", 60)

    def click(self, selector: str):
        """As a person does: where it is, once it is there."""
        self.wait_for(f"!!document.querySelector({json.dumps(selector)})")
        place = self.run(f"""(() => {{ const box = document.querySelector({json.dumps(selector)}); box.scrollIntoView({{block: "center"}});
            const at = box.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def type(self, selector: str, text: str):
        self.click(selector)
        self.wait_for(f"document.activeElement === document.querySelector({json.dumps(selector)})")
        self.send("Input.insertText", text=text)

    def picture(self, path: Path):
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def stop(self):
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()
