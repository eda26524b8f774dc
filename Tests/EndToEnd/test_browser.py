"""Does a real browser load a page and what it asks for over HTTPS and HTTP/2?"""

import shutil
import subprocess

import pytest

from harness import wait_until

page = """<!doctype html><title>demo</title><p id=out>waiting</p><script>
Promise.all([...Array(20).keys()].map(n => fetch("/api/" + n).then(r => r.json())))
  .then(all => document.getElementById("out").textContent = "got " + all.map(each => each.n).join(","))
</script>"""


def site(connection):
    while True:
        request = connection.read_request()
        if request.target.startswith("/api/"):
            connection.answer('{"n": %s}' % request.target[5:], fields="Content-Type: application/json\r\n")
        elif request.target == "/":
            connection.answer(page, fields="Content-Type: text/html\r\n")
        else:
            connection.answer(status="404 Not Found")


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_chromium(make_tls_gateway, make_origin, tmp_path):
    gateway = make_tls_gateway(make_origin(site))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--ignore-certificate-errors",
               f"--user-data-dir={tmp_path}/profile", "--host-resolver-rules=MAP shop.example.com 127.0.0.1",
               "--virtual-time-budget=10000", "--dump-dom", f"https://shop.example.com:{gateway.port}/"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "got " + ",".join(map(str, range(20))) in done.stdout, done.stdout + done.stderr[-2000:]
    wait_until(lambda: len(gateway.log_lines(21)) >= 21, "the log has all requests")
    asked = [line for line in gateway.log_lines(21) if line.get("path") == "/" or line.get("path", "").startswith("/api/")]
    assert len(asked) >= 21 and {line["protocol"] for line in asked} == {"HTTP/2"} and {line["status"] for line in asked} == {200}
