import Glibc

/// What libcurl's callbacks fill while one call runs.
final class Transfer {
    let limit: Int
    private let output: Int32?
    let cancellation: Cancellation?
    var status = 0
    private var isSuccess = false
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    private(set) var hasFailedOutput = false

    init(limit: Int, output: Int32?, cancellation: Cancellation?) {
        self.limit = limit
        self.output = output
        self.cancellation = cancellation
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Returns how many bytes it took: fewer than offered ends the call.
    func receivedBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let block = UnsafeRawBufferPointer(start: bytes, count: count)
        if let output, self.isSuccess { return self.write(block, to: output) ? count : 0 }
        guard count <= self.limit - self.body.count else {
            self.isTooLarge = true
            return 0
        }
        self.body += block
        return count
    }

    private func write(_ block: UnsafeRawBufferPointer, to output: Int32) -> Bool {
        var done = 0
        while done < block.count {
            let written = Glibc.write(output, block.baseAddress.map { $0 + done }, block.count - done)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                self.hasFailedOutput = true
                return false
            }
            done += written
        }
        return true
    }

    /// One line of a head. A new status line (after a 1xx) begins a new head.
    func receivedHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            self.headers = []
            self.isSuccess = line.split(separator: " ").dropFirst().first?.hasPrefix("2") == true
        } else if let colon = line.firstIndex(of: ":"), self.headers.count < 200 {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? value.startIndex
            self.headers.append((line[..<colon].lowercased(), String(value[..<end])))
        }
        return count
    }
}
