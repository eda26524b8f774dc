import HTTPWire
import Testing

@Suite("Lines that are taken out of request heads")
struct RequestHeadDroppingTests {
    private let source = "GET / HTTP/1.1\r\nX-User: a\r\nHost: a\r\nx-uSER:b\r\nX-Users: c\r\nAccept: d\r\n\r\n"

    @Test("Lines that are removed are gone, whatever the case of their names; the others stay in their order")
    func removed() {
        let names = "x-user".utf8.withContiguousStorageIfAvailable { name in
            withUnsafePointer(to: name) { list in
                let rules = FieldRules(
                    names: UnsafeBufferPointer(start: list, count: 1), lines: UnsafeBufferPointer(start: nil, count: 0),
                    own: .none, namesCoding: false)
                return self.names { $0.remove(rules, of: $1) }
            }
        }
        #expect(names == ["Host", "X-Users", "Accept"])
    }

    @Test("A line that is held back is still there, and is not passed on")
    func heldBack() {
        var passed = ""
        let names = self.names { head, bytes in
            head.holdBack(at: 4)
            head.holdBack(at: 99)
            passed = written { $0.append(head.fields, of: bytes) }
        }
        #expect(names.count == 5)
        #expect(passed == "X-User: a\r\nx-uSER: b\r\nX-Users: c\r\n")
    }

    /// Of the lines that are left of the head after a change.
    private func names(_ change: (inout RequestHead, Span<UInt8>) -> Void) -> [String] {
        let bytes = Array(self.source.utf8)
        var head = RequestHead()
        guard case .complete = head.parse(bytes.span, limits: limits) else { return [] }
        change(&head, bytes.span)
        return head.fields.lines.map { text($0.name, of: self.source) }
    }
}
