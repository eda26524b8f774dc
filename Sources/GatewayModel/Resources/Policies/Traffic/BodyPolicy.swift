/// How long bodies of requests may be; a longer one is answered 413 as soon as it is known to be.
package struct BodyPolicy: Hashable, Sendable {
    package let maxBytes: Int
}

extension BodyPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        guard let most = reader.required("maxBytes", { collector.size($0, in: 0...(1 << 40)) }) else { return nil }
        self.maxBytes = most
    }
}
