/// How JSON text is laid out.
package enum JSONStyle: Sendable {
    /// No white space, members in source order.
    case compact
    /// No white space, members sorted by the UTF-8 bytes of their names: equal values give equal bytes, for digests.
    case canonical
    /// Two spaces of indentation, members in source order, for people.
    case pretty
}

extension JSON {
    /// The text as UTF-8. A double that JSON cannot write (infinite, not a number) becomes `null`.
    package func encoded(_ style: JSONStyle = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(self)
        return writer.bytes
    }

    /// The text as a string.
    package func text(_ style: JSONStyle = .compact) -> String {
        String(decoding: self.encoded(style), as: UTF8.self)
    }
}
