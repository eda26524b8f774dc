"""Does a replica change its binary without anybody noticing, and does it survive a binary that is no good?"""

import fcntl
import json
import os
import shutil
import signal
import socket
import threading
from pathlib import Path

import pytest

from dns_server import NameServer
from harness import Closed, Gateway, Replica, binary, free_port, listener, route, upstream, wait_until
from traffic import Traffic


class Upgrading:
    """Mixed into a worker: it runs from a copy of the executable, so that a test may replace it."""

    def start(self):
        self.executable = self.folder / f"{self.name}-bin" / "sluice-worker"
        self.executable.parent.mkdir(exist_ok=True)
        if not self.executable.exists():
            shutil.copy(binary("sluice-worker"), self.executable)
        self.command[0] = self.executable
        super().start()
        self.supervisor = self.process.pid

    def replace(self, script: str):
        """Another executable at the same path, as a package manager does it."""
        scratch = self.executable.with_suffix(".new")
        scratch.write_text(f"#!/bin/sh\n{script}\n")
        scratch.chmod(0o755)
        scratch.rename(self.executable)

    def messages(self) -> list[str]:
        return [line["message"] for line in self.log_of_supervisors()]

    def log_of_supervisors(self) -> list[dict]:
        lines = self.process.output().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def in_charge(self) -> int:
        """The supervisor that answers on the admin port; 0 while none does."""
        try:
            workers = [each["pid"] for each in self.admin("/config").json()["workers"]]
            return parent(workers[0]) if workers and workers[0] else 0
        except OSError:
            return 0

    def request_upgrade(self):
        os.kill(self.supervisor, signal.SIGUSR2)

    def upgrade(self):
        """One upgrade to its end: the new supervisor is in charge and the old one is gone. Returns the new one's pid."""
        old = self.supervisor
        self.request_upgrade()
        new = wait_until(lambda: (pid := self.in_charge()) not in (0, old) and pid,
                         lambda: f"a new process is in charge:\n{self.process.output()[-3000:]}", 20)
        wait_until(lambda: has_ended(old, self), "the old process is gone", 40)
        self.supervisor = new
        assert self.admin_status("/readyz") == 200
        return new

    def failed_upgrades(self) -> float:
        return self.metrics()['sluice_upgrades_total{result="failed"}']


class Unforgiving(Traffic):
    """Kept connections that end only after an answer has said so: with traffic on it, none is idle long enough to be
    closed."""

    def after(self, error: Exception, is_new: bool) -> None:
        self.note(repr(error))


class UpgradingGateway(Upgrading, Gateway):
    pass


class UpgradingReplica(Upgrading, Replica):
    pass


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def has_ended(pid: int, gateway) -> bool:
    if pid == gateway.process.pid:
        return not gateway.process.is_running
    try:
        return not os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return True


def listening_sockets(pid: int, port: int) -> set[str]:
    """The inodes of the sockets that a process has on a port."""
    inodes = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1][9:], 16) == port and fields[3] == "0A":
            inodes.add(f"socket:[{fields[9]}]")
    held = set()
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            held.add(os.readlink(f"/proc/{pid}/fd/{entry}"))
        except OSError:
            pass
    return inodes & held


@pytest.fixture
def make_upgrading(tmp_path, running, origin):
    def make(workers: int = 2, arguments: list = (), documents: list | None = None, **options) -> UpgradingGateway:
        documents = documents or [listener(free_port()), upstream(origin.port), route()]
        running.append(UpgradingGateway(tmp_path, documents, workers=workers, arguments=arguments, **options))
        return running[-1]
    return make


