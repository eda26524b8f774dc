"""What is lost when a process of the replica dies or is asked to go?"""

import os
import signal
import threading

import pytest

from harness import Client, Closed, wait_until
from traffic import Traffic


def connections_of(gateway, count: int) -> dict[int, Client]:
    """A keep-alive connection to each of the worker processes."""
    found = {}
    for _ in range(500):
        client = gateway.connect()
        assert client.get().status == 200
        pid = owner(client, gateway)
        if pid in found:
            client.close()
        else:
            found[pid] = client
        if len(found) == count:
            return found
    raise AssertionError(f"connections reached only {list(found)}")


def owner(client: Client, gateway) -> int:
    """The worker process that holds the other end of a connection."""
    mine = client.socket.getsockname()[1]
    for line in open("/proc/net/tcp").read().splitlines()[1:]:
        fields = line.split()
        if int(fields[1][9:], 16) == gateway.port and int(fields[2][9:], 16) == mine:
            for pid in gateway.worker_pids():
                if f"socket:[{fields[9]}]" in descriptors(pid):
                    return pid
    raise AssertionError("nobody holds the connection")


def descriptors(pid: int) -> set[str]:
    names = set()
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            names.add(os.readlink(f"/proc/{pid}/fd/{entry}"))
        except OSError:
            pass
    return names


def test_a_killed_worker_takes_nothing_of_the_others_along(make_gateway, origin, running):
    gateway = make_gateway(origin=origin, workers=2)
    held = connections_of(gateway, 2)
    victim, survivor = held
    os.kill(victim, signal.SIGKILL)
    # The survivor's connection never notices, all through death and replacement.
    wait_until(lambda: held[survivor].get().status == 200 and len(gateway.worker_pids()) == 2
               and victim not in gateway.worker_pids(), "the dead process is replaced", 5)
    assert survivor in gateway.worker_pids()
    wait_until(lambda: gateway.metrics()["sluice_worker_respawns_total"] == 1, "the replacement is counted")
    connections_of(gateway, 2)


def test_new_connections_are_served_again_soon_after_a_kill_under_load(make_gateway, origin, running):
    gateway = make_gateway(origin=origin, workers=2)
    traffic = Traffic(gateway.port, connections=6)
    running.append(traffic)
    wait_until(lambda: traffic.answered > 50, "traffic runs")
    for _ in range(3):
        victim = gateway.worker_pids()[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(gateway.worker_pids()) == 2 and victim not in gateway.worker_pids(), "it is replaced", 5)
        mark = traffic.answered
        wait_until(lambda: traffic.answered > mark + 50, "traffic goes on")
    wait_until(lambda: len(connections_of(gateway, 2)) == 2, "both processes serve")
    assert gateway.admin_status("/readyz") == 200


def test_all_workers_killed_at_once_come_back(make_gateway, origin):
    gateway = make_gateway(origin=origin, workers=2)
    for pid in gateway.worker_pids():
        os.kill(pid, signal.SIGKILL)

    def serves() -> bool:
        try:
            with gateway.connect() as client:
                return client.get().status == 200
        except (Closed, OSError):
            return False
    wait_until(lambda: len(gateway.worker_pids()) == 2 and serves(), "both are back")


def test_a_stopped_worker_is_replaced(make_gateway, origin):
    gateway = make_gateway(origin=origin, workers=2)
    victim = gateway.worker_pids()[0]
    os.kill(victim, signal.SIGSTOP)
    wait_until(lambda: victim not in gateway.worker_pids() and len(gateway.worker_pids()) == 2, "it is replaced", 40)


def test_workers_end_when_their_supervisor_is_killed(make_gateway, origin):
    gateway = make_gateway(origin=origin, workers=2)
    workers = gateway.worker_pids()
    gateway.process.kill()
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}/exe") and is_alive(pid) for pid in workers), "they end", 40)


def is_alive(pid: int) -> bool:
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_finishes_what_is_in_flight(make_origin, make_gateway, workers):
    go_on = threading.Event()

    def slow(connection):
        connection.read_request()
        go_on.wait(20)
        connection.answer("finished")
    origin = make_origin(slow)
    gateway = make_gateway(origin=origin, workers=workers)
    clients = [gateway.connect() for _ in range(8)]
    for client in clients:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_until(lambda: len(origin.requests) == 8, "all are in flight")
    gateway.process.signal(signal.SIGTERM)
    wait_until(lambda: gateway.admin_status("/readyz") != 200, "readiness fails first")
    wait_until(lambda: not can_connect(gateway), "nobody new comes in")
    go_on.set()
    for client in clients:
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"finished") and answer.closes
        assert client.is_closed()
    assert gateway.process.wait() == 0


def can_connect(gateway) -> bool:
    try:
        gateway.connect(timeout=1).close()
        return True
    except OSError:
        return False


def test_sigterm_ends_at_once_when_nothing_is_in_flight(make_gateway, origin):
    gateway = make_gateway(origin=origin, workers=2)
    with gateway.connect() as idle:
        assert idle.get().status == 200
        gateway.process.signal(signal.SIGTERM)
        assert gateway.process.wait(10) == 0
        assert idle.is_closed()


def test_a_drain_is_bounded(make_origin, make_gateway):
    origin = make_origin(lambda connection: (connection.read_request(), connection.wait_gone()))
    gateway = make_gateway(origin=origin, arguments=["--drain-timeout", "500ms"])
    with gateway.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        wait_until(lambda: origin.requests, "it is in flight")
        gateway.process.signal(signal.SIGTERM)
        assert gateway.process.wait(10) == 0


def test_drain_by_the_admin_port(make_gateway, origin):
    gateway = make_gateway(origin=origin)
    assert gateway.admin("/drain", "POST").status == 202
    assert gateway.process.wait(10) == 0


def test_the_gateway_port_is_free_again_after_the_end(make_gateway, origin, tmp_path):
    gateway = make_gateway(origin=origin)
    gateway.process.signal(signal.SIGTERM)
    gateway.process.wait(10)
    gateway.start()
    gateway.wait_ready()
    with gateway.connect() as client:
        assert client.get().status == 200
