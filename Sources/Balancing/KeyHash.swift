/// A hash without a seed: the same in every worker, replica and start, so that they agree on where a key belongs.
///
/// FNV-1a with a finaliser (Fowler, Noll and Vo; MurmurHash3). Whoever chooses keys can aim them at one endpoint, as they
/// could by sending the same key; nothing is stored under it.
package enum KeyHash {
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Self.mix(hash)
    }

    /// Of the text's UTF-8.
    package static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Self.mix(hash)
    }

    /// Every bit of the result depends on every bit given.
    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }

    /// A number below `count`, evenly.
    @inline(__always)
    static func scale(_ bits: UInt64, _ count: Int) -> Int {
        Int(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(max(0, count))).high)
    }
}
