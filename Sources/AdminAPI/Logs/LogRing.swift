import Foundation
import GatewayModel
import Logging
import Synchronization

/// The last lines of the log in memory, for those who cannot look at the terminal.
package final class LogRing: Sendable {
    struct Line: Sendable {
        let sequence: Int64
        let level: Logger.Level
        let members: JSONObject
    }

    struct Page: Sendable {
        let lines: [Line]
        /// What to ask on after.
        let next: Int64
    }

    private struct Contents {
        var lines: ArraySlice<Line> = []
        /// Begins with the time: a number from before a restart is below all of now.
        var last = Int64(Date.now.timeIntervalSince1970 * 1000)
        var waiting: [Int: Waiting] = [:]
        var nextWaiter = 0
        var isStopped = false
    }

    private struct Waiting {
        let level: Logger.Level
        let resume: CheckedContinuation<Void, Never>
    }

    private static let capacity = 2000
    private let contents = Mutex(Contents())

    package init() {}

    func append(_ members: JSONObject, level: Logger.Level) {
        let ready = self.contents.withLock { contents -> [Waiting] in
            contents.last += 1
            contents.lines.append(Line(sequence: contents.last, level: level, members: members))
            if contents.lines.count > Self.capacity { contents.lines.removeFirst() }
            let ready = contents.waiting.filter { level >= $0.value.level }
            for id in ready.keys { contents.waiting[id] = nil }
            return Array(ready.values)
        }
        for each in ready { each.resume.resume() }
    }

    /// The first lines after `after`, or without it the last ones.
    ///
    /// A number from the future was given before somebody put the clock back: everything came after it.
    func page(after: Int64?, limit: Int, level: Logger.Level) -> Page {
        self.contents.withLock { contents in
            let after = after.map { $0 > contents.last ? 0 : $0 }
            let lines = contents.lines.filter { $0.level >= level && $0.sequence > after ?? 0 }
            guard after != nil else { return Page(lines: lines.suffix(limit), next: contents.last) }
            let page = Array(lines.prefix(limit))
            let isWhole = lines.count <= limit
            return Page(lines: page, next: isWhole ? contents.last : page.last?.sequence ?? contents.last)
        }
    }

    /// Returns with the next line of the level, when `time` is up, and when the control plane stops.
    func wait(level: Logger.Level, upTo time: Duration, unless isThere: (Int64) -> Bool) async {
        let id = self.contents.withLock { contents in
            contents.nextWaiter += 1
            return contents.nextWaiter
        }
        await withCheckedContinuation { continuation in
            let isDone = self.contents.withLock { contents in
                if contents.isStopped || isThere(contents.last) { return true }
                contents.waiting[id] = Waiting(level: level, resume: continuation)
                return false
            }
            if isDone { return continuation.resume() }
            Task {
                try? await Task.sleep(for: time)
                self.contents.withLock { $0.waiting.removeValue(forKey: id) }?.resume.resume()
            }
        }
    }

    /// Ends every wait; later ones end at once.
    func stop() {
        let waiting = self.contents.withLock { contents in
            contents.isStopped = true
            defer { contents.waiting = [:] }
            return contents.waiting.values
        }
        for each in waiting { each.resume.resume() }
    }
}
