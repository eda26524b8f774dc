"""Traffic beside a test: keep-alive connections that ask again and again, and what became of every request."""

import threading

from client import Client, Closed


class Traffic:
    """`connections` clients in threads. A connection that the gateway closes between two requests is opened anew, as
    browsers do; a request that is not answered whole with 200 has failed."""

    def __init__(self, port: int, connections: int = 8, path: str = "/", is_fresh_each_time: bool = False, connect=Client):
        self.port, self.path, self.is_fresh, self.connect = port, path, is_fresh_each_time, connect
        self.answered, self.failures = 0, []
        self.lock = threading.Lock()
        self.ends = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(connections)]
        for thread in self.threads:
            thread.start()

    def run(self):
        client, is_new = None, True
        while not self.ends.is_set():
            try:
                if client is None:
                    client, is_new = self.connect(self.port), True
                answer = client.get(self.path)
                self.note(None if answer.status == 200 and answer.is_whole else f"{answer.status} {answer.body[:200]!r}")
                is_new = False
                if answer.closes or self.is_fresh:
                    client.close()
                    client = None
            except (Closed, OSError) as error:
                client = self.after(error, is_new)

    def after(self, error: Exception, is_new: bool) -> None:
        """A kept connection that ends without a byte of an answer ended while it was idle: the request is tried anew."""
        if is_new or not isinstance(error, Closed) or error.partial:
            self.note(repr(error))

    def note(self, failure: str | None):
        with self.lock:
            if failure:
                self.failures.append(failure)
            else:
                self.answered += 1

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join(timeout=20)
