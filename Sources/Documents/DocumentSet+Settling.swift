import Credentials
import GatewayModel

extension DocumentSet {
    /// The document as it is read: for a gateway with its secrets out of their places, for a control plane as it was written,
    /// once its secrets have been looked at.
    func settled(_ document: JSON) throws(Faults) -> JSON {
        guard let kind = document["kind"]?.stringValue.flatMap(ResourceKind.init(rawValue:)),
            kind == .consumer || kind == .authPolicy
        else { return document }
        if let fault = Settlement.fault(of: document, kind) { throw Faults(faults: [fault]) }
        if self.allowsMissingSecrets {
            try Self.check(document, kind)
            return document
        }
        let hashed =
            PasswordHashing.isNeeded(document, of: kind)
            ? try PasswordHashing.hashed(document, stored: .none, salt: Self.salt(for: document)) : document
        return try Settlement(of: hashed, kind, stored: Secrets(), leftOut: .refused).document
    }

    /// Those that are named and not held are for the control plane to look at.
    private static func check(_ document: JSON, _ kind: ResourceKind) throws(Faults) {
        let held = SecretPlaces.mapped(document, of: kind) { value, _ in
            SecretReference(value) == nil ? Optional(value) : .none
        }
        try PasswordHashing.check(held, of: kind)
        _ = try Settlement(of: held, kind, stored: Secrets(), leftOut: .allowed)
    }

    /// Not random: the same file must be the same configuration each time that it is read. It must only be another for every
    /// consumer.
    private static func salt(for document: JSON) -> [UInt8] {
        let names = [document["name"]?.stringValue ?? "", document["basic"]?["username"]?.stringValue ?? ""]
        return Array(APIKeyDigest.hex(of: Array(names.joined(separator: "\n").utf8)).utf8.prefix(PasswordHash.saltSize))
    }
}
