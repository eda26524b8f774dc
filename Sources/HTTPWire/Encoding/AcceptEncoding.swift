/// What a client says about content codings (RFC 9110 section 12.5.3); feed it the values of all field lines.
///
/// An element that is not `coding [";q=" weight]` is left out. Of a coding named twice the lower weight counts.
package struct AcceptEncoding: Hashable, Sendable {
    /// Thousandths; negative when not named.
    private var brotli: Int16 = -1
    private var zstd: Int16 = -1
    private var gzip: Int16 = -1
    private var identity: Int16 = -1
    private var any: Int16 = -1

    package init() {}

    /// What the fields of a request say.
    package init(_ fields: borrowing FieldLines, of bytes: Span<UInt8>) {
        for index in 0..<fields.count where fields[index].known == .acceptEncoding {
            self.take(bytes.extracting(fields[index].value.range))
        }
    }

    package mutating func take(_ value: Span<UInt8>) {
        value.forEachListElement { self.takeElement(value.extracting($0)) }
    }

    /// The coding with the highest weight above zero; of equal ones the first of `order`.
    ///
    /// - Returns: `nil` for an answer as it is: nothing suits, the client would rather have it so, or there was no field
    ///   (RFC 9110 would allow any coding then; nobody expects one).
    package func choose(from order: ContentCodingOrder) -> ContentCoding? {
        var best: ContentCoding?
        var bestWeight: Int16 = 0
        func consider(_ coding: ContentCoding?) {
            guard let coding, self.weight(of: coding) > bestWeight else { return }
            best = coding
            bestWeight = self.weight(of: coding)
        }
        consider(order.first)
        consider(order.second)
        consider(order.third)
        let plain = self.identity >= 0 ? self.identity : self.any
        return bestWeight >= plain ? best : nil
    }

    /// The weight of one coding in thousandths; 0 when it is not acceptable.
    package func weight(of coding: ContentCoding) -> Int16 {
        let named =
            switch coding {
            case .brotli: self.brotli
            case .zstd: self.zstd
            case .gzip: self.gzip
            }
        return named >= 0 ? named : max(self.any, 0)
    }

    private mutating func takeElement(_ element: Span<UInt8>) {
        let semicolon = element.indices.first { element[$0] == 0x3B } ?? element.count
        guard let weight = Self.weight(element.extracting(semicolon..<element.count)) else { return }
        let written = element.extracting(0..<semicolon)
        let name = written.extracting(written.trimmedRange)
        func lower(_ known: inout Int16) { known = known < 0 ? weight : min(known, weight) }
        switch ContentCoding(name) {
        case .brotli: lower(&self.brotli)
        case .zstd: lower(&self.zstd)
        case .gzip: lower(&self.gzip)
        case nil where name.equals("identity"): lower(&self.identity)
        case nil where name.equals("*"): lower(&self.any)
        case nil: break
        }
    }

    /// Nothing, or `;q=` and a `qvalue` (RFC 9110 section 12.4.2) in thousandths.
    private static func weight(_ text: Span<UInt8>) -> Int16? {
        guard !text.isEmpty else { return 1000 }
        let written = text.extracting(1..<text.count)
        let parameter = written.extracting(written.trimmedRange)
        guard parameter.count >= 3, parameter.count <= 7, parameter.hasPrefix("q=") else { return nil }
        let whole = parameter[2]
        guard whole == 0x30 || whole == 0x31, parameter.count == 3 || parameter[3] == 0x2E else { return nil }
        var thousandths: Int16 = whole == 0x31 ? 1000 : 0
        var unit: Int16 = 100
        for offset in stride(from: 4, to: parameter.count, by: 1) {
            guard parameter[offset].isDigit else { return nil }
            thousandths += Int16(parameter[offset] &- 0x30) * unit
            unit /= 10
        }
        return thousandths <= 1000 ? thousandths : nil
    }
}

extension Span where Element == UInt8 {
    /// What stands between the spaces and tabs at both ends.
    var trimmedRange: Range<Int> {
        var start = 0
        var end = self.count
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}
