/// Faults that are made on purpose, as a rehearsal. Shares are of a million requests, each drawn by itself.
package struct FaultPolicy: Hashable, Sendable {
    package struct Delay: Hashable, Sendable {
        /// Milliseconds before the request is forwarded.
        package let duration: Milliseconds
        package let perMillion: Int
    }

    package struct Abort: Hashable, Sendable {
        /// Of the answer that the gateway gives instead.
        package let status: UInt16
        package let perMillion: Int
    }

    package let delay: Delay?
    package let abort: Abort?
}

extension FaultPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let delay = reader.optional("delay") { json in
            collector.object(json) { reader -> Delay? in
                let duration = reader.required("duration") { collector.duration($0, atLeast: 1) }
                let share = reader.read("percent", default: 1_000_000) { collector.perMillion($0) }
                return duration.map { Delay(duration: $0, perMillion: share) }
            }
        }
        let abort = reader.optional("abort") { json in
            collector.object(json) { reader -> Abort? in
                let status = reader.read("status", default: 503) {
                    collector.integer($0, in: 400...599).map { UInt16(clamping: $0) }
                }
                let share = reader.read("percent", default: 1_000_000) { collector.perMillion($0) }
                return Abort(status: status, perMillion: share)
            }
        }
        if reader.present(["delay", "abort"]) == 0 {
            collector.report("required", "one of delay and abort, or both, is required")
        }
        self.init(delay: delay, abort: abort)
    }
}
