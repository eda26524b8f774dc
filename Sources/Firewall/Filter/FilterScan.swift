import Patterns

/// One request under the filter: which parts may match it.
struct FilterScan: ~Copyable {
    /// Longer values are the engine's.
    static let longest = 4096

    private let program: FilterProgram
    private let room: FilterRoom
    private let injection: InjectionTests
    private let words: Int
    /// What may match; what was found in one value; who looks at it.
    private let found, hits, lookers: UnsafeMutableBufferPointer<UInt64>

    init(_ program: FilterProgram, _ injection: InjectionTests, room: FilterRoom) {
        self.program = program
        self.injection = injection
        self.room = room
        self.words = program.always.words.count
        let memory = room.words
        self.found = UnsafeMutableBufferPointer(rebasing: memory[0..<self.words])
        self.hits = UnsafeMutableBufferPointer(rebasing: memory[self.words..<(2 * self.words)])
        self.lookers = UnsafeMutableBufferPointer(rebasing: memory[(2 * self.words)..<(3 * self.words)])
        for word in 0..<self.words { self.found[word] = program.always.words[word] }
    }

    /// Whether all parts of some chain may match.
    var hasMatch: Bool {
        for chain in self.program.chains {
            var isWhole = true
            for part in chain.parts where self.found[part / 64] & 1 << UInt64(part % 64) == 0 { isWhole = false }
            if isWhole { return true }
        }
        return false
    }

    /// Rules all of whose parts may match.
    var matching: [Int] {
        self.program.chains.filter { chain in
            chain.parts.allSatisfy { self.found[$0 / 64] & 1 << UInt64($0 % 64) != 0 }
        }
        .map(\.id)
    }

    var specials: [(part: Int, special: FilterSpecial)] { self.program.specials }
    var lines: [Int] { self.program.lines }

    func test(_ part: Int) -> FilterPart.Test { self.program.parts[part].test }

    func mark(_ part: Int) {
        self.found[part / 64] |= 1 << UInt64(part % 64)
        self.room.isTouched = true
    }

    /// Looks at a value.
    ///
    /// - Parameter name: in lower case; of an argument or a cookie as it is.
    /// - Returns: `false` where nothing is known of it.
    func look(
        _ value: UnsafeRawBufferPointer, at places: FilterPlace, name: UnsafeRawBufferPointer? = nil,
        longest: Int = FilterScan.longest
    ) -> Bool {
        guard value.count <= longest else { return false }
        let hash = self.room.clean.hash(value, places, name)
        if let hash, self.room.clean.contains(hash, value, places, name) { return true }
        guard self.findLookers(places, name) else { return true }
        self.room.isTouched = false
        guard self.looksClosely(value) else { return false }
        if let hash, !self.room.isTouched { self.room.clean.insert(hash, value, places, name) }
        return true
    }

    private func looksClosely(_ value: UnsafeRawBufferPointer) -> Bool {
        let traits = ValueTraits(of: value)
        guard self.search(value) else { return false }
        for change in self.program.changes where change.needs.isDisjoint(with: traits) { self.test(change, value) }
        for change in self.program.changes where !change.needs.isDisjoint(with: traits) && self.isWanted(change) {
            var changed: [UInt8]? = Array(value)
            for transformation in change.transformations { changed = changed.flatMap(transformation.apply) }
            guard let changed else { return false }
            let isDone = changed.withUnsafeBytes { bytes in
                guard self.search(bytes) else { return false }
                self.test(change, bytes)
                return true
            }
            guard isDone else { return false }
        }
        return true
    }

    /// Notes the parts that look at such a place. `false`: there are none.
    private func findLookers(_ places: FilterPlace, _ name: UnsafeRawBufferPointer?) -> Bool {
        for word in 0..<self.words { self.lookers[word] = 0 }
        for bit in 0..<FilterPlace.count where places.rawValue & 1 << UInt32(bit) != 0 {
            for word in 0..<self.words { self.lookers[word] |= self.program.eligible[bit].words[word] }
        }
        if let name {
            for entry in self.program.names
            where !entry.place.isDisjoint(with: places) && entry.name.count == name.count
                && entry.name.elementsEqual(name)
            {
                for word in 0..<self.words {
                    self.lookers[word] = self.lookers[word] & ~entry.excluded.words[word] | entry.included.words[word]
                }
            }
        }
        return self.lookers.contains { $0 != 0 }
    }

    private func isWanted(_ change: FilterProgram.Change) -> Bool {
        for word in 0..<self.words where self.lookers[word] & change.parts.words[word] != 0 { return true }
        return false
    }

    private func search(_ value: UnsafeRawBufferPointer) -> Bool {
        for word in 0..<self.words { self.hits[word] = 0 }
        return self.program.whole?.scan(value, self.room.scratch, into: self.hits) ?? false
    }

    /// Notes the parts of a change that may match what has just been searched.
    private func test(_ change: FilterProgram.Change, _ value: UnsafeRawBufferPointer) {
        for word in 0..<self.words {
            let hits = self.hits[word] & self.lookers[word] & change.parts.words[word]
            if hits & self.found[word] != 0 { self.room.isTouched = true }
            var rest = hits & ~self.found[word]
            while rest != 0 {
                let part = word * 64 + rest.trailingZeroBitCount
                rest &= rest &- 1
                if self.isSure(part, value) { self.mark(part) }
            }
        }
        for part in change.direct where self.lookers[part / 64] & 1 << UInt64(part % 64) != 0 {
            if self.mayMatch(self.program.parts[part].test, value, ignoresCase: self.program.parts[part].ignoresCase) {
                self.mark(part)
            }
        }
    }

    /// Hyperscan finds too much where an expression is more than it can do.
    private func isSure(_ part: Int, _ value: UnsafeRawBufferPointer) -> Bool {
        guard case .expression(_, let pattern) = self.program.parts[part].test else { return true }
        return pattern.find(in: value) != .no
    }

    private func mayMatch(_ test: FilterPart.Test, _ value: UnsafeRawBufferPointer, ignoresCase: Bool) -> Bool {
        switch test {
        case .sqlInjection: return self.injection.isSQL(value)
        case .crossSiteScripting: return self.injection.isScript(value)
        case .bytes(let bytes): return value.contains { bytes.contains($0) }
        case .brokenEscape: return value.contains(0x25)
        case .lacks(let pattern):
            guard ignoresCase else { return pattern.find(in: value) != .yes }
            return Array(value).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }.withUnsafeBytes {
                pattern.find(in: $0) != .yes
            }
        case .notWithin(let text): return !text.utf8.holds(value)
        case .unknown, .never, .expression, .patterns, .lines, .special: return true
        }
    }
}

extension String.UTF8View {
    /// Whether some bytes are a part of it.
    func holds(_ part: UnsafeRawBufferPointer) -> Bool {
        guard !part.isEmpty else { return true }
        var rest = self[...]
        while rest.count >= part.count {
            if rest.starts(with: part) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
