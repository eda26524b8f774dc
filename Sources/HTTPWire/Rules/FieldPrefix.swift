extension ResponseHead {
    /// Takes all lines out whose name begins so; whoever does that writes the better ones behind the rest.
    ///
    /// - Parameter prefix: in lower case.
    package mutating func withhold(prefix: StaticString, of bytes: Span<UInt8>) {
        for index in 0..<self.fields.count {
            let name = bytes.extracting(self.fields[index].name.range)
            guard name.count >= prefix.utf8CodeUnitCount, name.hasPrefix(prefix) else { continue }
            self.fields.forget(at: index)
        }
    }
}
