import CLinux
import Dispatch

/// What keeps the control plane as small as its configuration: bodies of many documents take several times their size while
/// they are read, and what the library of memory keeps of that serves nobody.
enum Heap {
    /// From so many changes, or so large a body, it is worth the while.
    static let manyChanges = 1_000
    static let largeBody = 1 << 20

    /// Call once, before much is read.
    static func prepare() { clinux_map_large_blocks() }

    /// Gives freed memory back to the system, shortly, when those who work on it now are done.
    static func giveBackSoon() {
        DispatchQueue.global(qos: .background).asyncAfter(deadline: .now() + 2) { clinux_trim_heap() }
    }
}
