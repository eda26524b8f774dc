extension FieldRules {
    /// Whether lines of a name are left out, in any case of its letters.
    package func withholds(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        for withheld in self.names where withheld.count == name.count && name.span.equalsIgnoringCase(withheld.span) {
            return true
        }
        return false
    }
}

extension ResponseHead {
    /// Whether there is a line of a name, in any case of its letters.
    ///
    /// - Parameter copied: only those count that are passed on.
    package func has(_ name: UnsafeBufferPointer<UInt8>, of bytes: Span<UInt8>, copied: Bool) -> Bool {
        for index in 0..<self.fields.count {
            let line = self.fields[index]
            guard line.isCopied || !copied, line.name.count == name.count else { continue }
            if bytes.extracting(line.name.range).equalsIgnoringCase(name.span) { return true }
        }
        return false
    }
}

extension ByteWriter {
    /// Whether one of the lines in the first bytes that were written has a name, in any case of its letters.
    package func hasLine(_ name: UnsafeBufferPointer<UInt8>, before limit: Int) -> Bool {
        guard !self.isOverrun else { return false }
        let head = UnsafeBufferPointer(start: UnsafePointer(self.base), count: min(limit, self.count))
        var start = 0
        while start < head.count {
            let end = start + name.count
            if end < head.count, head[end] == 0x3A,
                UnsafeBufferPointer(rebasing: head[start..<end]).span.equalsIgnoringCase(name.span)
            {
                return true
            }
            while start < head.count, head[start] != 0x0A { start += 1 }
            start += 1
        }
        return false
    }
}
