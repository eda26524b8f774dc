import Documents
import GatewayModel
import Testing

@Suite("YAML by the table")
struct YAMLTableTests {
    @Test("What is YAML is read as its core schema says", arguments: YAMLTable.readings)
    func readings(_ row: YAMLTable.Reading) throws {
        let documents = try parseDocuments(row.text, yaml: true)
        #expect(documents.map(\.json) == row.documents)
        #expect(documents.map(\.index) == Array(documents.indices))
    }

    @Test("What is not is refused with its document and its line", arguments: YAMLTable.refusals)
    func refusals(_ row: YAMLTable.Refusal) {
        #expect {
            try parseDocuments(row.text, yaml: true)
        } throws: { error in
            guard let error = error as? DocumentError else { return false }
            return (error.document, error.line) == (row.document, row.line) && !error.message.isEmpty
        }
    }

    @Test("What is written as YAML is read back the same", arguments: YAMLTable.readings)
    func roundTrip(_ row: YAMLTable.Reading) throws {
        for document in try parseDocuments(row.text, yaml: true) where document.json != .null {
            #expect(try parseDocuments(yamlText(document.json), yaml: true).map(\.json) == [document.json])
        }
    }
}
