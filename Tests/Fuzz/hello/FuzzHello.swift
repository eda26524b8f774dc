/// One input for the ClientHello parser. Nothing traps, and the verdict on a whole hello is not known before its last byte.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    guard case .hello = ClientHello.parse(input.span) else { return 0 }
    for end in 0..<count {
        let prefix = UnsafeBufferPointer(rebasing: input[..<end])
        switch ClientHello.parse(prefix.span) {
        case .incomplete: continue
        case .hello: return 0
        case .notTLS, .malformed: preconditionFailure("a prefix of a good hello was refused")
        }
    }
    return 0
}
