/// Whose JSON Web Tokens are taken, and what they must say (RFC 7519).
package struct JWTPolicy: Hashable, Sendable {
    /// Somebody who signs tokens; each is found by its issuer.
    package struct Provider: Hashable, Sendable {
        package let name: String
        /// `iss`, exactly.
        package let issuer: String
        /// `aud` has at least one of them.
        package let audiences: [String]
        package let keys: Keys
        /// Empty: those that a key allows by itself.
        package let algorithms: [JWTAlgorithm]
        /// What clocks may differ by.
        package let leeway: Milliseconds
    }

    /// Where a provider's keys come from.
    package enum Keys: Hashable, Sendable {
        /// A key set (RFC 7517) that is fetched, and fetched again after so long.
        case remote(uri: String, cache: Milliseconds)
        /// A key set as JSON text; secret parts are in their places.
        case inline(String)
    }

    /// A claim that is told to the backend.
    package struct ClaimHeader: Hashable, Sendable {
        /// Names from the outermost inwards.
        package let claim: [String]
        /// As it was given.
        package let header: String
    }

    /// A claim that must have one of the values, or hold one of them where it is a list.
    package struct ClaimRule: Hashable, Sendable {
        package let claim: [String]
        package let values: [String]
    }

    /// At least one; a token of any of them will do.
    package let providers: [Provider]
    /// In the order in which they are asked; never empty.
    package let sources: [CredentialSource]
    package let claimHeaders: [ClaimHeader]
    /// All of them.
    package let scopes: [String]
    /// All of them.
    package let claims: [ClaimRule]
    /// A request without a token passes; one with a bad token does not.
    package let isOptional: Bool
    /// The backend sees the token.
    package let forwardsToken: Bool
}

extension JWTPolicy {
    init?(_ secrets: Secrets, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let providers = reader.required("providers") { json in
            let providers = collector.list(json) { json in
                collector.object(json) { Provider(secrets, &$0) }
            }
            if json == [] { collector.report("required", "at least one provider is required") }
            if json.arrayValue?.count ?? 0 > 16 { collector.report("range", "at most 16 providers") }
            return providers
        }
        let sources = reader.read("from", default: [.bearer]) { collector.sources($0) }
        let headers = reader.read("claimsToHeaders", default: []) { json in
            collector.list(json) { json in collector.object(json) { ClaimHeader(&$0) } }
        }
        let required = reader.optional("require") { json in collector.object(json) { Requirement(&$0) } }
        let isOptional = reader.read("optional", default: false) { collector.boolean($0) }
        let forwardsToken = reader.read("forwardToken", default: true) { collector.boolean($0) }
        if Set(headers.map { $0.header.lowercased() }).count < headers.count {
            reader.fault("claimsToHeaders", "duplicate", "two claims have the same header")
        }
        if let providers, Set(providers.map(\.name)).count < providers.count {
            reader.fault("providers", "duplicate", "two providers have the same name")
        }
        guard let providers, !providers.isEmpty else { return nil }
        self.init(
            providers: providers, sources: sources, claimHeaders: headers, scopes: required?.scopes ?? [],
            claims: required?.claims ?? [], isOptional: isOptional, forwardsToken: forwardsToken)
    }

    /// The member `require`.
    private struct Requirement {
        let scopes: [String]
        let claims: [ClaimRule]

        init?(_ reader: inout ObjectReader) {
            let collector = reader.collector
            self.scopes = reader.read("scopes", default: []) { collector.texts($0) }
            self.claims = reader.read("claims", default: []) { collector.claimRules($0) }
        }
    }
}

