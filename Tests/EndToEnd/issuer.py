"""An issuer of tokens: keys of every kind, its key set behind an HTTP server that can be made to misbehave, and tokens
that PyJWT signs."""

import http.server
import json
import ssl
import threading
import time
from base64 import urlsafe_b64encode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

URL = "https://login.test/realms/shop"
AUDIENCE = "shop"


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A private key with its `kid` and the algorithm that it signs with."""

    def __init__(self, algorithm: str, kid: str):
        self.algorithm, self.kid = algorithm, kid
        if algorithm[:2] in ("RS", "PS"):
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        elif algorithm.startswith("ES"):
            curve = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}[algorithm]
            self.private = ec.generate_private_key(curve)
        else:
            self.private = f"a secret of the tests for {algorithm}, long enough for every digest there is.".encode()

    @property
    def is_shared(self) -> bool:
        return self.algorithm.startswith("HS")

    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def jwk(self, **changes) -> dict:
        """The public half as issuers publish it; of a shared secret all of it."""
        if self.is_shared:
            key = {"kty": "oct", "k": base64url(self.private)}
        else:
            kind = RSAAlgorithm if self.algorithm[:2] in ("RS", "PS") else OKPAlgorithm if self.algorithm == "EdDSA" else ECAlgorithm
            key = json.loads(kind.to_jwk(self.private.public_key()))
            key.pop("key_ops", None)
        key |= {"kid": self.kid, "alg": self.algorithm, "use": "sig"} | changes
        return {name: value for name, value in key.items() if value is not None}


def claims(**changes) -> dict:
    """What a good token says; `None` leaves a claim out."""
    now = int(time.time())
    known = {"iss": URL, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 600} | changes
    return {name: value for name, value in known.items() if value is not None}


def token(key: Key, headers: dict | None = None, **changes) -> str:
    return jwt.encode(claims(**changes), key.private, key.algorithm, headers={"kid": key.kid} | (headers or {}))


def bearer(text: str) -> str:
    return f"Authorization: Bearer {text}\r\n"


def policy(keys: list[Key] | None = None, uri: str | None = None, name: str = "users", provider: dict | None = None,
           observe: bool = False, **settings) -> dict:
    """A policy that takes tokens of one provider."""
    source = {"uri": uri} if uri else {"inline": {"keys": [key.jwk() for key in keys or []]}}
    login = {"name": "login", "issuer": URL, "audiences": [AUDIENCE], "jwks": source} | (provider or {})
    return {"kind": "auth-policy", "name": name, "type": "jwt", "observe": observe, "jwt": {"providers": [login]} | settings}


class Issuer:
    """Publishes a key set as an OpenID provider does. `answer` may be replaced by a script of the test."""

    def __init__(self, *keys: Key, tls: ssl.SSLContext | None = None):
        self.keys = list(keys)
        self.fetches: list[str] = []
        self.answer = self.publish
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetches.append(self.path)
                issuer.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        scheme = "https" if tls else "http"
        self.uri = f"{scheme}://localhost:{self.port}/protocol/openid-connect/certs?realm=shop"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def document(self) -> bytes:
        """The shape that a real provider has: keys for encryption among those for signatures, certificates beside them."""
        encryption = self.keys[0].jwk(use="enc", alg="RSA-OAEP", kid="for-encryption") if self.keys else {}
        keys = [key.jwk(x5c=["MIIC"], x5t="abc", **{"x5t#S256": "def"}) for key in self.keys]
        return json.dumps({"keys": [*keys, *([encryption] if encryption else [])]}).encode()

    def publish(self, call):
        self.send(call, self.document())

    @staticmethod
    def send(call, body: bytes, status: int = 200, **headers):
        call.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            call.send_header(name.replace("_", "-"), value)
        call.end_headers()
        call.wfile.write(body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
