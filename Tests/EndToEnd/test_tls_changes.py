"""Do certificates and listeners change live without a failed request?"""

import signal

from harness import https, free_port, listener, route, upstream, wait_until
from tls_client import TLSClient
from traffic import Traffic


def shown(port: int, server_name: str = "shop.example.com") -> bytes:
    with TLSClient(port, server_name) as client:
        return client.certificate


def reload(gateway, documents):
    gateway.write(documents)
    gateway.process.signal(signal.SIGHUP)


def test_a_new_certificate_is_served_and_no_request_fails(make_gateway, origin, certificates, running):
    port = free_port()
    common = [https(port, "shop"), upstream(origin.port), route()]
    gateway = make_gateway([certificates.shop.document("shop"), *common], workers=2)
    kept, fresh = Traffic(port, connections=4, connect=TLSClient), Traffic(port, 4, is_fresh_each_time=True, connect=TLSClient)
    running.extend([kept, fresh])
    for number in range(10):
        chosen = [certificates.shop_renewed, certificates.shop][number % 2]
        reload(gateway, [chosen.document("shop"), *common])
        wait_until(lambda: all(shown(port) == chosen.der for _ in range(8)), "the other certificate is served by every worker")
    wait_until(lambda: kept.answered > 200 and fresh.answered > 100, "traffic ran beside it")
    for traffic in (kept, fresh):
        traffic.stop()
    assert kept.failures == fresh.failures == []


def test_connections_made_before_go_on(make_gateway, origin, certificates):
    port = free_port()
    common = [https(port, "shop"), upstream(origin.port), route()]
    gateway = make_gateway([certificates.shop.document("shop"), *common])
    with TLSClient(port) as client:
        assert client.get().status == 200
        reload(gateway, [certificates.shop_renewed.document("shop"), *common])
        wait_until(lambda: shown(port) == certificates.shop_renewed.der, "the new certificate is served")
        assert client.get().status == 200


def test_listeners_and_certificates_come_and_go(make_gateway, origin, certificates, running):
    steady, moving = free_port(), free_port()
    base = [*certificates.documents("shop"), https(steady, "shop"), upstream(origin.port), route()]
    more = [*base, *certificates.documents("api"), https(moving, "api", name="moving")]
    gateway = make_gateway(base)
    traffic = Traffic(steady, 4, connect=TLSClient)
    running.append(traffic)

    def is_open() -> bool:
        try:
            return shown(moving, "api.example.com") == certificates.api.der
        except OSError:
            return False
    for _ in range(3):
        reload(gateway, more)
        wait_until(is_open, "the new listener serves its certificate")
        reload(gateway, base)
        wait_until(lambda: not is_open(), "the listener is gone")
    traffic.stop()
    assert traffic.failures == []


def test_a_listener_takes_up_tls_on_its_port(make_gateway, origin, certificates):
    port = free_port()
    common = [*certificates.documents("shop"), upstream(origin.port), route()]
    gateway = make_gateway([*common, listener(port)])
    reload(gateway, [*common, https(port, "shop")])

    def speaks_tls() -> bool:
        try:
            return shown(port) == certificates.shop.der
        except OSError:
            return False
    wait_until(speaks_tls, "the port speaks TLS")
    with gateway.connect() as client:
        assert client.get().status == 400


def test_a_certificate_whose_key_is_another_is_refused_and_the_old_one_serves(make_gateway, origin, certificates):
    port = free_port()
    common = [https(port, "shop"), upstream(origin.port), route()]
    gateway = make_gateway([certificates.shop.document("shop"), *common])
    broken = {**certificates.shop_renewed.document("shop"), "privateKey": certificates.api.key.read_text()}
    reload(gateway, [broken, *common])
    wait_until(lambda: gateway.metrics()["sluice_snapshot_rejected_total"] == 1, "the file is refused")
    assert shown(port) == certificates.shop.der


def test_the_control_plane_replaces_a_certificate(control, make_replica, origin, certificates):
    port = free_port()
    for document in [certificates.shop.document("shop"), https(port, "shop"), upstream(origin.port), route()]:
        control.put(document)
    make_replica(control, port)
    wait_until(lambda: shown(port) == certificates.shop.der, "the certificate is served")
    control.put(certificates.shop_renewed.document("shop"))
    wait_until(lambda: shown(port) == certificates.shop_renewed.der, "the new one is served")
