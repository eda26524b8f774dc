import CHyperscan

/// Patterns that are looked for together.
// Justified: it is never written to after it is made.
final class PatternDatabase: @unchecked Sendable {
    private let database: UnsafeMutableRawPointer

    /// Places of patterns that cannot be looked for, and so may match anything.
    let refused: [Int]

    /// - Parameter patterns: with the number that each is told by.
    /// - Returns: `nil` where the library is missing or takes none of them.
    init?(_ patterns: [(text: String, ignoresCase: Bool, number: Int)]) {
        guard chyperscan_load() else { return nil }
        var rest = Array(patterns.enumerated())
        var refused: [Int] = []
        while !rest.isEmpty {
            var wrong: Int32 = -1
            if let database = Self.compile(rest.map(\.element), &wrong) {
                (self.database, self.refused) = (database, refused)
                return
            }
            guard rest.indices.contains(Int(wrong)) else { return nil }
            refused.append(rest.remove(at: Int(wrong)).offset)
        }
        return nil
    }

    deinit { chyperscan_free(self.database) }

    private static func compile(
        _ patterns: [(text: String, ignoresCase: Bool, number: Int)], _ wrong: inout Int32
    ) -> UnsafeMutableRawPointer? {
        let texts = patterns.map { Array($0.text.utf8CString) }
        let cases = patterns.map(\.ignoresCase)
        let numbers = patterns.map { UInt32(clamping: $0.number) }
        // The texts stay where they are while the pointers are used.
        let copies = texts.map { text in
            let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.count)
            _ = copy.initialize(from: text)
            return copy
        }
        defer { for copy in copies { copy.deallocate() } }
        let pointers: [UnsafePointer<CChar>?] = copies.map { UnsafePointer($0.baseAddress) }
        return chyperscan_compile(pointers, cases, numbers, UInt32(patterns.count), &wrong)
    }

    /// Makes room for scans with this one, too.
    func makeRoom(_ room: inout UnsafeMutableRawPointer?) -> Bool { chyperscan_make_room(self.database, &room) }

    /// `false`: anything may match.
    func scan(
        _ bytes: UnsafeRawBufferPointer, _ room: UnsafeMutableRawPointer, into found: UnsafeMutableBufferPointer<UInt64>
    ) -> Bool {
        let base = bytes.baseAddress ?? UnsafeRawPointer(room)
        return chyperscan_scan(
            self.database, base.assumingMemoryBound(to: UInt8.self), bytes.count, room, found.baseAddress, found.count)
    }
}
