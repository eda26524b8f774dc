import CLinux

/// What keeps a supervisor small: it makes and frees whole snapshots, on several threads.
enum Memory {
    /// One heap for all threads, so that what one frees another can use; call before any thread starts.
    static func shareOneHeap() { clinux_use_one_heap() }

    /// Gives freed memory back to the system; takes some milliseconds for a large heap.
    static func giveBack() { clinux_trim_heap() }
}
