"""The candidates' configurations, alike in what they do: forwarded headers and a request id are added, connections are
kept alive on both sides, nothing is logged per request."""

import json
from pathlib import Path


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def sluice(port: int, origin_port: int) -> str:
    return json.dumps([
        {"kind": "listener", "name": "web", "address": "127.0.0.1", "port": port,
         "limits": {"requestsPerConnection": 1_000_000_000}},
        {"kind": "upstream", "name": "origin", "endpoints": [{"address": "127.0.0.1", "port": origin_port}]},
        {"kind": "route", "name": "all", "forward": [{"upstream": "origin"}]},
    ])


def nginx(port: int, origin_port: int, folder: Path) -> str:
    return f"""
daemon off;
worker_processes 1;
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
    upstream origin {{
        server 127.0.0.1:{origin_port};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
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


def haproxy(port: int, origin_port: int) -> str:
    return f"""
global
    nbthread 1
    maxconn 8192
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 60s
    http-reuse always
frontend web
    bind 127.0.0.1:{port}
    option forwardfor
    unique-id-format %{{+X}}o%Ts%rt%pid%rc%fp%cp
    unique-id-header X-Request-Id
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    default_backend origin
backend origin
    server origin 127.0.0.1:{origin_port} pool-max-conn 256
"""


def caddy(port: int, origin_port: int) -> str:
    return f"""
{{
    admin off
    auto_https off
}}
http://:{port} {{
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:{origin_port} {{
        header_up X-Request-Id {{http.request.uuid}}
        transport http {{
            keepalive_idle_conns_per_host 256
        }}
    }}
}}
"""


def envoy(port: int, origin_port: int) -> str:
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
    return json.dumps({"static_resources": {
        "listeners": [{"name": "web", "address": address, "filter_chains": [{"filters": [
            {"name": "http", "typed_config": manager}]}]}],
        "clusters": [{"name": "origin", "type": "STATIC", "connect_timeout": "5s", "load_assignment": {
            "cluster_name": "origin",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": endpoint}}]}]}}]}})
