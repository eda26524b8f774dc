/// Finds what a proxy must know in the first bytes of a connection, without a session: the server name (RFC 6066 section 3)
/// and the protocols offered (RFC 7301). The hello may lie in several records (RFC 8446 section 5.1), cut anywhere.
package enum ClientHello {
    /// A hello that is not whole within this many bytes is malformed.
    package static let maxSize = 64 * 1024

    package enum Result: Equatable, Sendable {
        /// More bytes are needed.
        case incomplete
        /// The bytes are no handshake record.
        case notTLS
        /// TLS, but broken or too large.
        case malformed
        case hello(Offer)
    }

    package struct Offer: Equatable, Sendable {
        /// The host name as sent; nil when there is none. It has no byte but letters, digits, `-`, `_` and `.`.
        package var serverName: [UInt8]?
        package var offersHTTP2 = false
        package var offersHTTP11 = false
    }

    package static func parse(_ bytes: Span<UInt8>) -> Result {
        switch self.reassemble(bytes) {
        case .incomplete: return bytes.count > self.maxSize ? .malformed : .incomplete
        case .notTLS: return .notTLS
        case .malformed: return .malformed
        case .whole(let body):
            guard let offer = self.offer(in: body) else { return .malformed }
            return .hello(offer)
        }
    }

    private enum Assembly {
        case incomplete, notTLS, malformed
        case whole([UInt8])
    }

    /// Takes the handshake message out of its records.
    private static func reassemble(_ bytes: Span<UInt8>) -> Assembly {
        var message: [UInt8] = []
        var at = 0
        while at < bytes.count {
            guard bytes[at] == 22 else { return at == 0 ? .notTLS : .malformed }
            if at + 1 < bytes.count, bytes[at + 1] != 3 { return at == 0 ? .notTLS : .malformed }
            guard bytes.count - at >= 5 else { return .incomplete }
            let length = Int(bytes[at + 3]) << 8 | Int(bytes[at + 4])
            guard (1...16_384).contains(length) else { return .malformed }
            if at == 0, bytes.count < 5 + length, !self.holdsWholeMessage(bytes) {
                return bytes.count > 5 && bytes[5] != 1 ? .malformed : .incomplete
            }
            let end = min(at + 5 + length, bytes.count)
            for index in (at + 5)..<end { message.append(bytes[index]) }
            if let first = message.first, first != 1 { return .malformed }
            if message.count >= 4 {
                let size = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
                guard size <= self.maxSize - 4 else { return .malformed }
                if message.count >= 4 + size { return .whole(Array(message[4..<(4 + size)])) }
            }
            at += 5 + length
        }
        return .incomplete
    }

    /// Whether the first record is worth reading before it is whole: its message has come, or is too large. Nothing is copied
    /// while a record trickles in.
    private static func holdsWholeMessage(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 9 else { return false }
        let size = Int(bytes[6]) << 16 | Int(bytes[7]) << 8 | Int(bytes[8])
        return size > self.maxSize - 4 || bytes.count >= 9 + size
    }

    /// RFC 8446 section 4.1.2. Nil when it is broken.
    private static func offer(in body: [UInt8]) -> Offer? {
        var reader = ByteReader(body[...])
        guard reader.take(2 + 32) != nil, let session = reader.vector8(), session.count <= 32,
            let suites = reader.vector16(), suites.count >= 2, suites.count % 2 == 0,
            let compressions = reader.vector8(), !compressions.isEmpty
        else { return nil }
        var offer = Offer()
        if reader.isEmpty { return offer }
        guard let extensions = reader.vector16(), reader.isEmpty else { return nil }
        var rest = ByteReader(extensions)
        var seen: Set<Int> = []
        while !rest.isEmpty {
            guard let kind = rest.number16(), let data = rest.vector16(), seen.insert(kind).inserted else { return nil }
            if kind == 0 {
                guard let name = self.serverName(in: data) else { return nil }
                offer.serverName = Array(name)
            } else if kind == 16 {
                guard self.readProtocols(data, &offer) else { return nil }
            }
        }
        return offer
    }

    /// RFC 6066 section 3: one name of type host_name.
    private static func serverName(in data: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var outer = ByteReader(data)
        guard let list = outer.vector16(), outer.isEmpty else { return nil }
        var reader = ByteReader(list)
        guard reader.take(1)?.first == 0, let name = reader.vector16(), reader.isEmpty, (1...255).contains(name.count)
        else { return nil }
        return name.allSatisfy(self.isNameByte) ? name : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    private static func readProtocols(_ data: ArraySlice<UInt8>, _ offer: inout Offer) -> Bool {
        var outer = ByteReader(data)
        guard let list = outer.vector16(), outer.isEmpty, !list.isEmpty else { return false }
        var reader = ByteReader(list)
        while !reader.isEmpty {
            guard let name = reader.vector8(), !name.isEmpty else { return false }
            if name.elementsEqual("h2".utf8) { offer.offersHTTP2 = true }
            if name.elementsEqual("http/1.1".utf8) { offer.offersHTTP11 = true }
        }
        return true
    }
}

/// Takes numbers and vectors off the front; nil when there is not enough.
private struct ByteReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    var isEmpty: Bool { self.bytes.isEmpty }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard self.bytes.count >= count else { return nil }
        defer { self.bytes = self.bytes.dropFirst(count) }
        return self.bytes.prefix(count)
    }

    mutating func number16() -> Int? {
        self.take(2).map { $0.reduce(0) { $0 << 8 | Int($1) } }
    }

    mutating func vector8() -> ArraySlice<UInt8>? {
        guard let count = self.take(1)?.first else { return nil }
        return self.take(Int(count))
    }

    mutating func vector16() -> ArraySlice<UInt8>? {
        guard let count = self.number16() else { return nil }
        return self.take(count)
    }
}
