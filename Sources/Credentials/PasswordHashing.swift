package import GatewayModel

/// Puts the hash of a consumer's password in its place: the slow step before `Settlement`.
package enum PasswordHashing {
    /// Whether there is a password to be hashed.
    package static func isNeeded(_ document: JSON, of kind: ResourceKind) -> Bool {
        kind == .consumer && document["basic"]?.objectValue?[given: "password"] != nil
    }

    /// The document with `passwordHash` in the place of `password`.
    ///
    /// - Parameters:
    ///   - stored: a hash that is kept when it is of the same password, so that to say the same twice changes nothing.
    ///   - salt: 16 unguessable bytes.
    package static func hashed(_ document: JSON, stored: String?, salt: [UInt8]) throws(Faults) -> JSON {
        guard var basic = document["basic"]?.objectValue, let given = basic[given: "password"] else { return document }
        if basic[given: "passwordHash"] != nil {
            throw Self.fault("conflict", "password and passwordHash exclude each other", at: "/basic/passwordHash")
        }
        guard let password = given.stringValue else {
            throw Self.fault("type", "expected a string, not \(given.kindName)")
        }
        let bytes = Array(password.utf8)
        if let stored, PasswordHash.verify(password: bytes, hash: stored) {
            basic["passwordHash"] = .string(stored)
        } else if let hash = PasswordHash.make(bytes, salt: salt) {
            basic["passwordHash"] = .string(hash)
        } else {
            throw Self.unfit
        }
        basic["password"] = .none
        return document.replacing("basic") { _ in .object(basic) }
    }

    /// Looks at a password without hashing it.
    package static func check(_ document: JSON, of kind: ResourceKind) throws(Faults) {
        guard Self.isNeeded(document, of: kind), let password = document["basic"]?["password"]?.stringValue else {
            return
        }
        if !PasswordHash.isPassword(Array(password.utf8)) { throw Self.unfit }
    }

    private static var unfit: Faults {
        Self.fault("range", "a password has 1 to \(PasswordHash.longestPassword) bytes, none of them zero")
    }

    private static func fault(_ code: String, _ detail: String, at pointer: String = "/basic/password") -> Faults {
        Faults(faults: [Fault(pointer: pointer, code: code, detail: detail)])
    }
}
