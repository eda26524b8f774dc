import Patterns

/// Memory of a plan: given out piece by piece while the plan is made, never written to afterwards, freed as a whole.
struct PlanMemory: ~Copyable {
    private var pieces: [UnsafeMutableRawPointer] = []
    /// What views of the plan point into.
    private var owners: [AnyObject] = []
    /// What is wrong with the first regular expression that is none; the plan is of no use then.
    private(set) var fault: PatternError?
    /// Lent for as long as the plan is made.
    var patterns = PatternPool()

    deinit {
        for piece in self.pieces { piece.deallocate() }
    }

    mutating func copy(_ text: String) -> UnsafeBufferPointer<UInt8> { self.copy(Array(text.utf8)) }

    /// - Parameter elements: of a type that needs no destruction.
    mutating func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
        let copy = self.room(for: elements.count, of: Element.self)
        _ = copy.initialize(from: elements)
        return UnsafeBufferPointer(copy)
    }

    /// - Returns: `nil` when one of them is refused; `fault` says why.
    mutating func compile(_ text: String, substitution: String) -> (PatternView, SubstitutionView)? {
        do throws(PatternError) {
            let pattern = try self.patterns.pattern(text)
            let substitution = try Substitution(substitution, for: pattern)
            self.owners += [pattern, substitution] as [AnyObject]
            return (pattern.view, substitution.view)
        } catch {
            self.fault = self.fault ?? error
            return nil
        }
    }

    /// Room that the caller fills before the plan is used.
    mutating func room<Element>(for count: Int, of type: Element.Type) -> UnsafeMutableBufferPointer<Element> {
        let room = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
        if let base = room.baseAddress { self.pieces.append(UnsafeMutableRawPointer(base)) }
        return room
    }
}
