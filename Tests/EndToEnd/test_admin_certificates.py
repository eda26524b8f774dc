"""Certificates and traffic policies through the admin API: what is looked into, what comes back, what is on the disk."""

import base64
import json
import secrets
import sqlite3

import pytest

from harness import Control, Replica, free_port, listener, route, upstream, wait_until
from pki import Authority


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    root = Authority(folder, "root")
    return root, Authority(folder, "intermediate", root)


@pytest.fixture(scope="module")
def shop(pki):
    """A chain of two and its key."""
    certificate, key = pki[1].leaf("shop.example")
    return certificate + pki[1].certificate, key


@pytest.fixture(scope="module")
def shared_control(tmp_path_factory):
    control = Control(tmp_path_factory.mktemp("shared"))
    yield control
    control.stop()


def put(control, name, body, query=""):
    return control.call("PUT", f"/v1/certificates/{name}{query}", body)


def faults(answer):
    assert answer.status == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def key_body(pem: str) -> list[str]:
    """The lines of a key that nothing else has."""
    lines = [line for line in pem.splitlines() if line and "-----" not in line]
    return [line for line in lines if len(line) > 30]


def version(control) -> int:
    return control.call("GET", "/v1/versions/latest").json()["number"]


def files(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def holds_key(content: bytes, pem: str) -> bool:
    text = content.replace(b"\\n", b"\n")
    return b"PRIVATE KEY" in content or any(line.encode() in text for line in key_body(pem))


def test_a_certificate_is_read_with_what_it_says_and_without_its_key(control, shop):
    chain, key = shop
    made = put(control, "shop", {"certificate": chain, "privateKey": key})
    assert made.status == 201, made.text
    for answer in (made, control.call("GET", "/v1/certificates/shop"), control.call("GET", "/v1/certificates"),
                   put(control, "shop", {"certificate": chain, "privateKey": key}, "?dryRun=true")):
        assert "PRIVATE" not in answer.text and "privateKey" not in answer.text
        document = answer.json()
        document = document.get("items", [document])[0]
        assert document["certificate"] == chain
        info = document["info"]
        assert info["subject"] == "CN=shop.example" and info["issuer"] == "CN=intermediate"
        assert info["names"] == ["shop.example", "127.0.0.1"] and info["keyType"] == "ecdsa-prime256v1"
        assert info["notBefore"] == "2024-01-01T00:00:00Z" and info["notAfter"] == "2098-01-01T00:00:00Z"
        assert info["fingerprint"].startswith("sha256:") and len(info["fingerprint"]) == 71
        assert info["certificates"] == 2


def test_the_same_body_makes_no_new_version_with_the_key_or_without_or_as_it_was_read(control, shop):
    chain, key = shop
    put(control, "shop", {"certificate": chain, "privateKey": key})
    before = version(control)
    read = control.call("GET", "/v1/certificates/shop").json()
    for body in ({"certificate": chain, "privateKey": key}, {"certificate": chain}, read):
        answer = put(control, "shop", body)
        assert answer.status == 200 and answer.headers["X-Change"] == "none", answer.text
    applied = control.call("POST", "/v1/apply", [{"kind": "certificate", "name": "shop", "certificate": chain}])
    assert applied.json()["changes"][0]["change"] == "unchanged", applied.text
    assert version(control) == before


def test_a_left_out_key_stays_when_other_fields_change_and_is_needed_for_a_new_one(control, shop, pki):
    chain, key = shop
    assert faults(put(control, "shop", {"certificate": chain})) == [("/privateKey", "required")]
    put(control, "shop", {"certificate": chain, "privateKey": key})
    assert put(control, "shop", {"certificate": chain, "labels": {"team": "shop"}}).status == 200
    other, other_key = pki[1].leaf("other.example")
    assert faults(put(control, "shop", {"certificate": other})) == [("/privateKey", "conflict")]
    assert put(control, "shop", {"certificate": other, "privateKey": other_key}).status == 200
    assert put(control, "shop", {"usage": "ca", "certificate": pki[0].certificate}).status == 200
    assert faults(put(control, "shop", {"certificate": chain})) == [("/privateKey", "required")]


def test_what_only_a_look_into_it_shows_is_refused_with_pointers(shared_control, shop, pki):
    control, (root, intermediate) = shared_control, pki
    chain, key = shop
    leaf = chain.split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n"
    other, other_key = intermediate.leaf("another.example")
    old, old_key = intermediate.leaf("old.example", begins="20200101000000Z", ends="20210101000000Z")
    new, new_key = intermediate.leaf("new.example", begins="20970101000000Z")
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    cases = {
        "the wrong order": ({"certificate": intermediate.certificate + leaf, "privateKey": key},
                            {("/certificate", "conflict"), ("/privateKey", "conflict")}),
        "a gap": ({"certificate": leaf + root.certificate, "privateKey": key}, {("/certificate", "conflict")}),
        "another key": ({"certificate": chain, "privateKey": other_key}, {("/privateKey", "conflict")}),
        "a broken key": ({"certificate": chain, "privateKey": broken.replace("CERTIFICATE", "PRIVATE KEY")},
                         {("/privateKey", "format")}),
        "no certificate": ({"certificate": broken, "privateKey": key}, {("/certificate", "format")}),
        "a broken second": ({"certificate": leaf + broken, "privateKey": key}, {("/certificate", "format")}),
        "expired": ({"certificate": old, "privateKey": old_key}, {("/certificate", "range")}),
        "not yet valid": ({"certificate": new, "privateKey": new_key}, {("/certificate", "range")}),
        "a leaf as authority": ({"certificate": leaf, "usage": "ca"}, {("/certificate", "conflict")}),
        "the key among the certificates": ({"certificate": leaf + key, "privateKey": key},
                                           {("/certificate", "conflict")}),
        "no OCSP response": ({"certificate": chain, "privateKey": key, "ocspResponse": "AAAA"},
                             {("/ocspResponse", "format")}),
        "another's OCSP response": ({"certificate": chain, "privateKey": key, "ocspResponse": intermediate.ocsp(other)},
                                    {("/ocspResponse", "conflict")}),
    }
    for name, (body, expected) in cases.items():
        answer = put(control, "bad", body)
        assert set(faults(answer)) == expected, f"{name}: {answer.text}"
        assert not any(line in answer.text for line in key_body(key)), name
        applied = control.call("POST", "/v1/apply", [{"kind": "certificate", "name": "bad", **body}])
        assert set(faults(applied)) == expected, f"{name}: {applied.text}"
        assert applied.json()["errors"][0]["document"] == 0
    assert control.call("GET", "/v1/certificates/bad").status == 404


def test_good_ones_of_every_kind_are_stored(shared_control, shop, pki):
    root, intermediate = pki
    rsa, rsa_key = intermediate.leaf("rsa.example", kind="rsa")
    stapled, stapled_key = intermediate.leaf("stapled.example")
    bodies = {
        "rsa": {"certificate": rsa, "privateKey": rsa_key},
        "whole-chain": {"certificate": shop[0] + root.certificate, "privateKey": shop[1], "usage": "client"},
        "roots": {"certificate": root.certificate + intermediate.certificate, "usage": "ca"},
        "stapled": {"certificate": stapled, "privateKey": stapled_key, "ocspResponse": intermediate.ocsp(stapled)},
    }
    for name, body in bodies.items():
        answer = put(shared_control, name, body)
        assert answer.status == 201, f"{name}: {answer.text}"
    assert shared_control.call("GET", "/v1/certificates/rsa").json()["info"]["keyType"] == "rsa-2048"
    table = shared_control.cli("get", "certificates").stdout
    assert table.splitlines()[0].split() == ["NAME", "USAGE", "NAMES", "EXPIRES"]
    assert any(line.split() == ["rsa", "server", "rsa.example,127.0.0.1", "2098-01-01T00:00:00Z"]
               for line in table.splitlines()), table


def test_revocation_lists_of_a_listener_are_looked_into(control, pki, shop):
    put(control, "shop", {"certificate": shop[0], "privateKey": shop[1]})
    put(control, "roots", {"usage": "ca", "certificate": pki[0].certificate})

    def tls(crl):
        return {"port": 8443, "protocol": "https",
                "tls": {"certificates": ["shop"], "clientValidation": {"ca": ["roots"], "crl": crl}}}
    broken = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
    answer = control.call("PUT", "/v1/listeners/web", tls([pki[1].revocations(), broken]))
    assert faults(answer) == [("/tls/clientValidation/crl/1", "format")]
    assert control.call("PUT", "/v1/listeners/web", tls([pki[1].revocations()])).status == 201


def test_usage_and_references_are_checked_both_ways(control, pki, shop):
    put(control, "shop", {"certificate": shop[0], "privateKey": shop[1]})
    https = {"port": 8443, "protocol": "https", "tls": {"certificates": ["shop"]}}
    wrong = {"endpoints": [{"address": "127.0.0.1", "port": 1}], "tls": {"ca": ["shop"]}}
    assert faults(control.call("PUT", "/v1/upstreams/a", wrong)) == [("/tls/ca/0", "conflict")]
    missing = {"port": 8443, "protocol": "https", "tls": {"certificates": ["nobody"]}}
    assert faults(control.call("PUT", "/v1/listeners/web", missing)) == [("/tls/certificates/0", "reference")]
    assert control.call("PUT", "/v1/listeners/web", https).status == 201
    refused = control.call("DELETE", "/v1/certificates/shop")
    assert refused.status == 409 and refused.json()["errors"][0]["name"] == "web"
    changed = put(control, "shop", {"usage": "ca", "certificate": pki[0].certificate})
    assert faults(changed) == [("/tls/certificates/0", "conflict")]
    assert changed.json()["errors"][0]["name"] == "web"


def test_a_traffic_policy_is_written_read_listed_and_held_by_those_that_refer_to_it(control):
    body = {"type": "compression", "compression": {"algorithms": ["gzip"], "minBytes": "2Ki"}}
    made = control.call("PUT", "/v1/traffic-policies/small", body)
    assert made.status == 201 and made.headers["Location"] == "/v1/traffic-policies/small"
    assert control.call("PUT", "/v1/traffic-policies/small", body).headers["X-Change"] == "none"
    control.put(upstream(1))
    assert control.call("PUT", "/v1/routes/r", {"forward": [{"upstream": "origin"}], "policies": ["small"]}).status == 201
    assert control.call("DELETE", "/v1/traffic-policies/small").status == 409
    table = control.cli("get", "traffic-policies").stdout
    assert table.splitlines()[1].split() == ["small", "compression"]
    bad = control.call("PUT", "/v1/traffic-policies/bad", {"type": "compression", "compression": {"algorithms": ["lz4"]}})
    assert faults(bad) == [("/compression/algorithms/0", "format")]


def test_no_key_is_in_the_data_folder_or_the_log_even_after_it_changed(control, shop, pki):
    second, second_key = pki[1].leaf("second.example", kind="rsa")
    put(control, "shop", {"certificate": shop[0], "privateKey": shop[1]})
    put(control, "shop", {"certificate": second, "privateKey": second_key})
    put(control, "shop", {"certificate": second, "privateKey": shop[1]})
    put(control, "gone", {"certificate": shop[0], "privateKey": shop[1]})
    control.call("DELETE", "/v1/certificates/gone")
    for _ in range(2):
        for path, content in files(control.folder):
            assert not holds_key(content, shop[1]) and not holds_key(content, second_key), path
        control.stop()
        assert any(b'"sealed"' in content for _, content in files(control.data))
    control.start()
    # The key that was stored is the one that fits.
    assert put(control, "shop", {"certificate": second, "labels": {"a": "b"}}).status == 200


def test_a_missing_or_other_key_refuses_the_start_and_the_right_one_starts_again(control, shop):
    put(control, "shop", {"certificate": shop[0], "privateKey": shop[1]})
    control.stop()
    path = control.data / "secret.key"
    right = path.read_bytes()
    path.unlink()
    control.start(waits=False)
    assert control.process.wait(10) == 1
    assert "secret key is missing" in control.process.output() and not path.exists()
    path.write_bytes(secrets.token_bytes(32))
    path.chmod(0o600)
    control.start(waits=False)
    assert control.process.wait(10) == 1
    assert "is not the one that the database was encrypted with" in control.process.output()
    path.write_bytes(right)
    control.start()
    assert put(control, "shop", {"certificate": shop[0]}).headers["X-Change"] == "none"


def test_a_sealed_key_that_was_moved_to_another_certificate_refuses_the_start(control, shop):
    put(control, "shop", {"certificate": shop[0], "privateKey": shop[1]})
    control.stop()
    with sqlite3.connect(control.data / "sluice.sqlite") as database:
        database.execute("UPDATE resources SET name = 'other' WHERE kind = 'certificate'")
    database.close()
    control.start(waits=False)
    assert control.process.wait(10) == 1
    assert "stored certificate other is not valid: its privateKey was altered" in control.process.output()


@pytest.mark.parametrize("write", [lambda key: key, lambda key: key.hex().encode() + b"\n", base64.b64encode],
                         ids=["bytes", "hexadecimal", "base64"])
def test_the_key_can_be_in_a_file_of_ones_own(tmp_path, running, write):
    file = tmp_path / "own.key"
    file.write_bytes(write(secrets.token_bytes(32)))
    file.chmod(0o600)
    control = Control(tmp_path, ["--secret-key-file", file])
    running.append(control)
    assert control.call("GET", "/v1/certificates").status == 200
    assert not (control.data / "secret.key").exists()


def test_the_key_can_be_in_the_environment(tmp_path, running, monkeypatch):
    monkeypatch.setenv("SLUICE_SECRET_KEY", secrets.token_hex(32))
    control = Control(tmp_path)
    running.append(control)
    assert control.call("GET", "/v1/certificates").status == 200
    assert not (control.data / "secret.key").exists()
    control.stop()
    monkeypatch.setenv("SLUICE_SECRET_KEY", "too short")
    control.start(waits=False)
    assert control.process.wait(10) == 1
    assert "SLUICE_SECRET_KEY" in control.process.output() and "too short" not in control.process.output()


def test_no_key_is_in_a_replicas_state_or_in_what_it_shows(control, running, make_origin, shop):
    port, origin = free_port(), make_origin()
    for document in (listener(port), upstream(origin.port), route()):
        control.put(document)
    put(control, "shop", {"certificate": shop[0], "privateKey": shop[1]})
    replica = Replica(control, port)
    running.append(replica)
    latest = version(control)
    wait_until(lambda: replica.admin("/config").json()["version"] == latest, "it serves the certificate")
    shown = json.dumps(replica.admin("/config").json())
    assert "PRIVATE KEY" not in shown and '"name": "shop"' in shown
    wait_until(lambda: any(control.folder.rglob("snapshot.json")), "the snapshot is on disk", 20)
    for path in control.folder.rglob("snapshot.json"):
        content = path.read_bytes()
        assert content.startswith(b"sluice-snapshot/2\n") and not holds_key(content, shop[1])
        assert path.stat().st_mode & 0o777 == 0o600


def test_validate_looks_into_certificates_and_takes_a_document_without_its_key(shared_control, shop, pki):
    old, old_key = pki[1].leaf("ended.example", begins="20200101000000Z", ends="20210101000000Z")
    good = [{"kind": "certificate", "name": "shop", "certificate": shop[0]}]
    bad = [{"kind": "certificate", "name": "old", "certificate": old, "privateKey": old_key}]
    assert shared_control.cli("validate", "-f", "-", text=json.dumps(good)).returncode == 0
    refused = shared_control.cli("validate", "-f", "-", text=json.dumps(bad))
    assert refused.returncode == 1 and "has expired at 2021-01-01T00:00:00Z" in refused.stderr + refused.stdout


def test_apply_from_files_keeps_the_key_that_they_leave_out(control, shop):
    full = [{"kind": "certificate", "name": "shop", "certificate": shop[0], "privateKey": shop[1]}]
    bare = [{"kind": "certificate", "name": "shop", "certificate": shop[0]}]
    assert control.cli("apply", "-f", "-", text=json.dumps(bare)).returncode == 4
    assert control.cli("apply", "-f", "-", text=json.dumps(full)).returncode == 0
    before = version(control)
    assert control.cli("apply", "-f", "-", text=json.dumps(bare)).returncode == 0
    assert version(control) == before
    shown = control.cli("get", "certificate", "shop", "-o", "json").stdout
    assert "PRIVATE" not in shown and "shop.example" in shown
