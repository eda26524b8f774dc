package import GatewayModel

/// A document whose secrets have left the places in which callers write them, for the member `secrets`.
package struct Settlement: Sendable {
    /// What a key that is left out, and not stored, becomes.
    package enum LeftOut: Sendable {
        /// It is made out of the bytes that this gives.
        case generated(random: @Sendable (Int) -> [UInt8])
        /// It is for another to find: nothing is said.
        case allowed
        /// It is a fault.
        case refused
    }

    package let document: JSON
    /// Keys that were made, by id: to be shown once.
    package let generated: [String: String]

    /// Settles a document of a kind that has secrets inside; others stay as they are.
    ///
    /// Passwords must have been hashed before, which takes long: see `PasswordHashing`.
    ///
    /// - Parameter stored: what is known of the resource already; an entry that is still there and leaves its secret out
    ///   keeps it.
    package init(
        of document: JSON, _ kind: ResourceKind, stored: Secrets, leftOut: LeftOut
    ) throws(Faults) {
        var settling = Settling(stored: stored, leftOut: leftOut)
        let settled: JSON
        switch kind {
        case .consumer: settled = settling.consumer(document)
        case .authPolicy: settled = settling.policy(document)
        case .certificate, .listener, .upstream, .route, .trafficPolicy:
            self.document = document
            self.generated = [:]
            return
        }
        if !settling.faults.isEmpty { throw Faults(faults: settling.faults) }
        self.document = settling.withSecrets(settled)
        self.generated = settling.generated
    }

    /// The fault of a document that brings the member itself.
    package static func fault(of document: JSON, _ kind: ResourceKind) -> Fault? {
        guard kind == .consumer || kind == .authPolicy, document.objectValue?[Secrets.field] != nil else { return nil }
        return Fault(
            pointer: "/\(Secrets.field)", code: "unknown-field", detail: "there is no field \(Secrets.field) here")
    }
}

/// The secrets of a document, as they are found.
private struct Settling {
    let stored: Secrets
    let leftOut: Settlement.LeftOut
    var secrets = Secrets()
    var generated: [String: String] = [:]
    var faults: [Fault] = []

    func withSecrets(_ document: JSON) -> JSON {
        guard var members = document.objectValue else { return document }
        members[Secrets.field] = self.secrets.values.isEmpty ? .none : .some(.string(self.secrets.text))
        return .object(members)
    }

    mutating func consumer(_ document: JSON) -> JSON {
        var document = document
        if let keys = document["apiKeys"]?.arrayValue {
            let settled = keys.enumerated().map { self.apiKey($1, at: "/apiKeys/\($0)") }
            document = document.replacing("apiKeys") { _ in .array(settled) }
        }
        if let basic = document["basic"]?.objectValue {
            let settled = self.basic(basic)
            document = document.replacing("basic") { _ in .object(settled) }
        }
        return document
    }

    private mutating func apiKey(_ json: JSON, at place: String) -> JSON {
        guard var key = json.objectValue, let id = key["id"]?.stringValue else { return json }
        let (value, hash) = (key[given: "value"], key[given: "hash"])
        (key["value"], key["hash"]) = (.none, .none)
        let name = "/apiKeys/\(id)"
        if value != nil, hash != nil {
            self.report("\(place)/hash", "conflict", "value and hash exclude each other")
        } else if let value {
            if let text = self.text(value, "\(place)/value") { self.keep(Self.digest(text), name, "\(place)/value") }
        } else if let hash {
            guard let text = self.text(hash, "\(place)/hash") else { return .object(key) }
            let hint = "write sha256: and 64 lower-case hexadecimal digits"
            guard let digest = APIKeyDigest.hex(in: text) else {
                self.report("\(place)/hash", "format", "this is no SHA-256 of a key", hint: hint)
                return .object(key)
            }
            self.secrets[name] = digest
        } else if let known = self.stored[name] {
            self.secrets[name] = known
        } else {
            self.leaveOut(id, name)
        }
        return .object(key)
    }

