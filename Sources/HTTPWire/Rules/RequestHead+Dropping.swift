extension RequestHead {
    /// Takes the lines of some names out as if they had not been sent: whoever looks at the head afterwards does not see them.
    ///
    /// - Parameter rules: their `names` alone count; never one that the parser itself reads.
    package mutating func remove(_ rules: FieldRules, of bytes: Span<UInt8>) {
        self.fields.remove(where: { line in
            let name = bytes.extracting(line.name.range)
            for removed in rules.names where name.count == removed.count && name.equalsIgnoringCase(removed.span) {
                return true
            }
            return false
        })
    }

    /// Keeps one line from being passed on; it can still be read. Does nothing past the end.
    package mutating func holdBack(at index: Int) { self.fields.drop(at: index) }
}
