/// A walk through `X-Forwarded-For` from the right; feed it the values of the field lines, the last line first.
package struct ForwardedWalk {
    /// The client, as far as it is known; final when `isDecided` or when there are no more lines.
    package private(set) var client: IPBytes
    package private(set) var isDecided: Bool
    private var hopsLeft: Int

    /// - Parameter rule: the same one as in every `take`; it is not kept, so that a walk counts no reference.
    package init(peer: IPBytes, rule: borrowing ClientAddressRule) {
        self.client = peer
        self.hopsLeft = 0
        switch rule {
        case .peer, .header:
            self.isDecided = true
        case .trustedHops(let hops):
            self.hopsLeft = hops
            self.isDecided = hops <= 0
        case .trustedCIDRs(let set):
            self.isDecided = !set.contains(peer)
        }
    }

    package mutating func take(_ value: Span<UInt8>, rule: borrowing ClientAddressRule) {
        var end = value.count
        while !self.isDecided, let entry = value.lastListElement(before: &end) {
            switch rule {
            case .peer, .header:
                self.isDecided = true
            case .trustedHops:
                self.hopsLeft -= 1
                guard self.hopsLeft <= 0 else { continue }
                self.isDecided = true
                self.client = IPBytes(forwarded: value.extracting(entry)) ?? self.client
            case .trustedCIDRs(let set):
                guard let address = IPBytes(forwarded: value.extracting(entry)) else {
                    self.isDecided = true
                    return
                }
                self.client = address
                self.isDecided = !set.contains(address)
            }
        }
    }
}

extension Span where Element == UInt8 {
    /// The last element before `end` that is not empty; moves `end` to the comma in front of it.
    fileprivate func lastListElement(before end: inout Int) -> Range<Int>? {
        while end > 0, self[end - 1] == 0x2C || self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        guard end > 0 else { return nil }
        let upper = end
        while end > 0, self[end - 1] != 0x2C { end -= 1 }
        var lower = end
        while lower < upper, self[lower] == 0x20 || self[lower] == 0x09 { lower += 1 }
        return lower..<upper
    }
}
