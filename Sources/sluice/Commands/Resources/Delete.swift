import ArgumentParser
import ControlClient

/// `sluice delete`: one resource; the server refuses while others refer to it.
struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deletes a resource that nothing refers to.",
        discussion: """
            Examples:
              sluice delete route shop --wait 30s
              sluice delete upstream/orders --dry-run
            """)

    @OptionGroup var resource: ResourceArguments
    @OptionGroup var write: WriteOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let key = try self.resource.key()
        let plane = try ControlPlane(self.connection)
        var request = ClientRequest(.delete, key.path + self.write.query.text)
        // A control plane may insist on preconditions; what is not there any more, the call itself says.
        if let etag = try plane.find(key.path)?.etag { request.headers = [("If-Match", etag)] }
        let answer = try plane.call(request)
        let done = self.write.dryRun ? "would be deleted" : "deleted"
        try Write(options: self.write, format: self.format.output).show(
            answer, plane, people: "\(key.text) \(done)", name: key.text)
    }
}
