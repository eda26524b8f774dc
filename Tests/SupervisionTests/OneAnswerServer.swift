import Glibc
import Synchronization

@testable import Supervision

/// Takes one connection on a free loopback port, keeps what it reads first, and sends one answer, or none.
final class OneAnswerServer: Sendable {
    let url: String
    private let listener: Int32
    private let head = Mutex("")

    init(_ answer: String?) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(listener, address, length)
                _ = listen(listener, 1)
                _ = getsockname(listener, address, &length)
            }
        }
        self.listener = listener
        self.url = "http://127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
        try BackgroundThread.start { self.serve(answer) }
    }

    deinit { close(self.listener) }

    /// What the client sent.
    func received() -> String { self.head.withLock { $0 } }

    private func serve(_ answer: String?) {
        let connection = accept(self.listener, nil, nil)
        var chunk = [UInt8](repeating: 0, count: 8192)
        var bytes: [UInt8] = []
        repeat {
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        } while !Self.isWhole(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        self.head.withLock { $0 = text }
        if let answer { _ = answer.withCString { write(connection, $0, strlen($0)) } }
        // Without an answer the client must give up by itself.
        if answer == nil { _ = read(connection, &chunk, chunk.count) }
        close(connection)
    }

    /// The tests' only body is two bytes long.
    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\r\n\r\n{}") || (text.hasPrefix("GET") && text.hasSuffix("\r\n\r\n"))
    }
}
