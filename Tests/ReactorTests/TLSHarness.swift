import Foundation
import Reactor

/// The files beside the tests.
enum Fixture {
    static func text(_ name: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    static func certificate(_ name: String, ocsp: [UInt8]? = nil) throws -> TLSCertificate {
        TLSCertificate(
            chain: try Self.text(name + ".pem"), privateKey: try Self.text(name + ".key"), ocspResponse: ocsp)
    }

    static func keys(_ seeds: UInt8...) -> TLSTicketKeys {
        let keys = TLSTicketKeys()
        keys.install(seeds.map { [UInt8](repeating: $0, count: TLSTicketKeys.keySize) })
        return keys
    }

    static func server(
        _ names: [String] = ["ec"], minVersion: TLSVersion = .v12, validation: TLSClientValidation? = nil,
        context: [UInt8] = [1], keys: TLSTicketKeys = Fixture.keys(7)
    ) throws -> TLSServerContext {
        let settings = TLSServerSettings(
            certificates: try names.map { try Self.certificate($0) }, minVersion: minVersion, alpn: ["h2", "http/1.1"],
            clientValidation: validation, sessionContext: context)
        return try TLSServerContext(settings, tickets: keys)
    }

    static func client(
        _ name: String? = "a.example", verifies: Bool = true, names: [TLSClientSettings.Name] = [],
        certificate: String? = nil, alpn: [String] = ["h2", "http/1.1"], authority: String = "ca"
    ) throws -> TLSClientContext {
        let settings = TLSClientSettings(
            authorities: [try Self.text(authority + ".pem")], verifies: verifies, serverName: name,
            subjectAltNames: names, certificate: try certificate.map { try Self.certificate($0) }, alpn: alpn)
        return try TLSClientContext(settings)
    }
}

/// A server's and a client's session whose bytes go from one to the other in memory.
final class TLSPair {
    struct NoSession: Error {}

    let server: TLSSession
    let client: TLSSession
    let fromServer = TLSBuffers()
    let fromClient = TLSBuffers()
    private(set) var serverRead = TLSRead.wantsMore
    private(set) var clientRead = TLSRead.wantsMore
    private(set) var serverAlert = 0

    init(_ server: TLSServerContext, _ client: TLSClientContext, serverName: String? = "a.example") throws {
        let buffers = self.fromServer
        let name = serverName.map { Array($0.utf8) }
        let made =
            name?.withUnsafeBytes { server.makeSession(serverName: $0, buffers: buffers) }
            ?? server.makeSession(serverName: nil, buffers: buffers)
        guard let made else { throw NoSession() }
        guard let other = client.makeSession(buffers: self.fromClient) else {
            made.free()
            throw NoSession()
        }
        self.server = made
        self.client = other
    }

    deinit {
        self.server.free()
        self.client.free()
    }

    /// Goes on until nobody has anything to say.
    func shake(step: Int = .max) {
        _ = self.client.startHandshake()
        while !self.fromClient.output.isEmpty || !self.fromServer.output.isEmpty {
            if !self.fromClient.output.isEmpty { _ = self.toServer(step: step) }
            if self.serverRead == .failed { self.serverAlert = self.fromServer.output.count }
            if !self.fromServer.output.isEmpty { _ = self.toClient(step: step) }
        }
    }

    func toServer(step: Int = .max) -> [UInt8] {
        Self.move(self.fromClient, to: self.server, step, &self.serverRead)
    }

    func toClient(step: Int = .max) -> [UInt8] {
        Self.move(self.fromServer, to: self.client, step, &self.clientRead)
    }

    /// Feeds `bytes`, at most `step` at once; returns what was decrypted.
    static func feed(_ bytes: [UInt8], to session: TLSSession, _ step: Int, _ last: inout TLSRead) -> [UInt8] {
        var bytes = bytes
        var plain = [UInt8](repeating: 0, count: 20_000)
        var got: [UInt8] = []
        bytes.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            var at = 0
            while at < bytes.count {
                let count = min(step, bytes.count - at)
                session.feed(base + at, count: count)
                at += count
                got += Self.drain(session, &plain, &last)
            }
        }
        return got
    }

    private static func drain(_ session: TLSSession, _ plain: inout [UInt8], _ last: inout TLSRead) -> [UInt8] {
        plain.withUnsafeMutableBufferPointer { plain in
            guard let base = plain.baseAddress else { return [] }
            var got: [UInt8] = []
            while true {
                last = session.read(into: base, count: plain.count)
                guard case .moved(let count) = last else { return got }
                got += plain.prefix(count)
            }
        }
    }

    private static func move(
        _ from: TLSBuffers, to session: TLSSession, _ step: Int, _ last: inout TLSRead
    ) -> [UInt8] {
        let bytes = Array(from.output)
        from.clearOutput()
        return Self.feed(bytes, to: session, step, &last)
    }
}
