import DataPlane

extension MetricSum {
    /// Prometheus text format 0.0.4: families and series in a stable order.
    func prometheusText() -> String {
        let families = Dictionary(grouping: self.values) { MetricCatalog.family(of: $0.key.name) }
        var text = ""
        for (family, samples) in families.sorted(by: { $0.key < $1.key }) {
            let entry = MetricCatalog.entries[family]
            text += "# HELP \(family) \(entry?.help ?? "No description.")\n"
            text += "# TYPE \(family) \(entry?.kind.rawValue ?? (family.hasSuffix("_total") ? "counter" : "untyped"))\n"
            for (series, value) in samples.sorted(by: { $0.key.precedes($1.key) }) {
                text += "\(series.name)\(series.labelText) \(Self.number(value))\n"
            }
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return String(value)
    }
}

extension MetricSample.Series {
    fileprivate var labelText: String {
        guard !self.labels.isEmpty else { return "" }
        return "{" + self.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    /// Buckets of one histogram in the order of their bounds, everything else by text.
    fileprivate func precedes(_ other: Self) -> Bool {
        guard self.name == other.name else { return self.name < other.name }
        let (mine, others) = (self.withoutBound, other.withoutBound)
        guard mine == others else { return mine < others }
        return self.bound < other.bound
    }

    private var withoutBound: String {
        self.labels.filter { $0.name != "le" }.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    }

    private var bound: Double {
        guard let text = self.labels.first(where: { $0.name == "le" })?.value else { return 0 }
        return text == "+Inf" ? .infinity : Double(text) ?? 0
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
