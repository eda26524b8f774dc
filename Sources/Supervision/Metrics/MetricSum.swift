import DataPlane

/// The samples of several processes as those of one: equal series are added up.
struct MetricSum: Equatable {
    private(set) var values: [MetricSample.Series: Double] = [:]

    mutating func add(_ samples: [MetricSample]) {
        for sample in samples { self.values[sample.series, default: 0] += sample.value }
    }

    mutating func add(_ other: MetricSum) { self.values.merge(other.values, uniquingKeysWith: +) }

    mutating func set(_ name: String, _ labels: [MetricSample.Label] = [], to value: Double) {
        self.values[MetricSample.Series(name: name, labels: labels)] = value
    }

    func total(_ name: String, where matches: ([MetricSample.Label]) -> Bool = { _ in true }) -> UInt64 {
        var sum = 0.0
        for (series, value) in self.values where series.name == name && matches(series.labels) { sum += value }
        return UInt64(exactly: sum.rounded()) ?? 0
    }
}
