import ControlProtocol
import Documents
import GatewayModel
import GatewaySnapshot
import Routing

/// A configuration from files, compiled here by the code that workers run; no server is asked.
struct LocalGateway {
    let set: DocumentSet
    let gateway: Gateway
    /// What is allowed and can hardly be meant, each with its file and line.
    let warnings: [String]

    /// - Throws: all problems at once, each with its file and line.
    init(_ inputs: [String]) throws(CommandFailure) {
        var set = try InputFiles.read(inputs)
        set.check()
        for entry in set.entries { set.report(entry.resource.patternFaults, of: entry) }
        guard set.problems.isEmpty else { throw CommandFailure(.error, set.problems.map(\.description)) }
        self.set = set
        self.gateway = Gateway()
        do throws(SnapshotRejected) {
            let change = try self.gateway.prepare(Self.update(set))
            self.warnings = Self.warnings(change, set)
            _ = self.gateway.commit(change)
        } catch {
            throw CommandFailure(.error, error.resources.map { Self.line($0.0, $0.1, set) })
        }
    }

    private static func update(_ set: DocumentSet) -> SnapshotUpdate {
        let content = SnapshotContent(
            identity: "local", version: 1,
            entries: set.entries.enumerated().lazy.map { order, entry in
                SnapshotEntry(resource: entry.resource, order: Int64(order))
            })
        return content.full()
    }

    private static func warnings(_ change: PreparedChange, _ set: DocumentSet) -> [String] {
        let routes = Set(set.entries.lazy.map(\.resource.key).filter { $0.kind == .route }.map(\.name))
        return change.shadowedMatches(of: routes).map { shadowed in
            let message = "\(shadowed.pointer): \(shadowed.detail)"
            return Self.line(ResourceKey(kind: .route, name: shadowed.route), message, set)
        }
    }

    private static func line(_ key: ResourceKey?, _ message: String, _ set: DocumentSet) -> String {
        guard let key, let place = set.entries.first(where: { $0.resource.key == key })?.place else { return message }
        return "\(place.file):\(place.line): \(key.kind.rawValue)/\(key.name): \(message)"
    }
}
