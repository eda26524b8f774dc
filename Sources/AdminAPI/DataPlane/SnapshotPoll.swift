import HTTPTypes
import Hummingbird

/// `GET /v1/data-plane/snapshot`: the newest snapshot, whole or as a delta, once there is one.
struct SnapshotPoll: Sendable {
    static let parameters: Set<String> = ["since", "wait", "replica", "version", "digest", "identity"]
    /// Below the 30 s after which a replica counts as stale.
    private static let longestWait = Duration.seconds(25)

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        guard let answer = await self.state.poll(try Self.request(call)) else { return Response(status: .notModified) }
        var response = Response(
            status: .ok, headers: [.contentType: "application/json", .contentDigest: answer.update.digest],
            body: ResponseBody(byteBuffer: answer.update.body))
        response.headers[.adopts] = answer.adopts
        return response
    }

    private static func request(_ call: Call) throws(Refusal) -> PollRequest {
        let query = call.query
        guard let replica = query["replica"], ReplicaName.isValid(replica) else {
            throw QueryParameters.refusal("replica", ReplicaName.rule)
        }
        return PollRequest(
            replica: replica, source: call.context.source, requestID: call.context.requestID,
            since: try query.integer("since", in: 0...Int64.max),
            version: try query.integer("version", in: 0...Int64.max), digest: query["digest"],
            identity: query["identity"],
            wait: try query.duration("wait", default: .zero, limit: Self.longestWait))
    }
}

/// What a replica may call itself.
enum ReplicaName {
    static let rule = "must be given: 1 to 128 of the characters A-Z a-z 0-9 . _ : -"

    static func isValid(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: ".-_:".utf8.contains(byte)
                }
            }
    }
}
