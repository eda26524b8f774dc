import GatewayModel
package import HTTPWire

/// What becomes of a request's path.
// Justified: what it points at is never written to after it is made.
package enum PathChange: @unchecked Sendable {
    case full(UnsafeBufferPointer<UInt8>)
    /// In place of the segments that a prefix has.
    case prefix(UnsafeBufferPointer<UInt8>)
}

extension PathChange {
    /// Writes the changed path.
    ///
    /// What stands behind the replaced segments stays as it is, parameters among it, and no slash is doubled or lost: of `/foo`
    /// in `/foo/bar` both `/xyz` and `/xyz/` make `/xyz/bar`, and nothing or `/` makes `/bar`.
    ///
    /// - Parameter path: as it would go upstream.
    /// - Parameter segments: of the prefix that took the request, see `RoutePlan.segments`.
    package func write(_ path: UnsafeBufferPointer<UInt8>, segments: Int, into writer: inout ByteWriter) {
        switch self {
        case .full(let new): writer.append(buffer: new)
        case .prefix(let new):
            let rest = UnsafeBufferPointer(rebasing: path[path.end(ofSegments: segments)...])
            guard !rest.isEmpty else { return new.isEmpty ? writer.append(0x2F) : writer.append(buffer: new) }
            var end = new.count
            while end > 0, new[end - 1] == 0x2F { end -= 1 }
            writer.append(buffer: UnsafeBufferPointer(rebasing: new[..<end]))
            writer.append(buffer: rest)
        }
    }

    /// Bytes that it adds to a path at most.
    package var room: Int {
        switch self {
        case .full(let new), .prefix(let new): new.count + 1
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the first segments of a path end: at the slash behind them, or at the end.
    fileprivate func end(ofSegments segments: Int) -> Int {
        var slashes = 0
        for index in self.indices where self[index] == 0x2F {
            if slashes == segments { return index }
            slashes += 1
        }
        return self.count
    }

    /// Whether a path prefix, without a trailing slash but for `/`, takes a path: whole segments.
    func takes(_ path: UnsafeRawBufferPointer) -> Bool {
        if self.count == 1 { return true }
        guard path.count >= self.count, path.count == self.count || path[self.count] == 0x2F else { return false }
        return equalBytes(UnsafeRawBufferPointer(self), UnsafeRawBufferPointer(rebasing: path[..<self.count]))
    }
}

extension ByteWriter {
    /// Bytes of a plan.
    package mutating func append(buffer bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        self.append(base, count: bytes.count)
    }
}

/// The prefixes of a route, where one of its changes needs to know which took a request.
struct TakenPrefixes {
    /// Longest first.
    private let prefixes: UnsafeBufferPointer<UnsafeBufferPointer<UInt8>>

    init(_ route: Route, _ memory: inout PlanMemory) {
        let texts = route.matches.compactMap { match -> String? in
            if case .prefix(let prefix) = match.path { prefix } else { nil }
        }
        let sorted = texts.sorted { $0.utf8.count > $1.utf8.count }.map { memory.copy($0) }
        let list = memory.room(for: sorted.count, of: UnsafeBufferPointer<UInt8>.self)
        _ = list.initialize(from: sorted)
        self.prefixes = UnsafeBufferPointer(list)
    }

    /// Of the longest that takes the path; 0 for `/` and for none.
    func segments(_ path: UnsafeRawBufferPointer) -> Int {
        for prefix in self.prefixes where prefix.takes(path) {
            return prefix.count == 1 ? 0 : prefix.reduce(0) { $1 == 0x2F ? $0 + 1 : $0 }
        }
        return 0
    }
}
