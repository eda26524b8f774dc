/// What is done to the field lines of a head while it is passed on: lines of some names are left out, others are written behind.
///
/// Plain pointers, so that reading it counts no reference; whoever made it keeps the memory.
// Justified: what it points at is never written to after it is made.
package struct FieldRules: @unchecked Sendable {
    /// Of lines that are left out.
    package let names: UnsafeBufferPointer<UnsafeBufferPointer<UInt8>>
    /// Whole lines, `name: value` CRLF.
    package let lines: UnsafeBufferPointer<UInt8>
    /// Those of `names` that the gateway itself would write.
    package let own: OwnFields
    /// One of the names or lines is `Content-Encoding`.
    package let namesCoding: Bool

    package init(
        names: UnsafeBufferPointer<UnsafeBufferPointer<UInt8>>, lines: UnsafeBufferPointer<UInt8>, own: OwnFields,
        namesCoding: Bool
    ) {
        self.namesCoding = namesCoding
        self.names = names
        self.lines = lines
        self.own = own
    }
}

/// Fields of which the gateway writes lines of its own, unless a rule speaks of them.
package struct OwnFields: OptionSet, Sendable {
    package let rawValue: UInt8

    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

    // Computed, so that a request that looks at one calls nothing.
    @inlinable package static var none: OwnFields { OwnFields(rawValue: 0) }
    @inlinable package func contains(_ field: OwnFields) -> Bool { self.rawValue & field.rawValue != 0 }
    @inlinable package static var requestID: OwnFields { OwnFields(rawValue: 1) }
    @inlinable package static var date: OwnFields { OwnFields(rawValue: 2) }
    @inlinable package static var forwardedFor: OwnFields { OwnFields(rawValue: 4) }
    @inlinable package static var forwardedProtocol: OwnFields { OwnFields(rawValue: 8) }
    @inlinable package static var forwardedHost: OwnFields { OwnFields(rawValue: 16) }
    @inlinable package static var forwardedCertificate: OwnFields { OwnFields(rawValue: 32) }
    @inlinable package static var location: OwnFields { OwnFields(rawValue: 64) }

    /// - Parameter name: in lower case.
    package init(_ name: String) {
        self =
            switch name {
            case "x-request-id": .requestID
            case "date": .date
            case "x-forwarded-for": .forwardedFor
            case "x-forwarded-proto": .forwardedProtocol
            case "x-forwarded-host": .forwardedHost
            case "x-forwarded-client-cert": .forwardedCertificate
            case "location": .location
            default: .none
            }
    }
}

extension FieldLines {
    /// Takes the lines out that rules leave out. To whoever looks at them afterwards they are lines that mean nothing.
    mutating func withhold(_ rules: FieldRules, in bytes: Span<UInt8>) {
        for index in 0..<self.count {
            let name = bytes.extracting(self[index].name.range)
            for withheld in rules.names where name.count == withheld.count && name.equalsIgnoringCase(withheld.span) {
                self.forget(at: index)
            }
        }
    }
}

extension RequestHead {
    /// Takes the lines out that rules leave out; those they add are written behind the rest.
    package mutating func withhold(_ rules: FieldRules, of bytes: Span<UInt8>) {
        self.fields.withhold(rules, in: bytes)
    }
}

extension ResponseHead {
    /// Takes the lines out that rules leave out; those they add are written behind the rest.
    package mutating func withhold(_ rules: FieldRules, of bytes: Span<UInt8>) {
        self.fields.withhold(rules, in: bytes)
    }
}

extension ByteWriter {
    /// The lines that rules add.
    package mutating func append(_ rules: FieldRules) {
        guard let base = rules.lines.baseAddress else { return }
        self.append(base, count: rules.lines.count)
    }
}
