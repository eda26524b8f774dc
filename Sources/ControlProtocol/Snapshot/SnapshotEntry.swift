package import GatewayModel

/// A resource in a snapshot, with its age.
package struct SnapshotEntry: Hashable, Sendable {
    package let resource: Resource
    /// Position of creation: the smaller is the older. No two resources share one.
    package let order: Int64

    package init(resource: Resource, order: Int64) {
        self.resource = resource
        self.order = order
    }
}

extension SnapshotEntry {
    init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(json, "an upsert", fields: ["kind", "name", "order", "document"])
        let key = ResourceKey(kind: try reader.kind("kind"), name: try reader.string("name"))
        let (order, document) = (try reader.count("order"), try reader.value("document"))
        do throws(Faults) {
            self.init(resource: try Resource(kind: key.kind, name: key.name, document: document), order: order)
        } catch {
            throw ProtocolError(key: key, "\(error)")
        }
    }

    var json: JSON {
        [
            "kind": .string(self.resource.key.kind.rawValue), "name": .string(self.resource.key.name),
            "order": .integer(self.order), "document": self.resource.document,
        ]
    }
}

extension ResourceKey {
    init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(json, "a delete", fields: ["kind", "name"])
        self.init(kind: try reader.kind("kind"), name: try reader.string("name"))
    }

    var json: JSON { ["kind": .string(self.kind.rawValue), "name": .string(self.name)] }
}
