import CNghttp2
import HTTPWire

/// The fields of one message as the HTTP/2 library takes them: pointers into memory that lives until it has copied them.
///
/// Scratch of the loop, refilled for every message.
final class NameValues {
    private static let capacity = 1400
    let base = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: NameValues.capacity)
    private(set) var count = 0
    /// No field was left out for want of room.
    private(set) var isComplete = true

    deinit {
        self.base.deallocate()
    }

    func removeAll() {
        self.count = 0
        self.isComplete = true
    }

    func append(
        _ name: UnsafePointer<UInt8>, _ nameCount: Int, _ value: UnsafePointer<UInt8>, _ valueCount: Int
    ) {
        guard self.count < Self.capacity else { return self.isComplete = false }
        (self.base + self.count).initialize(
            to: nghttp2_nv(
                name: UnsafeMutablePointer(mutating: name), value: UnsafeMutablePointer(mutating: value),
                namelen: nameCount, valuelen: valueCount, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
        self.count += 1
    }

    @inline(__always)
    func append(_ name: StaticString, _ value: UnsafePointer<UInt8>, _ valueCount: Int) {
        self.append(name.utf8Start, name.utf8CodeUnitCount, value, valueCount)
    }

    /// Lines as the gateway writes them: `name: value` CRLF.
    ///
    /// - Parameter withoutCORS: those of CORS are left out.
    func appendLines(_ bytes: UnsafePointer<UInt8>, count: Int, withoutCORS: Bool = false) {
        var start = 0
        while start < count {
            var colon = start
            while colon < count, bytes[colon] != 0x3A { colon += 1 }
            var end = colon
            while end < count, bytes[end] != 0x0D { end += 1 }
            guard colon + 2 <= end else { return }
            let name = UnsafeBufferPointer(start: bytes + start, count: colon - start)
            if !withoutCORS || !name.span.hasPrefix(CORSLines.prefix) {
                self.append(bytes + start, colon - start, bytes + colon + 2, end - colon - 2)
            }
            start = end + 2
        }
    }

    /// The names of all fields but those that say what the message is.
    func writeNames(into writer: inout ByteWriter) {
        var isFirst = true
        for index in 0..<self.count {
            let field = self.base[index]
            guard field.namelen > 0, field.name[0] != 0x3A else { continue }
            if !isFirst { writer.append(", ") }
            writer.append(UnsafePointer(field.name), count: field.namelen)
            isFirst = false
        }
    }

    /// The lines that may be passed on; names become lower-case when the library copies them.
    func append(_ fields: borrowing FieldLines, of bytes: UnsafePointer<UInt8>) {
        for index in 0..<fields.count {
            let line = fields[index]
            guard line.isCopied else { continue }
            self.append(
                bytes + Int(line.name.start), Int(line.name.count), bytes + Int(line.value.start),
                Int(line.value.count))
        }
    }
}
