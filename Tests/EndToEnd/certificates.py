"""Certificates for the tests, made once in a session by the openssl command: two authorities and what they signed."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

ecdsa = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
rsa = ["-newkey", "rsa:2048"]
current, expired = ("20200101000000Z", "20491231235959Z"), ("20200101000000Z", "20210101000000Z")


def openssl(*arguments, data: bytes = b"") -> bytes:
    """Runs openssl; its output. Anything but success fails the test."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, timeout=60)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr.decode()}"
    return done.stdout


@dataclass
class Certificate:
    """A certificate and its key as files; `authority` signed it."""

    certificate: Path
    key: Path
    authority: "Authority"

    @property
    def pem(self) -> str:
        return self.certificate.read_text()

    @property
    def der(self) -> bytes:
        return openssl("x509", "-in", self.certificate, "-outform", "DER")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, as lower-case hex digits."""
        text = openssl("x509", "-in", self.certificate, "-noout", "-fingerprint", "-sha256").decode()
        return text.strip().partition("=")[2].replace(":", "").lower()

    def document(self, name: str, usage: str = "server", **fields) -> dict:
        """What `apply` takes."""
        return {"kind": "certificate", "name": name, "usage": usage, "certificate": self.pem,
                "privateKey": self.key.read_text(), **fields}


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name, self.count = folder, name, 0
        folder.mkdir()
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("01\n")
        self.configuration = folder / "ca.cnf"
        self.configuration.write_text(f"""
[ca]
default_ca = this
[this]
database = {folder}/index.txt
serial = {folder}/serial
crlnumber = {folder}/crlnumber
new_certs_dir = {folder}
certificate = {folder}/ca.crt
private_key = {folder}/ca.key
default_md = sha256
default_crl_days = 3650
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
organizationName = optional
""")
        self.certificate, self.key = folder / "ca.crt", folder / "ca.key"
        openssl("req", "-x509", *ecdsa, "-nodes", "-days", "3650", "-subj", f"/CN={name}", "-keyout", self.key, "-out",
                self.certificate, "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    @property
    def pem(self) -> str:
        return self.certificate.read_text()

    def document(self, name: str) -> dict:
        return {"kind": "certificate", "name": name, "usage": "ca", "certificate": self.pem}

    def issue(self, subject: str, names: list[str], key: list[str] = ecdsa, dates: tuple[str, str] = current,
              usage: str = "serverAuth") -> Certificate:
        """Signs a new certificate; `names` as in `DNS:a.example`, `URI:spiffe://…`, `IP:127.0.0.1`."""
        self.count += 1
        stem = self.folder / f"leaf-{self.count}"
        request, certificate, private = (stem.with_suffix(ending) for ending in (".csr", ".crt", ".key"))
        alternative = ["-addext", f"subjectAltName={','.join(names)}"] if names else []
        openssl("req", "-new", *key, "-nodes", "-subj", f"/CN={subject}", *alternative, "-addext",
                f"extendedKeyUsage={usage}", "-keyout", private, "-out", request)
        openssl("ca", "-batch", "-notext", "-config", self.configuration, "-startdate", dates[0], "-enddate", dates[1],
                "-in", request, "-out", certificate)
        return Certificate(certificate, private, self)

    def revoke(self, certificate: Certificate):
        openssl("ca", "-config", self.configuration, "-revoke", certificate.certificate)

    def crl(self) -> str:
        """The list of what is revoked now, as PEM."""
        return openssl("ca", "-config", self.configuration, "-gencrl").decode()

    def ocsp_response(self, certificate: Certificate) -> bytes:
        """A good answer about the certificate, as DER, signed by the authority itself."""
        out = certificate.certificate.with_suffix(".ocsp")
        openssl("ocsp", "-index", self.folder / "index.txt", "-CA", self.certificate, "-rsigner", self.certificate, "-rkey",
                self.key, "-issuer", self.certificate, "-cert", certificate.certificate, "-ndays", "30", "-respout", out)
        return out.read_bytes()


class Certificates:
    """Everything that the tests share."""

    def __init__(self, folder: Path):
        self.authority, self.other = Authority(folder / "ca", "Test CA"), Authority(folder / "other", "Other CA")
        issue = self.authority.issue
        names = ["DNS:shop.example.com", "DNS:localhost", "IP:127.0.0.1"]
        self.shop = issue("shop.example.com", names)
        self.shop_rsa = issue("shop.example.com", names, rsa)
        self.shop_renewed = issue("shop.example.com", names)
        self.api = issue("api.example.com", ["DNS:api.example.com"])
        self.wildcard = issue("wildcard", ["DNS:*.example.com"])
        self.expired = issue("shop.example.com", names, dates=expired)
        self.origin = issue("orders.internal", ["DNS:orders.internal", "URI:spiffe://test/orders"])
        client = {"usage": "clientAuth"}
        self.client = issue("alice", ["DNS:alice.clients", "URI:spiffe://test/alice"], **client)
        self.revoked_client = issue("mallory", ["DNS:mallory.clients"], **client)
        self.authority.revoke(self.revoked_client)
        self.other_client = self.other.issue("eve", ["DNS:eve.clients"], **client)
        self.other_shop = self.other.issue("shop.example.com", names)
        self.crl = self.authority.crl()

    def documents(self, *names: str) -> list[dict]:
        """Documents of certificates by the names they have here, `shop_rsa` as `shop-rsa`; `ca` and `other-ca` are the
        authorities."""
        authorities = {"ca": self.authority, "other-ca": self.other}
        return [authorities[name].document(name) if name in authorities
                else getattr(self, name.replace("-", "_")).document(name, "client" if "client" in name else "server")
                for name in names]
