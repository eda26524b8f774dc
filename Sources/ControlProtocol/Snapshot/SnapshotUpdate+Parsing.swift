import GatewayModel

extension SnapshotUpdate {
    /// Reads an update and validates every resource in it by itself; references are `Gateway`'s to check.
    ///
    /// - Parameter keepingDocuments: a worker says no: resources then come without their documents, which it never shows.
    package init(parsing bytes: [UInt8], keepingDocuments: Bool = true) throws(ProtocolError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(ProtocolError) in try Self.parse(bytes, keepingDocuments) }
        }
        self = try result.get()
        try self.checkKeys()
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ keepingDocuments: Bool
    ) throws(ProtocolError) -> SnapshotUpdate {
        var parser = SnapshotParser(bytes, keepingDocuments: keepingDocuments)
        return try parser.update()
    }

    private func checkKeys() throws(ProtocolError) {
        var seen: Set<ResourceKey> = []
        for key in self.upserts.lazy.map(\.resource.key) where !seen.insert(key).inserted {
            throw ProtocolError(key: key, "it comes twice in one snapshot")
        }
        for key in self.deletes where !seen.insert(key).inserted {
            throw ProtocolError(key: key, "it comes twice in one snapshot")
        }
        if self.from == nil, let key = self.deletes.first {
            throw ProtocolError(key: key, "a full snapshot deletes nothing")
        }
    }
}

/// Walks the text of an update. The upserts are read one by one: the tree of 100,000 routes would be most of the memory
/// that a worker ever needs, and would leave its heap full of holes.
private struct SnapshotParser: ~Copyable {
    private static let fields: Set = ["identity", "from", "version", "digest", "deletes"]

    private var reader: JSONReader
    private let keepingDocuments: Bool
    private var upserts: [SnapshotEntry]?
    /// All members but the upserts.
    private var head = JSONObject()

    init(_ bytes: UnsafeRawBufferPointer, keepingDocuments: Bool) {
        self.reader = JSONReader(bytes)
        self.keepingDocuments = keepingDocuments
    }

    mutating func update() throws(ProtocolError) -> SnapshotUpdate {
        try self.read { (reader) throws(JSONError) in try reader.openObject() }
        var isFirst = true
        while let name = try self.read({ (reader) throws(JSONError) in try reader.nextMember(&isFirst) }) {
            try self.readMember(name)
        }
        try self.read { (reader) throws(JSONError) in try reader.end() }
        guard let upserts else { throw ProtocolError("a snapshot has no \"upserts\"") }
        let head = try MessageReader(.object(self.head), "a snapshot", fields: Self.fields)
        var deletes: [ResourceKey] = []
        for json in try head.array("deletes") { deletes.append(try ResourceKey(json)) }
        return SnapshotUpdate(
            identity: try head.string("identity"), from: try head.optionalCount("from"),
            version: try head.count("version"), digest: try head.string("digest"), upserts: upserts, deletes: deletes)
    }

    private mutating func readMember(_ name: String) throws(ProtocolError) {
        guard name == "upserts" ? self.upserts == nil : self.head[name] == nil else {
            throw ProtocolError("a snapshot has the member \(name.quoted) twice")
        }
        guard name == "upserts" else {
            self.head[name] = try self.read { (reader) throws(JSONError) in try reader.value() }
            return
        }
        self.upserts = try self.readUpserts()
    }

    private mutating func readUpserts() throws(ProtocolError) -> [SnapshotEntry] {
        var entries: [SnapshotEntry] = []
        var isFirst = true
        try self.read { (reader) throws(JSONError) in try reader.openArray() }
        while try self.read({ (reader) throws(JSONError) in try reader.nextElement(&isFirst) }) {
            let entry = try SnapshotEntry(try self.read { (reader) throws(JSONError) in try reader.value() })
            entries.append(self.keepingDocuments ? entry : entry.withoutDocument)
        }
        return entries
    }

    private mutating func read<Value>(
        _ body: (inout JSONReader) throws(JSONError) -> Value
    ) throws(ProtocolError) -> Value {
        do throws(JSONError) {
            return try body(&self.reader)
        } catch {
            throw ProtocolError("it is not JSON: \(error)")
        }
    }
}

extension SnapshotEntry {
    fileprivate var withoutDocument: SnapshotEntry {
        SnapshotEntry(resource: self.resource.withoutDocument, order: self.order)
    }
}
