"""Is the contract a page that a browser shows and tries out, with nothing from elsewhere?"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from chrome import Chrome
from control import Control
from processes import binary, free_port

FOLDER = os.environ.get("SLUICE_DOCS_DIR", "")
TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "start.js": "text/javascript", "LICENSE": "text/plain"}
filled = pytest.mark.skipif(not FOLDER, reason="SLUICE_DOCS_DIR names no folder: scripts/docs-assets fills one, and scripts/test says where")


@pytest.fixture
def documented(tmp_path, running) -> Control:
    running.append(Control(tmp_path, ["--docs", FOLDER]))
    return running[-1]


@filled
def test_page_and_files_are_open_and_strict(documented):
    for path, kind in [("/docs", "text/html"), ("/docs/", "text/html"), *[(f"/docs/{name}", kind) for name, kind in TYPES.items()]]:
        answer = documented.call("GET", path, token="")
        assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, kind), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and len(answer.body) > 100
        policy = dict(each.strip().partition(" ")[::2] for each in answer.headers["Content-Security-Policy"].split(";"))
        assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
        again = documented.call("GET", path, token="", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    assert b"Apache License" in documented.call("GET", "/docs/LICENSE", token="").body


@filled
@pytest.mark.parametrize("path", ["/docs/nothing", "/docs/.package", "/docs/..%2fdata%2fadmin.token", "/docs/../data/admin.token", "/docs/%2e%2e",
                                  "/docs/swagger-ui.css%00", "/docs//etc/passwd", "/docs/swagger-ui.css/x"])
def test_nothing_else_is_served(documented, path):
    answer = documented.call("GET", path, token="")
    assert answer.status in (400, 401, 404) and answer.headers["Content-Type"] == "application/problem+json", path


def test_without_a_folder_a_problem_says_how(control):
    for path in ("/docs", "/docs/swagger-ui.css"):
        answer = control.call("GET", path, token="")
        assert answer.status == 404 and "--docs" in answer.json()["detail"] and "scripts/docs-assets" in answer.json()["detail"]


def test_a_folder_that_lacks_a_file_ends_the_start(tmp_path):
    (tmp_path / "docs").mkdir()
    command = [binary("sluice-control"), "--admin", f"127.0.0.1:{free_port()}", "--data", str(tmp_path / "data"), "--docs", str(tmp_path / "docs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "scripts/docs-assets" in done.stderr


@filled
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_a_browser_shows_it_and_tries_it_out(documented, tmp_path, running):
    browser = Chrome(tmp_path)
    running.append(browser)
    origin = f"http://localhost:{documented.port}"
    browser.open(f"{origin}/docs")
    browser.wait_for("document.querySelectorAll('.opblock').length > 20")
    assert "Sluice admin API" in browser.run("document.querySelector('.info .title').innerText")
    pictures(browser, "docs")
    # Without a token a call is refused; the answer is shown.
    block = "#operations-replicas-listReplicas"
    browser.click(f"{block} .opblock-summary-control")
    browser.click(f"{block} .try-out__btn")
    browser.click(f"{block} .execute")
    browser.wait_for(f"document.querySelector('{block} .live-responses-table .response .response-col_status')?.innerText.startsWith('401')")
    # With one it is carried out.
    browser.click(".auth-wrapper .authorize")
    browser.type(".modal-ux input", documented.token)
    browser.click(".modal-ux .auth-btn-wrapper .authorize")
    browser.wait_for("!!document.querySelector('.modal-ux .auth-btn-wrapper .btn-done')")
    browser.click(".modal-ux .auth-btn-wrapper .btn-done")
    browser.wait_for("!document.querySelector('.modal-ux')")
    browser.click(f"{block} .execute")
    browser.wait_for(f"document.querySelector('{block} .live-responses-table .response .response-col_status')?.innerText.startsWith('200')")
    assert '"items"' in browser.run(f"document.querySelector('{block} .live-responses-table').innerText")
    pictures(browser, "docs-tried")
    # Nothing came from elsewhere, and the policy got in the way of nothing.
    assert [each for each in browser.requests if not each.startswith((origin, "data:", "blob:", "about:"))] == []
    assert [each for each in browser.complaints if "401" not in each] == []


def pictures(browser: Chrome, name: str):
    """For whoever wants to look: `SLUICE_PICTURES` names a folder."""
    if folder := os.environ.get("SLUICE_PICTURES"):
        browser.picture(Path(folder) / f"{name}.png")
