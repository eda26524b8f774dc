/// One input for the reader of the store's replies: what it takes is within the input, and a reply that is cut off is not whole.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    guard case .reply(let reply, let length) = StoreReply.read(input) else { return 0 }
    precondition((1...count).contains(length), "beyond the input")
    precondition(StoreReply.read(input.prefix(length)) == .reply(reply, length: length), "read otherwise alone")
    precondition(StoreReply.read(input.prefix(length - 1)) == .incomplete, "whole without its end")
    return 0
}
