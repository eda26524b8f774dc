/// Which responses are compressed, and how. Nothing is ever decompressed: a body that has a coding passes as it is, so
/// that no small message can grow inside the gateway.
package struct CompressionRule: Hashable, Sendable {
    package let algorithms: ContentCodingOrder
    /// Bytes of body below which a response stays as it is, when its length is known.
    package let minBytes: UInt64
    package let types: MediaTypeSet

    package init(algorithms: ContentCodingOrder, minBytes: UInt64, types: MediaTypeSet) {
        self.algorithms = algorithms
        self.minBytes = minBytes
        self.types = types
    }

    /// - Returns: `nil` when the names of the algorithms or the types are not right.
    package init?(algorithms: [String], minBytes: UInt64, types: [String]) {
        guard let order = ContentCodingOrder(names: algorithms), let set = MediaTypeSet(names: types) else {
            return nil
        }
        self.init(algorithms: order, minBytes: minBytes, types: set)
    }
}

/// What becomes of one response.
package enum CompressionDecision: Hashable, Sendable {
    /// The rule does not speak of it; nothing of it changes.
    case untouched
    /// It would be compressed for another client: it gets `Vary`.
    case varies
    case compressed(ContentCoding)
    /// It says that what the client has is still good, and that went out compressed: fields as it had, and no body.
    case revalidated

    /// The body that the upstream speaks of is not the one that the client gets, or has.
    package var changesBody: Bool { self.coding != nil || self == .revalidated }

    package var coding: ContentCoding? {
        if case .compressed(let coding) = self { coding } else { nil }
    }
}

/// What the rule wants to know of a response.
package struct CompressionFacts: Hashable, Sendable {
    package var status: UInt16
    package var contentType: Slice?
    /// As declared; `nil` when it is not known before the end.
    package var contentLength: UInt64?
    package var hasContentEncoding = false
    package var hasContentRange = false
    package var forbidsTransform = false

    package init(status: UInt16) {
        self.status = status
    }
}

extension CompressionRule {
    /// The same for GET and HEAD: both get the same fields (RFC 9110 section 9.3.2).
    package func decide(
        _ head: borrowing ResponseHead, of bytes: Span<UInt8>, for accepted: AcceptEncoding
    ) -> CompressionDecision {
        let facts = CompressionFacts(head, of: bytes)
        guard let type = facts.contentType else { return .untouched }
        guard self.applies(to: facts, contentType: bytes.extracting(type.range)) else { return .untouched }
        return accepted.choose(from: self.algorithms).map { .compressed($0) } ?? .varies
    }

    /// Whether such a response is compressed for a client that accepts it: one with a whole body of its own, of a listed
    /// type, without coding, not too small, and free to be transformed (RFC 9110 section 7.7).
    package func applies(to facts: CompressionFacts, contentType: Span<UInt8>) -> Bool {
        switch facts.status {
        case 200..<600 where facts.status != 204 && facts.status != 205 && facts.status != 206 && facts.status != 304:
            break
        default:
            return false
        }
        if facts.hasContentEncoding || facts.hasContentRange || facts.forbidsTransform { return false }
        if let length = facts.contentLength, length < self.minBytes || length == 0 { return false }
        return self.types.contains(contentType)
    }
}

extension CompressionFacts {
    package init(_ head: borrowing ResponseHead, of bytes: Span<UInt8>) {
        self.init(status: head.status)
        self.contentLength = head.declaredLength
        for index in 0..<head.fields.count {
            let line = head.fields[index]
            switch line.known {
            case .contentType:
                // Two types: nobody can say what it is.
                self.contentType = self.contentType == nil ? line.value : .empty
            case .contentEncoding:
                self.hasContentEncoding = true
            case .contentRange:
                self.hasContentRange = true
            case .cacheControl:
                let value = bytes.extracting(line.value.range)
                var forbids = false
                value.forEachListElement { forbids = forbids || value.extracting($0).equals("no-transform") }
                self.forbidsTransform = self.forbidsTransform || forbids
            default:
                break
            }
        }
    }
}