    /// `nil` for what can be no key.
    private static func digest(_ key: String) -> String? {
        APIKey.isKey(key) ? APIKeyDigest.hex(of: Array(key.utf8)) : nil
    }

    private mutating func keep(_ digest: String?, _ name: String, _ pointer: String) {
        if let digest {
            self.secrets[name] = digest
        } else {
            self.report(
                pointer, "format",
                "a key has \(APIKey.sizes.lowerBound) to \(APIKey.sizes.upperBound) printable ASCII "
                    + "characters and no spaces", hint: "leave it out, and a good one is made and shown once")
        }
    }

    /// That a key is missing where none may be is said by who reads the settled document.
    private mutating func leaveOut(_ id: String, _ name: String) {
        guard case .generated(let random) = self.leftOut, ResourceKey.isName(id) else { return }
        let key = APIKey.generate(random: random(APIKey.randomSize))
        self.secrets[name] = APIKeyDigest.hex(of: Array(key.utf8))
        self.generated[id] = key
    }

    private mutating func basic(_ json: JSONObject) -> JSONObject {
        var basic = json
        let hash = basic[given: "passwordHash"]
        basic["passwordHash"] = .none
        if let hash {
            guard let text = self.text(hash, "/basic/passwordHash") else { return basic }
            if PasswordHash.isSupported(text) {
                self.secrets["/basic/password"] = text
            } else {
                self.report(
                    "/basic/passwordHash", "format", "this is no hash that is supported",
                    hint: "bcrypt with a cost up to 14, as htpasswd -B writes it; or sha512crypt, or yescrypt")
            }
        } else if basic[given: "password"] == nil, let known = self.stored["/basic/password"] {
            self.secrets["/basic/password"] = known
        }
        return basic
    }

    mutating func policy(_ document: JSON) -> JSON {
        guard let providers = document["jwt"]?["providers"]?.arrayValue else { return document }
        let settled = providers.enumerated().map { self.provider($1, at: "/jwt/providers/\($0)/jwks/inline/keys") }
        return document.replacing("jwt") { $0.replacing("providers") { _ in .array(settled) } }
    }

    private mutating func provider(_ provider: JSON, at place: String) -> JSON {
        guard let name = provider["name"]?.stringValue,
            let keys = provider["jwks"]?["inline"]?["keys"]?.arrayValue
        else { return provider }
        var seen: Set<String> = []
        var settled: [JSON] = []
        for (index, json) in keys.enumerated() {
            guard var key = json.objectValue, key["kty"] == "oct" else {
                settled.append(json)
                continue
            }
            let entry = "/jwt/providers/\(name)/keys/\(key["kid"]?.stringValue ?? String(index))"
            if !seen.insert(entry).inserted {
                self.report("\(place)/\(index)/kid", "duplicate", "another key of this provider has the same kid")
            }
            if let secret = key[given: "k"] {
                self.secrets[entry] = self.text(secret, "\(place)/\(index)/k")
            } else {
                self.secrets[entry] = self.stored[entry]
            }
            key["k"] = .none
            settled.append(.object(key))
        }
        return provider.replacing("jwks") { $0.replacing("inline") { $0.replacing("keys") { _ in .array(settled) } } }
    }

    /// A text that is not empty. What is wrong is never shown with it.
    private mutating func text(_ json: JSON, _ pointer: String) -> String? {
        if let text = json.stringValue, !text.isEmpty { return text }
        self.report(pointer, json.stringValue == nil ? "type" : "required", "expected a text that is not empty")
        return nil
    }

    private mutating func report(_ pointer: String, _ code: String, _ detail: String, hint: String? = nil) {
        self.faults.append(Fault(pointer: pointer, code: code, detail: detail, hint: hint))
    }
}

extension JSONObject {
    /// The value of a member; what is `null` says nothing.
    subscript(given name: String) -> JSON? {
        guard let value = self[name], value != .null else { return nil }
        return value
    }
}
