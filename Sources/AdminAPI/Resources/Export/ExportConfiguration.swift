import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

/// `GET /v1/export`: the whole configuration as documents that `apply` takes, each as short as it can be.
///
/// What is exported is one version: it is taken in one turn of the state and written out piece by piece.
struct ExportConfiguration: Sendable {
    static let parameters: Set<String> = ["format", "set"]

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let format = try Self.format(call)
        let standing = call.context.standing
        let (version, resources) = await self.state.configuration(ofSet: call.query["set"])
        return Response(
            status: .ok, headers: [.contentType: format.mediaType, .configVersion: String(version)],
            body: ResponseBody { writer in
                for part in ExportParts(resources, format) {
                    try standing.check()
                    try await writer.write(ByteBuffer(bytes: part))
                }
                try await writer.finish(nil)
            })
    }

    private static func format(_ call: Call) throws(Refusal) -> ExportFormat {
        if let name = call.query["format"] {
            if let format = ExportFormat(rawValue: name) { return format }
            throw QueryParameters.refusal("format", "must be yaml or json")
        }
        return call.request.headers[.accept]?.contains("yaml") == true ? .yaml : .json
    }
}

extension ControlState {
    /// All resources in an order in which they can be made, or those of a set, and the version that they are.
    func configuration(ofSet set: String?) -> (version: Int64, resources: [StoredResource]) {
        var resources: [StoredResource] = []
        for kind in ResourceKind.inDependencyOrder {
            for name in self.names.names(of: kind, in: self.live.records) {
                guard let stored = self.live.records[ResourceKey(kind: kind, name: name)],
                    set == nil || stored.owner == set
                else { continue }
                resources.append(stored)
            }
        }
        return (self.latest.number, resources)
    }
}