@pytest.mark.parametrize("is_fresh", [True, False], ids=["a connection per request", "kept connections"])
def test_upgrades_under_load_lose_no_request(make_upgrading, running, is_fresh):
    gateway = make_upgrading()
    traffic = Unforgiving(gateway.port, connections=6, is_fresh_each_time=is_fresh)
    running.append(traffic)
    pids = {gateway.supervisor}
    for _ in range(4):
        mark = traffic.answered
        wait_until(lambda: traffic.answered > mark + 50, "traffic runs")
        pids.add(gateway.upgrade())
    mark = traffic.answered
    wait_until(lambda: traffic.answered > mark + 50, "traffic goes on")
    traffic.stop()
    assert traffic.failures == []
    assert len(pids) == 5
    assert gateway.process.wait() == 0
    assert gateway.metrics()['sluice_upgrades_total{result="ok"}'] == 4


def test_the_successor_has_the_very_same_sockets(make_upgrading):
    gateway = make_upgrading(workers=2)
    ports = (gateway.port, gateway.admin_port)
    before = [listening_sockets(gateway.supervisor, port) for port in ports]
    gateway.upgrade()
    after = [listening_sockets(gateway.supervisor, port) for port in ports]
    assert before == after and [len(each) for each in before] == [2, 1]


def test_requests_in_flight_are_finished_by_the_old_process(make_origin, make_upgrading):
    go_on = threading.Event()

    def slow(connection):
        connection.read_request()
        go_on.wait(20)
        connection.answer("finished")
    origin = make_origin(slow)
    gateway = make_upgrading(documents=[listener(free_port()), upstream(origin.port), route()])
    old = gateway.supervisor
    with gateway.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: origin.requests, "it is in flight")
        gateway.request_upgrade()
        wait_until(lambda: gateway.in_charge() not in (0, old), "the new process is in charge")
        assert gateway.process.is_running
        go_on.set()
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"finished") and answer.closes
    assert gateway.process.wait() == 0


def test_the_successor_knows_addresses_and_unhealthy_endpoints_and_keeps_cookies(make_upgrading, make_origin, running):
    dns, origin = NameServer(), make_origin()
    running.append(dns)
    dns.records["orders.test", "A"] = ["127.0.0.1"]
    found = {"kind": "upstream", "name": "found", "sessionPersistence": {},
             "discovery": {"type": "dns", "hostname": "orders.test", "port": origin.port}}
    dead = free_port()
    # So slow that the successor cannot have found out by itself.
    checks = {"active": {"type": "tcp", "interval": "3s", "timeout": "1s", "unhealthyThreshold": 3}}
    gateway = make_upgrading(arguments=dns.arguments, documents=[
        listener(free_port()), found, upstream(origin.port, dead, name="probed", healthChecks=checks),
        route(to="found"), route("probed", to="probed", prefix="/probed")])
    wait_until(lambda: gateway.metrics()[f'sluice_endpoint_healthy{{upstream="probed",endpoint="127.0.0.1:{dead}"}}'] == 0,
               "probes have failed", 15)
    with gateway.connect() as client:
        cookie = client.get()["set-cookie"].partition(";")[0]
    dns.failing.add("orders.test")
    gateway.upgrade()
    assert gateway.metrics()[f'sluice_endpoint_healthy{{upstream="probed",endpoint="127.0.0.1:{dead}"}}'] == 0
    with gateway.connect() as client:
        answer = client.get(extra=f"Cookie: {cookie}\r\n")
    assert answer.status == 200 and answer.all("set-cookie") == []


def test_a_new_configuration_file_comes_with_the_new_process(make_upgrading, make_origin):
    gateway = make_upgrading()
    other, port = make_origin(name="other"), free_port()
    gateway.write([listener(gateway.port), listener(port, name="more"), upstream(other.port), route()])
    gateway.upgrade()
    for each in (gateway.port, port):
        gateway.port = each
        with gateway.connect() as client:
            assert client.get().json()["origin"] == "other"


