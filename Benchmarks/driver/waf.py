"""A web application firewall with the OWASP Core Rule Set: CPU per request beside nginx with libmodsecurity and the same rules.

Requests that people send: a GET as a browser writes it, and a POST of 1 KiB of JSON. Then the corpus of the end-to-end tests goes
to both, and every request that they decide on otherwise is told."""

import base64
import http.client
import json
import shutil
from pathlib import Path

from . import configurations, peers, tools
from .plain import Series, measure_all, ratio, start_origin
from .process import Failure, free_port, get

rules = Path("/usr/share/modsecurity-crs/rules")
module = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
corpus = Path(__file__).parents[2] / "Tests/EndToEnd/corpora/waf"
left_out = ("REQUEST-900", "REQUEST-903", "REQUEST-910", "REQUEST-912")

browser = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5", "Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", "Host": "shop.example.com",
    "Cookie": "session=7d6f1c1e4f3b4a399d0a7d3b3c2f5a11; theme=dark; consent=yes"}
# As `RuleText` of the target Firewall has it, with the defaults of a policy.
setup = r"""
SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 131072
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 128
SecResponseBodyAccess Off
SecPcreMatchLimit 50000
SecPcreMatchLimitRecursion 50000
SecArgumentSeparator &
SecCookieFormat 0
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+\+)?json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400,severity:2"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:200004,phase:2,t:none,log,deny,status:400,severity:2"
SecRule TX:/^MSC_/ "!@streq 0" "id:200005,phase:2,t:none,log,deny,status:403,severity:2"
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,pass"
SecAction "id:900990,phase:1,nolog,pass,t:none,setvar:tx.crs_setup_version=334"
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=1"
SecAction "id:900110,phase:1,nolog,pass,t:none,setvar:tx.inbound_anomaly_score_threshold=5"
SecAction "id:900200,phase:1,nolog,pass,t:none,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'"
SecAction "id:900230,phase:1,nolog,pass,t:none,setvar:'tx.allowed_http_versions=HTTP/1.0 HTTP/1.1 HTTP/2 HTTP/2.0'"
"""


def rule_text() -> str:
    files = sorted(each for each in rules.glob("REQUEST-9*.conf") if not each.name.startswith(left_out))
    if not files:
        raise Failure("modsecurity-crs is not installed")
    return setup + "".join(f"Include {each}\n" for each in files)


def start_sluice(folder: Path, port: int, origin_port: int) -> peers.Peer:
    if not (worker := tools.sluice("sluice-worker")):
        raise Failure("sluice-worker is not built")
    policy = {"kind": "traffic-policy", "name": "guard", "type": "waf"}
    file = configurations.write(folder / "sluice.json", configurations.sluice(port, origin_port, None, [policy]))
    return peers.run("sluice", "this tree", "--workers 1", peers.sluice_command(worker, file, folder), folder, port)


def start_nginx(folder: Path, port: int, origin_port: int) -> peers.Peer | None:
    binary = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if not binary or not module.exists():
        return None
    text = configurations.write(folder / "rules.conf", rule_text())
    plain = configurations.nginx(port, origin_port, folder).replace(
        "access_log off;", f"access_log off;\n    modsecurity on;\n    modsecurity_rules_file {text};", 1)
    # The module's log line for each finding is no part of what is measured.
    file = configurations.write(folder / "nginx.conf", f"load_module {module};\n" + plain.replace(
        f"error_log {folder}/nginx-error.log;", f"error_log {folder}/nginx-error.log crit;"))
    return peers.run("nginx", peers.version([binary, "-v"], r"nginx/(\S+)"), "libmodsecurity", [binary, "-c", file, "-p", folder],
                     folder, port)


def json_body() -> str:
    item = {"name": "Blue shoes", "size": 42, "colour": "navy", "note": "please wrap them, it is a present"}
    items = [item]
    while len(json.dumps({"items": items})) < 1024 - 100:
        items.append(item)
    return json.dumps({"items": items}).ljust(1024)


