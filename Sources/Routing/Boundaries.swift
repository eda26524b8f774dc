/// The hash of a part of a path or host, and where the part ends (path) or begins (host).
struct Boundary {
    var hash: UInt64
    var offset: Int

    /// Writes a boundary down while there is room.
    @inline(__always)
    fileprivate static func note(
        _ hash: UInt64, _ offset: Int, _ depth: inout Int, _ boundaries: UnsafeMutableBufferPointer<Boundary>
    ) {
        guard depth < boundaries.count else { return }
        boundaries[depth] = Boundary(hash: hash, offset: offset)
        depth &+= 1
    }
}

/// A path hashed once: whole, and at the end of each segment.
struct HashedPath {
    let bytes: UnsafeRawBufferPointer
    let hash: UInt64
    /// The hash of no bytes: where the prefix `/` stands.
    let root: UInt64
    /// Element `n` ends segment `n + 1`.
    private let boundaries: UnsafeMutableBufferPointer<Boundary>
    /// Boundaries that are filled in.
    let depth: Int

    /// - Parameter boundaries: room for the deepest prefix there is; segments beyond it are not noted.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, _ hasher: ByteHash, boundaries: UnsafeMutableBufferPointer<Boundary>) {
        var hash = RunningHash(hasher)
        var depth = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "/"), index > 0 {
                Boundary.note(hash.cut(), index, &depth, boundaries)
            }
            hash.add(byte)
            index &+= 1
        }
        let whole = bytes.isEmpty ? hasher.seed : hash.cut()
        Boundary.note(whole, index, &depth, boundaries)
        self.bytes = bytes
        self.hash = whole
        self.root = hasher.seed
        self.boundaries = boundaries
        self.depth = depth
    }

    /// The part of so many segments, from 1 to `depth`.
    @inline(__always)
    func part(_ segments: Int) -> (hash: UInt64, bytes: UnsafeRawBufferPointer) {
        let boundary = self.boundaries[segments &- 1]
        return (boundary.hash, UnsafeRawBufferPointer(start: self.bytes.baseAddress, count: boundary.offset))
    }
}

/// A host hashed once: whole, and from each label on that has another before it.
struct HashedHost {
    let bytes: UnsafeRawBufferPointer
    let hash: UInt64
    /// Element `n` begins the suffix of `n + 1` labels.
    private let boundaries: UnsafeMutableBufferPointer<Boundary>
    /// Boundaries that are filled in.
    let depth: Int

    /// - Parameter boundaries: room for the deepest wildcard there is; longer suffixes are not noted.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, _ hasher: ByteHash, boundaries: UnsafeMutableBufferPointer<Boundary>) {
        var hash = RunningHash(hasher)
        var depth = 0
        var index = bytes.count
        while index > 0 {
            index &-= 1
            let byte = bytes[index]
            if byte == UInt8(ascii: "."), index > 0 {
                Boundary.note(hash.cut(), index &+ 1, &depth, boundaries)
            }
            hash.add(byte)
        }
        self.bytes = bytes
        self.hash = bytes.isEmpty ? hasher.seed : hash.cut()
        self.boundaries = boundaries
        self.depth = depth
    }

    /// The suffix of so many labels, from 1 to `depth`.
    @inline(__always)
    func suffix(_ labels: Int) -> (hash: UInt64, bytes: UnsafeRawBufferPointer) {
        let boundary = self.boundaries[labels &- 1]
        return (boundary.hash, UnsafeRawBufferPointer(rebasing: self.bytes[boundary.offset...]))
    }
}
