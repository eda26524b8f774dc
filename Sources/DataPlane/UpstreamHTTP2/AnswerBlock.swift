import HTTPWire
import Reactor

/// The fields of one answer on HTTP/2 while they come, kept as the text that HTTP/1.1 would have: from there on there is one
/// set of rules for answers. What HTTP/2 asks of fields (RFC 9113 sections 8.2 and 8.3) the library has checked before.
struct AnswerBlock {
    enum Kind { case none, head, trailers }

    private static let limit = (bytes: 60 * 1024, fields: 1000)

    private(set) var kind = Kind.none
    /// A status line and field lines, or the lines of trailers alone.
    fileprivate(set) var text: Buffer?
    private(set) var status: UInt16 = 0
    private(set) var hasLength = false
    private(set) var isCall = false
    private(set) var count = 0
    private(set) var bytes = 0

    /// - Parameter isCall: trailers are waited for, whatever length is declared.
    mutating func begin(_ kind: Kind, isCall: Bool) {
        self = AnswerBlock()
        self.kind = kind
        self.isCall = isCall
    }

    /// What was borrowed, to be given back.
    mutating func end() -> Buffer? {
        defer { self = AnswerBlock() }
        return self.text
    }

    /// The rest is counted and not kept.
    var isTooLarge: Bool { self.count > Self.limit.fields || self.bytes > Self.limit.bytes }

    fileprivate mutating func note(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        self.count += 1
        self.bytes += name.count + value.count + 4
        if !self.isCall, name.matches("content-length") { self.hasLength = true }
        guard name.matches(":status"), value.count == 3 else { return }
        self.status = 0
        for index in 0..<3 where value[index].isDigit { self.status = self.status * 10 + UInt16(value[index] &- 0x30) }
    }
}

extension Worker {
    func take(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, into block: inout AnswerBlock
    ) {
        block.note(name.span, value.span)
        guard !block.isTooLarge, let first = name.first else { return }
        if block.isCall, name.span.matches("content-length") { return }
        if first != 0x3A {
            self.append(name, to: &block.text)
            self.append(": ", to: &block.text)
            self.append(value, to: &block.text)
            self.append("\r\n", to: &block.text)
        } else if block.kind == .head {
            self.append("HTTP/1.1 ", to: &block.text)
            self.append(value, to: &block.text)
            self.append(" \r\n", to: &block.text)
        }
    }

    /// Completes the head of an answer. One without a body says so, unless it needs not.
    func complete(_ block: inout AnswerBlock, endsStream: Bool, method: Method) {
        let status = block.status
        if endsStream, !block.hasLength, status >= 200, status != 204, status != 304, method != .head {
            self.append("content-length: 0\r\n", to: &block.text)
        }
        self.append("\r\n", to: &block.text)
    }
}
