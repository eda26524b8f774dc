import GatewayModel

/// One JSON Web Key (RFC 7517 section 4), seen to be one for verifying.
struct JWK {
    /// `kty` (RFC 7518 section 6.1, RFC 8037 section 2).
    enum KeyType {
        case rsa, curve, edwards, secret
    }

    let type: KeyType
    /// `kid`.
    let id: String?
    /// `alg`: the one algorithm that the key is for.
    let algorithm: JWTAlgorithm?
    private let json: JSON

    init(_ json: JSON) throws(KeyProblem) {
        guard json.objectValue != nil else { throw KeyProblem("not an object") }
        self.json = json
        self.type = try Self.type(json)
        self.id = try Self.text(json, "kid")
        self.algorithm = try Self.algorithm(json)
        try Self.checkUse(json)
        // RFC 7518 sections 6.2.2 and 6.3.2.
        if self.type != .secret, ["d", "p", "q", "dp", "dq", "qi", "oth"].contains(where: { json[$0] != nil }) {
            throw KeyProblem("it is a private key: whoever can read it can sign")
        }
    }

    /// The bytes of a member in base64url.
    func bytes(_ name: String) throws(KeyProblem) -> [UInt8] {
        guard let text = try Self.text(self.json, name) else { throw KeyProblem("there is no \(name)") }
        guard let bytes = Array(text.utf8).withUnsafeBytes({ Base64URL.decode($0) }) else {
            throw KeyProblem("\(name) is not base64url")
        }
        return bytes
    }

    /// `crv`.
    func curve() throws(KeyProblem) -> String { try Self.text(self.json, "crv") ?? "" }

    private static func text(_ json: JSON, _ name: String) throws(KeyProblem) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.stringValue else { throw KeyProblem("\(name) is not text") }
        return text
    }

    private static func type(_ json: JSON) throws(KeyProblem) -> KeyType {
        switch try self.text(json, "kty") {
        case "RSA": return .rsa
        case "EC": return .curve
        case "OKP": return .edwards
        case "oct": return .secret
        case let name?: throw KeyProblem("keys of the type \(name.quoted) are not used")
        case nil: throw KeyProblem("there is no kty")
        }
    }

    private static func algorithm(_ json: JSON) throws(KeyProblem) -> JWTAlgorithm? {
        guard let name = try self.text(json, "alg") else { return nil }
        guard let algorithm = JWTAlgorithm(rawValue: name) else { throw KeyProblem("it is for \(name.quoted)") }
        return algorithm
    }

    /// RFC 7517 sections 4.2 and 4.3.
    private static func checkUse(_ json: JSON) throws(KeyProblem) {
        if let use = json["use"], use.stringValue != "sig" { throw KeyProblem("its use is not \"sig\"") }
        if let operations = json["key_ops"], operations.arrayValue?.contains(.string("verify")) != true {
            throw KeyProblem("its key_ops are without \"verify\"")
        }
    }
}
