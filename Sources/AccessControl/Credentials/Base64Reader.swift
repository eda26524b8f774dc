/// Decodes base64 with padding (RFC 4648 section 4) strictly: no other characters, no padding left out, and no bits set that
/// nothing is made of, so that each run of bytes has one text.
///
/// - Returns: `nil` for anything else.
package func decodedBase64(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var padding = 0
    while padding < 2, padding < text.count, text[text.count &- 1 &- padding] == UInt8(ascii: "=") { padding &+= 1 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 &* 3)
    var bits: UInt32 = 0
    var count = 0
    for byte in text.dropLast(padding) {
        guard let digit = base64Digit(byte) else { return nil }
        bits = bits << 6 | UInt32(digit)
        count &+= 6
        guard count >= 8 else { continue }
        count &-= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    let rest = bits & (1 << UInt32(count) &- 1)
    return rest == 0 ? bytes : nil
}

private func base64Digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x41...0x5A: byte &- 0x41
    case 0x61...0x7A: byte &- 0x61 &+ 26
    case 0x30...0x39: byte &- 0x30 &+ 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
