"""Certificates for the profiles with TLS: self-signed, made by the openssl command, certificate and key in one file."""

from pathlib import Path

from . import tools

kinds = {"ecdsa": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:2048"]}


def make(kind: str, folder: Path) -> Path:
    """A certificate for localhost, valid for a week: `ecdsa` on P-256, or `rsa` with 2048 bits."""
    certificate, key, both = (folder / f"{kind}.{ending}" for ending in ("crt", "key", "pem"))
    tools.run(["openssl", "req", "-x509", "-newkey", *kinds[kind], "-nodes", "-sha256", "-days", "7", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], "making a certificate")
    both.write_text(certificate.read_text() + key.read_text())
    return both
