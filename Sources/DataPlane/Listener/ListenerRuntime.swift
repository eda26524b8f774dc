import ControlProtocol
import GatewayModel
import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// One listener in the form that connections use. Connections keep the one they began with.
// Justified: nothing changes after init; the TLS context is made for use by several threads.
final class ListenerRuntime: @unchecked Sendable {
    let name: String
    let proto: ListenerProtocol
    /// There for `https`, and for `tls` where it ends here.
    let tls: TLSServerContext?
    let clientAddress: ClientAddressRule
    let healthCheckPath: [UInt8]?
    /// Where browsers reach it.
    let publicPort: PublicPort
    let forwarding: ClientValidation.Forwarding
    /// Stands for the listener and the client certificates it asks for: a connection is only good for requests to a
    /// listener that has the same one.
    let validation: [UInt8]
    let asksForCertificate: Bool

    /// - Throws: what is wrong with a certificate or a list.
    init(
        _ listener: Listener, _ certificates: [String: Certificate], tickets: TLSTicketKeys
    ) throws(TLSConfigurationError) {
        self.name = listener.name
        self.proto = listener.proto
        self.publicPort = PublicPort(listener)
        self.clientAddress = ClientAddressRule(listener.clientAddress)
        self.healthCheckPath = listener.healthCheckPath.map { Array($0.utf8) }
        self.forwarding = listener.tls?.clientValidation?.forwarding ?? .sanitize
        let validation = TLSClientValidation(listener.tls?.clientValidation, certificates)
        self.asksForCertificate = validation != nil
        self.validation = Self.identify(listener.name, validation)
        guard let tls = listener.tls else {
            self.tls = nil
            return
        }
        let settings = TLSServerSettings(
            certificates: tls.certificates.compactMap { certificates[$0].map(TLSCertificate.init) },
            minVersion: tls.minVersion == .v13 ? .v13 : .v12, alpn: tls.alpn.map(\.rawValue),
            clientValidation: validation, sessionContext: self.validation)
        self.tls = try TLSServerContext(settings, tickets: tickets)
    }

    private static func identify(_ name: String, _ validation: TLSClientValidation?) -> [UInt8] {
        var text = name
        if let validation {
            text += "\n\(validation.mode)\n" + (validation.authorities + ["\n"] + validation.revocationLists).joined()
        }
        return SHA256Digest(of: Array(text.utf8)).bytes
    }
}

extension ListenerRuntime {
    /// It says something about single requests.
    var hasRules: Bool { self.asksForCertificate || self.healthCheckPath != nil || self.clientAddress != .peer }

    var validationID: UInt64 { self.validation.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension TLSCertificate {
    init(_ certificate: Certificate) {
        self.init(
            chain: certificate.chain, privateKey: certificate.privateKey ?? "", ocspResponse: certificate.ocspResponse)
    }
}

extension TLSClientValidation {
    fileprivate init?(_ validation: ClientValidation?, _ certificates: [String: Certificate]) {
        guard let validation else { return nil }
        let mode: Mode =
            switch validation.mode {
            case .require: .require
            case .optional: .optional
            case .request: .request
            }
        self.init(
            mode: mode, authorities: validation.authorities.compactMap { certificates[$0]?.chain },
            revocationLists: validation.revocationLists)
    }
}

/// The listeners of the groups that an update changes, by slot: compiled before the update is put in force, so that a
/// certificate that cannot be used refuses it.
struct CompiledListeners: Sendable {
    private(set) var groups: [Int: [ListenerRuntime]] = [:]
    private(set) var faults: [RejectedReason] = []

    init(_ change: PreparedChange, tickets: TLSTicketKeys) {
        for (slot, group) in change.groups {
            self.groups[slot] = group.listeners.compactMap { listener in
                do throws(TLSConfigurationError) {
                    return try ListenerRuntime(listener, group.certificates, tickets: tickets)
                } catch {
                    self.faults.append(RejectedReason(kind: "listener", name: listener.name, message: error.message))
                    return nil
                }
            }
        }
    }
}
