import Certificates
import GatewayModel
import Storage

extension ControlState {
    /// A document with the secrets that the stored resource has and that it leaves out, so that what was read, which is
    /// without them, can be written again.
    ///
    /// A certificate that becomes an authority loses its key: it is left out because it has no place there.
    /// Secrets that it names are put in their places.
    nonisolated func withKnownSecrets(_ document: JSON, of key: ResourceKey) async throws(Faults) -> JSON {
        key.kind.secretFields.isEmpty ? document : try await self.filled(document, of: key)
    }

    private func filled(_ document: JSON, of key: ResourceKey) throws(Faults) -> JSON {
        let document = try self.references.resolved(document, of: key.kind)
        guard var members = document.objectValue,
            let stored = self.live.records[key]?.resource.document, members["usage"] != "ca"
        else { return document }
        for field in key.kind.secretFields where members[field] ?? .null == .null {
            if let secret = stored[field] { members[field] = secret }
        }
        return .object(members)
    }

    /// What a look into certificates shows. What is stored already is not looked into again: it may have ended since, and
    /// that must not stand in the way of applying it together with others.
    nonisolated func certificateFaults(of resource: Resource) async -> [Fault] {
        resource.key.kind.isLookedInto ? await self.deepFaults(of: resource) : []
    }

    /// The same, for who is in the state already.
    func deepFaults(of resource: Resource) -> [Fault] {
        guard resource.key.kind.isLookedInto else { return [] }
        if self.live.records[resource.key]?.resource.spec == resource.spec { return [] }
        return resource.certificateFaults(at: self.now().wall.milliseconds / 1000)
    }
}

extension ResourceKind {
    /// Whether there is more to be found out than its document says. The other kinds, of which there are many, are spared
    /// the trip to the state.
    fileprivate var isLookedInto: Bool { self == .certificate || self == .listener }
}
