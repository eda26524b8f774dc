package import GatewayModel

/// The places of a document in which callers write secrets.
package enum SecretPlaces {
    /// The document with every secret replaced by what `transform` makes of it; `nil` takes it out.
    ///
    /// - Parameter transform: is given the secret, never `null`, and the JSON Pointer of its place.
    package static func mapped(
        _ document: JSON, of kind: ResourceKind, _ transform: @escaping (JSON, String) -> JSON?
    ) -> JSON {
        let walk = Walk(transform: transform)
        switch kind {
        case .certificate: return walk.members(["privateKey"], of: document, at: "")
        case .consumer: return walk.consumer(document)
        case .authPolicy: return walk.policy(document)
        case .listener, .upstream, .route, .trafficPolicy: return document
        }
    }

    /// Whether there is a secret at all, named or in clear.
    package static func hasSecret(_ document: JSON, of kind: ResourceKind) -> Bool {
        Self.mapped(document, of: kind) { _, _ in nil } != document
    }

    /// Whether there is a secret that a document names and does not hold.
    package static func hasReference(_ document: JSON, of kind: ResourceKind) -> Bool {
        Self.mapped(document, of: kind) { value, _ in value.objectValue == nil ? value : "named" } != document
    }

    private struct Walk {
        let transform: (JSON, String) -> JSON?

        func consumer(_ document: JSON) -> JSON {
            let document = document.replacing("apiKeys") { keys in
                keys.mapElements { self.members(["value", "hash"], of: $0, at: "/apiKeys/\($1)") }
            }
            return document.replacing("basic") { self.members(["password", "passwordHash"], of: $0, at: "/basic") }
        }

        func policy(_ document: JSON) -> JSON {
            document.replacing("jwt") { jwt in
                jwt.replacing("providers") { providers in
                    providers.mapElements { provider, index in
                        let place = "/jwt/providers/\(index)/jwks/inline/keys"
                        return provider.replacing("jwks") { jwks in
                            jwks.replacing("inline") { set in
                                set.replacing("keys") { keys in
                                    keys.mapElements { self.symmetric($0, at: "\(place)/\($1)") }
                                }
                            }
                        }
                    }
                }
            }
        }

        /// Keys of the other types have a public part alone.
        private func symmetric(_ key: JSON, at place: String) -> JSON {
            key["kty"] == "oct" ? self.members(["k"], of: key, at: place) : key
        }

        func members(_ names: [String], of json: JSON, at place: String) -> JSON {
            guard var members = json.objectValue else { return json }
            for name in names {
                guard let value = members[name], value != .null else { continue }
                members[name] = self.transform(value, "\(place)/\(name)")
            }
            return .object(members)
        }
    }
}

extension JSON {
    /// With another value of a member that is there.
    func replacing(_ name: String, _ transform: (JSON) -> JSON) -> JSON {
        guard var members = self.objectValue, let value = members[name] else { return self }
        members[name] = transform(value)
        return .object(members)
    }

    func mapElements(_ transform: (JSON, Int) -> JSON) -> JSON {
        guard let elements = self.arrayValue else { return self }
        return .array(elements.enumerated().map { transform($1, $0) })
    }
}
