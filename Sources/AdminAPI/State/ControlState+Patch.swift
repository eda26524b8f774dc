import Certificates
import Credentials
import GatewayModel
import GatewaySnapshot
import Storage

/// A JSON Merge Patch (RFC 7396) of one resource.
struct ResourcePatch: Sendable {
    let key: ResourceKey
    let document: JSON
}

extension ControlState {
    /// The resource that a patch makes of what is stored now, so that of two patches at once neither loses what the other set.
    func resource(_ patch: ResourcePatch, precondition: Precondition) throws(Refusal) -> WrittenResource {
        guard let stored = self.live.records[patch.key] else { throw Refusal(missing: patch.key) }
        try precondition.check(stored)
        do throws(Faults) {
            let document = try self.references.resolved(patch.document, of: patch.key.kind)
            let settlement = try Settlement(
                of: Self.document(stored.resource, after: document), patch.key.kind, stored: stored.resource.secrets,
                leftOut: Self.generating)
            let resource = try Resource(
                kind: patch.key.kind, name: patch.key.name, document: settlement.document)
            let faults =
                self.deepFaults(of: resource) + resource.patternFaults + self.urlFaults(of: resource)
                + resource.firewallFaults()
            if !faults.isEmpty { throw Faults(faults: faults) }
            return WrittenResource(resource: resource, generated: settlement.generated)
        } catch {
            throw Refusal(invalid: error.faults)
        }
    }

    /// With the secrets that are stored, unless the patch says otherwise. A certificate that becomes an authority loses its key,
    /// which nobody can see and which has no place there.
    private static func document(_ resource: Resource, after patch: JSON) -> JSON {
        let isAuthority = resource.key.kind == .certificate && patch["usage"] == "ca"
        return (isAuthority ? resource.redacted : resource.document).merging(patch)
    }
}
