extension ByteWriter {
    /// Writes the field lines that pass, in their order; neighbours that need no change are copied in one piece.
    package mutating func append(_ fields: borrowing FieldLines, of bytes: Span<UInt8>) {
        var runStart = 0
        var runEnd = 0
        for index in 0..<fields.count {
            let line = fields[index]
            let range = line.line.range
            if line.isCopied, line.isPlain {
                if range.lowerBound != runEnd {
                    self.append(bytes.extracting(runStart..<runEnd))
                    runStart = range.lowerBound
                }
                runEnd = range.upperBound
            } else if line.isCopied {
                self.append(bytes.extracting(runStart..<runEnd))
                runStart = range.upperBound
                runEnd = range.upperBound
                self.appendNormalised(line, of: bytes)
            }
        }
        self.append(bytes.extracting(runStart..<runEnd))
    }

    @inline(never)
    private mutating func appendNormalised(_ line: FieldLine, of bytes: Span<UInt8>) {
        self.append(bytes.extracting(line.name.range))
        self.append(": ")
        self.append(bytes.extracting(line.value.range))
        self.append("\r\n")
    }

    /// The one framing field that goes with a body, or none.
    package mutating func append(_ framing: BodyFraming) {
        switch framing {
        case .none, .untilClose:
            break
        case .length(let length):
            self.append("Content-Length: ")
            self.append(decimal: length)
            self.append("\r\n")
        case .chunked:
            self.append("Transfer-Encoding: chunked\r\n")
        }
    }
}
