import CPCRE2

/// Why a regular expression or a substitution is refused.
package struct PatternError: Error, Hashable, Sendable {
    /// One clause without a full stop.
    package let message: String
    /// Bytes of the text before the fault.
    package let offset: Int
}

/// What became of a search.
package enum Found: Hashable, Sendable {
    case yes, no
    /// The search was given up: whoever asked must neither take it for a match nor for none.
    case limit
}

/// A regular expression of the PCRE2 dialect.
///
/// It is found anywhere in a value unless it is anchored. `.` takes line ends too, `$` is the very end, and text is bytes unless
/// the pattern has characters beyond ASCII. The work of one search is limited to about a millisecond, whatever pattern and value
/// are; the same ones always meet the same limit.
///
/// Compiled once and never changed after that, so threads share it. What a search writes to belongs to its thread: it is made by
/// the thread's first search and kept, so that later ones allocate nothing.
// Justified: the compiled pattern behind the pointer is never written to again.
package final class Pattern: @unchecked Sendable {
    package let text: String
    private let code: OpaquePointer

    /// - Parameter isCompiledToMachineCode: faster to search with, and some KiB more; where the system does not allow it the
    ///   pattern is interpreted.
    /// - Parameter isLarge: it comes from a rule set that is installed, not from a resource.
    /// - Throws: when it is no regular expression or too large.
    package init(_ text: String, isCompiledToMachineCode: Bool = true, isLarge: Bool = false) throws(PatternError) {
        var fault = cpcre2_fault()
        var copy = text
        let code = copy.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) {
                cpcre2_compile($0.baseAddress, $0.count, isCompiledToMachineCode ? 1 : 0, isLarge ? 1 : 0, &fault)
            }
        }
        guard let code else {
            let message = withUnsafeBytes(of: fault.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw PatternError(message: message, offset: Int(clamping: fault.offset))
        }
        self.text = text
        self.code = code
    }

    deinit { cpcre2_free(self.code) }

    /// The pattern without its owner, for the request path; it must not outlive it.
    package var view: PatternView { PatternView(code: self.code) }

    /// Whether the pattern is found anywhere in a value.
    package func find(in value: UnsafeRawBufferPointer) -> Found { self.view.find(in: value) }

    /// Writes a value with every match replaced.
    ///
    /// - Parameter substitution: made for this pattern.
    /// - Returns: the number of bytes written; `nil` when they do not fit or the search was given up.
    package func replaceAll(
        in value: UnsafeRawBufferPointer, with substitution: Substitution, into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        self.view.replaceAll(in: value, with: substitution.view, into: output)
    }

    /// It runs as machine code.
    package var isMachineCode: Bool { cpcre2_has_jit(self.code) != 0 }
    /// Bytes that it takes.
    package var byteCount: Int { Int(clamping: cpcre2_size(self.code)) }

    var groupCount: Int { Int(cpcre2_group_count(self.code)) }

    /// The number of a named group.
    func group(named name: String) -> Int? {
        let number = cpcre2_group_number(self.code, name)
        return number > 0 ? Int(number) : nil
    }
}

/// A pattern as requests use it: reading it counts no reference.
// Justified: it points at what is never written to.
package struct PatternView: @unchecked Sendable, BitwiseCopyable {
    fileprivate let code: OpaquePointer

    /// See `Pattern.find`.
    package func find(in value: UnsafeRawBufferPointer) -> Found {
        switch Int(cpcre2_find(self.code, value.baseAddress, value.count)) {
        case CPCRE2_YES: .yes
        case CPCRE2_NO: .no
        default: .limit
        }
    }

    /// See `Pattern.replaceAll`.
    package func replaceAll(
        in value: UnsafeRawBufferPointer, with substitution: SubstitutionView,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        let count = cpcre2_replace(
            self.code, value.baseAddress, value.count, substitution.parts, substitution.count, substitution.literals,
            output.baseAddress, output.count)
        return count >= 0 ? count : nil
    }
}
