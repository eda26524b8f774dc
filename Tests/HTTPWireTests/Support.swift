import HTTPWire

let limits = HeadLimits(bytes: 1024, targetBytes: 512, fields: 20)

/// Parses one request head and says what came out, in a form that tests compare.
func parseRequest(_ text: String, limits: HeadLimits = limits) -> HeadParse {
    var head = RequestHead()
    return head.parse(Array(text.utf8).span, limits: limits)
}

/// The text behind a slice of what was parsed.
func text(_ slice: Slice, of source: String) -> String {
    String(decoding: Array(source.utf8)[slice.range], as: UTF8.self)
}

/// What a `ByteWriter` wrote.
func written(capacity: Int = 4096, _ body: (inout ByteWriter) -> Void) -> String {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    defer { memory.deallocate() }
    var writer = ByteWriter(memory, capacity: capacity)
    body(&writer)
    return String(decoding: UnsafeBufferPointer(start: memory, count: writer.count), as: UTF8.self)
}
