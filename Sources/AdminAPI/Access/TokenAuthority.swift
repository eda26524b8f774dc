import CJWT
import Glibc

/// One JSON Web Token as libjwt holds it; the only file that calls libjwt.
///
/// The algorithm is pinned to HS256: a token that names another one, or `none`, is refused whatever its signature is.
/// libjwt compares signatures in constant time.
private struct WebToken: ~Copyable {
    private let token: OpaquePointer

    init?() {
        var token: OpaquePointer?
        guard jwt_new(&token) == 0, let token else { return nil }
        self.token = token
    }

    /// Takes over a token whose signature fits the key.
    init?(verifying text: String, key: [UInt8]) {
        var token: OpaquePointer?
        guard jwt_decode(&token, text, key, Int32(clamping: key.count)) == 0, let token else { return nil }
        guard jwt_get_alg(token) == JWT_ALG_HS256 else {
            jwt_free(token)
            return nil
        }
        self.token = token
    }

    deinit { jwt_free(self.token) }

    func text(_ claim: String) -> String? { jwt_get_grant(self.token, claim).map { String(cString: $0) } }

    /// `nil` when the claim is absent; -1 when it is no integer, which is long past as a time.
    func integer(_ claim: String) -> Int? {
        errno = 0
        let value = jwt_get_grant_int(self.token, claim)
        return errno == ENOENT ? nil : value
    }

    func add(_ claim: String, _ value: String) { jwt_add_grant(self.token, claim, value) }
    func add(_ claim: String, _ value: Int) { jwt_add_grant_int(self.token, claim, value) }

    func signed(with key: [UInt8]) -> String? {
        guard jwt_set_alg(self.token, JWT_ALG_HS256, key, Int32(clamping: key.count)) == 0 else { return nil }
        guard let text = jwt_encode_str(self.token) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}

/// What a signed token says.
struct TokenClaims: Sendable, Hashable {
    let id: String
    let name: String
    let role: Role
    /// Seconds since 1970; `nil` for a token without an end.
    let expiry: Int?
}

/// Makes and checks the control plane's own tokens.
package struct TokenAuthority: Sendable {
    /// Tokens of ours are some 200 bytes; anything much longer is refused before it costs anything.
    private static let longest = 4096
    private let key: [UInt8]
    /// The tokens that have not been revoked.
    let registry: TokenRegistry

    /// - Returns: `nil` for a key of fewer than 32 bytes: HS256 is only as strong as its key (RFC 7518, 3.2).
    init?(key: [UInt8], registry: TokenRegistry) {
        guard key.count >= 32 else { return nil }
        self.key = key
        self.registry = registry
    }

    /// A signed token; `nil` only when memory runs out.
    ///
    /// - Parameter issued: seconds since 1970.
    func token(_ claims: TokenClaims, issued: Int) -> String? {
        guard let token = WebToken() else { return nil }
        token.add("jti", claims.id)
        token.add("sub", claims.name)
        token.add("role", claims.role.rawValue)
        token.add("iat", issued)
        if let expiry = claims.expiry { token.add("exp", expiry) }
        return token.signed(with: self.key)
    }

    /// What a token that we signed says, whether it is still good or not; `nil` for any other.
    func claims(of text: String) -> TokenClaims? {
        guard text.utf8.count <= Self.longest, !text.utf8.contains(0) else { return nil }
        guard let token = WebToken(verifying: text, key: self.key) else { return nil }
        guard let id = token.text("jti"), let name = token.text("sub"),
            let role = token.text("role").flatMap(Role.init(rawValue:))
        else { return nil }
        return TokenClaims(id: id, name: name, role: role, expiry: token.integer("exp"))
    }

    /// Whom a token stands for; `nil` for anything but one that we signed, that was not revoked and has not expired.
    ///
    /// - Parameter now: seconds since 1970.
    func caller(of text: String, now: Int) -> Caller? {
        guard let claims = self.claims(of: text) else { return nil }
        if let expiry = claims.expiry, expiry <= now { return nil }
        guard let caller = self.registry.caller(id: claims.id, now: now), caller.name == claims.name,
            caller.role == claims.role
        else { return nil }
        return caller
    }
}
