"""Fixtures: each makes what a test asks for and takes it down afterwards, whatever happened."""

import resource
import subprocess

import pytest

from certificates import Certificates
from h2_client import H2Server
from harness import Control, Gateway, Origin, Replica, free_port, https, listener, route, upstream

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384) if hard > 0 else 16384, hard))


@pytest.fixture
def running():
    """Whatever a test puts here is stopped at its end, last first."""
    things = []
    yield things
    for thing in reversed(things):
        thing.stop()


@pytest.fixture
def make_origin():
    """`make_origin(script)`: an origin; a failure of its script fails the test."""
    origins = []

    def make(*arguments, **options) -> Origin:
        origins.append(Origin(*arguments, **options))
        return origins[-1]
    yield make
    for origin in origins:
        origin.stop()
    assert [failure for origin in origins for failure in origin.failures] == []


@pytest.fixture
def origin(make_origin) -> Origin:
    """An origin that answers with what it saw."""
    return make_origin()


@pytest.fixture
def make_gateway(tmp_path, running):
    """`make_gateway(documents)`: a gateway; or `make_gateway(origin=ORIGIN, limits={…})`: one listener, everything to one
    upstream."""
    def make(documents=None, origin=None, limits=None, timeouts=None, upstream_timeouts=None, **options) -> Gateway:
        if documents is None:
            extra = {"timeouts": timeouts} if timeouts else {}
            slow = {"timeouts": upstream_timeouts} if upstream_timeouts else {}
            port = origin.port if isinstance(origin, Origin) else origin
            documents = [listener(free_port(), **({"limits": limits} if limits else {})), upstream(port, **slow),
                         route(**extra)]
        running.append(Gateway(tmp_path, documents, **options))
        return running[-1]
    return make


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    """Authorities, and certificates of every sort."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def make_tls_gateway(make_gateway, certificates):
    """`make_tls_gateway(ORIGIN, "shop", "api", tls={…}, limits={…})`: one listener with TLS and these certificates,
    everything to one upstream. `stored` names certificates that only `tls` mentions."""
    def make(origin, *names: str, stored: tuple[str, ...] = (), workers: int = 1, **fields) -> Gateway:
        return make_gateway([*certificates.documents(*(names or ["shop"]), *stored), https(free_port(), *(names or ["shop"]), **fields),
                             upstream(origin.port), route()], workers=workers)
    return make


@pytest.fixture(params=["h2c", "tls"])
def make_h2(request, make_gateway, make_tls_gateway):
    """`make_h2(ORIGIN, limits={…})`: a gateway that is asked over HTTP/2, with prior knowledge and over TLS in turn."""
    def make(origin, workers: int = 1, **fields) -> H2Server:
        if request.param == "tls":
            return H2Server(make_tls_gateway(origin, workers=workers, **fields), True)
        return H2Server(make_gateway([listener(free_port(), **fields), upstream(origin.port), route()], workers=workers), False)
    return make


@pytest.fixture
def h2(make_h2, origin):
    """A connection to a gateway that sends everything to `origin`."""
    with make_h2(origin).connect() as connection:
        yield connection


@pytest.fixture
def gateway(make_gateway, origin) -> Gateway:
    """A gateway that sends everything to `origin`."""
    return make_gateway(origin=origin)


@pytest.fixture
def client(gateway):
    """A connection to `gateway`."""
    with gateway.connect() as connection:
        yield connection


@pytest.fixture
def control(tmp_path, running) -> Control:
    """A control plane with nothing in it."""
    running.append(Control(tmp_path))
    return running[-1]


@pytest.fixture
def make_replica(running):
    """`make_replica(control, gateway_port)`: a gateway that follows the control plane."""
    def make(*arguments, **options) -> Replica:
        running.append(Replica(*arguments, **options))
        return running[-1]
    return make


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", str(folder)], capture_output=True)
    if mount.returncode != 0:
        pytest.skip("no right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
