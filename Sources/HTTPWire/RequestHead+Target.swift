extension RequestHead {
    /// Splits the target by its form (RFC 9112 section 3.2); `false` refuses it.
    mutating func parseTarget(_ bytes: Span<UInt8>, _ target: Range<Int>) -> Bool {
        self.authority = .empty
        self.hasEmptyPath = false
        if bytes[target.lowerBound] == 0x2F { return self.splitQuery(bytes, target) }
        if self.method == .connect {
            // Authority form: never served (405), so it only has to be free of surprises.
            self.path = Slice(from: target.lowerBound, to: target.upperBound)
            self.query = .empty
            return true
        }
        if target.count == 1, bytes[target.lowerBound] == 0x2A {
            self.path = Slice(from: target.lowerBound, to: target.upperBound)
            self.query = .empty
            return self.method == .options
        }
        return self.parseAbsolute(bytes, target)
    }

    /// `http://authority[/path][?query]`; user information is refused (RFC 9110 section 4.2.4).
    private mutating func parseAbsolute(_ bytes: Span<UInt8>, _ target: Range<Int>) -> Bool {
        let text = bytes.extracting(target)
        let schemeCount = text.hasPrefix("http://") ? 7 : text.hasPrefix("https://") ? 8 : 0
        guard schemeCount > 0 else { return false }
        let start = target.lowerBound + schemeCount
        var end = start
        while end < target.upperBound, bytes[end] != 0x2F, bytes[end] != 0x3F { end += 1 }
        guard end > start else { return false }
        self.authority = Slice(from: start, to: end)
        self.hasEmptyPath = end == target.upperBound || bytes[end] == 0x3F
        return self.splitQuery(bytes, end..<target.upperBound)
    }

    private mutating func splitQuery(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var end = range.lowerBound
        while end < range.upperBound, bytes[end] != 0x3F { end += 1 }
        self.path = Slice(from: range.lowerBound, to: end)
        self.query = Slice(from: end, to: range.upperBound)
        return true
    }
}
