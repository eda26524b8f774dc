/// What a web application firewall does with requests.
package struct WAFPolicy: Hashable, Sendable {
    package enum Rules: String, CaseIterable, Sendable {
        /// The OWASP Core Rule Set that is installed beside the gateway.
        case crs
    }

    package enum Mode: String, CaseIterable, Sendable {
        /// Requests are scanned, counted and logged, and pass.
        case detect
        /// Those over the threshold are answered 403.
        case block
    }

    package var rules = Rules.crs
    package var mode = Mode.block
    /// 1 to 4: the higher, the more is suspicious.
    package var paranoiaLevel = 1
    /// The score from which on a request is refused; one critical rule scores 5.
    package var anomalyThreshold = 5
    /// Numbers of rules that are left out.
    package var exclude: [Int] = []
    /// Rules in the language of ModSecurity, beside the others; empty: none.
    package var extraRules = ""
    /// Bodies up to this size are scanned as a whole; a longer one is refused, not scanned in part.
    package var requestBodyLimit = 128 << 10

    package init() {}
}

extension WAFPolicy {
    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.rules = reader.read("rules", default: self.rules) { collector.word($0, Rules.self) }
        self.mode = reader.read("mode", default: self.mode) { collector.word($0, Mode.self) }
        self.paranoiaLevel = reader.read("paranoiaLevel", default: self.paranoiaLevel) {
            collector.integer($0, in: 1...4).map { Int($0) }
        }
        self.anomalyThreshold = reader.read("anomalyThreshold", default: self.anomalyThreshold) {
            collector.integer($0, in: 1...10_000).map { Int($0) }
        }
        self.exclude = reader.read("exclude", default: self.exclude) { json in
            if json.arrayValue?.count ?? 0 > 512 { collector.report("range", "at most 512 rules") }
            return collector.distinctList(json) { collector.integer($0, in: 1...Int64(Int32.max)).map { Int($0) } }
        }
        self.extraRules = reader.read("extraRules", default: self.extraRules) { json in
            guard let text = collector.string(json) else { return nil }
            if text.utf8.count > 64 << 10 { collector.report("range", "at most 64 KiB") }
            return text
        }
        self.requestBodyLimit = reader.read("requestBodyLimit", default: self.requestBodyLimit) {
            collector.size($0, in: 0...(8 << 20))
        }
        reader.unsupported("responseBody", allowed: false)
    }
}
