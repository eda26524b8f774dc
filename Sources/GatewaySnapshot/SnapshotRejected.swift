package import GatewayModel

/// Why an update cannot be put in force; what was in force stays.
package struct SnapshotRejected: Error, Sendable, CustomStringConvertible {
    /// A resource, `nil` for the update as a whole, and what is wrong with it; never empty.
    package let resources: [(key: ResourceKey?, message: String)]

    package init(resources: [(key: ResourceKey?, message: String)]) { self.resources = resources }

    init(_ message: String) { self.init(resources: [(nil, message)]) }

    package var description: String {
        self.resources.map { key, message in key.map { "\($0): \(message)" } ?? message }.joined(separator: "; ")
    }
}
