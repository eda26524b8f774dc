import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Testing

@Suite("Updates as they travel")
struct UpdateParsingTests {
    private func refusal(_ text: String) -> String? {
        do throws(ProtocolError) {
            _ = try SnapshotUpdate(parsing: Array(text.utf8))
            return nil
        } catch {
            return error.message
        }
    }

    private static let good = #"{"identity":"i","from":null,"version":1,"digest":"d","upserts":[],"deletes":[]}"#

    @Test("An update reads back as it was written, whatever the order of its members")
    func roundTrip() throws {
        let update = try Sample.content().full()
        let object = try #require(try JSON(parsing: update.encoded()).objectValue)
        var reversed = JSONObject()
        for member in object.members.reversed() { reversed[member.name] = member.value }
        for bytes in [update.encoded(), JSON.object(reversed).encoded(.pretty)] {
            let read = try SnapshotUpdate(parsing: bytes)
            #expect(read.upserts == update.upserts)
            #expect(read.encoded() == update.encoded())
        }
    }

    @Test("Without documents an update compiles to the same routes")
    func withoutDocuments() throws {
        let bytes = try Sample.content().full().encoded()
        let update = try SnapshotUpdate(parsing: bytes, keepingDocuments: false)
        #expect(update.upserts.allSatisfy { $0.resource.document == .null })
        #expect(
            update.upserts.map(\.resource.spec) == (try SnapshotUpdate(parsing: bytes)).upserts.map(\.resource.spec))
        let gateway = Gateway()
        _ = gateway.commit(try gateway.prepare(update))
        #expect(gateway.version == 1)
    }

    @Test("A text that was cut anywhere is refused")
    func truncations() throws {
        let bytes = try Sample.content().full().encoded()
        for count in 0..<bytes.count {
            #expect(throws: ProtocolError.self) { try SnapshotUpdate(parsing: Array(bytes[..<count])) }
        }
    }

    @Test(
        "Members that are missing, unknown, doubled or of the wrong type are named",
        arguments: [
            (#""identity":"i","#, "", "identity"), (#""upserts":[],"#, "", "upserts"),
            (#""version":1"#, #""version":-1"#, "version"),
            (#""upserts":[]"#, #""upserts":{}"#, "array"), (#""deletes":[]"#, #""deletes":[],"x":1"#, "x"),
            (#""deletes":[]"#, #""deletes":[],"upserts":[]"#, "upserts"),
            (#""deletes":[]"#, #""deletes":[],"digest":"e""#, "digest"),
            (#""deletes":[]"#, #""deletes":[{"kind":"route","name":"a"}]"#, "deletes"), ("}", "}}", "JSON"),
        ])
    func refused(_ part: String, _ replacement: String, _ word: String) throws {
        #expect(refusal(Self.good) == nil)
        let range = try #require(Self.good.firstRange(of: part))
        let message = try #require(refusal(Self.good.replacingCharacters(in: range, with: replacement)))
        #expect(message.contains(word), "\(message)")
    }
}

extension String {
    fileprivate func firstRange(of part: String) -> Range<Index>? {
        self.indices.lazy.filter { self[$0...].hasPrefix(part) }.first.map { $0..<self.index($0, offsetBy: part.count) }
    }

    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
