import Patterns

/// The parts of all chains, numbered, and how they are found.
final class FilterProgram: Sendable {
    /// A way to change values before parts look at them.
    struct Change: Sendable {
        let transformations: [Transformation]
        /// Values that lack all of these stay as they are.
        let needs: ValueTraits
        /// The parts that look at values so changed.
        var parts: PartSet
        /// Those of them that are tested one by one.
        var direct: [Int] = []

        init(_ transformations: [Transformation], _ count: Int) {
            self.transformations = transformations
            self.needs = transformations.reduce(into: []) { $0.formUnion($1.changes) }
            self.parts = PartSet(count)
        }
    }

    /// What parts say of places of one name.
    struct Name: Sendable {
        let place: FilterPlace
        let name: [UInt8]
        var included, excluded: PartSet
    }

    let parts: [FilterPart]
    /// Of each chain, its rule and the numbers of its parts.
    let chains: [(id: Int, parts: Range<Int>)]
    let changes: [Change]
    /// All patterns, whatever they look at.
    let whole: PatternDatabase?
    /// By place: the parts that look at it whatever its name.
    let eligible: [PartSet]
    let names: [Name]
    /// What is found in every request.
    let always: PartSet
    let lines: [Int]
    let specials: [(part: Int, special: FilterSpecial)]
    /// Rules of which nothing is known that a request could lack.
    let unbounded: [Int]

    init(_ rules: FilterRules) {
        var parts: [FilterPart] = []
        var chains: [(id: Int, parts: Range<Int>)] = []
        for chain in rules.chains {
            let made = chain.parts.map { FilterPart($0, first: chain.parts[0], rules) }
            if made.contains(where: \.test.isNever) { continue }
            chains.append((chain.id, parts.count..<(parts.count + made.count)))
            parts += made
        }
        (self.parts, self.chains) = (parts, chains)
        var always = PartSet(parts.count)
        for (number, part) in parts.enumerated() where part.test.isUnknown { always.insert(number) }
        let (changes, whole) = Self.changes(parts, &always)
        (self.changes, self.whole, self.always) = (changes, whole, always)
        self.lines = parts.indices.filter { if case .lines = parts[$0].test { true } else { false } }
        self.specials = parts.enumerated().compactMap { number, part in
            if case .special(let special) = part.test { (number, special) } else { nil }
        }
        self.eligible = (0..<FilterPlace.count).map { bit in
            var set = PartSet(parts.count)
            for (number, part) in parts.enumerated() where part.places.rawValue & 1 << UInt32(bit) != 0 {
                set.insert(number)
            }
            return set
        }
        self.names = Self.names(parts)
        self.unbounded = chains.filter { $0.parts.allSatisfy { always.contains($0) } }.map(\.id)
    }

    private static func changes(_ parts: [FilterPart], _ always: inout PartSet) -> ([Change], PatternDatabase?) {
        var changes: [Change] = []
        var places: [[Transformation]: Int] = [:]
        var patterns: [(text: String, ignoresCase: Bool, number: Int)] = []
        for (number, part) in parts.enumerated() where !part.test.isUnknown {
            switch part.test {
            case .expression(let text, _): patterns.append((text, part.ignoresCase, number))
            case .patterns(let texts): patterns += texts.map { ($0, part.ignoresCase, number) }
            default: break
            }
            for variant in part.variants {
                let place = places[variant] ?? changes.count
                if place == changes.count {
                    places[variant] = place
                    changes.append(Change(variant, parts.count))
                }
                changes[place].parts.insert(number)
                if part.test.isDirect { changes[place].direct.append(number) }
            }
        }
        let whole = PatternDatabase(patterns)
        for place in whole?.refused ?? Array(patterns.indices) { always.insert(patterns[place].number) }
        return (changes, whole)
    }

    private static func names(_ parts: [FilterPart]) -> [Name] {
        var names: [Name] = []
        func index(_ place: FilterPlace, _ name: String) -> Int {
            let bytes = Array(name.utf8)
            if let index = names.firstIndex(where: { $0.place == place && $0.name == bytes }) { return index }
            names.append(
                Name(place: place, name: bytes, included: PartSet(parts.count), excluded: PartSet(parts.count)))
            return names.count - 1
        }
        for (number, part) in parts.enumerated() {
            for (place, name) in part.named { names[index(place, name)].included.insert(number) }
            for (place, name) in part.excluded { names[index(place, name)].excluded.insert(number) }
        }
        return names
    }
}

extension FilterPart.Test {
    var isUnknown: Bool { if case .unknown = self { true } else { false } }
    var isNever: Bool { if case .never = self { true } else { false } }

    /// Tested value by value.
    fileprivate var isDirect: Bool {
        switch self {
        case .sqlInjection, .crossSiteScripting, .bytes, .brokenEscape, .lacks, .notWithin: true
        case .unknown, .never, .expression, .patterns, .lines, .special: false
        }
    }
}
