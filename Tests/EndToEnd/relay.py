"""Stands between a replica and its control plane, and spoils answers when it is told to."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Relay:
    """Passes calls on. While `spoil` is set, bodies of answers with content go through it."""

    def __init__(self, control_port: int):
        self.control_port, self.spoil, self.spoiled = control_port, None, 0
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                relay.pass_on(self)
            do_GET = do_POST = pass_on

            def log_message(self, *_):
                pass
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pass_on(self, handler: BaseHTTPRequestHandler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else None
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=60)
        try:
            connection.request(handler.command, handler.path, body, dict(handler.headers))
            answer = connection.getresponse()
            content = answer.read()
            self.send(handler, answer, content)
        except OSError:
            handler.close_connection = True
        finally:
            connection.close()

    def send(self, handler: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, content: bytes):
        is_snapshot = handler.path.startswith("/v1/data-plane/snapshot") and content
        if is_snapshot and self.spoil:
            content = self.spoil(content)
            self.spoiled += 1
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                handler.send_header(name, value)
        if answer.status != 304 and answer.status != 204:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
