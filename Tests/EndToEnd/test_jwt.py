"""Whose JSON Web Tokens are taken? Tokens by PyJWT and jwcrypto, and forgeries by hand."""

import json
import time

import jwt
import pytest
from jwcrypto import jwk as jose_jwk
from jwcrypto import jwt as jose_jwt

from h2_client import H2Client
from h2_frames import fields_of
from harness import free_port, listener, route, upstream
from issuer import URL, Key, base64url, bearer, claims, policy, token

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"]


@pytest.fixture(scope="module")
def keys() -> dict[str, Key]:
    return {name: Key(name, f"key-{name.lower()}") for name in ALGORITHMS}


@pytest.fixture
def guarded(make_gateway, origin):
    """`guarded(POLICY)`: everything behind that policy."""
    def make(document: dict, *others: dict, policies: list[str] | None = None):
        return make_gateway([listener(free_port()), upstream(origin.port), document, *others,
                             route(policies=policies or [document["name"]])])
    return make


def refused(answer, status: int, reason: str):
    assert (answer.status, answer.json()["reason"]) == (status, reason), answer.body
    assert answer["content-type"] == "application/problem+json"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tokens_of_every_algorithm_pass(guarded, origin, keys, algorithm):
    key = keys[algorithm]
    gateway = guarded(policy([key]))
    with gateway.connect() as client:
        assert client.get(extra=bearer(token(key))).status == 200
        assert client.get(extra=bearer(token(key))).status == 200, "and a second time, as one that is known"
        head, _, signature = token(key).rpartition(".")
        broken = signature[:-6] + ("AAAAAA" if signature[-6:] != "AAAAAA" else "BBBBBB")
        refused(client.get(extra=bearer(f"{head}.{broken}")), 401, "token-signature")
    assert len(origin.requests) == 2


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA", "HS256"])
def test_tokens_of_another_library_pass(guarded, keys, algorithm):
    key = keys[algorithm]
    secret = jose_jwk.JWK(kty="oct", k=base64url(key.private)) if key.is_shared else jose_jwk.JWK.from_pyca(key.private)
    made = jose_jwt.JWT(header={"alg": algorithm, "kid": key.kid, "typ": "at+jwt"}, claims=claims(aud=["other", "shop"]))
    made.make_signed_token(secret)
    with guarded(policy([key])).connect() as client:
        assert client.get(extra=bearer(made.serialize())).status == 200


def test_the_key_says_the_algorithm(guarded, keys):
    rsa, unnamed = keys["RS256"], keys["RS256"].jwk(alg=None, kid="any")
    gateway = guarded(policy(provider={"jwks": {"inline": {"keys": [rsa.jwk(), unnamed]}}, "algorithms": ["RS256", "PS256"]}))
    with gateway.connect() as client:
        for algorithm, kid, reason in [("PS256", rsa.kid, "token-algorithm"), ("PS256", "any", None), ("RS512", "any", "token-algorithm")]:
            answer = client.get(extra=bearer(jwt.encode(claims(), rsa.private, algorithm, headers={"kid": kid})))
            if reason:
                refused(answer, 401, reason)
            else:
                assert answer.status == 200


