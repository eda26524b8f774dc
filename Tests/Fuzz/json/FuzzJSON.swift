/// One input for the JSON reader: it is read or refused, and what is read is written and read the same, its canonical form
/// by way of its text too. A document that is JSON goes on to the reader of resources, and is merged with itself.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    guard let value = try? JSON(parsing: bytes) else { return 0 }
    for style in [JSONStyle.compact, .canonical, .pretty] {
        let again = try? JSON(parsing: value.encoded(style))
        precondition(again == value, "what was written is not what was read")
    }
    var canonical = JSONWriter(style: .canonical)
    canonical.writeCanonical(value.encoded())
    precondition(canonical.bytes == value.encoded(.canonical), "the canonical forms are not the same")
    _ = try? Resource(document: JSON.null.merging(value))
    return 0
}