extension JWTPolicy.Provider {
    fileprivate init?(_ secrets: Secrets, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let name = reader.required("name") { collector.name($0) }
        let issuer = reader.required("issuer") { collector.filledString($0) }
        let audiences = reader.required("audiences") { json in
            if json == [] { collector.report("required", "at least one audience is required") }
            return collector.texts(json)
        }
        let keys = reader.required("jwks") { json in
            collector.object(json) { JWTPolicy.Keys(provider: name ?? "", secrets, &$0) }
        }
        let algorithms = reader.read("algorithms", default: []) { json in
            collector.distinctList(json) { collector.word($0, JWTAlgorithm.self) }
        }
        let leeway = reader.read("leeway", default: 30_000) { collector.duration($0, atMost: 600_000) }
        guard let name, let issuer, let audiences, let keys else { return nil }
        self.init(
            name: name, issuer: issuer, audiences: audiences, keys: keys, algorithms: algorithms, leeway: leeway)
    }
}

extension JWTPolicy.Keys {
    fileprivate init?(provider: String, _ secrets: Secrets, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let given = reader.present(["uri", "inline"])
        let uri = reader.optional("uri") { collector.url($0) }
        let cache = reader.optional("cache") { collector.duration($0, atLeast: 1000, atMost: 86_400_000) }
        let inline = reader.optional("inline") { collector.keySet($0, provider: provider, secrets) }
        if given == 0 { collector.report("required", "one of uri and inline is required") }
        if given > 1 { collector.report("conflict", "uri and inline exclude each other") }
        if cache != nil, uri == nil { reader.fault("cache", "conflict", "cache goes with uri") }
        if let uri {
            self = .remote(uri: uri, cache: cache ?? 300_000)
        } else if let inline {
            self = .inline(inline)
        } else {
            return nil
        }
    }
}

extension JWTPolicy.ClaimHeader {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let claim = reader.required("claim") { collector.claimPath($0) }
        let header = reader.required("header") { collector.identityHeader($0) }
        guard let claim, let header else { return nil }
        self.init(claim: claim, header: header)
    }
}

extension FaultCollector {
    /// Conditions on claims.
    func claimRules(_ json: JSON) -> [JWTPolicy.ClaimRule]? {
        self.list(json) { json in
            self.object(json) { reader -> JWTPolicy.ClaimRule? in
                let claim = reader.required("name") { self.claimPath($0) }
                let values = reader.required("values") { json in
                    if json == [] { self.report("range", "at least one value is required") }
                    return self.texts(json)
                }
                guard let claim, let values else { return nil }
                return JWTPolicy.ClaimRule(claim: claim, values: values)
            }
        }
    }

    /// Names of claims joined by dots, from the outermost inwards; a name that looks like a URL is one name.
    fileprivate func claimPath(_ json: JSON) -> [String]? {
        guard let text = self.filledString(json) else { return nil }
        if text.contains("://") { return [text] }
        let path = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if path.allSatisfy({ !$0.isEmpty }), path.count <= 8 { return path }
        self.report("format", "\(text.quoted) names no claim", hint: "write \"sub\" or \"realm.role\"")
        return nil
    }

    /// A key set with the secrets of its symmetric keys back in their places, as text. What keys are good for is checked
    /// where they are parsed.
    fileprivate func keySet(_ json: JSON, provider: String, _ secrets: Secrets) -> String? {
        guard let keys = json["keys"]?.arrayValue, let members = json.objectValue?.members, members.count == 1 else {
            self.report("format", "expected {\"keys\": […]}, a key set (RFC 7517)")
            return nil
        }
        let filled = keys.enumerated().map { index, key -> JSON in
            guard var members = key.objectValue, members["kty"]?.stringValue == "oct", members["k"] == nil else {
                return key
            }
            // Its place among the secrets, whatever becomes of the list's order.
            guard let kid = members["kid"]?.stringValue else {
                self.inside(.path("keys/\(index)/kid")) { self.report("required", "a shared secret needs a kid") }
                return key
            }
            guard let secret = secrets["/jwt/providers/\(provider)/keys/\(kid)"] else {
                if !self.allowsMissingSecrets {
                    self.inside(.path("keys/\(index)/k")) { self.report("required", "k is required") }
                }
                return key
            }
            members["k"] = .string(secret)
            return .object(members)
        }
        // Members in one order, whatever order they were written in: an export sorts them.
        var writer = JSONWriter(style: .canonical)
        writer.writeCanonical(JSON.object(["keys": .array(filled)]).encoded())
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