def signed(key: Key, header: dict | bytes, payload: dict | bytes) -> str:
    """A token with a good signature over whatever these are."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    head = ".".join(base64url(part) for part in parts)
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    return f"{head}.{base64url(algorithm.sign(head.encode(), algorithm.prepare_key(key.private)))}"


def forgeries(key: Key) -> dict[str, tuple[str, str]]:
    """By name: a token and the reason that it is refused for."""
    good = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT"}
    body = json.dumps(claims()).encode()
    head, payload, signature = signed(key, good, body).split(".")
    deep = b'{"a":' * 200 + b"1" + b"}" * 200
    found = {
        f"none spelled {name}": (f"{base64url(json.dumps({'alg': name, 'kid': key.kid}).encode())}.{payload}.", "")
        for name in ("none", "None", "NONE", "nOnE", "")}
    found |= {
        "the public key as a shared secret": (f"{hmac_with(key.pem(), {'alg': 'HS256', 'kid': key.kid}, body)}", ""),
        "an empty shared secret": (hmac_with(b"", {"alg": "HS256", "kid": key.kid}, body), ""),
        "an unknown kid": (signed(key, good | {"kid": "another"}, body), "token-key-unknown"),
        "a kid that is a path": (signed(key, good | {"kid": "../../dev/null"}, body), "token-key-unknown"),
        "a kid that is SQL": (signed(key, good | {"kid": "x' OR '1'='1"}, body), "token-key-unknown"),
        "a kid that is a number": (signed(key, good | {"kid": 7}, body), "invalid-token"),
        "a critical extension": (signed(key, good | {"crit": ["exp"]}, body), "invalid-token"),
        "an unencoded payload": (signed(key, good | {"b64": False, "crit": ["b64"]}, body), "invalid-token"),
        "no algorithm": (signed(key, {"kid": key.kid}, body), "invalid-token"),
        "algorithms in a list": (signed(key, good | {"alg": [key.algorithm]}, body), "invalid-token"),
        "two algorithms": (signed(key, json.dumps(good).encode()[:-1] + b',"alg":"none"}', body), "invalid-token"),
        "a claim twice": (signed(key, good, body[:-1] + b',"sub":"root"}'), "invalid-token"),
        "a claim twice, escaped": (signed(key, good, body[:-1] + b',"\\u0073ub":"root"}'), "invalid-token"),
        "a payload of a list": (signed(key, good, b"[]"), "invalid-token"),
        "a payload that ends early": (signed(key, good, body[:-1]), "invalid-token"),
        "a payload with something behind": (signed(key, good, body + b"x"), "invalid-token"),
        "a payload too deep": (signed(key, good, body[:-1] + b',"x":' + deep + b"}"), "invalid-token"),
        "a payload that is no UTF-8": (signed(key, good, body[:-1] + b',"x":"\xff"}'), "invalid-token"),
        "padding": (f"{head}.{payload}.{signature}=", "invalid-token"),
        "another alphabet": (f"{head}.{payload}.{signature[:-1]}+", "invalid-token"),
        "a blank inside": (f"{head}.{payload[:5]} {payload[5:]}.{signature}", ""),
        "two parts": (f"{head}.{payload}", "invalid-token"),
        "four parts": (f"{head}.{payload}.{signature}.", "invalid-token"),
        "five parts, as encrypted ones have": (f"{head}.a.b.{payload}.{signature}", "invalid-token"),
        "no signature": (f"{head}.{payload}.", ""),
        "another payload": (f"{head}.{base64url(json.dumps(claims(sub='root')).encode())}.{signature}", "token-signature"),
        "too long": (signed(key, good, json.dumps(claims(x="y" * 9000)).encode()), "invalid-token"),
    }
    for field, value in {"jwk": key.jwk(), "jku": "https://evil.test/keys", "x5u": "https://evil.test/c", "x5c": ["MIIC"]}.items():
        other = Key(key.algorithm, key.kid)
        found[f"another key named by {field}"] = (signed(other, good | {field: other.jwk() if field == "jwk" else value}, body), "token-signature")
    for name, text, reason in [
            ("expired", {"exp": int(time.time()) - 31}, "token-expired"), ("no expiry", {"exp": None}, "invalid-token"),
            ("expiry as text", {"exp": "9999999999"}, "invalid-token"), ("expiry below zero", {"exp": -1}, "token-expired"),
            ("not yet", {"nbf": int(time.time()) + 90}, "token-not-yet-valid"), ("no issuer", {"iss": None}, "token-issuer"),
            ("another issuer", {"iss": URL + "/"}, "token-issuer"), ("an issuer in a list", {"iss": [URL]}, "invalid-token"),
            ("another audience", {"aud": "shop2"}, "token-audience"), ("no audience", {"aud": None}, "token-audience"),
            ("an audience in another case", {"aud": ["Shop"]}, "token-audience"), ("an empty audience", {"aud": []}, "token-audience")]:
        found[name] = (signed(key, good, claims(**text)), reason)
    return found


def hmac_with(secret: bytes, header: dict, payload: bytes) -> str:
    import hashlib
    import hmac
    head = f"{base64url(json.dumps(header).encode())}.{base64url(payload)}"
    return f"{head}.{base64url(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_forgeries_are_refused(guarded, origin, keys, algorithm):
    key = keys[algorithm]
    gateway = guarded(policy([key]))
    with gateway.connect() as client:
        for name, (text, reason) in forgeries(key).items():
            answer = client.get(extra=bearer(text))
            assert answer.status == 401, f"{name}: {answer.status}"
            assert answer["www-authenticate"].startswith("Bearer"), name
            if reason:
                assert answer.json()["reason"] == reason, f"{name}: {answer.body}"
            assert len(text) < 20 or text not in answer.body.decode("latin-1"), "nothing about the token"
        assert client.get(extra=bearer(token(key))).status == 200
    assert len(origin.requests) == 1
    assert "eyJ" not in gateway.access_log.read_text(), "no token in the log"


def test_numbers_at_the_edge_pass(guarded, keys):
    key = keys["ES256"]
    good = {"alg": "ES256", "kid": key.kid}
    with guarded(policy([key])).connect() as client:
        for exp in ("9223372036854775807", "1e300", "4102444800.5", "18446744073709551616"):
            body = json.dumps(claims(exp=None)).encode()[:-1] + f',"exp":{exp}}}'.encode()
            assert client.get(extra=bearer(signed(key, good, body))).status == 200, exp
        for changes in ({"exp": int(time.time()) - 20}, {"nbf": int(time.time()) + 20}):
            assert client.get(extra=bearer(token(key, **changes))).status == 200, "the leeway is 30 s"


@pytest.mark.parametrize("change", ["zeros", "ones", "short", "long", "der"])
def test_odd_signatures_of_elliptic_curves_are_refused(guarded, keys, change):
    from jwt.utils import raw_to_der_signature
    key = keys["ES256"]
    head, _, signature = token(key).rpartition(".")
    raw = jwt.utils.base64url_decode(signature)
    odd = {"zeros": bytes(64), "ones": b"\xff" * 64, "short": raw[:63], "long": raw + b"\0",
           "der": raw_to_der_signature(raw, key.private.curve)}[change]
    with guarded(policy([key])).connect() as client:
        refused(client.get(extra=bearer(f"{head}.{base64url(odd)}")), 401, "token-signature")


def test_credentials_that_are_none_and_credentials_twice(guarded, keys):
    key = keys["RS256"]
    with guarded(policy([key])).connect() as client:
        answer = client.get()
        refused(answer, 401, "missing-credentials")
        assert answer["www-authenticate"] == "Bearer"
        refused(client.get(extra="Authorization: Basic YTpi\r\n"), 401, "missing-credentials")
        refused(client.get(extra=bearer(token(key)) * 2), 401, "ambiguous-credentials")
        assert client.get(extra=f"authorization:  bEaReR   {token(key)}\r\n").status == 200, "schemes ignore case"


def test_a_token_may_stand_elsewhere_and_stay_with_the_gateway(guarded, origin, keys):
    key = keys["RS256"]
    places = [{"cookie": "session"}, {"query": "access_token"}, {"header": "x-token"}]
    gateway = guarded(policy([key], **{"from": places, "forwardToken": False}))
    text = token(key)
    with gateway.connect() as client:
        assert client.get(extra=f"Cookie: a=1; session={text}; b=2\r\n").status == 200
        assert client.get(f"/x?a=1&access_token={text}&b=2").status == 200
        assert client.get(extra=f"X-Token: {text}\r\n").status == 200
        refused(client.get(extra=bearer(text)), 401, "missing-credentials")
        for path, extra in [(f"/x?access_token={text}&access%5Ftoken=other", ""), ("/", f"Cookie: session={text}; session=other\r\n"),
                            ("/", f"Cookie: session={text}\r\nCookie: a=b;session=\"other\"\r\n")]:
            refused(client.get(path, extra=extra), 401, "ambiguous-credentials")
    first, second, third = origin.requests
    assert first["cookie"] in ("a=1; b=2", "a=1;b=2") and second.target == "/x?a=1&b=2" and third["x-token"] is None


def test_an_optional_token_is_checked_when_it_is_there(guarded, origin, keys):
    key = keys["RS256"]
    gateway = guarded(policy([key], optional=True, claimsToHeaders=[{"claim": "sub", "header": "X-User"}]))
    with gateway.connect() as client:
        assert client.get(extra="X-User: root\r\n").status == 200
        assert client.get(extra=bearer(token(key)) + "x-user: root\r\n").status == 200
        refused(client.get(extra=bearer(token(key) + "x")), 401, "invalid-token")
    assert [request["x-user"] for request in origin.requests] == [None, "ada"]


def test_claims_become_headers(guarded, origin, keys):
    key = keys["RS256"]
    wanted = {"sub": "X-User", "realm.role": "X-Role", "https://shop.test/tier": "X-Tier", "n": "X-Number", "on": "X-On",
              "groups": "X-Groups", "odd": "X-Odd", "object": "X-Object", "missing": "X-Missing"}
    gateway = guarded(policy([key], claimsToHeaders=[{"claim": claim, "header": header} for claim, header in wanted.items()]))
    given = {"realm": {"role": "admin"}, "https://shop.test/tier": "gold", "n": 7, "on": True, "groups": ["a", "b"],
             "odd": "a\r\nX-Injected: 1", "object": {"a": 1}}
    spoofed = "".join(f"{header}: spoofed\r\n" for header in wanted.values())
    with gateway.connect() as client:
        assert client.get(extra=bearer(token(key, **given)) + spoofed).status == 200
    [request] = origin.requests
    seen = {header: request[header] for header in wanted.values()}
    assert seen == {"X-User": "ada", "X-Role": "admin", "X-Tier": "gold", "X-Number": "7", "X-On": "true", "X-Groups": "a,b",
                    "X-Odd": None, "X-Object": None, "X-Missing": None}
    assert request["x-injected"] is None


def test_what_clients_send_under_such_a_name_never_chooses_a_route(make_gateway, make_origin, keys):
    key, plain, admin = keys["RS256"], make_origin(), make_origin()
    document = policy([key], claimsToHeaders=[{"claim": "role", "header": "X-Role"}])
    privileged = {"kind": "route", "name": "admin", "matches": [{"headers": [{"name": "x-role", "exact": "admin"}]}],
                  "forward": [{"upstream": "admin"}]}
    gateway = make_gateway([listener(free_port()), upstream(plain.port), upstream(admin.port, name="admin"), document,
                            privileged, route(policies=["users"])])
    with gateway.connect() as client:
        assert client.get(extra=bearer(token(key, role="admin")) + "X-Role: admin\r\n").status == 200
    assert len(admin.requests) == 0 and [request["x-role"] for request in plain.requests] == ["admin"]


def test_scopes_and_claims_are_asked_for(guarded, keys):
    key = keys["RS256"]
    rules = {"scopes": ["orders:read", "orders:write"], "claims": [{"name": "realm.roles", "values": ["staff", "admin"]}]}
    gateway = guarded(policy([key], require=rules))
    good = {"scope": "orders:write profile orders:read", "realm": {"roles": ["guest", "staff"]}}
    with gateway.connect() as client:
        assert client.get(extra=bearer(token(key, **good))).status == 200
        assert client.get(extra=bearer(token(key, scp=["orders:read", "orders:write"], realm={"roles": "admin"}))).status == 200
        answer = client.get(extra=bearer(token(key, **(good | {"scope": "orders:read"}))))
        refused(answer, 403, "insufficient-scope")
        assert 'error="insufficient_scope"' in answer["www-authenticate"]
        refused(client.get(extra=bearer(token(key, **(good | {"scope": "orders:readX orders:write"})))), 403, "insufficient-scope")
        refused(client.get(extra=bearer(token(key, **(good | {"realm": {"roles": ["guest"]}})))), 403, "claim-mismatch")
        refused(client.get(extra=bearer(token(key, **(good | {"realm": None})))), 403, "claim-mismatch")


def test_several_providers_are_told_apart_by_issuer(guarded, keys):
    first, second = keys["RS256"], keys["ES256"]
    document = policy([first])
    document["jwt"]["providers"].append({"name": "partner", "issuer": "https://partner.test", "audiences": ["shop", "crm"],
                                         "jwks": {"inline": {"keys": [second.jwk()]}}})
    with guarded(document).connect() as client:
        assert client.get(extra=bearer(token(first))).status == 200
        assert client.get(extra=bearer(token(second, iss="https://partner.test", aud="crm"))).status == 200
        refused(client.get(extra=bearer(token(second))), 401, "token-key-unknown")
        refused(client.get(extra=bearer(token(first, iss="https://partner.test"))), 401, "token-key-unknown")
        refused(client.get(extra=bearer(token(first, aud="crm"))), 401, "token-audience")


def test_a_policy_that_only_observes_lets_pass_and_logs(guarded, origin, keys):
    key = keys["RS256"]
    gateway = guarded(policy([key], observe=True))
    with gateway.connect() as client:
        assert client.get("/none").status == 200
        assert client.get("/good", extra=bearer(token(key))).status == 200
    seen = {line["path"]: line.get("observed") for line in gateway.log_lines(2)}
    assert seen["/none"] == [{"policy": "users", "reason": "missing-credentials"}] and seen["/good"] is None


def test_over_http2(guarded, origin, keys):
    key = keys["RS256"]
    gateway = guarded(policy([key]))
    with H2Client(gateway.port) as client:
        assert client.ask(fields_of("/") + [("authorization", f"Bearer {token(key)}")]).status == 200
        assert client.get("/").status == 401


def test_a_preflight_is_answered_before_anybody_is_asked_who_he_is(guarded, origin, keys):
    page = "Origin: https://app.test\r\n"
    pages = {"kind": "auth-policy", "name": "pages", "type": "cors", "cors": {
        "allowOrigins": ["https://app.test"], "allowMethods": ["GET", "PUT"], "allowHeaders": ["authorization"]}}
    gateway = guarded(policy([keys["RS256"]]), pages, policies=["users", "pages"])
    with gateway.connect() as client:
        asked = client.ask(f"OPTIONS /x HTTP/1.1\r\nHost: test\r\n{page}Access-Control-Request-Method: PUT\r\n"
                           "Access-Control-Request-Headers: authorization\r\n\r\n")
        assert (asked.status, asked["access-control-allow-origin"]) == (204, "https://app.test")
        answer = client.get(extra=page)
        refused(answer, 401, "missing-credentials")
        assert answer["access-control-allow-origin"] == "https://app.test" and "Origin" in answer["vary"]
        assert client.get(extra=page + bearer(token(keys["RS256"]))).status == 200
    assert len(origin.requests) == 1
