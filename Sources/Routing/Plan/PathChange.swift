import GatewayModel
package import HTTPWire
package import Patterns

/// What becomes of a request's path.
// Justified: what it points at is never written to after it is made.
package enum PathChange: @unchecked Sendable {
    case full(UnsafeBufferPointer<UInt8>)
    /// In place of the segments that a prefix has.
    case prefix(UnsafeBufferPointer<UInt8>)
    /// In place of what a regular expression finds.
    case pattern(PatternView, SubstitutionView)
}

extension PathChange {
    /// Writes the changed path.
    ///
    /// What stands behind the replaced segments stays as it is, parameters among it, and no slash is doubled or lost: of `/foo`
    /// in `/foo/bar` both `/xyz` and `/xyz/` make `/xyz/bar`, and nothing or `/` makes `/bar`.
    ///
    /// A regular expression writes nothing here: it may be given up, see `replace`.
    ///
    /// - Parameter path: as it would go upstream.
    /// - Parameter match: what of the path, as routes are matched with it, took the request; see `RouteLookup`.
    package func write(
        _ path: UnsafeBufferPointer<UInt8>, match: UnsafeBufferPointer<UInt8>.SubSequence, into writer: inout ByteWriter
    ) {
        switch self {
        case .full(let new): writer.append(buffer: new)
        case .prefix(let new):
            let segments = match.reduce(0) { $1 == 0x2F ? $0 + 1 : $0 }
            let rest = UnsafeBufferPointer(rebasing: path[path.end(ofSegments: segments)...])
            guard !rest.isEmpty else { return new.isEmpty ? writer.append(0x2F) : writer.append(buffer: new) }
            var end = new.count
            while end > 0, new[end - 1] == 0x2F { end -= 1 }
            writer.append(buffer: UnsafeBufferPointer(rebasing: new[..<end]))
            writer.append(buffer: rest)
        case .pattern: break
        }
    }

    /// Replaces what a regular expression finds. The outcome is a path, canonical as all others: what came of parts of segments
    /// could be one that two parties read differently.
    ///
    /// - Parameter output: the outcome, `.plain`: the first bytes of `output`; or the first bytes of `scratch`.
    /// - Parameter scratch: as large as twice the output.
    /// - Returns: how many bytes; `nil` when the search was given up or there is no room.
    package func replace(
        in path: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>,
        scratch: UnsafeMutableBufferPointer<UInt8>
    ) -> (outcome: RequestPath, count: Int)? {
        guard case .pattern(let pattern, let substitution) = self, output.count > 1 else { return nil }
        let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(output)[1...])
        let value = UnsafeRawBufferPointer(path)
        guard var count = pattern.replaceAll(in: value, with: substitution, into: room) else { return nil }
        output[0] = 0x2F
        var start = 0
        if count > 0, output[1] == 0x2F { start = 1 } else { count += 1 }
        for index in 0..<count where start > 0 { output[index] = output[index + start] }
        let changed = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(output)[..<count])
        let outcome = RequestPath(normalising: changed.span, scratch: scratch)
        if case .rewritten(let wire, _) = outcome { return (outcome, wire) }
        return (outcome, count)
    }

    /// Bytes that it adds to a path at most.
    package var room: Int {
        switch self {
        case .full(let new), .prefix(let new): new.count + 1
        case .pattern: 0
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
}

extension ByteWriter {
    /// Bytes of a plan.
    package mutating func append(buffer bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        self.append(base, count: bytes.count)
    }
}
