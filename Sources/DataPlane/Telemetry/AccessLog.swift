import CLinux
import Glibc
import Reactor

/// The access log of one loop: whole lines are gathered and written together.
///
/// Serving never waits for the log: what its reader does not take in time is dropped and counted.
struct AccessLog: ~Copyable {
    private static let capacity = 256 * 1024
    /// Written at once when this much has gathered, else after `delay`.
    private static let threshold = 32 * 1024
    private static let delay: UInt64 = 20

    private let descriptor: Int32
    private let isFile: Bool
    private let base: UnsafeMutablePointer<UInt8>
    private var count = 0
    /// When the oldest gathered line came.
    private var since: UInt64 = 0

    init(_ target: AccessLogTarget) throws(SystemError) {
        switch target {
        case .off: self.descriptor = -1
        case .standardOutput: self.descriptor = STDOUT_FILENO
        case .file(let path):
            self.descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            guard self.descriptor >= 0 else { throw SystemError.current("open \(path)") }
        }
        var status = stat()
        self.isFile = fstat(self.descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        self.base = .allocate(capacity: Self.capacity)
    }

    deinit {
        self.base.deallocate()
    }

    var isEnabled: Bool { self.descriptor >= 0 }
    var hasPending: Bool { self.count > 0 }

    func isDue(at now: UInt64) -> Bool {
        self.count > 0 && (self.count >= Self.threshold || now >= self.since + Self.delay)
    }

    /// Takes one line, with its line feed. `false`: there is no room, and the line is lost.
    mutating func append(_ line: UnsafePointer<UInt8>, count: Int, now: UInt64) -> Bool {
        guard count <= Self.capacity - self.count else { return false }
        if self.count == 0 { self.since = now }
        (self.base + self.count).update(from: line, count: count)
        self.count += count
        return true
    }

    /// Writes what has gathered, as far as the reader takes it without waiting.
    mutating func flush(counting dropped: inout UInt64) {
        var written = 0
        while written < self.count {
            let piece = self.isFile ? self.count - written : self.lines(from: written)
            guard self.isFile || self.isWritable else { break }
            let moved = write(self.descriptor, self.base + written, piece)
            if moved > 0 { written += moved } else if moved < 0, errno != EINTR { break }
        }
        if written < self.count, written == 0, self.count >= Self.capacity / 2 {
            dropped += self.lineCount
            written = self.count
        }
        self.base.update(from: self.base + written, count: self.count - written)
        self.count -= written
        self.since = self.since + Self.delay
    }

    /// Whole lines of at most a pipe's atomic size: lines of several workers then never mix.
    private func lines(from start: Int) -> Int {
        let limit = min(self.count - start, Int(PIPE_BUF))
        var end = limit
        while end > 0, self.base[start + end - 1] != 0x0A { end -= 1 }
        return end > 0 ? end : limit
    }

    private var isWritable: Bool {
        var entry = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLOUT) != 0
    }

    private var lineCount: UInt64 {
        (0..<self.count).reduce(0) { self.base[$1] == 0x0A ? $0 + 1 : $0 }
    }
}
