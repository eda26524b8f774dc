/// Memory of a plan: given out piece by piece while the plan is made, never written to afterwards, freed as a whole.
struct PlanMemory: ~Copyable {
    private var pieces: [UnsafeMutableRawPointer] = []

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

    /// Room that the caller fills before the plan is used.
    mutating func room<Element>(for count: Int, of type: Element.Type) -> UnsafeMutableBufferPointer<Element> {
        let room = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
        if let base = room.baseAddress { self.pieces.append(UnsafeMutableRawPointer(base)) }
        return room
    }
}
