import HTTPWire

/// What lets pages of other origins read an answer: lines of the route's CORS policy, made while the request's head was at hand.
struct CORSLines {
    /// Names of fields that only the policy writes.
    static var prefix: StaticString { "access-control-" }

    /// Whole lines, `name: value` CRLF.
    let bytes: UnsafeBufferPointer<UInt8>
    /// The names of all fields of the answer come too.
    let exposesAll: Bool
}

extension ByteWriter {
    /// Writes the lines behind a head that has all others.
    mutating func append(_ cors: CORSLines) {
        if cors.exposesAll { self.appendExposed() }
        if let base = cors.bytes.baseAddress { self.append(base, count: cors.bytes.count) }
    }

    /// Lists the names of the lines that have been written, behind a first line that is none.
    private mutating func appendExposed() {
        guard !self.isOverrun else { return }
        let end = self.count
        let head = UnsafeBufferPointer(start: UnsafePointer(self.base), count: end)
        self.append("Access-Control-Expose-Headers: ")
        var start = head.afterLine(from: 0)
        var isFirst = true
        while start < end {
            var colon = start
            while colon < end, head[colon] != 0x3A { colon += 1 }
            if !isFirst { self.append(", ") }
            self.append(self.base + start, count: colon - start)
            isFirst = false
            start = head.afterLine(from: colon)
        }
        self.append("\r\n")
    }

    /// Writes the lines of rules that the policy leaves to them.
    mutating func append(_ rules: FieldRules, withoutCORS: Bool) {
        guard withoutCORS else { return self.append(rules) }
        var start = 0
        while start < rules.lines.count {
            let end = rules.lines.afterLine(from: start)
            let line = UnsafeBufferPointer(rebasing: rules.lines[start..<end])
            if !line.span.hasPrefix(CORSLines.prefix) { self.append(line.span) }
            start = end
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the next line begins.
    fileprivate func afterLine(from start: Int) -> Int {
        var index = start
        while index < self.count, self[index] != 0x0A { index += 1 }
        return Swift.min(index + 1, self.count)
    }
}
