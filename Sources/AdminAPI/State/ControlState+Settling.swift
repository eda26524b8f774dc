import Credentials
import GatewayModel
import GatewaySnapshot
import Storage

extension ResourceKind {
    /// Whether secrets stand inside of documents, and leave their places when they are stored.
    var isSettled: Bool { self == .consumer || self == .authPolicy }
}

/// A resource as it is to be stored, and what is to be shown once.
struct WrittenResource: Sendable {
    let resource: Resource
    /// Keys that were made, by id.
    var generated: [String: String] = [:]
    /// The secrets that were stored when it was made of what its document leaves out: it counts while they are.
    var basis: Secrets?
}

extension ControlState {
    /// Reads a document that comes to be written, with what is known and left out, and looks into it as deeply as its kind has
    /// it.
    nonisolated func written(_ document: JSON, of key: ResourceKey) async throws(Faults) -> WrittenResource {
        let (settlement, basis) = try await self.settled(document, of: key)
        let resource = try Resource(kind: key.kind, name: key.name, document: settlement.document)
        let faults =
            await self.certificateFaults(of: resource) + resource.patternFaults + self.urlFaults(of: resource)
            + resource.firewallFaults()
        if !faults.isEmpty { throw Faults(faults: faults) }
        return WrittenResource(resource: resource, generated: settlement.generated, basis: basis)
    }

    private nonisolated func settled(
        _ document: JSON, of key: ResourceKey
    ) async throws(Faults) -> (settlement: Settlement, basis: Secrets?) {
        guard key.kind.isSettled else {
            let document = try await self.withKnownSecrets(document, of: key)
            return (try Settlement(of: document, key.kind, stored: Secrets(), leftOut: .refused), nil)
        }
        let stored = await self.secrets(of: key)
        let document = try await self.hashed(document, of: key, stored: stored)
        return (try Settlement(of: document, key.kind, stored: stored, leftOut: Self.generating), stored)
    }

    /// A patch whose passwords have been hashed, so that it can be merged in the turn of the state.
    nonisolated func prepared(_ patch: ResourcePatch) async throws(Refusal) -> ResourcePatch {
        guard patch.key.kind.isSettled else { return patch }
        do throws(Faults) {
            let stored = await self.secrets(of: patch.key)
            return ResourcePatch(
                key: patch.key, document: try await self.hashed(patch.document, of: patch.key, stored: stored))
        } catch {
            throw Refusal(invalid: error.faults)
        }
    }

    private nonisolated func hashed(
        _ document: JSON, of key: ResourceKey, stored: Secrets
    ) async throws(Faults) -> JSON {
        if let fault = Settlement.fault(of: document, key.kind) { throw Faults(faults: [fault]) }
        let resolved = try self.references.resolved(document, of: key.kind)
        return try await PasswordQueue.hashed(resolved, of: key.kind, stored: stored["/basic/password"])
    }

    func secrets(of key: ResourceKey) -> Secrets { self.live.records[key]?.resource.secrets ?? Secrets() }

    static var generating: Settlement.LeftOut { .generated { RandomText.bytes($0) } }
}

extension Resource {
    /// What left its places when the document was settled.
    var secrets: Secrets {
        guard self.key.kind.isSettled else { return Secrets() }
        return self.document[Secrets.field]?.stringValue.flatMap(Secrets.init(text:)) ?? Secrets()
    }
}

extension WriteRequest {
    /// What goes with a resource that it puts.
    mutating func take(_ written: WrittenResource) {
        let key = written.resource.key
        if !written.generated.isEmpty { self.generated[key] = written.generated }
        self.bases[key] = written.basis
    }
}
