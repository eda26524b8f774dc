/// One input for the readers of query parameters and cookies: up to the first space, `?` or line end it is a name, what follows is
/// a query and a `Cookie` field. What is found is what a plain reading of all pairs finds first.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeRawBufferPointer(start: start, count: count)
    let end = input.firstIndex { $0 == 0x20 || $0 == 0x3F || $0 == 0x0A } ?? count
    let name = UnsafeRawBufferPointer(rebasing: input[..<end])
    let rest = UnsafeRawBufferPointer(rebasing: input[end...])
    fuzzQuery(rest, name)
    fuzzCookie(rest, name)
    return 0
}

private func fuzzQuery(_ query: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) {
    let text = query.first == 0x3F ? Array(query.dropFirst()) : Array(query)
    let parts = text.split(separator: 0x26).map {
        $0.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
    }
    let expected = parts.first { decoded(Array($0.first ?? [])) == Array(name) }.map {
        $0.count > 1 ? Array($0[1]) : []
    }
    let found = firstParameter(query, named: name)
    precondition(found.map { Array($0) } == expected, "another parameter")
    guard let found, let expected else { return }
    withDecoded(found) { value in
        precondition(Array(value) == decoded(expected), "decoded otherwise")
        precondition(decodes(found, to: value), "not equal to itself")
    }
}

private func decoded(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var index = 0
    while index < bytes.count {
        let digits = bytes.dropFirst(index + 1).prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        let isASCII = bytes.dropFirst(index + 1).prefix(2).allSatisfy { $0 < 0x80 }
        if bytes[index] == 0x25, digits.count == 2, isASCII {
            output.append(UInt8(digits[0] * 16 + digits[1]))
            index += 3
        } else {
            output.append(bytes[index] == 0x2B ? 0x20 : bytes[index])
            index += 1
        }
    }
    return output
}

private func fuzzCookie(_ field: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) {
    let pairs = Array(field).split(separator: 0x3B).compactMap { part -> (name: [UInt8], value: [UInt8])? in
        guard let equals = part.firstIndex(of: 0x3D) else { return nil }
        return (trimmedBytes(part[..<equals]), trimmedBytes(part[(equals + 1)...]))
    }
    var expected = pairs.first { $0.name == Array(name) }?.value
    if let value = expected, value.count >= 2, value.first == 0x22, value.last == 0x22 {
        expected = Array(value.dropFirst().dropLast())
    }
    precondition(firstCookie(field, named: name).map { Array($0) } == expected, "another cookie")
}

private func trimmedBytes(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let front = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    return Array(front.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed())
}
