/// One input for what follows the frames of a WebSocket: every byte is gone over once, and where frames end does not depend
/// on how the bytes are cut.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let whole = follow(input, size: count)
    for size in [1, 2, 7, 64] {
        precondition(follow(input, size: size) == whole, "the end of a frame depends on the cut")
    }
    return 0
}

private struct Followed: Equatable {
    var ends: [Int] = []
    var hasClosed = false
}

private func follow(_ input: UnsafeBufferPointer<UInt8>, size: Int) -> Followed {
    var frames = WebSocketFrames()
    var followed = Followed()
    var at = 0
    while at < input.count {
        let piece = UnsafeBufferPointer(rebasing: input[at..<min(at + size, input.count)]).span
        var offset = 0
        while offset < piece.count {
            let next = frames.advance(piece, from: offset)
            precondition(next > offset && next <= piece.count, "no byte was gone over, or one that is not there")
            offset = next
            if frames.isBetweenFrames { followed.ends.append(at + offset) }
        }
        at += piece.count
    }
    followed.hasClosed = frames.hasClosed
    return followed
}
