package import GatewayModel

/// What a firewall found in one request, as a replica reports it.
///
/// The document is the one that the replica logs; who reads it takes the members it knows.
package struct FirewallEvent: Hashable, Sendable {
    /// Of one event's document.
    package static let mostBytes = 8 * 1024
    /// In one report.
    package static let mostInReport = 100

    /// Grows from event to event of one replica, beyond its restarts too: one that came before has come again.
    package let sequence: Int64
    /// An object without `sequence`.
    package let document: JSONObject

    /// - Parameter document: as it was logged.
    package init(sequence: Int64, document: JSONObject) throws(ProtocolError) {
        var document = document
        document["sequence"] = nil
        guard JSON.object(document).encoded().count <= Self.mostBytes else {
            throw ProtocolError("an event has more than \(Self.mostBytes) bytes")
        }
        self.sequence = sequence
        self.document = document
    }

    /// Reads what a worker process logged.
    package init(sequence: Int64, parsing line: [UInt8]) throws(ProtocolError) {
        guard let document = try JSON(message: line).objectValue else {
            throw ProtocolError("an event must be an object")
        }
        try self.init(sequence: sequence, document: document)
    }
}

extension FirewallEvent {
    init(_ json: JSON) throws(ProtocolError) {
        guard let document = json.objectValue else {
            throw ProtocolError("an event must be an object, not \(json.kindName)")
        }
        guard let sequence = document["sequence"]?.integerValue, sequence >= 0 else {
            throw ProtocolError("\"sequence\" of an event must be an integer of 0 or more")
        }
        try self.init(sequence: sequence, document: document)
    }

    /// As it travels: the document with its `sequence`.
    var json: JSON {
        var document = self.document
        document["sequence"] = .integer(self.sequence)
        return .object(document)
    }
}

/// What a report says of firewalls.
package struct FirewallEvents: Hashable, Sendable {
    /// In the order in which they came; not more than `FirewallEvent.mostInReport`.
    package let events: [FirewallEvent]
    /// Those that were not kept for a report, since the replica's start.
    package let dropped: Int64

    package init(_ events: [FirewallEvent] = [], dropped: Int64 = 0) {
        self.events = events
        self.dropped = dropped
    }

    /// From the members `wafEvents` and `wafEventsDropped` of a report; either may be absent.
    init(_ reader: MessageReader) throws(ProtocolError) {
        let documents = try reader.optionalArray("wafEvents")
        guard documents.count <= FirewallEvent.mostInReport else {
            throw ProtocolError("a status has more than \(FirewallEvent.mostInReport) events")
        }
        var events: [FirewallEvent] = []
        for json in documents { events.append(try FirewallEvent(json)) }
        self.init(events, dropped: try reader.optionalCount("wafEventsDropped") ?? 0)
    }

    func add(to members: inout JSONObject) {
        if !self.events.isEmpty { members["wafEvents"] = .array(self.events.map(\.json)) }
        if self.dropped > 0 { members["wafEventsDropped"] = .integer(self.dropped) }
    }
}
