extension JSON {
    /// The one value that the bytes hold, strictly as RFC 8259 says; `JSONReader` lists what else is refused.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try reader.value()
        try reader.end()
    }

    /// The one value that the bytes hold.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        let result = bytes.withUnsafeBytes { raw in Result { () throws(JSONError) in try JSON(parsing: raw) } }
        self = try result.get()
    }

    /// The one value that the text holds.
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}
