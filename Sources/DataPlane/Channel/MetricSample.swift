package import GatewayModel

/// One sample of a worker's metrics, as it travels to the supervisor.
package struct MetricSample: Hashable, Sendable {
    /// The name and the labels, which say what a sample counts; the labels' order is kept.
    package struct Series: Hashable, Sendable {
        /// With the suffix of a histogram's parts.
        package let name: String
        /// In the order in which they are shown.
        package let labels: [Label]

        /// A series without labels unless some are given.
        package init(name: String, labels: [Label] = []) {
            self.name = name
            self.labels = labels
        }
    }

    /// One label of a series.
    package struct Label: Hashable, Sendable {
        /// A Prometheus label name.
        package let name: String
        /// Any text; it is escaped when it is shown.
        package let value: String

        /// A label as it is written: name, then value.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What is counted or measured.
    package let series: Series
    /// The count or the measure.
    package var value: Double

    /// A sample of a series that is spelt out.
    package init(_ name: String, _ labels: [Label] = [], value: Double) {
        self.series = Series(name: name, labels: labels)
        self.value = value
    }

    /// A sample of a known series.
    package init(_ series: Series, value: Double) {
        self.series = series
        self.value = value
    }
}

extension MetricSample {
    /// The payload of a `metricsReport`.
    package static func encode(_ samples: [MetricSample]) -> [UInt8] {
        JSON.array(samples.map(\.json)).encoded()
    }

    /// Reads the payload of a `metricsReport`; samples of another shape are left out.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> [MetricSample] {
        try JSON(parsing: bytes).arrayValue?.compactMap(MetricSample.init(json:)) ?? []
    }

    private var json: JSON {
        var labels = JSONObject()
        for label in self.series.labels { labels[label.name] = .string(label.value) }
        return ["name": .string(self.series.name), "labels": .object(labels), "value": Self.number(self.value)]
    }

    /// Counters are whole numbers and stay exact.
    private static func number(_ value: Double) -> JSON {
        guard let whole = Int64(exactly: value) else { return .double(value) }
        return .integer(whole)
    }

    private init?(json: JSON) {
        guard let name = json["name"]?.stringValue else { return nil }
        let labels = json["labels"]?.objectValue?.members.compactMap { member in
            member.value.stringValue.map { Label(member.name, $0) }
        }
        switch json["value"] {
        case .integer(let value)?: self.init(name, labels ?? [], value: Double(value))
        case .double(let value)?: self.init(name, labels ?? [], value: value)
        default: return nil
        }
    }
}
