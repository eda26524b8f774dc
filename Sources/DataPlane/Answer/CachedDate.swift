import Glibc
import HTTPWire

/// The text of a `Date` field (RFC 9110 section 5.6.7), made once a second.
struct CachedDate {
    private typealias Text = InlineArray<29, UInt8>
    private var second: Int64 = -1
    private var text = Text(repeating: 0x20)

    /// Brings the text up to the wall clock; cheap within the same second.
    mutating func refresh(wallMicroseconds: Int64) {
        let second = wallMicroseconds / 1_000_000
        guard second != self.second else { return }
        self.second = second
        var seconds = time_t(second)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var bytes = [CChar](repeating: 0, count: 40)
        guard strftime(&bytes, bytes.count, "%a, %d %b %Y %H:%M:%S GMT", &parts) == self.text.count else { return }
        for index in self.text.indices { self.text[index] = UInt8(bitPattern: bytes[index]) }
    }

    fileprivate func write(into writer: inout ByteWriter) {
        for index in self.text.indices { writer.append(self.text[index]) }
    }
}

extension ByteWriter {
    mutating func append(_ date: CachedDate) {
        date.write(into: &self)
    }
}
