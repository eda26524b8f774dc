import GatewayModel

/// An explanation for people: what was asked, what becomes of it and why, then tables of what it met.
enum ExplanationText {
    static func text(_ explanation: JSON) -> String {
        let facts = Self.facts(explanation).flatMap { label, lines in
            lines.enumerated().map { Self.line($0 == 0 ? label : "", $1) }
        }
        let tables = ExplanationTables.all(explanation).map(\.text)
        return ([facts.joined(separator: "\n")] + tables).joined(separator: "\n\n")
    }

    private static func line(_ label: String, _ text: String) -> String {
        label + String(repeating: " ", count: max(0, 10 - label.count)) + text
    }

    /// Labels and the lines beside them; those without a line are left out.
    private static func facts(_ explanation: JSON) -> [(label: String, lines: [String])] {
        let destinations = explanation["destinations"]?.arrayValue ?? []
        var facts = [
            ("request", [Self.request(explanation)]), ("client", Self.client(explanation)),
            ("listener", [Self.listener(explanation)]), ("route", [Self.route(explanation)]),
            ("location", explanation["location"]?.text.map { [$0] } ?? []), ("share", Self.share(explanation)),
        ]
        for destination in destinations {
            let name = destinations.count > 1 ? "\(destination["upstream"]?.text ?? "?"): " : ""
            facts += [
                ("endpoint", Self.endpoint(destination).map { name + $0 }), ("sends", Self.sends(destination, name)),
                ("answer", Self.edits(destination["responseHeaders"])),
            ]
        }
        facts += [
            ("timeouts", Self.timeouts(explanation["timeouts"])), ("retries", Self.retries(explanation["retry"])),
            ("mirrors", Self.mirrors(explanation)),
            ("note", explanation["notes"]?.arrayValue?.compactMap(\.stringValue) ?? []),
        ]
        return facts.filter { !$0.1.isEmpty }.map { (label: $0.0, lines: $0.1) }
    }

    private static func request(_ explanation: JSON) -> String {
        let request = explanation["request"]
        let method = request?["method"]?.text.map { "\($0) " } ?? ""
        return method + ["host", "path", "query"].compactMap { request?[$0]?.text }.joined()
    }

    private static func client(_ explanation: JSON) -> [String] {
        guard let client = explanation["client"], let address = client["address"]?.text else { return [] }
        guard client["source"]?.text != "peer" else { return [address] }
        let peer = client["peer"]?.text ?? "?"
        return ["\(address): \(client["detail"]?.text ?? "")\(peer == address ? "" : "; \(peer) connects")"]
    }

    private static func listener(_ explanation: JSON) -> String {
        let address = explanation["address"]?.text
        guard let name = explanation["listener"]?.text else {
            return address.map { "none for this host at \($0)" } ?? "none"
        }
        return "\(name) at \(address ?? "?")"
    }

    // MARK: What becomes of it

    private static func route(_ explanation: JSON) -> String {
        let answer = Self.answer(explanation)
        guard let route = explanation["route"]?.text else { return "none: \(answer ?? "nothing is known")" }
        return "\(route) → \(answer ?? Self.target(explanation))"
    }

    /// Where the route sends the request.
    private static func target(_ explanation: JSON) -> String {
        if let upstream = explanation["upstream"]?.text { return "upstream \(upstream)" }
        let shares = explanation["split"]?.arrayValue?.filter { $0["weight"] != 0 } ?? []
        return
            "upstreams \(shares.map { "\($0["upstream"]?.text ?? "?") (\($0["percent"]?.number ?? "?") %)" }.joined(separator: ", "))"
    }

    /// What the gateway answers itself; `nil`: nothing.
    private static func answer(_ explanation: JSON) -> String? {
        let reason = explanation["reason"]?.text
        guard let status = explanation["status"]?.integerValue else {
            return reason.map { "no answer, the connection ends: \(Self.words($0))" }
        }
        return "the gateway answers \(status)" + (reason.map { ": \(Self.words($0))" } ?? "")
    }

