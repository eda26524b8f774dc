import AccessControl
import HTTPWire
import Routing

/// What access rules do to the head that the backend gets: it lacks credentials that are the gateway's business, and has
/// lines that tell who calls.
extension Worker {
    /// Keeps lines with credentials from being passed on.
    @inline(never)
    func holdBackCredentials(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        guard let findings = exchange.access?.findings, !findings.stripped.isEmpty else { return }
        for index in 0..<self.requestHead.fields.count {
            let name = bytes.extracting(self.requestHead.fields[index].name.range)
            for case .header(let stripped) in findings.stripped where name.equalsIgnoringCase(stripped.utf8.span) {
                self.requestHead.holdBack(at: index)
            }
            // Written anew without the cookies that are held back.
            if findings.stripsCookies, name.equals("cookie") { self.requestHead.holdBack(at: index) }
        }
    }

    /// Room for `writeIdentity`.
    func accessRoom(_ exchange: ExchangeRef) -> Int {
        guard let findings = exchange.access?.findings else { return 0 }
        guard findings.stripsCookies else { return findings.lines.count }
        // What stands between cookies is written anew, a byte longer at most for each.
        return (0..<self.requestHead.fields.count).reduce(findings.lines.count) {
            $0 + 4 + Int(self.requestHead.fields[$1].value.count)
        }
    }

    /// Writes what is left of the cookies, and who calls.
    ///
    /// - Parameter rules: those of the route, which have the last word on the names they speak of.
    @inline(never)
    func writeIdentity(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ rules: FieldRules?, into writer: inout ByteWriter
    ) {
        guard let findings = exchange.access?.findings else { return }
        if findings.stripsCookies { self.writeCookies(findings, bytes, into: &writer) }
        guard let rules, !rules.names.isEmpty else { return writer.append(findings.lines.span) }
        findings.lines.withUnsafeBufferPointer { lines in
            var start = 0
            for offset in lines.indices where lines[offset] == 0x0A {
                let line = UnsafeBufferPointer(rebasing: lines[start...offset])
                start = offset + 1
                if !rules.speaks(of: line.span) { writer.append(buffer: line) }
            }
        }
    }

    private func writeCookies(_ findings: AccessFindings, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        for index in 0..<self.requestHead.fields.count {
            let line = self.requestHead.fields[index]
            guard bytes.extracting(line.name.range).equals("cookie") else { continue }
            bytes.extracting(line.value.range).withUnsafeBytes {
                writer.append(cookies: $0) { name in
                    findings.stripped.contains { if case .cookie(let text) = $0 { name.equals(text) } else { false } }
                }
            }
        }
    }

    /// The query as the backend gets it, with its `?`.
    @inline(__always)
    func writeQuery(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        let query = bytes.extracting(self.requestHead.query.range)
        guard exchange.pointee.access != nil else { return writer.append(query) }
        self.writeStrippedQuery(exchange, query, into: &writer)
    }

    @inline(never)
    private func writeStrippedQuery(_ exchange: ExchangeRef, _ query: Span<UInt8>, into writer: inout ByteWriter) {
        guard let findings = exchange.access?.findings, findings.stripsParameters else { return writer.append(query) }
        query.withUnsafeBytes {
            writer.append(query: $0) { part in
                findings.stripped.contains { stripped in
                    guard case .query(var text) = stripped else { return false }
                    return text.withUTF8 { decodes(part, to: UnsafeRawBufferPointer($0)) }
                }
            }
        }
    }
}

extension AccessFindings {
    fileprivate var stripsCookies: Bool {
        self.stripped.contains { if case .cookie = $0 { true } else { false } }
    }

    fileprivate var stripsParameters: Bool {
        self.stripped.contains { if case .query = $0 { true } else { false } }
    }
}

extension FieldRules {
    /// Whether the rules leave out lines with the name of this one.
    fileprivate func speaks(of line: Span<UInt8>) -> Bool {
        for name in self.names where line.count > name.count && line[name.count] == 0x3A {
            if line.extracting(0..<name.count).equalsIgnoringCase(name.span) { return true }
        }
        return false
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func equals(_ text: String) -> Bool { self.elementsEqual(text.utf8) }
}

extension ByteWriter {
    /// One `Cookie` line without some cookies; none where no other is left. Read as `firstCookie` does.
    fileprivate mutating func append(cookies field: UnsafeRawBufferPointer, without: (UnsafeRawBufferPointer) -> Bool) {
        var isFirst = true
        for part in field.split(separator: 0x3B) {
            let pair = part.trimmed
            guard !pair.isEmpty else { continue }
            let name = pair.prefix { $0 != 0x3D }.trimmed
            if name.count < pair.count, without(UnsafeRawBufferPointer(rebasing: name)) { continue }
            self.append(isFirst ? "Cookie: " : "; ")
            isFirst = false
            self.append(raw: UnsafeRawBufferPointer(rebasing: pair))
        }
        if !isFirst { self.append("\r\n") }
    }

    /// A query without some parameters, with its `?` unless nothing is left. Read as `firstParameter` does.
    fileprivate mutating func append(query: UnsafeRawBufferPointer, without: (UnsafeRawBufferPointer) -> Bool) {
        if query.isEmpty { return }
        let parts = query.first == 0x3F ? query.dropFirst() : query[...]
        var isFirst = true
        for part in parts.split(separator: 0x26, omittingEmptySubsequences: false) {
            let name = part.prefix { $0 != 0x3D }
            if !part.isEmpty, without(UnsafeRawBufferPointer(rebasing: name)) { continue }
            self.append(isFirst ? "?" : "&")
            isFirst = false
            self.append(raw: UnsafeRawBufferPointer(rebasing: part))
        }
    }

    private mutating func append(raw bytes: UnsafeRawBufferPointer) {
        bytes.withMemoryRebound(to: UInt8.self) { bytes in
            if let base = bytes.baseAddress { self.append(base, count: bytes.count) }
        }
    }
}

extension UnsafeRawBufferPointer.SubSequence {
    /// Without white space around it.
    fileprivate var trimmed: Self {
        var slice = self.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
        return slice
    }
}