def verdicts(port: int) -> dict[str, bool]:
    """By name of the corpus: is it refused?"""
    found = {}
    for file in sorted(corpus.glob("*.json")):
        for case in json.loads(file.read_text()):
            body = case.get("body")
            if "bodyBase64" in case:
                body = base64.b64decode(case["bodyBase64"])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.putrequest(case["method"], case["target"], skip_host="Host" in case["fields"], skip_accept_encoding=True)
            content = body.encode() if isinstance(body, str) else body
            given = {name.lower() for name in case["fields"]}
            for name, value in case["fields"].items():
                connection.putheader(name, value)
            if "user-agent" not in given:
                connection.putheader("User-Agent", browser["User-Agent"])
            if content is not None and not given & {"content-length", "transfer-encoding"}:
                connection.putheader("Content-Length", str(len(content)))
            connection.endheaders(content)
            found[f"{file.stem}: {case['name']}"] = connection.getresponse().status in (400, 403)
            connection.close()
    return found


def filtered(peer: peers.Peer) -> dict[str, float]:
    """What the firewall did with requests, by its metric."""
    command = [str(part) for part in peer.process.command] if hasattr(peer.process, "command") else []
    if "--admin" not in command:
        return {}
    port = int(command[command.index("--admin") + 1].rpartition(":")[2])
    lines = get(port, "/metrics").decode(errors="replace").splitlines()
    return {line.partition('result="')[2].partition('"')[0]: float(line.rpartition(" ")[2])
            for line in lines if line.startswith("sluice_waf_requests_total{")}


def waf(arguments, folder: Path) -> dict:
    origin, origin_port = start_origin(folder, arguments.bytes)
    body = configurations.write(folder / "body.json", json_body())
    loads = {"GET": {"path": "/products?page=2&sort=price", "headers": browser},
             "POST": {"path": "/cart", "headers": browser | {"Content-Type": "application/json"}, "body": body}}
    running, rows = [], {}
    try:
        for start in (start_sluice, start_nginx):
            if peer := start(folder, free_port(), origin_port):
                running.append(peer)
        for name, load in loads.items():
            series = [Series(peer) for peer in running]
            measure_all(series, arguments, **load)
            rows[name] = [each.row() for each in series]
        share = filtered(running[0])
        found = [verdicts(peer.port) for peer in running]
    finally:
        for peer in running:
            peer.process.stop()
        origin.stop()
    differences = [name for name in found[0] if len(found) == 2 and found[0][name] != found[1][name]]
    return {"profile": "waf", "runs": arguments.runs, "seconds": arguments.seconds, "rows": rows, "requests": share,
            "cases": len(found[0]), "refused": sum(found[0].values()), "differences": differences, "isCompared": len(found) == 2}


def table(result: dict) -> str:
    lines = [f"Core Rule Set, paranoia level 1, blocking; medians of {result['runs']} × {result['seconds']} s",
             f"{'':6}{'':9}{'CPU µs/req':>12}{'(min – max)':>18}{'× nginx':>9}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}"]
    for name, rows in result["rows"].items():
        peer = next((row["cpuMicroseconds"] for row in rows if row["name"] == "nginx"), None)
        for row in rows:
            spread = f"{row['cpuSpread'][0]:.2f} – {row['cpuSpread'][1]:.2f}"
            lines.append(f"{name:6}{row['name']:9}{row['cpuMicroseconds']:12.2f}{spread:>18}{ratio(row['cpuMicroseconds'], peer):>9}"
                         f"{row['throughput']:9.0f}{row['p50Milliseconds']:8.2f}{row['p99Milliseconds']:8.2f}")
    if total := sum(result["requests"].values()):
        lines.append("of the measured requests: " + ", ".join(
            f"{name} {count / total:.1%}" for name, count in result["requests"].items() if count))
    lines.append(f"corpus: {result['refused']} of {result['cases']} refused" + (
        f"; nginx decides otherwise on {len(result['differences'])}" if result["isCompared"] else "; nginx is not installed"))
    return "\n".join(lines + [f"  {name}" for name in result["differences"]])
