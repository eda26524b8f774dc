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
    private static let fields: Set = ["kind", "name", "order", "document"]

    init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(json, "an upsert", fields: Self.fields)
        let key = ResourceKey(kind: try reader.kind("kind"), name: try reader.string("name"))
        let (order, document) = (try reader.count("order"), try reader.value("document"))
        do throws(Faults) {
            self.init(resource: try Resource(kind: key.kind, name: key.name, document: document), order: order)
        } catch {
            throw ProtocolError(key: key, "\(error)")
        }
    }

    /// Bytes that `write` writes at most.
    var longestText: Int { self.resource.text.count + 2 * self.resource.key.name.utf8.count + 96 }

    /// Piece by piece: the tree of a whole snapshot would cost more than its text.
    func write(to writer: inout JSONWriter) {
        self.resource.key.write(to: &writer)
        writer.raw(#","order":\#(self.order),"document":"#)
        writer.bytes.append(contentsOf: self.resource.text)
        writer.raw("}")
    }
}

extension ResourceKey {
    init(_ json: JSON) throws(ProtocolError) {
        let reader = try MessageReader(json, "a delete", fields: ["kind", "name"])
        self.init(kind: try reader.kind("kind"), name: try reader.string("name"))
    }

    /// The object's first members, without the brace that ends it.
    func write(to writer: inout JSONWriter) {
        writer.raw(#"{"kind":"\#(self.kind.rawValue)","name":"#)
        writer.write(self.name)
    }
}
