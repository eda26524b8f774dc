/// One input for the reader of PROXY headers: a verdict stands whatever follows, no prefix of a header is anything but
/// incomplete, and a header never claims bytes that are not there.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let whole = ProxyHeader(parsing: input.span)
    if case .header(let end, _) = whole {
        precondition(end > 0 && end <= count && end <= ProxyHeader.longest, "a header of bytes that are not there")
    }
    if whole == .incomplete {
        precondition(count < ProxyHeader.longest, "more bytes are asked for than are ever taken")
    }
    for cut in [count / 3, count / 2, max(count - 1, 0)] where cut < count {
        check(prefix: ProxyHeader(parsing: input.span.extracting(0..<cut)), cut, against: whole)
    }
    return 0
}

private func check(prefix: ProxyHeader, _ cut: Int, against whole: ProxyHeader) {
    switch (prefix, whole) {
    case (.incomplete, .header(let end, _)): precondition(cut < end, "a whole header was not seen")
    case (.incomplete, _): break
    default: precondition(prefix == whole, "more bytes changed a verdict")
    }
}
