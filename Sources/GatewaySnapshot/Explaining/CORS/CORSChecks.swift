import AccessControl
import GatewayModel
import HTTPWire

/// The steps of Fetch that decide whether a page may make a request and read its answer, up to the first that fails.
struct CORSChecks {
    enum Step: String {
        case origin, method, route, policy
        case preflightStatus = "preflight-status"
        case preflightOrigin = "preflight-allow-origin"
        case preflightCredentials = "preflight-allow-credentials"
        case preflightMethods = "preflight-allow-methods"
        case preflightHeaders = "preflight-allow-headers"
        case origins = "response-allow-origin"
        case credentials = "response-allow-credentials"
    }

    private(set) var steps: [(step: Step, passed: Bool, detail: String)] = []
    let question: CORSQuestion

    init(_ question: CORSQuestion) { self.question = question }

    var failing: Step? { self.steps.last.flatMap { $0.passed ? nil : $0.step } }

    var json: JSON {
        .array(
            self.steps.map {
                ["step": .string($0.step.rawValue), "passed": .bool($0.passed), "detail": .string($0.detail)]
            })
    }

    /// Notes a step unless one before has failed.
    mutating func check(_ step: Step, _ passed: Bool, _ detail: String, else failure: String) {
        guard self.failing == nil else { return }
        self.steps.append((step, passed, passed ? detail : failure))
    }

    /// The CORS-preflight fetch (section 4.8) with these fields in its answer.
    mutating func checkPreflight(_ fields: CORSFields) {
        let question = self.question
        self.checkOrigin(fields, .preflightOrigin, .preflightCredentials)
        let methods = fields.list("access-control-allow-methods")
        let isListed =
            methods.contains(question.method) || !question.sendsCredentials && methods.contains("*")
        self.check(
            .preflightMethods, question.isSafelistedMethod || isListed,
            question.isSafelistedMethod
                ? "\(question.method) needs no leave" : "\(question.method) is among the methods",
            else: "\(question.method) is not in Access-Control-Allow-Methods")
        let missing = question.missingHeaders(fields)
        self.check(
            .preflightHeaders, missing.isEmpty, "all fields that need leave have it",
            else: "not in Access-Control-Allow-Headers: \(missing.joined(separator: ", "))")
    }

    /// The CORS check (section 4.9) on the answer itself.
    mutating func checkAnswer(_ fields: CORSFields) { self.checkOrigin(fields, .origins, .credentials) }

    private mutating func checkOrigin(_ fields: CORSFields, _ step: Step, _ credentials: Step) {
        let sends = self.question.sendsCredentials
        let allowed = fields["access-control-allow-origin"]
        let passed = allowed == self.question.origin || allowed == "*" && !sends
        let failure =
            allowed == nil
            ? "the answer has no Access-Control-Allow-Origin: \(self.question.origin) is foreign to the policy"
            : "Access-Control-Allow-Origin is *, which counts for nothing in a request with credentials"
        self.check(step, passed, "Access-Control-Allow-Origin is \(allowed ?? "")", else: failure)
        guard sends else { return }
        self.check(
            credentials, fields["access-control-allow-credentials"] == "true",
            "Access-Control-Allow-Credentials is true",
            else: "the request has credentials, and the answer has no Access-Control-Allow-Credentials")
    }
}

extension CORSQuestion {
    /// The fields that need leave and do not have it (section 4.8, steps 7.6 and 7.7).
    func missingHeaders(_ fields: CORSFields) -> [String] {
        let listed = fields.list("access-control-allow-headers").map { $0.lowercased() }
        let hasAny = !self.sendsCredentials && listed.contains("*")
        return self.unsafeHeaders.filter { !listed.contains($0) && (!hasAny || $0 == "authorization") }
    }
}

/// The lines that a policy writes.
struct CORSFields {
    private var fields: [(name: String, value: String)] = []

    /// - Parameter write: the writer has room.
    init(room: Int, _ write: (inout ByteWriter) -> Void) {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        defer { memory.deallocate() }
        var writer = ByteWriter(memory, capacity: room)
        write(&writer)
        let text = String(decoding: UnsafeBufferPointer(start: memory, count: min(writer.count, room)), as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            self.fields.append((String(line[..<colon]), String(value)))
        }
    }

    /// - Parameter name: in lower case.
    subscript(name: String) -> String? { self.fields.first { $0.name.lowercased() == name }?.value }

    func list(_ name: String) -> [String] {
        (self[name] ?? "").split(separator: ",").map { String($0.drop { $0 == " " }) }
    }

    var json: JSON {
        var object = JSONObject()
        for field in self.fields { object[field.name] = .string(field.value) }
        return .object(object)
    }
}

extension CORSRule {
    func answerFields(_ question: CORSQuestion) -> CORSFields {
        question.origin.withBytes { origin in
            CORSFields(room: self.room(origin: origin.count, method: 0, headers: 0)) {
                self.append(for: origin, to: &$0)
            }
        }
    }

    func preflightFields(_ question: CORSQuestion) -> CORSFields {
        let headers = question.unsafeHeaders.joined(separator: ",")
        return question.origin.withBytes { origin in
            question.method.withBytes { method in
                headers.withBytes { list in
                    let room = self.room(origin: origin.count, method: method.count, headers: list.count)
                    return CORSFields(room: room) {
                        self.appendPreflight(
                            for: origin, method: method, headers: list.isEmpty ? nil : list, to: &$0)
                    }
                }
            }
        }
    }
}

extension String {
    fileprivate func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R { Array(self.utf8).withUnsafeBytes(body) }
}
