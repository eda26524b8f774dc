/// Many blocks, compiled: a look-up is a binary search over ranges that neither touch nor overlap.
package struct CIDRSet: Hashable, Sendable {
    private struct Run: Hashable, Sendable {
        var first: UInt128
        var last: UInt128
    }

    private let ipv4: [Run]
    private let ipv6: [Run]

    package init(_ blocks: some Sequence<CIDR>) {
        let all = Array(blocks)
        self.ipv4 = Self.merged(all.filter(\.isIPv4))
        self.ipv6 = Self.merged(all.filter { !$0.isIPv4 })
    }

    /// - Returns: `nil` when one of the texts is no block.
    package init?(texts: some Sequence<String>) {
        var blocks: [CIDR] = []
        for text in texts {
            guard let block = CIDR(text: text) else { return nil }
            blocks.append(block)
        }
        self.init(blocks)
    }

    package var isEmpty: Bool { self.ipv4.isEmpty && self.ipv6.isEmpty }

    package func contains(_ address: IPBytes) -> Bool {
        address.isIPv4 ? Self.contains(address.bits, in: self.ipv4) : Self.contains(address.bits, in: self.ipv6)
    }

    /// Finds the last run that begins at or before the address.
    private static func contains(_ bits: UInt128, in runs: borrowing [Run]) -> Bool {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= bits { low = middle + 1 } else { high = middle }
        }
        return low > 0 && bits <= runs[low - 1].last
    }

    private static func merged(_ blocks: [CIDR]) -> [Run] {
        var runs: [Run] = []
        for block in blocks.sorted(by: { $0.first.bits < $1.first.bits }) {
            let run = Run(first: block.first.bits, last: block.last.bits)
            if let previous = runs.last, previous.last == .max || run.first <= previous.last + 1 {
                runs[runs.count - 1].last = max(previous.last, run.last)
            } else {
                runs.append(run)
            }
        }
        return runs
    }
}
