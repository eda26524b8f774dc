/// One input for the readers of what name servers and probed endpoints say: an answer of gRPC health means the same whatever
/// comes behind it, and the life of a DNS message is that of one of its records.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let bytes = Array(input)
    if let status = GRPCHealth.status(bytes) {
        precondition(GRPCHealth.status(bytes + [0, 255]) == status, "what comes behind counts")
        precondition(GRPCHealth.status(Array(bytes.prefix(4))) == nil, "a frame that is cut off is read")
    }
    let life = AnswerLife.seconds(UnsafeRawBufferPointer(input))
    if let life {
        precondition(life <= 0x7FFF_FFFF, "a life that no record has")
        precondition(count >= 12 && (bytes[6] > 0 || bytes[7] > 0), "a life without an answer")
        // What comes behind the answers is not looked at.
        let longer = bytes + [1, 2, 3]
        precondition(longer.withUnsafeBytes(AnswerLife.seconds) == life, "what comes behind counts")
    }
    return 0
}
