import CDecompression
import Compression
import HTTPWire

/// Compresses pieces, each with the flush that stands beside it, through an output of `room` bytes.
func compress(
    _ pieces: [(bytes: [UInt8], flush: StreamCompressor.Flush)], with compressor: StreamCompressor, room: Int = 4096
) -> [UInt8]? {
    let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: room)
    defer { scratch.deallocate() }
    var output: [UInt8] = []
    for piece in pieces {
        guard compressor.compress(piece.bytes.span, piece.flush, scratch: scratch, emit: { output += $0 }) else {
            return nil
        }
    }
    return output
}

/// What a client reads of these bytes; `nil` when they are no such stream.
func decompress(_ bytes: [UInt8], _ coding: ContentCoding, limit: Int = 1 << 25) -> (text: [UInt8], isComplete: Bool)? {
    let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: limit)
    defer { room.deallocate() }
    var isComplete: Int32 = 0
    let count = bytes.withUnsafeBufferPointer {
        cdecompression_read(Int32(coding.rawValue), $0.baseAddress, $0.count, room.baseAddress, limit, &isComplete)
    }
    return count < 0 ? nil : (Array(room[..<count]), isComplete != 0)
}

/// Bytes like those of a JSON answer: they repeat, and not exactly.
func document(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 64)
    var state: UInt32 = 1
    while bytes.count < count {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes += "{\"id\":\(state >> 8),\"name\":\"customer\",\"active\":\(state >> 31 == 0)},".utf8
    }
    return Array(bytes[..<count])
}

/// Bytes in which nothing repeats.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 7
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}
