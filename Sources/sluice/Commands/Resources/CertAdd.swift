import ArgumentParser
import ControlClient
import Foundation
import GatewayModel

/// `sluice cert`.
struct Cert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stores certificates from PEM files.", subcommands: [CertAdd.self])
}

/// `sluice cert add`: a new certificate, or a new one in the place of an old one.
struct CertAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Stores a certificate and its key; one that is there already is renewed and keeps its labels.",
        discussion: """
            The server checks that the chain is in order, that the key fits and that the dates hold. Without --key the key that \
            the server has is used.

            Examples:
              sluice cert add shop --certificate chain.pem --key key.pem
              sluice cert add partners --certificate ca.pem --usage ca
              sluice cert add shop --certificate renewed.pem --wait 30s
            """)

    @Argument(help: "The certificate's name.") var name: String

    @Option(
        help: ArgumentHelp("The chain in PEM, the certificate itself first.", valueName: "file"), completion: .file())
    var certificate: String

    @Option(help: ArgumentHelp("The private key in PEM, without a password.", valueName: "file"), completion: .file())
    var key: String?

    @Option(
        help: "server, client or ca (server, or what it was).",
        completion: .list(GatewayModel.Certificate.Usage.allCases.map(\.rawValue)))
    var usage: String?

    @OptionGroup var write: WriteOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let resource = ResourceKey(kind: .certificate, name: self.name)
        let (chain, key) = (try Self.read(self.certificate), try self.key.map(Self.read))
        let plane = try ControlPlane(self.connection)
        let stored = try plane.find(resource.path)
        var request = ClientRequest.sending(
            .put, resource.path + self.write.query.text, self.document(stored?.body, chain, key))
        if let etag = stored?.etag { request.headers.append(("If-Match", etag)) }
        let answer = try plane.call(request)
        let done = self.write.dryRun ? "would be stored" : stored == nil ? "created" : "renewed"
        let end = answer.body["info"]?["notAfter"]?.stringValue.map { ", until \($0)" } ?? ""
        try Write(options: self.write, format: self.format.output).show(
            answer, plane, people: "\(resource.text) \(done)\(end)", name: resource.text)
    }

    /// Labels, description and usage stay; a stapled response belongs to the certificate that goes.
    private func document(_ stored: JSON?, _ chain: String, _ key: String?) -> JSON {
        var document = JSONObject()
        for field in ["labels", "description", "usage"] { document[field] = stored?[field] }
        if let usage { document["usage"] = .string(usage) }
        document["certificate"] = .string(chain)
        document["privateKey"] = key.map(JSON.string)
        return .object(document)
    }

    private static func read(_ file: String) throws(CommandFailure) -> String {
        do throws(FileContent.Unreadable) {
            return try FileContent.text(file)
        } catch {
            throw CommandFailure("\(file): \(error.reason)")
        }
    }
}
