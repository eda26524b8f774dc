/// What is done to a value before a rule looks at it, byte for byte as the engine does it.
enum Transformation: String, Hashable, Sendable {
    case lowercase
    case urlDecodeUni = "urldecodeuni"
    case urlDecode = "urldecode"
    case htmlEntityDecode = "htmlentitydecode"
    case jsDecode = "jsdecode"
    case cssDecode = "cssdecode"
    case utf8toUnicode = "utf8tounicode"
    case removeNulls = "removenulls"
    case compressWhitespace = "compresswhitespace"
    case removeWhitespace = "removewhitespace"
    case replaceComments = "replacecomments"
    case cmdLine = "cmdline"
    case normalisePath = "normalisepath"
    case normalizePath = "normalizepath"
    case normalizePathWin = "normalizepathwin"
    case base64Decode = "base64decode"

    /// Without any of these it changes nothing; upper case does not count.
    var changes: ValueTraits {
        switch self {
        case .lowercase: []
        case .urlDecodeUni, .urlDecode: [.percent, .plus]
        case .htmlEntityDecode: .entity
        case .jsDecode, .cssDecode: .backslash
        case .utf8toUnicode: .highByte
        case .removeNulls: .nul
        case .compressWhitespace: .oddSpace
        case .removeWhitespace: [.oddSpace, .space]
        case .replaceComments: .comment
        case .cmdLine: [.command, .oddSpace]
        case .normalisePath, .normalizePath, .normalizePathWin: .dots
        case .base64Decode: .any
        }
    }

    /// - Returns: `nil` where it is not known what the engine makes of the value.
    func apply(_ value: [UInt8]) -> [UInt8]? {
        let traits = value.withUnsafeBytes { ValueTraits(of: $0) }
        if self != .lowercase, traits.isDisjoint(with: self.changes) { return value }
        switch self {
        case .lowercase: return value.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        case .urlDecodeUni: return Self.urlDecoded(value, takesUnicode: true)
        case .urlDecode: return Self.urlDecoded(value, takesUnicode: false)
        case .utf8toUnicode: return Self.unicode(value)
        case .removeNulls: return value.filter { $0 != 0 }
        case .compressWhitespace: return Self.compressed(value)
        case .removeWhitespace: return traits.contains(.highByte) ? nil : value.filter { !$0.isSpace }
        case .cmdLine: return Self.commandLine(value)
        case .base64Decode: return Self.base64Decoded(value)
        case .htmlEntityDecode: return Self.entitiesDecoded(value)
        case .jsDecode, .cssDecode, .replaceComments, .normalisePath, .normalizePath,
            .normalizePathWin:
            return nil
        }
    }

    private static func urlDecoded(_ value: [UInt8], takesUnicode: Bool) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(value.count)
        var index = 0
        while index < value.count {
            let byte = value[index]
            if byte == 0x25, takesUnicode, index + 1 < value.count, value[index + 1] | 0x20 == 0x75 {
                guard index + 5 < value.count, let code = Self.hex(value[(index + 2)..<(index + 6)]) else { return nil }
                let low = UInt8(truncatingIfNeeded: code)
                let isWide = code >> 8 == 0xFF && low > 0 && low < 0x5F
                output.append(isWide ? low &+ 0x20 : low)
                index += 6
            } else if byte == 0x25, index + 2 < value.count, let code = Self.hex(value[(index + 1)..<(index + 3)]) {
                output.append(UInt8(truncatingIfNeeded: code))
                index += 3
            } else {
                output.append(byte == 0x2B ? 0x20 : byte)
                index += 1
            }
        }
        return output
    }

    /// Of the names that stand for something the engine knows five; any other stays. Numbers are its own.
    private static func entitiesDecoded(_ value: [UInt8]) -> [UInt8]? {
        let known: [(String, UInt8)] = [("quot", 0x22), ("amp", 0x26), ("lt", 0x3C), ("gt", 0x3E), ("nbsp", 0xA0)]
        var output: [UInt8] = []
        var rest = value[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            guard byte == 0x26 else {
                output.append(byte)
                continue
            }
            if rest.first == 0x23 { return nil }
            let name = rest.prefix { $0.isASCIILetter || $0.isASCIIDigit }
            let meant = known.first { $0.0.utf8.elementsEqual(name.map { $0 | 0x20 }) }
            guard let meant else {
                output.append(byte)
                continue
            }
            output.append(meant.1)
            rest = rest.dropFirst(name.count)
            if rest.first == 0x3B { rest = rest.dropFirst() }
        }
        return output
    }

    private static func hex(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            guard let part = digit.hexValue else { return nil }
            value = value << 4 | UInt32(part)
        }
        return value
    }

    /// Characters beyond ASCII become `%uXXXX`.
    private static func unicode(_ value: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        var rest = value[...]
        while let byte = rest.first {
            let count: Int
            switch byte {
            case 0..<0x80:
                output.append(byte)
                rest = rest.dropFirst()
                continue
            case 0xC2...0xDF: count = 2
            case 0xE1...0xEC, 0xEE, 0xEF: count = 3
            default: return nil
            }
            guard rest.count >= count else { return nil }
            var code = UInt32(byte) & (count == 2 ? 0x1F : 0x0F)
            for follower in rest.dropFirst().prefix(count - 1) {
                guard follower & 0xC0 == 0x80 else { return nil }
                code = code << 6 | UInt32(follower & 0x3F)
            }
            output += [0x25, 0x75]
            for shift in [12, 8, 4, 0] as [UInt32] {
                output.append(Array("0123456789abcdef".utf8)[Int(code >> shift & 15)])
            }
            rest = rest.dropFirst(count)
        }
        return output
    }

    private static func compressed(_ value: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        for byte in value {
            if byte >= 0x80 { return nil }
            if byte.isSpace {
                if output.last != 0x20 { output.append(0x20) }
            } else {
                output.append(byte)
            }
        }
        return output
    }

    private static func commandLine(_ value: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        for byte in value {
            switch byte {
            case 0x22, 0x27, 0x5C, 0x5E: continue
            case 0x20, 0x2C, 0x3B, 0x09, 0x0A, 0x0D:
                if output.last != 0x20 { output.append(0x20) }
            case 0x2F, 0x28:
                if output.last == 0x20 { output.removeLast() }
                output.append(byte)
            default: output.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
            }
        }
        return output
    }

    /// The beginning that can be decoded.
    private static func base64Decoded(_ value: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for byte in value {
            let digit: UInt8
            switch byte {
            case 0x41...0x5A: digit = byte &- 0x41
            case 0x61...0x7A: digit = byte &- 0x47
            case 0x30...0x39: digit = byte &+ 4
            case 0x2B: digit = 62
            case 0x2F: digit = 63
            case 0x0A, 0x0D, 0x20: continue
            default: return output
            }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return output
    }
}
