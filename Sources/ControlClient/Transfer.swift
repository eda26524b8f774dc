/// What libcurl's callbacks fill while one call runs.
final class Transfer {
    let limit: Int
    let cancellation: Cancellation?
    var status = 0
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false

    init(limit: Int, cancellation: Cancellation?) {
        self.limit = limit
        self.cancellation = cancellation
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Returns how many bytes it took: fewer than offered ends the call.
    func receivedBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard count <= self.limit - self.body.count else {
            self.isTooLarge = true
            return 0
        }
        self.body += UnsafeRawBufferPointer(start: bytes, count: count)
        return count
    }

    /// One line of a head. A new status line (after a 1xx) begins a new head.
    func receivedHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            self.headers = []
        } else if let colon = line.firstIndex(of: ":"), self.headers.count < 200 {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? value.startIndex
            self.headers.append((line[..<colon].lowercased(), String(value[..<end])))
        }
        return count
    }
}
