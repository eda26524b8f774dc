/// A request as rules see it, with bytes of its own, so that it may go to another thread. One that is used again keeps its room.
package struct FirewallRequest: Sendable {
    package struct Field: Sendable {
        package var name, value: Range<Int>
    }

    /// What all ranges are of.
    package private(set) var bytes: [UInt8] = []
    package private(set) var method = 0..<0
    /// As it came: path and query.
    package private(set) var target = 0..<0
    /// `1.0`, `1.1` or `2.0`.
    package private(set) var version: StaticString = "1.1"
    /// In the order of the request; `Host` is among them.
    package private(set) var fields: [Field] = []
    /// Without framing; empty for none.
    package var body: [UInt8] = []
    package var clientAddress = ""
    package var clientPort: UInt16 = 0

    package init() {}

    /// Begins another request.
    package mutating func begin(method: Span<UInt8>, target: Span<UInt8>, version: StaticString) {
        self.bytes.removeAll(keepingCapacity: true)
        self.fields.removeAll(keepingCapacity: true)
        self.body.removeAll(keepingCapacity: true)
        self.version = version
        self.method = self.take(method)
        self.target = self.take(target)
    }

    package mutating func append(name: Span<UInt8>, value: Span<UInt8>) {
        let name = self.take(name)
        self.fields.append(Field(name: name, value: self.take(value)))
    }

    /// The same request for another target.
    package mutating func replace(target: Span<UInt8>) { self.target = self.take(target) }

    private mutating func take(_ text: Span<UInt8>) -> Range<Int> {
        let start = self.bytes.count
        text.withUnsafeBufferPointer { self.bytes.append(contentsOf: $0) }
        return start..<self.bytes.count
    }
}
