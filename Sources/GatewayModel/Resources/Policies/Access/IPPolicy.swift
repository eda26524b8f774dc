/// Which client addresses may call: none of `deny`, and one of `allow` unless that is empty.
package struct IPPolicy: Hashable, Sendable {
    /// Blocks of addresses, or single ones.
    package let allow, deny: [String]
}

extension IPPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.allow = reader.read("allow", default: []) { json in collector.distinctList(json) { collector.block($0) } }
        self.deny = reader.read("deny", default: []) { json in collector.distinctList(json) { collector.block($0) } }
        if reader.present(["allow", "deny"]) == 0 {
            collector.report("required", "one of allow and deny, or both, is required")
        }
        for field in ["allow", "deny"] where reader.value(field) == [] {
            reader.fault(field, "range", "an empty list says nothing", hint: "leave it out")
        }
    }
}
