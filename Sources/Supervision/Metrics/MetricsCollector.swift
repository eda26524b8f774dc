import DataPlane

/// Asks all workers for their metrics and joins the answers; one question at a time, whoever asks joins it.
///
/// Counters of a process that died are kept, so that sums never fall.
struct MetricsCollector {
    static let timeoutMilliseconds: UInt64 = 2_000

    enum Asker: Equatable {
        case connection(Int32)
        case status
    }

    struct Result: Equatable {
        let sum: MetricSum
        let askers: [Asker]
    }

    private var latest: [Int: [MetricSample]] = [:]
    private var retired = MetricSum()
    private var waiting: Set<Int> = []
    private var askers: [Asker] = []
    private(set) var deadline: Instant?

    /// - Returns: the workers to ask; empty when a question is under way.
    mutating func ask(_ asker: Asker, workers: Set<Int>, at now: Instant) -> Set<Int> {
        self.askers.append(asker)
        guard self.deadline == nil else { return [] }
        self.deadline = now.advanced(by: Self.timeoutMilliseconds)
        self.waiting = workers
        return workers
    }

    mutating func reported(worker: Int, _ samples: [MetricSample]) {
        self.latest[worker] = samples
        self.waiting.remove(worker)
    }

    /// The process is gone, its counters stay.
    mutating func lost(worker: Int) {
        let last = self.latest.removeValue(forKey: worker) ?? []
        self.retired.add(last.filter { MetricCatalog.isCumulative($0.series.name) })
        self.waiting.remove(worker)
    }

    /// The sum, once all have answered or the time is up: of those that are silent, what they said last.
    mutating func result(at now: Instant) -> Result? {
        guard let deadline, self.waiting.isEmpty || now >= deadline else { return nil }
        var sum = self.retired
        for samples in self.latest.values { sum.add(samples) }
        defer { (self.askers, self.deadline, self.waiting) = ([], nil, []) }
        return Result(sum: sum, askers: self.askers)
    }
}
