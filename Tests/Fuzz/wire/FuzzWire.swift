/// One input for the HTTP/1.1 parsers: as a request head, a response head, a chunked body and a path. Nothing traps, a
/// verdict does not depend on how the bytes were cut, and what is canonical stays as it is.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    fuzzRequest(input)
    var response = ResponseHead()
    _ = response.parse(input.span, limits: HeadLimits(bytes: 2048, targetBytes: 0, fields: 32))
    fuzzChunks(input)
    fuzzPath(input)
    return 0
}

private let limits = HeadLimits(bytes: 2048, targetBytes: 1024, fields: 32)

private func fuzzRequest(_ input: UnsafeBufferPointer<UInt8>) {
    var head = RequestHead()
    guard case .complete(let end) = head.parse(input.span, limits: limits) else { return }
    // A head that is whole was incomplete, and never refused, while bytes of it were missing.
    let prefix = UnsafeBufferPointer(rebasing: input[..<(end / 2)])
    precondition(head.parse(prefix.span, limits: limits) == .incomplete, "a prefix of a good head was refused")
    precondition(head.parse(input.span, limits: limits) == .complete(end: end), "two readings differ")
    precondition(head.host.range.upperBound <= end && head.path.range.upperBound <= end, "a slice leaves the head")
    // What is passed on is read the same again, and has no framing field in it.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 8192) { memory in
        guard let base = memory.baseAddress else { return }
        var writer = ByteWriter(base, capacity: memory.count)
        writer.append("GET / HTTP/1.1\r\nHost: a\r\n")
        writer.append(head.fields, of: input.span)
        writer.append("\r\n")
        let written = UnsafeBufferPointer(start: base, count: writer.count)
        var again = RequestHead()
        let wide = HeadLimits(bytes: 8192, targetBytes: 1024, fields: 64)
        precondition(again.parse(written.span, limits: wide) == .complete(end: written.count), "not read again")
        precondition(again.framing == .none, "a framing field was passed on")
    }
}

private func fuzzChunks(_ input: UnsafeBufferPointer<UInt8>) {
    let whole = decode(input, pieces: input.count)
    for size in [1, 3] { precondition(decode(input, pieces: size) == whole, "cutting changed a body") }
}

/// The body, and how it ended.
private func decode(_ input: UnsafeBufferPointer<UInt8>, pieces size: Int) -> [UInt8] {
    var decoder = ChunkDecoder()
    var body: [UInt8] = []
    for start in stride(from: 0, to: input.count, by: size) {
        let piece = UnsafeBufferPointer(rebasing: input[start..<min(start + size, input.count)])
        var offset = 0
        pieces: while true {
            switch decoder.next(piece.span, from: offset) {
            case .data(let range):
                body += piece[range]
                offset = range.upperBound
            case .needMore: break pieces
            case .end: return body + [1]
            case .invalid: return body + [2]
            }
        }
    }
    return body + [0]
}

private func fuzzPath(_ input: UnsafeBufferPointer<UInt8>) {
    let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: input.count * 2)
    defer { scratch.deallocate() }
    guard input[0] == 0x2F,
        case .rewritten(let wire, let match) = RequestPath(normalising: input.span, scratch: scratch)
    else { return }
    let canonical = Array(scratch[wire..<(wire + match)])
    let again = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: canonical.count * 2)
    defer { again.deallocate() }
    switch RequestPath(normalising: canonical.span, scratch: again) {
    case .plain: break
    case .rewritten(_, let match): precondition(Array(again[(match)..<(2 * match)]) == canonical, "not canonical yet")
    case .refused: preconditionFailure("a canonical path was refused")
    }
}
