"""A bearer token on every request, a rate limit that nobody meets, a line of JSON for each in the access log, metrics on: CPU per
request beside Envoy.

The token is the same in every request, signed with RS256; both keep verified tokens (Envoy's cache is switched on)."""

import base64
import json
import subprocess
import time
from pathlib import Path

from . import configurations, peers, tools
from .plain import Series, measure_all, ratio, start_origin
from .process import Failure, free_port

issuer, audience, key_id = "https://login.test", "shop", "bench"
most = 1_000_000


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(folder: Path) -> tuple[str, dict]:
    """A token that is good for a day, and the key set that it is verified with."""
    key = folder / "jwt.key"
    tools.run(["openssl", "genrsa", "-out", key, "2048"], "making a key")
    modulus = tools.run(["openssl", "rsa", "-in", key, "-noout", "-modulus"], "reading a key").partition("=")[2].strip()
    keys = {"keys": [{"kty": "RSA", "kid": key_id, "alg": "RS256", "use": "sig", "n": encoded(bytes.fromhex(modulus)),
                      "e": "AQAB"}]}
    now = int(time.time())
    claims = {"iss": issuer, "aud": audience, "sub": "7d6f1c1e-4f3b-4a39-9d0a-7d3b3c2f5a11", "iat": now, "exp": now + 86400,
              "scope": "orders:read orders:write", "email": "ada@example.com", "name": "Ada Lovelace"}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": key_id}, claims))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signed.encode(), capture_output=True,
                               check=True).stdout
    return f"{signed}.{encoded(signature)}", keys


def start_sluice(folder: Path, port: int, origin_port: int, keys: dict) -> peers.Peer | None:
    if not (worker := tools.sluice("sluice-worker")):
        return None
    documents = json.loads(configurations.sluice(port, origin_port)) + [
        {"kind": "auth-policy", "name": "users", "type": "jwt", "jwt": {
            "providers": [{"name": "login", "issuer": issuer, "audiences": [audience], "jwks": {"inline": keys}}],
            "claimsToHeaders": [{"claim": "sub", "header": "x-user"}]}},
        {"kind": "traffic-policy", "name": "per-client", "type": "rate-limit", "rateLimit": {"limits": [
            {"requests": most, "per": "second", "burst": most, "key": [{"clientAddress": True}]}]}},
        {"kind": "route", "name": "api", "matches": [{"path": {"prefix": "/api"}}], "forward": [{"upstream": "origin"}],
         "policies": ["users", "per-client"]}]
    file = configurations.write(folder / "sluice.json", json.dumps(documents))
    command = peers.sluice_command(worker, file, folder)
    command[command.index("--access-log") + 1] = folder / "sluice-access.log"
    return peers.run("sluice", "this tree", "--workers 1", command, folder, port)


def start_envoy(folder: Path, port: int, origin_port: int, keys: dict) -> peers.Peer | None:
    if not (binary := tools.envoy()):
        return None
    configuration = json.loads(configurations.envoy(port, origin_port))
    [listener] = configuration["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager["http_filters"].insert(0, {"name": "jwt", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"login": {
            "issuer": issuer, "audiences": [audience], "forward": True, "local_jwks": {"inline_string": json.dumps(keys)},
            "claim_to_headers": [{"header_name": "x-user", "claim_name": "sub"}], "jwt_cache_config": {"jwt_cache_size": 1000}}},
        "rules": [{"match": {"prefix": "/api"}, "requires": {"provider_name": "login"}}]}})
    # Behind the token, as Sluice counts it. It tells no clients apart, which is less work.
    manager["http_filters"].insert(1, {"name": "limit", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "limit", "token_bucket": {"max_tokens": most, "tokens_per_fill": most, "fill_interval": "1s"},
        "filter_enabled": {"default_value": {"numerator": 100}}, "filter_enforced": {"default_value": {"numerator": 100}},
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03"}})
    fields = {"time": "%START_TIME%", "requestId": "%REQ(X-REQUEST-ID)%", "clientAddress": "%DOWNSTREAM_REMOTE_ADDRESS%",
              "method": "%REQ(:METHOD)%", "host": "%REQ(:AUTHORITY)%", "path": "%REQ(:PATH)%", "protocol": "%PROTOCOL%",
              "upstream": "%UPSTREAM_CLUSTER%", "endpoint": "%UPSTREAM_HOST%", "status": "%RESPONSE_CODE%",
              "bytesIn": "%BYTES_RECEIVED%", "bytesOut": "%BYTES_SENT%", "durationMs": "%DURATION%"}
    manager["access_log"] = [{"name": "file", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
        "path": str(folder / "envoy-access.log"), "log_format": {"json_format": fields}}}]
    file = configurations.write(folder / "envoy.yaml", json.dumps(configuration))
    return peers.run("Envoy", peers.version([binary, "--version"], r"/(\d+\.\d+\.\d+)/"), "--concurrency 1",
                     [binary, "-c", file, "--concurrency", "1", "--disable-hot-restart", "-l", "error"], folder, port)


def jwt(arguments, folder: Path) -> dict:
    token, keys = make_token(folder)
    origin, origin_port = start_origin(folder, arguments.bytes)
    running = []
    load = {"path": "/api/orders", "headers": {"Authorization": f"Bearer {token}"}}
    try:
        for start in (start_sluice, start_envoy):
            if peer := start(folder, free_port(), origin_port, keys):
                running.append(Series(peer))
        measure_all(running, arguments, **load)
    finally:
        for series in running:
            series.peer.process.stop()
        origin.stop()
    if not running:
        raise Failure("none of the candidates is installed")
    return {"profile": "jwt", "bytes": arguments.bytes, "runs": arguments.runs, "seconds": arguments.seconds,
            "tokenBytes": len(token), "rows": [series.row() for series in running]}


def table(result: dict) -> str:
    rows = result["rows"]
    envoy = next((row["cpuMicroseconds"] for row in rows if row["name"] == "Envoy"), None)
    lines = [
        f"one RS256 token of {result['tokenBytes']} bytes, rate limit, JSON access log, metrics; {result['bytes']} bytes, 64 keep-alive "
        f"connections, medians of {result['runs']} × {result['seconds']} s",
        f"{'':9}{'version':>11}{'CPU µs/req':>12}{'(min – max)':>16}{'× Envoy':>9}{'core':>7}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}"]
    for row in rows:
        spread = f"{row['cpuSpread'][0]:.2f} – {row['cpuSpread'][1]:.2f}"
        lines.append(
            f"{row['name']:9}{row['version']:>11}{row['cpuMicroseconds']:12.2f}{spread:>16}"
            f"{ratio(row['cpuMicroseconds'], envoy):>9}{row['busy']:7.0%}{row['throughput']:9.0f}"
            f"{row['p50Milliseconds']:8.2f}{row['p99Milliseconds']:8.2f}")
    return "\n".join(lines)
