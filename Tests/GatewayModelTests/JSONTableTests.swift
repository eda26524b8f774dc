import GatewayModel
import Testing

@Suite("JSON by the table")
struct JSONTableTests {
    @Test("What is JSON is read, and written so that it reads the same", arguments: JSONTable.accepted)
    func accepted(_ row: JSONTable.Row) throws {
        let value = try JSON(parsing: row.bytes)
        for style in [JSONStyle.compact, .canonical, .pretty] {
            #expect(try JSON(parsing: value.encoded(style)) == value)
        }
    }

    @Test("What may be JSON is refused, or read and written so that it reads the same", arguments: JSONTable.either)
    func either(_ row: JSONTable.Row) throws {
        guard let value = try? JSON(parsing: row.bytes) else { return }
        #expect(try JSON(parsing: value.encoded()) == value)
    }

    @Test("What is no JSON is refused, with a place that is inside the text", arguments: JSONTable.refused)
    func refused(_ row: JSONTable.Row) {
        #expect {
            try JSON(parsing: row.bytes)
        } throws: { error in
            guard let error = error as? JSONError else { return false }
            return (0...row.bytes.count).contains(error.offset) && !error.message.isEmpty
        }
    }

    @Test("Inside an array and as a member, what is no JSON alone is no JSON either", arguments: JSONTable.refused)
    func refusedInside(_ row: JSONTable.Row) {
        let isFragment = ["nothing", "only spaces", "only a line end"].contains(row.name)
        let isSplit = (try? JSON(parsing: Array("[".utf8) + row.bytes + Array("]".utf8))) != nil
        #expect(!isSplit || isFragment || row.name == "a comma as a point")
        #expect(throws: JSONError.self) { try JSON(parsing: Array(#"{"a":"#.utf8) + row.bytes + Array("}".utf8)) }
    }
}
