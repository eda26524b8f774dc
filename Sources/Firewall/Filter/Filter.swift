import Glibc

/// Proves of most requests that no rule can match, so that the engine need not be asked.
///
/// Every value of a request that rules look at is looked at here in the same form, by all rules at once. Whatever is odd (an
/// escaped path, a body that is neither JSON nor a form, a long value, a transformation whose outcome is not certain) is the
/// engine's. It says yes too often, never no wrongly; tests compare it with the engine.
// Justified: rooms are given out under the mutex, each to one scan at a time.
final class Filter: @unchecked Sendable {
    let program: FilterProgram
    private let injection: InjectionTests
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var rooms: [FilterRoom] = []

    /// - Returns: `nil` where the filter could say nothing.
    init?(_ rules: FilterRules) {
        guard !rules.isUnclear, let injection = InjectionTests() else { return nil }
        self.program = FilterProgram(rules)
        guard self.program.whole != nil else { return nil }
        self.injection = injection
        pthread_mutex_init(self.mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(self.mutex)
        self.mutex.deallocate()
    }

    /// `false`: it is proven that no rule matches.
    func mayMatch(_ request: FirewallRequest) -> Bool {
        guard let room = self.takeRoom() else { return true }
        defer { self.giveBack(room) }
        let scan = FilterScan(self.program, self.injection, room: room)
        return request.bytes.withUnsafeBytes { bytes in
            let look = FilterLook(request, bytes)
            return !look.isPlain(scan) || scan.hasMatch
        }
    }

    /// For people: the rules that may match; `nil`: the filter does not know.
    func candidates(_ request: FirewallRequest) -> [Int]? {
        guard let room = self.takeRoom() else { return nil }
        defer { self.giveBack(room) }
        let scan = FilterScan(self.program, self.injection, room: room)
        return request.bytes.withUnsafeBytes { FilterLook(request, $0).isPlain(scan) ? scan.matching : nil }
    }

    private func takeRoom() -> FilterRoom? {
        pthread_mutex_lock(self.mutex)
        let known = self.rooms.popLast()
        pthread_mutex_unlock(self.mutex)
        return known ?? FilterRoom(self.program.whole, words: self.program.always.words.count)
    }

    private func giveBack(_ room: FilterRoom) {
        pthread_mutex_lock(self.mutex)
        self.rooms.append(room)
        pthread_mutex_unlock(self.mutex)
    }
}