@pytest.mark.parametrize("counts", [(3, 1, 2), (1, 3)], ids=["fewer, then more", "more"])
def test_another_number_of_workers_loses_no_connection(make_upgrading, running, counts):
    gateway = make_upgrading(workers=counts[0])
    traffic = Traffic(gateway.port, connections=6, is_fresh_each_time=True)
    running.append(traffic)
    for count in counts[1:]:
        # The next process gets one flag more, and is the one that the upgrade after it executes.
        real = gateway.executable.with_name(f"with-{count}")
        shutil.copy(binary("sluice-worker"), real)
        gateway.replace(f'exec {real} "$@" --workers {count}')
        gateway.executable = real
        gateway.upgrade()
        mark = traffic.answered
        wait_until(lambda: traffic.answered > mark + 100, "traffic goes on")
        assert len(gateway.admin("/config").json()["workers"]) == count
    traffic.stop()
    assert traffic.failures == []
    assert len(listening_sockets(gateway.supervisor, gateway.port)) == max(counts)


@pytest.mark.parametrize("script", ["exit 1", "exec sleep 60", "kill -SEGV $$"])
def test_a_new_binary_that_is_no_good_leaves_the_old_one_serving(make_upgrading, running, script):
    gateway = make_upgrading(arguments=["--upgrade-timeout", "1s"])
    supervisor, workers = gateway.supervisor, gateway.worker_pids()
    traffic = Traffic(gateway.port, connections=4, is_fresh_each_time=True)
    running.append(traffic)
    good = gateway.executable.with_name("good")
    gateway.executable.rename(good)
    gateway.replace(script)
    for failed in (1, 2):
        gateway.request_upgrade()
        wait_until(lambda: gateway.failed_upgrades() == failed, "the failure is counted")
    assert gateway.messages().count("upgrade failed, this process serves on") == 2
    assert gateway.in_charge() == supervisor and gateway.worker_pids() == workers
    assert gateway.admin_status("/readyz") == 200
    # A good one is taken after all.
    good.rename(gateway.executable)
    gateway.upgrade()
    traffic.stop()
    assert traffic.failures == []
    assert gateway.failed_upgrades() == 2


def test_a_binary_that_is_gone_leaves_the_old_one_serving(make_upgrading):
    gateway = make_upgrading()
    gateway.executable.unlink()
    gateway.request_upgrade()
    wait_until(lambda: gateway.failed_upgrades() == 1, "the failure is counted")
    with gateway.connect() as client:
        assert client.get().status == 200


def test_a_configuration_that_is_refused_leaves_the_old_process_serving(make_upgrading):
    gateway = make_upgrading()
    gateway.write([listener(gateway.port), upstream(1), route(to="nobody")])
    gateway.request_upgrade()
    wait_until(lambda: gateway.failed_upgrades() == 1, "the failure is counted")
    with gateway.connect() as client:
        assert client.get().status == 200


def test_a_second_signal_during_an_upgrade_is_ignored(make_upgrading):
    gateway = make_upgrading(arguments=["--upgrade-timeout", "1s"])
    gateway.replace("exec sleep 60")
    gateway.request_upgrade()
    wait_until(lambda: "upgrade starts" in gateway.messages(), "it starts")
    gateway.request_upgrade()
    wait_until(lambda: "SIGUSR2 is ignored" in gateway.messages(), "the second one is ignored")
    wait_until(lambda: gateway.failed_upgrades() == 1, "the first one fails")
    assert gateway.messages().count("upgrade starts") == 1


def test_sigterm_during_an_upgrade_ends_both(make_upgrading):
    gateway = make_upgrading()
    gateway.replace("exec sleep 60")
    gateway.request_upgrade()
    wait_until(lambda: "upgrade starts" in gateway.messages(), "it starts")
    successor = next(line["pid"] for line in gateway.log_of_supervisors() if line["message"] == "upgrade starts")
    gateway.process.signal(signal.SIGTERM)
    assert gateway.process.wait() == 0
    wait_until(lambda: not os.path.exists(f"/proc/{successor}/exe"), "the successor is gone")


