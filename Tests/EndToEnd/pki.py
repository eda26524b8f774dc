"""Certificates made with the openssl command, as operators make them."""

import base64
import subprocess
from pathlib import Path


def openssl(*arguments, input: bytes | None = None, folder: Path | None = None) -> bytes:
    done = subprocess.run(["openssl", *[str(each) for each in arguments]], input=input, capture_output=True, cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Authority:
    """A root or an intermediate that signs with `openssl ca`, which can say when a certificate begins and ends."""

    def __init__(self, folder: Path, name: str, issuer: "Authority | None" = None):
        self.folder, self.name = folder / name, name
        self.folder.mkdir(parents=True)
        (self.folder / "index.txt").write_text("")
        (self.folder / "serial").write_text("1000\n")
        (self.folder / "crlnumber").write_text("01\n")
        self._configure("")
        self.key = self.folder / "own.key"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key)
        request = self._request(self.key, name)
        extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
        signer = issuer or self
        self.certificate = signer._sign(request, extensions, self_signed=issuer is None)
        (self.folder / "own.pem").write_text(self.certificate)

    def _configure(self, extensions: str):
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ncrlnumber=crlnumber\n"
            "default_md=sha256\npolicy=p\nx509_extensions=x\nunique_subject=no\ndefault_crl_days=30\n"
            f"[p]\ncommonName=supplied\n[x]\n{extensions}")

    def _request(self, key: Path, name: str) -> Path:
        request = key.with_suffix(".csr")
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        return request

    def _sign(self, request: Path, extensions: str, begins="20240101000000Z", ends="20980101000000Z",
              self_signed=False) -> str:
        self._configure(extensions)
        by = ["-selfsign"] if self_signed else ["-cert", "own.pem"]
        return openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-keyfile", "own.key", *by, "-in", request,
                       "-startdate", begins, "-enddate", ends, folder=self.folder).decode()

    def leaf(self, name: str, kind: str = "ec", **dates) -> tuple[str, str]:
        """The certificate of a host and its key, both in PEM."""
        key = self.folder / f"{name}-{kind}.key"
        if kind == "rsa":
            openssl("genrsa", "-out", key, "2048")
        else:
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        certificate = self._sign(self._request(key, name), f"subjectAltName=DNS:{name},IP:127.0.0.1\n", **dates)
        return certificate, key.read_text()

    def revocations(self) -> str:
        return openssl("ca", "-gencrl", "-config", "ca.cnf", "-keyfile", "own.key", "-cert", "own.pem",
                       folder=self.folder).decode()

    def ocsp(self, certificate: str) -> str:
        """A response in base64 that says that a certificate is good."""
        (self.folder / "asked.pem").write_text(certificate)
        openssl("ocsp", "-issuer", "own.pem", "-cert", "asked.pem", "-reqout", "request.der", folder=self.folder)
        openssl("ocsp", "-index", "index.txt", "-CA", "own.pem", "-rsigner", "own.pem", "-rkey", "own.key",
                "-reqin", "request.der", "-respout", "response.der", folder=self.folder)
        return base64.b64encode((self.folder / "response.der").read_bytes()).decode()
