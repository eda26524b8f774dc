import Certificates
import ControlProtocol
import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

extension StoredResource {
    /// What reads show: the document without its secrets, what is known about a certificate, and `meta`.
    var representation: JSON {
        let document = self.resource.redacted
        guard case .object(var members) = document else { return document }
        if case .certificate(let certificate) = self.resource.spec {
            members["info"] = CertificateSummary(pem: certificate.chain)?.json ?? .null
        }
        let secrets = self.resource.secrets
        if !secrets.values.isEmpty { members["info"] = .object(["fingerprints": secrets.fingerprints]) }
        members["meta"] = .object([
            "version": .integer(self.updatedVersion),
            "createdAt": .string(self.createdAt.text),
            "updatedAt": .string(self.updatedAt.text),
            "set": self.owner.map(JSON.string) ?? .null,
        ])
        return .object(members)
    }

    /// Where the resource is read.
    var location: String { "/v1/\(self.key.kind.plural)/\(self.key.name)" }
}

extension Secrets {
    /// By place, the first eight digits of a SHA-256 of what is stored: enough to see that it changed, too few to tell what it
    /// is.
    fileprivate var fingerprints: JSON {
        var fingerprints = JSONObject()
        for (place, value) in self.values.sorted(by: { $0.key < $1.key }) {
            fingerprints[place] = .string(String(SHA256Digest(of: Array(value.utf8)).text.dropFirst(7).prefix(8)))
        }
        return .object(fingerprints)
    }
}

extension Laggard {
    var json: JSON {
        .object([
            "id": .string(self.id), "state": .string(self.state.rawValue),
            "error": self.error.map(JSON.string) ?? .null,
        ])
    }
}