def test_a_predecessor_that_is_killed_leaves_everything_to_its_successor(make_upgrading, running):
    gateway = make_upgrading()
    real, go_on = gateway.executable.with_name("real"), gateway.folder / "go-on"
    shutil.copy(gateway.executable, real)
    gateway.replace(f'until test -e {go_on}; do sleep 0.05; done; exec {real} "$@"')
    traffic = Traffic(gateway.port, connections=4, is_fresh_each_time=True)
    running.append(traffic)
    mark = traffic.answered
    wait_until(lambda: traffic.answered > mark + 50, "traffic runs")
    gateway.request_upgrade()
    wait_until(lambda: "upgrade starts" in gateway.messages(), "it starts")
    old = gateway.supervisor
    gateway.process.kill()
    go_on.touch()
    # What connects meanwhile waits on the sockets, which were handed over before.
    wait_until(lambda: gateway.in_charge() not in (0, old), "the new process is in charge")
    mark = traffic.answered
    wait_until(lambda: traffic.answered > mark + 50, "traffic goes on")
    traffic.stop()
    assert traffic.failures == []


def test_upgrades_leave_no_descriptors_behind(make_upgrading):
    gateway = make_upgrading(workers=1)

    def counts() -> tuple[int, ...]:
        pids = [gateway.supervisor, gateway.admin("/config").json()["workers"][0]["pid"]]
        return tuple(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)
    gateway.upgrade()
    wait_until(lambda: counts() == counts(), "it is quiet")
    first = counts()
    for _ in range(3):
        gateway.upgrade()
    wait_until(lambda: counts() == first, lambda: f"as many descriptors as after one upgrade: {first} {counts()}", 5)


def test_the_state_folder_is_handed_over_with_its_lock(control, origin, running):
    port = free_port()
    for document in (listener(port), upstream(origin.port), route()):
        control.put(document)
    replica = UpgradingReplica(control, port, workers=2)
    running.append(replica)
    version = replica.metrics()["sluice_config_version"]
    # From disk as well: nobody answers while the new process starts.
    control.process.stop()
    replica.upgrade()
    assert replica.metrics()["sluice_config_version"] == version
    with (replica.state / "lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with replica.connect() as client:
        assert client.get().status == 200
    control.start()
    control.put(route("more", prefix="/more"), "?wait=applied&timeout=10s")
    wait_until(lambda: replica.metrics()["sluice_config_version"] > version, "changes reach the new process")
    replica.upgrade()
    assert replica.metrics()["sluice_config_version"] > version


def test_the_service_manager_learns_who_is_in_charge(make_upgrading, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(10)
        name = f"sluice-test-{os.getpid()}"
        manager.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        gateway = make_upgrading()
        old = gateway.supervisor
        assert manager.recv(4096).decode() == f"READY=1\nMAINPID={old}"
        new = gateway.upgrade()
        assert manager.recv(4096).decode() == f"MAINPID={new}"
        assert manager.recv(4096).decode() == f"READY=1\nMAINPID={new}"
        os.kill(new, signal.SIGTERM)
        assert manager.recv(4096).decode() == "STOPPING=1"


def test_workers_serve_normally_during_the_drain_delay(make_upgrading):
    gateway = make_upgrading(arguments=["--drain-delay", "1500ms"])
    with gateway.connect() as kept:
        assert kept.get().status == 200
        gateway.process.signal(signal.SIGTERM)
        wait_until(lambda: gateway.admin_status("/readyz") == 503, "readiness fails first")
        # A worker that dies meanwhile is replaced, and served by until the end.
        os.kill(gateway.worker_pids()[0], signal.SIGKILL)
        while gateway.admin_status("/readyz") == 503:
            try:
                with gateway.connect() as fresh:
                    answer = fresh.get()
                    assert answer.status == 200
            except (Closed, OSError):
                break
    assert gateway.process.wait() == 0