    private static func words(_ reason: String) -> String {
        switch reason {
        case "bad-request": "this is no valid request"
        case "no-listener": "nobody listens"
        case "unrecognized-name": "no listener there has the name that TLS asks for"
        case "plain-http": "the port speaks TLS"
        case "method-not-allowed": "this method is not served"
        case "body-too-large": "the listener takes no body of this length"
        case "target-too-long", "head-too-large": "the listener takes no head of this size"
        case "misdirected-request": "the host has another listener than the name that TLS asks for"
        case "health-check": "the listener's own health check"
        case "no-route": "no route takes it"
        case "pattern-limit": "a regular expression would take too long"
        case "fault-injected": "a fault policy has it so"
        case "no-share": "all shares have the weight 0"
        case "no-endpoint": "no endpoint may be used"
        case "upstream-invalid": "a WebSocket needs an upstream of HTTP/1.1"
        default: reason
        }
    }

    private static func share(_ explanation: JSON) -> [String] {
        let shares = explanation["split"]?.arrayValue ?? []
        guard shares.count > 1, let share = explanation["share"] else { return [] }
        let detail = share["detail"]?.text ?? "?"
        guard let place = share["place"]?.integerValue, shares.indices.contains(Int(place)) else { return [detail] }
        let taken = shares[Int(place)]
        return ["\(taken["upstream"]?.text ?? "?"), \(taken["percent"]?.number ?? "?") %: \(detail)"]
    }

    private static func endpoint(_ destination: JSON) -> [String] {
        let views = destination["views"]?.arrayValue ?? []
        return views.map { view in
            let who = view["replicas"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ", ") ?? ""
            let place = view["endpoint"]?.text.map { "\($0): " } ?? ""
            let isUnsure = views.count > 1
            return "\(place)\(view["detail"]?.text ?? "?")\(isUnsure ? ", as \(who) sees it" : "")\(Self.load(view))"
        }
    }

    private static func load(_ view: JSON) -> String {
        if view["panic"] == true { return "; too few are healthy, so that all are used" }
        guard let percent = view["backupPercent"]?.integerValue, percent > 0 else { return "" }
        return "; backups take \(percent) %"
    }

    private static func sends(_ destination: JSON, _ name: String) -> [String] {
        guard let request = destination["request"], request != .null else { return [] }
        let (method, target) = (request["method"]?.text ?? "?", request["target"]?.text ?? "?")
        return ["\(name)\(method) \(target) to host \(request["host"]?.text ?? "?")"] + Self.edits(request["headers"])
    }

    private static func edits(_ rules: JSON?) -> [String] {
        let added = rules?["add"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let names = added.compactMap { $0.split(separator: ":").first?.lowercased() }
        let removed = rules?["remove"]?.arrayValue?.compactMap(\.stringValue).filter { !names.contains($0) } ?? []
        return added.map { "+ \($0)" } + removed.map { "- \($0)" }
    }

    // MARK: Times

    private static func timeouts(_ timeouts: JSON?) -> [String] {
        guard let timeouts, timeouts != .null else { return [] }
        let parts = [("request", "in all"), ("backendRequest", "each try"), ("idle", "of silence")].compactMap {
            name, text in
            timeouts[name]?.text.flatMap { $0 == "0s" ? nil : "\($0) \(text)" }
        }
        return [parts.isEmpty ? "none" : parts.joined(separator: ", ")]
    }

    private static func retries(_ retry: JSON?) -> [String] {
        guard let retry, retry != .null else { return [] }
        guard retry["applies"] == true else {
            let methods = retry["methods"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return ["none: only for \(methods.joined(separator: ", "))"]
        }
        let causes = retry["on"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let statuses = retry["statusCodes"]?.arrayValue?.compactMap(\.integerValue).map { "\($0)" } ?? []
        let wait = "waits \(retry["backoff"]?["base"]?.text ?? "?") to \(retry["backoff"]?["max"]?.text ?? "?")"
        let after = (causes + statuses).joined(separator: ", ")
        return ["up to \(retry["attempts"]?.integerValue ?? 0) after \(after); \(wait)"]
    }

    private static func mirrors(_ explanation: JSON) -> [String] {
        let mirrors = explanation["mirrors"]?.arrayValue ?? []
        let texts = mirrors.map { "\($0["upstream"]?.text ?? "?") (\($0["percent"]?.number ?? "?") %)" }
        return texts.isEmpty ? [] : [texts.joined(separator: ", ")]
    }
}

extension JSON {
    /// A text that is there.
    fileprivate var text: String? { self.stringValue.flatMap { $0.isEmpty ? nil : $0 } }

    /// A number as it is written.
    fileprivate var number: String? {
        switch self {
        case .integer, .double: self.description
        default: nil
        }
    }
}
