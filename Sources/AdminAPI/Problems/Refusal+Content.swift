import GatewayModel
import GatewaySnapshot
import Storage

/// Refusals that the content of the configuration gives rise to.
extension Refusal {
    init(missing key: ResourceKey) {
        self.init(.notFound, "There is no \(key.kind.rawValue) with the name \(key.name).")
    }

    init(deleting key: ResourceKey, referrers: [ResourceKey]) {
        let errors = referrers.sorted().map { referrer in
            JSON.object([
                "pointer": "", "code": "referenced", "kind": .string(referrer.kind.rawValue),
                "name": .string(referrer.name),
                "detail": .string("\(referrer.kind.rawValue) \(referrer.name) refers to it."),
            ])
        }
        self.init(
            .referenced, "\(key.kind.rawValue) \(key.name) cannot be deleted: others refer to it.", errors: errors)
    }

    /// Resources that the caller's selector does not cover.
    init(outsideScope keys: [ResourceKey]) {
        let errors = keys.sorted().map { key in
            Self.error(
                Fault(
                    pointer: "/labels", code: "outside-scope", detail: "The token's labelSelector does not cover it."),
                of: key)
        }
        self.init(.forbidden, "The token may not change all of this.", errors: errors)
    }

    /// Resources that another set brought.
    init(ownedElsewhere resources: [StoredResource]) {
        let errors = resources.sorted { $0.key < $1.key }.map { stored in
            Self.error(
                Fault(
                    pointer: "/meta/set", code: "owned", detail: "It belongs to the set \(stored.owner ?? "").",
                    hint: "force=true takes it over"), of: stored.key)
        }
        self.init(.ownedElsewhere, "Nothing was applied: other sets own some of it.", errors: errors)
    }

    /// Faults of references and conflicts; each says which resource has it.
    init(faults: [(key: ResourceKey, fault: Fault)]) {
        self.init(
            .invalid, "The configuration would have \(faults.count == 1 ? "a fault" : "\(faults.count) faults").",
            errors: faults.map { Self.error($0.fault, of: $0.key) })
    }

    /// A change that validation lets through and the compiler does not.
    init(rejected: SnapshotRejected) {
        let errors = rejected.resources.map { key, message in
            guard let key else { return Fault(pointer: "", code: "rejected", detail: message, hint: nil).json }
            return Self.error(Fault(pointer: "", code: "rejected", detail: message, hint: nil), of: key)
        }
        self.init(.invalid, "The configuration does not compile.", errors: errors)
    }

    init(_ error: StorageError) {
        switch error {
        case .full: self.init(.diskFull, "Nothing was written: the disk of the control plane is full.")
        case .prunedVersion: self.init(.versionPruned, "\(error)")
        case .notWritable: self.init(.notWritable, "Nothing was written: the database cannot be written.")
        default: self.init(.internal, "Nothing was written: the database failed.")
        }
    }

    private static func error(_ fault: Fault, of key: ResourceKey) -> JSON {
        guard case .object(var members) = fault.json else { return fault.json }
        members["kind"] = .string(key.kind.rawValue)
        members["name"] = .string(key.name)
        return .object(members)
    }
}
