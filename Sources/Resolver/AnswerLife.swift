/// How long a DNS message lives; c-ares does not tell for SRV records.
package enum AnswerLife {
    /// The least TTL of the answer section in seconds (RFC 1035 section 4.1); `nil` for an empty or malformed one.
    package static func seconds(_ message: UnsafeRawBufferPointer) -> UInt32? {
        guard let questions = Self.integer(message, at: 4, bytes: 2),
            let answers = Self.integer(message, at: 6, bytes: 2)
        else { return nil }
        var place = 12
        for _ in 0..<questions {
            guard let end = Self.endOfName(message, at: place) else { return nil }
            place = end + 4
        }
        var least: UInt32?
        for _ in 0..<answers {
            guard let end = Self.endOfName(message, at: place),
                let life = Self.integer(message, at: end + 4, bytes: 4),
                let length = Self.integer(message, at: end + 8, bytes: 2)
            else { return nil }
            // RFC 2181 section 8: with the highest bit set it is to be taken as 0.
            let seconds = life > 0x7FFF_FFFF ? 0 : life
            least = min(least ?? seconds, seconds)
            place = end + 10 + Int(length)
        }
        return place <= message.count ? least : nil
    }

    /// Big-endian, at most four bytes.
    private static func integer(_ message: UnsafeRawBufferPointer, at place: Int, bytes: Int) -> UInt32? {
        guard place >= 0, place + bytes <= message.count else { return nil }
        return message[place..<place + bytes].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Behind the root label or the first pointer.
    private static func endOfName(_ message: UnsafeRawBufferPointer, at start: Int) -> Int? {
        var place = start
        while place < message.count {
            let length = message[place]
            switch length {
            case 0: return place + 1
            case 0xC0...0xFF: return place + 2
            case 0x40...0xBF: return nil
            default: place += 1 + Int(length)
            }
        }
        return nil
    }
}
