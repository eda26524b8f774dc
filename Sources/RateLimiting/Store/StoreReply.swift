/// A reply of the store, as RESP2 writes it.
package enum StoreReply: Hashable, Sendable {
    case text([UInt8]), failure([UInt8]), integer(Int64), bulk([UInt8]?), list([StoreReply]?)

    /// What the beginning of some bytes is.
    package enum Reading: Hashable, Sendable {
        /// A whole reply and the bytes that it took.
        case reply(StoreReply, length: Int)
        case incomplete
        case malformed
    }

    static let longestLine = 512, longestBulk = 65_536, longestList = 256, deepest = 4

    /// Reads one reply from the beginning of `bytes`, which are foreign.
    package static func read(_ bytes: some RandomAccessCollection<UInt8>) -> Reading {
        read(bytes[...], depth: 0)
    }

    private static func read<Bytes: RandomAccessCollection<UInt8>>(_ bytes: Bytes, depth: Int) -> Reading
    where Bytes.SubSequence == Bytes {
        guard depth < deepest else { return .malformed }
        guard let kind = bytes.first else { return .incomplete }
        let start = bytes.dropFirst()
        let line = [UInt8](start.prefix(longestLine).prefix { $0 != 13 })
        guard line.count < longestLine else { return .malformed }
        let rest = start.dropFirst(line.count)
        guard rest.count >= 2 else { return .incomplete }
        guard rest.dropFirst().first == 10 else { return .malformed }
        let after = rest.dropFirst(2), head = line.count + 3
        switch kind {
        case 43: return .reply(.text(line), length: head)
        case 45: return .reply(.failure(line), length: head)
        default: break
        }
        guard let number = Int64(String(decoding: line, as: UTF8.self)) else { return .malformed }
        switch kind {
        case 58: return .reply(.integer(number), length: head)
        case 36: return bulk(after, number, head)
        case 42: return list(after, number, head, depth)
        default: return .malformed
        }
    }

    private static func bulk(_ bytes: some Collection<UInt8>, _ size: Int64, _ head: Int) -> Reading {
        if size == -1 { return .reply(.bulk(nil), length: head) }
        guard size >= 0, size <= longestBulk else { return .malformed }
        let count = Int(size)
        guard bytes.count >= count + 2 else { return .incomplete }
        guard Array(bytes.dropFirst(count).prefix(2)) == [13, 10] else { return .malformed }
        return .reply(.bulk(Array(bytes.prefix(count))), length: head + count + 2)
    }

    private static func list<Bytes: RandomAccessCollection<UInt8>>(
        _ bytes: Bytes, _ size: Int64, _ head: Int, _ depth: Int
    ) -> Reading where Bytes.SubSequence == Bytes {
        if size == -1 { return .reply(.list(nil), length: head) }
        guard size >= 0, size <= longestList else { return .malformed }
        var items: [StoreReply] = [], rest = bytes, length = head
        for _ in 0..<size {
            switch read(rest, depth: depth + 1) {
            case .reply(let item, let taken):
                items.append(item)
                rest = rest.dropFirst(taken)
                length += taken
            case let other: return other
            }
        }
        return .reply(.list(items), length: length)
    }
}
