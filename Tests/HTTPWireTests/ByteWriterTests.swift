import HTTPWire
import Testing

@Suite("Byte writer")
struct ByteWriterTests {
    @Test("Numbers are written as people write them")
    func numbers() {
        #expect(written { $0.append(decimal: 0) } == "0")
        #expect(written { $0.append(decimal: .max) } == "18446744073709551615")
        #expect(written { $0.append(hex: 0) } == "0")
        #expect(written { $0.append(hex: 0xBEEF) } == "beef")
        #expect(written { $0.append(hex: 0xF, digits: 4) } == "000f")
        #expect(written { $0.append(hex: .max) } == "ffffffffffffffff")
    }

    @Test("A UUID has its five groups (RFC 9562 section 4)")
    func uuid() {
        let text = written { $0.append(uuidHigh: 0x0123_4567_89AB_4DEF, low: 0x8000_0000_0000_00FF) }
        #expect(text == "01234567-89ab-4def-8000-0000000000ff")
    }

    @Test("What does not fit writes nothing and is remembered")
    func overrun() {
        var isOverrun = false
        let text = written(capacity: 4) { writer in
            writer.append("abc")
            writer.append("de")
            isOverrun = writer.isOverrun
            writer.append("f")
        }
        #expect(isOverrun)
        #expect(text == "abcf")
    }
}
