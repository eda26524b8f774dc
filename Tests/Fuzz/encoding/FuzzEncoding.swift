/// One input as `Accept-Encoding`, as a media type and as the head of a response that is compressed: what is chosen is
/// acceptable, and the head that goes out is one.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    var accepted = AcceptEncoding()
    accepted.take(input.span)
    let chosen = accepted.choose(from: .all)
    if let chosen {
        precondition(accepted.weight(of: chosen) > 0, "a coding that the client does not accept")
        for other in ContentCoding.allCases {
            precondition(accepted.weight(of: other) <= accepted.weight(of: chosen), "not the heaviest")
        }
    }
    // Said twice it means the same.
    accepted.take(input.span)
    precondition(accepted.choose(from: .all) == chosen, "repetition changed the choice")
    fuzzTypes(input)
    fuzzHead(input)
    return 0
}

private func fuzzTypes(_ input: UnsafeBufferPointer<UInt8>) {
    guard let set = MediaTypeSet(names: [String(decoding: input, as: UTF8.self)]) else { return }
    let isFamily = input.last == 0x2A
    precondition(isFamily || set.contains(input.span), "a set does not hold its type")
}

private let rule = CompressionRule(algorithms: ["br", "gzip"], minBytes: 10, types: ["text/*", "application/json"])

private func fuzzHead(_ input: UnsafeBufferPointer<UInt8>) {
    guard let rule else { return }
    var bytes = Array("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n".utf8)
    bytes += input
    bytes += Array("\r\n\r\n".utf8)
    let limits = HeadLimits(bytes: 8192, targetBytes: 0, fields: 64)
    var head = ResponseHead()
    guard case .complete = head.parse(bytes.span, limits: limits) else { return }
    var accepted = AcceptEncoding()
    accepted.take(Array("gzip".utf8).span)
    let decision = rule.decide(head, of: bytes.span, for: accepted)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16384) { memory in
        guard let base = memory.baseAddress else { return }
        var plain = ByteWriter(base, capacity: memory.count)
        plain.append("HTTP/1.1 200 OK\r\n\r\n")
        plain.append(head.fields, of: bytes.span)
        head.withhold(for: decision, of: bytes.span)
        var writer = ByteWriter(base, capacity: memory.count)
        writer.append("HTTP/1.1 200 OK\r\n")
        writer.append(head.fields, of: bytes.span)
        writer.appendCompression(decision, head: head, of: bytes.span)
        writer.append("\r\n")
        let written = UnsafeBufferPointer(start: base, count: writer.count)
        precondition(written.count <= plain.count + ByteWriter.compressionRoom, "more was added than room is asked for")
        var again = ResponseHead()
        let wide = HeadLimits(bytes: 16384, targetBytes: 0, fields: 128)
        precondition(again.parse(written.span, limits: wide) == .complete(end: written.count), "not a head any more")
        guard decision != .untouched else { return }
        let then = rule.decide(again, of: written.span, for: accepted)
        precondition(decision == .varies || then == .untouched, "compressed twice")
    }
}
