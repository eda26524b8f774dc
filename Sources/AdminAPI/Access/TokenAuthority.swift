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

/// Makes and checks the control plane's own tokens.
package struct TokenAuthority: Sendable {
    /// Tokens of ours are some 150 bytes; anything much longer is refused before it costs anything.
    private static let longest = 4096
    private let key: [UInt8]

    /// - Returns: `nil` for a key of fewer than 32 bytes: HS256 is only as strong as its key (RFC 7518, 3.2).
    package init?(key: [UInt8]) {
        guard key.count >= 32 else { return nil }
        self.key = key
    }

    /// A signed token; `nil` only when memory runs out.
    ///
    /// - Parameters:
    ///   - issued: seconds since 1970.
    ///   - expiry: seconds since 1970; `nil` for a token without an end.
    package func token(for caller: Caller, issued: Int, expiry: Int? = nil) -> String? {
        guard let token = WebToken() else { return nil }
        token.add("sub", caller.name)
        token.add("role", caller.role.rawValue)
        token.add("iat", issued)
        if let expiry { token.add("exp", expiry) }
        return token.signed(with: self.key)
    }

    /// Who a token stands for; `nil` for anything but a token that we signed, that has a role and has not expired.
    ///
    /// - Parameter now: seconds since 1970.
    package func caller(of text: String, now: Int) -> Caller? {
        guard text.utf8.count <= Self.longest, !text.utf8.contains(0) else { return nil }
        guard let token = WebToken(verifying: text, key: self.key) else { return nil }
        if let expiry = token.integer("exp"), expiry <= now { return nil }
        guard let name = token.text("sub"), let role = token.text("role").flatMap(Role.init(rawValue:)) else {
            return nil
        }
        return Caller(name: name, role: role)
    }
}
