import CCurl
import Glibc

/// libcurl's own set-up, counted by libcurl (curl_global_init(3)).
private let globalResult: CURLcode = curl_global_init(3)  // CURL_GLOBAL_ALL: a macro that Swift does not import

/// Probes many endpoints at once, each over a connection of its own; belongs to one thread.
package struct Prober: ~Copyable {
    /// What came of one probe.
    package struct Outcome {
        package let target: ProbeTarget
        /// As it was probed.
        package let settings: ProbeSettings
        /// `nil`: healthy; else why not, for people.
        package let failure: String?
    }

    /// CURL_WAIT_POLLIN, a macro that Swift does not import.
    private static let readable: Int16 = 1

    private let multi: UnsafeMutableRawPointer
    private var transfers: [UnsafeMutableRawPointer: ProbeTransfer] = [:]
    private var refused: [Outcome] = []

    /// `nil` when libcurl cannot be set up.
    package init?() {
        guard globalResult == CURLE_OK, let multi = curl_multi_init() else { return nil }
        self.multi = UnsafeMutableRawPointer(multi)
    }

    deinit {
        for transfer in self.transfers.values { curl_multi_remove_handle(self.multi, transfer.raw) }
        curl_multi_cleanup(self.multi)
    }

    /// How many probes are under way.
    package var count: Int { self.transfers.count }

    package mutating func start(_ target: ProbeTarget, _ settings: ProbeSettings) {
        guard let transfer = ProbeTransfer(target, settings),
            curl_multi_add_handle(self.multi, transfer.raw) == CURLM_OK
        else {
            self.refused.append(Outcome(target: target, settings: settings, failure: "the probe cannot be set up"))
            return
        }
        self.transfers[transfer.raw] = transfer
    }

    /// Waits for answers and for `descriptor`, and gives out the probes that are over.
    package mutating func wait(also descriptor: Int32, milliseconds: Int) -> [Outcome] {
        var running: Int32 = 0
        curl_multi_perform(self.multi, &running)
        var outcomes = self.refused + self.finished()
        self.refused = []
        if outcomes.isEmpty {
            var alarm = curl_waitfd(fd: descriptor, events: Self.readable, revents: 0)
            curl_multi_poll(self.multi, &alarm, 1, Int32(clamping: milliseconds), nil)
            curl_multi_perform(self.multi, &running)
            outcomes = self.finished()
        }
        return outcomes
    }

    private mutating func finished() -> [Outcome] {
        var outcomes: [Outcome] = []
        var left: Int32 = 0
        while let message = curl_multi_info_read(self.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            let raw = UnsafeMutableRawPointer(easy)
            // Taken out while the transfer that frees it is still held. The message goes with that, so it was read before.
            curl_multi_remove_handle(self.multi, raw)
            guard let transfer = self.transfers.removeValue(forKey: raw) else { continue }
            outcomes.append(
                Outcome(target: transfer.target, settings: transfer.settings, failure: transfer.failure(code)))
        }
        return outcomes
    }
}
