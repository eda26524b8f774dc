import GatewayModel

/// An origin, or many, as bytes to compare with what browsers send: exactly, as they serialise origins (HTML, "serialization of
/// an origin").
struct CORSOrigin {
    /// The whole origin; before a host, its scheme with `://`.
    private let start: CORSBytes
    /// From the dot before the suffix on; `nil`: `start` is all there is.
    private let end: CORSBytes?

    /// - Returns: `nil` for any origin at all.
    init?(_ pattern: OriginPattern, _ memory: CORSMemory) {
        switch pattern {
        case .any: return nil
        case .exact(let text):
            self.start = memory.copy(text)
            self.end = nil
        case .subdomains(let scheme, let suffix):
            self.start = memory.copy("\(scheme)://")
            self.end = memory.copy(suffix)
        }
    }

    func matches(_ origin: UnsafeRawBufferPointer) -> Bool {
        guard let end = self.end else {
            return origin.count == self.start.count && origin.starts(with: self.start.bytes)
        }
        let labels = origin.count - self.start.count - end.count
        guard labels > 0, origin.starts(with: self.start.bytes), origin.suffix(end.count).elementsEqual(end.bytes)
        else { return false }
        return origin[self.start.count..<(self.start.count + labels)].allSatisfy(\.isHostByte)
    }
}

/// Bytes that a rule keeps.
struct CORSBytes {
    let bytes: UnsafeBufferPointer<UInt8>

    var count: Int { self.bytes.count }
}

/// Keeps the bytes of a rule for as long as that lives.
final class CORSMemory {
    private var pieces: [UnsafeMutableBufferPointer<UInt8>] = []

    deinit {
        for piece in self.pieces { piece.deallocate() }
    }

    func copy(_ text: String) -> CORSBytes {
        let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
        _ = piece.initialize(from: text.utf8)
        self.pieces.append(piece)
        return CORSBytes(bytes: UnsafeBufferPointer(piece))
    }
}

extension UnsafeRawBufferPointer {
    /// Could be what a browser sends: a scheme and something behind it, all of it visible.
    var isSerialisedOrigin: Bool {
        guard let colon = self.firstIndex(of: UInt8(ascii: ":")), colon > 0, self.count > colon + 3,
            self[colon + 1] == UInt8(ascii: "/"), self[colon + 2] == UInt8(ascii: "/")
        else { return false }
        return self.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
    }

    /// Names between commas and spaces, so that it can be said again.
    var isTokenList: Bool {
        !self.isEmpty && self.allSatisfy { $0.isTokenByte || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") }
    }
}

extension UInt8 {
    fileprivate var isHostByte: Bool {
        switch self {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Of a name (RFC 9110 section 5.6.2).
    fileprivate var isTokenByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
