/// One input for the readers of credentials: a field `Authorization`. What is read, written again, is what was sent; what is
/// decoded is what a plain decoder makes of it.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let field = UnsafeRawBufferPointer(start: start, count: count)
    fuzzBase64(field)
    let shown = credential(of: field, scheme: "basic")
    switch BasicCredentials.read(field) {
    case .otherScheme: precondition(shown == nil, "a credential that is not read")
    case .malformed: precondition(shown != nil, "malformed without a scheme")
    case .credentials(let read):
        let bytes = Array(read.user.utf8) + [0x3A] + read.password
        precondition(
            !read.user.utf8.contains(0x3A) && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "not as it should be")
        precondition(shown.map { Array($0) } == encoded(bytes), "another text")
    }
    return 0
}

private func fuzzBase64(_ text: UnsafeRawBufferPointer) {
    guard let bytes = decodedBase64(text) else { return }
    precondition(encoded(bytes) == Array(text), "two texts of the same bytes")
}

private func encoded(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for place in 0..<4 { text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : 0x3D) }
    }
    return text
}
