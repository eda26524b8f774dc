import GatewayModel

/// Walks through JSON text, which is known to be valid, towards one field, and counts lines.
struct JSONWalk {
    private let bytes: [UInt8]
    private var offset: Int
    /// Of what was found last.
    private(set) var line: Int
    private var currentLine: Int

    init(_ bytes: [UInt8], _ start: (offset: Int, line: Int)) {
        self.bytes = bytes
        self.offset = start.offset
        self.line = start.line
        self.currentLine = start.line
    }

    /// Goes as far as there is something.
    mutating func follow(_ tokens: ArraySlice<String>) {
        guard let token = tokens.first else { return }
        self.skipSpace()
        let isFound =
            switch self.current {
            case UInt8(ascii: "{"): self.find(member: token)
            case UInt8(ascii: "["): Int(token).map { self.find(element: $0) } ?? false
            default: false
            }
        if isFound { self.follow(tokens.dropFirst()) }
    }

    private var current: UInt8? { self.offset < self.bytes.count ? self.bytes[self.offset] : nil }

    private mutating func find(member name: String) -> Bool {
        repeat {
            self.step()
            self.skipSpace()
            guard self.current == UInt8(ascii: "\"") else { return false }
            let (start, line) = (self.offset, self.currentLine)
            self.skipString()
            let isIt = (try? JSON(parsing: Array(self.bytes[start..<self.offset]))) == .string(name)
            self.skipSpace()
            self.step()
            if isIt {
                self.line = line
                return true
            }
        } while self.skipValue()
        return false
    }

    private mutating func find(element index: Int) -> Bool {
        var position = 0
        repeat {
            self.step()
            self.skipSpace()
            if self.current == UInt8(ascii: "]") { return false }
            if position == index {
                self.line = self.currentLine
                return true
            }
            position += 1
        } while self.skipValue()
        return false
    }

    /// - Returns: whether another member or element follows.
    private mutating func skipValue() -> Bool {
        var depth = 0
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "\""):
                self.skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return false }
            case UInt8(ascii: ",") where depth == 0: return true
            default: break
            }
            self.step()
        }
        return false
    }

    private mutating func skipString() {
        self.step()
        while let byte = self.current, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { self.step() }
            self.step()
        }
        self.step()
    }

    private mutating func skipSpace() {
        while let byte = self.current, " \t\r\n".utf8.contains(byte) { self.step() }
    }

    private mutating func step() {
        if self.current == UInt8(ascii: "\n") { self.currentLine += 1 }
        self.offset += 1
    }
}
