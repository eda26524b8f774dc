import Certificates
import GatewayModel
import Storage

extension ControlState {
    /// A document with the secrets that the stored resource has and that it leaves out, so that what was read, which is
    /// without them, can be written again.
    ///
    /// A certificate that becomes an authority loses its key: it is left out because it has no place there. Secrets that
    /// the document names instead of holding them are put in their places.
    func withKnownSecrets(_ document: JSON, of key: ResourceKey) throws(Faults) -> JSON {
        let document = try self.references.resolved(document, of: key.kind)
        guard !key.kind.secretFields.isEmpty, var members = document.objectValue,
            let stored = self.live.records[key]?.resource.document, members["usage"] != "ca"
        else { return document }
        for field in key.kind.secretFields where members[field] ?? .null == .null {
            if let secret = stored[field] { members[field] = secret }
        }
        return .object(members)
    }

    /// What a look into certificates shows. What is stored already is not looked into again: it may have ended since, and
    /// that must not stand in the way of applying it together with others.
    func certificateFaults(of resource: Resource) -> [Fault] {
        if self.live.records[resource.key]?.resource.spec == resource.spec { return [] }
        return resource.certificateFaults(at: self.now().wall.milliseconds / 1000)
    }
}
