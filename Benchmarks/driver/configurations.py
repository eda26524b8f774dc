"""The candidates' configurations, alike in what they do: forwarded headers and a request id are added, connections are
kept alive on both sides, nothing is logged per request. With `tls`, a file of certificate and key, they speak TLS 1.2 and
1.3, and HTTP/2 and HTTP/1.1 over it; idle connections stay for ten minutes."""

import json
from pathlib import Path


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def sluice(port: int, origin_port: int, tls: Path | None = None, policies: list[dict] = []) -> str:
    limits = {"requestsPerConnection": 1_000_000_000, "idleTimeout": "600s"}
    listener = {"kind": "listener", "name": "web", "address": "127.0.0.1", "port": port, "limits": limits}
    certificates = []
    if tls:
        certificate, end, key = tls.read_text().partition("-----END CERTIFICATE-----\n")
        certificates = [{"kind": "certificate", "name": "bench", "usage": "server", "certificate": certificate + end,
                         "privateKey": key}]
        listener |= {"protocol": "https", "tls": {"certificates": ["bench"]}}
    return json.dumps([
        *certificates, listener, *policies,
        {"kind": "upstream", "name": "origin", "endpoints": [{"address": "127.0.0.1", "port": origin_port}]},
        {"kind": "route", "name": "all", "forward": [{"upstream": "origin"}],
         "policies": [policy["name"] for policy in policies]},
    ])


def nginx(port: int, origin_port: int, folder: Path, tls: Path | None = None) -> str:
    protocols = " ssl http2" if tls else ""
    certificate = f"""ssl_certificate {tls};
        ssl_certificate_key {tls};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_conf_command NumTickets 1;""" if tls else ""
    return f"""
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    upstream origin {{
        server 127.0.0.1:{origin_port};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port}{protocols} backlog=4096;
        {certificate}
        location / {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Request-Id $request_id;
        }}
    }}
}}
"""


def haproxy(port: int, origin_port: int, tls: Path | None = None) -> str:
    certificate = f" ssl crt {tls} alpn h2,http/1.1 ssl-min-ver TLSv1.2" if tls else ""
    return f"""
global
    nbthread 1
    maxconn 8192
defaults
    mode http
    timeout connect 5s
    timeout client 600s
    timeout server 60s
    timeout http-keep-alive 600s
    http-reuse always
frontend web
    bind 127.0.0.1:{port}{certificate}
    option forwardfor
    unique-id-format %{{+X}}o%Ts%rt%pid%rc%fp%cp
    unique-id-header X-Request-Id
    http-request set-header X-Forwarded-Proto {"https" if tls else "http"}
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    default_backend origin
backend origin
    server origin 127.0.0.1:{origin_port} pool-max-conn 256
"""


def caddy(port: int, origin_port: int, tls: Path | None = None) -> str:
    site, certificate = ("https", f"tls {tls} {tls}") if tls else ("http", "")
    return f"""
{{
    admin off
    auto_https off
}}
{site}://:{port} {{
    bind 127.0.0.1
    {certificate}
    reverse_proxy 127.0.0.1:{origin_port} {{
        header_up X-Request-Id {{http.request.uuid}}
        transport http {{
            keepalive_idle_conns_per_host 256
        }}
    }}
}}
"""


def envoy(port: int, origin_port: int, tls: Path | None = None) -> str:
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "web", "use_remote_address": True, "generate_request_id": True,
        "http_filters": [{"name": "router", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
        "route_config": {"virtual_hosts": [{
            "name": "all", "domains": ["*"],
            "request_headers_to_add": [{"header": {"key": "x-forwarded-host", "value": "%REQ(:AUTHORITY)%"}}],
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "origin"}}]}]},
    }
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    endpoint = {"socket_address": {"address": "127.0.0.1", "port_value": origin_port}}
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    if tls:
        chain["transport_socket"] = envoy_tls(tls)
    return json.dumps({"static_resources": {
        "listeners": [{"name": "web", "address": address, "filter_chains": [chain]}],
        "clusters": [{"name": "origin", "type": "STATIC", "connect_timeout": "5s", "load_assignment": {
            "cluster_name": "origin",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": endpoint}}]}]}}]}})


def envoy_tls(tls: Path) -> dict:
    file = {"filename": str(tls)}
    return {"name": "tls", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
            "tls_certificates": [{"certificate_chain": file, "private_key": file}]}}}
