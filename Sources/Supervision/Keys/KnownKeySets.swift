import GatewayModel

/// The last good bodies of key sets by URL: what outlives a process.
struct KnownKeySets: Equatable {
    private let bodies: [String: [UInt8]]

    init() { self.bodies = [:] }

    init(_ schedules: [String: KeySetSchedule]) { self.bodies = schedules.compactMapValues(\.keys) }

    /// `nil` for what `encoded` never makes.
    init?(parsing bytes: [UInt8]) {
        guard let object = (try? JSON(parsing: bytes))?.objectValue else { return nil }
        var bodies: [String: [UInt8]] = [:]
        for member in object.members {
            guard let text = member.value.stringValue else { return nil }
            bodies[member.name] = Array(text.utf8)
        }
        self.bodies = bodies
    }

    var isEmpty: Bool { self.bodies.isEmpty }

    subscript(uri: String) -> [UInt8]? { self.bodies[uri] }

    func encoded() -> [UInt8] {
        var object = JSONObject()
        for (uri, body) in self.bodies.sorted(by: { $0.key < $1.key }) {
            object[uri] = .string(String(decoding: body, as: UTF8.self))
        }
        return JSON.object(object).encoded()
    }
}
