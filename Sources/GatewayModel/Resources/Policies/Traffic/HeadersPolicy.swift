/// What is done to the fields of all answers, the gateway's own included.
package struct HeadersPolicy: Hashable, Sendable {
    package enum Preset: String, CaseIterable, Sendable {
        /// What browsers are told so that less can go wrong in a page.
        case security
    }

    package let presets: [Preset]
    /// After those of the presets.
    package let rules: HeaderRules
}

extension HeadersPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        var isPreset = false
        self.presets = reader.read("presets", default: []) { json in
            isPreset = json != []
            return collector.distinctList(json) { collector.word($0, Preset.self) }
        }
        guard let rules = HeaderRules(&reader) else { return nil }
        self.rules = rules
        if !isPreset, rules.isEmpty {
            collector.report("required", "one of presets, set, add and remove, or several, is required")
        }
    }
}
