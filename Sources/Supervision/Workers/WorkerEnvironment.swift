/// What a worker process finds in its environment: the supervisor's own, and how its memory is to be laid out.
enum WorkerEnvironment {
    /// One heap, on huge pages. A lookup among 100,000 routes touches a dozen places of an 80 MB heap, and without huge
    /// pages most of them cost a page walk: `scripts/bench routes` shows CPU per request growing by 13.6 % without, and
    /// not beyond the noise with them.
    static let memory = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1"

    /// - Parameter inherited: `NAME=value` each; tunables that an operator has set stay as they are.
    static func make(from inherited: [String]) -> [String] {
        inherited.contains { $0.hasPrefix("GLIBC_TUNABLES=") } ? inherited : inherited + [Self.memory]
    }
}
