/// One input for the reader of tokens: as a token, and as the payload of one, so that the fuzzer need not learn base64url.
/// What the scanner takes, the reader of JSON takes, and the other way round; whatever is said of time, nothing traps.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    if let token = try? UnverifiedToken(parsing: bytes) { check(token.claims) }
    if let decoded = Base64URL.decode(bytes) {
        precondition(encoded(decoded) == Array(bytes), "two texts have the same bytes")
    }
    let claims = try? Claims(payload: Array(bytes))
    if let claims { check(claims) }
    let object = (try? JSON(parsing: bytes))?.objectValue
    precondition(claims == nil || object != nil, "what is no object was taken")
    if let object, claims == nil { precondition(hasWrongClaim(object), "an object was refused without a reason") }
    _ = try? TokenHeader(reading: bytes)
    return 0
}

private func check(_ claims: Claims) {
    for now in [Int64.min, 0, 1_700_000_000, .max] {
        for leeway in [Int64.min, 0, 30, .max] {
            try? claims.check(
                issuer: claims.issuer ?? "", audiences: claims.audiences, leeway: leeway, now: now)
        }
    }
    let tree = claims.value([])
    precondition(tree?["iss"]?.stringValue == claims.issuer, "two readers disagree on the issuer")
    precondition(tree?["sub"]?.stringValue == claims.subject, "two readers disagree on the subject")
    if let expiry = tree?["exp"]?.integerValue {
        precondition(expiry == claims.expiresAt, "two readers disagree on the end")
    }
    precondition((tree?["exp"] == nil) == (claims.expiresAt == nil), "two readers disagree on whether there is an end")
    _ = claims.scopes
}

/// Whether a registered claim has a type that it must not have.
private func hasWrongClaim(_ object: JSONObject) -> Bool {
    let isText = ["iss", "sub"].allSatisfy { object[$0].map { $0.stringValue != nil } ?? true }
    let isTime = ["exp", "nbf"].allSatisfy { name in
        switch object[name] {
        case nil, .integer, .double: true
        default: false
        }
    }
    let isList: Bool =
        switch object["aud"] {
        case nil, .string: true
        case .array(let elements): elements.allSatisfy { $0.stringValue != nil }
        default: false
        }
    return !(isText && isTime && isList)
}

private func encoded(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 63]) }
    }
    return text
}
