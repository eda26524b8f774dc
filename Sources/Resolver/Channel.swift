import CCares
import Glibc

/// A c-ares channel: the resolver's settings as they are now, and the sockets of a few queries. The one place, with
/// `Lookup`, that talks to c-ares.
///
/// Each lookup has one of its own: changed settings are seen, and source ports are new each time (RFC 5452 section 9.2).
final class Channel {
    private static let libraryResult = ares_library_init(0)

    private(set) var raw: ares_channel?

    /// - Parameters:
    ///   - servers: `ADDR[:PORT],…` in place of those of /etc/resolv.conf.
    ///   - searches: whether search domains are tried.
    ///
    /// `nil` when c-ares cannot be set up.
    init?(servers: String?, searches: Bool) {
        guard Self.libraryResult == ARES_SUCCESS else { return nil }
        var options = ares_options()
        options.timeout = 1000
        options.tries = 3
        options.flags = ARES_FLAG_EDNS
        // As DNS Flag Day 2020 has it: no fragments.
        options.ednspsz = 1232
        var mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ
        // No domains are given: an empty list.
        if !searches { mask |= ARES_OPT_DOMAINS }
        guard ares_init_options(&self.raw, &options, mask) == ARES_SUCCESS else {
            self.raw = nil
            return nil
        }
        if let servers, ares_set_servers_ports_csv(self.raw, servers) != ARES_SUCCESS {
            self.close()
            return nil
        }
    }

    deinit { self.close() }

    /// Calls back everybody who waits.
    func close() {
        let raw = self.raw
        self.raw = nil
        if let raw { ares_destroy(raw) }
    }

    /// What to poll.
    var sockets: [pollfd] {
        guard let raw else { return [] }
        var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
        let bits = UInt32(bitPattern: ares_getsock(raw, &sockets, ARES_GETSOCK_MAXNUM))
        return sockets.indices.compactMap { index in
            let events =
                (bits >> UInt32(index) & 1 == 1 ? POLLIN : 0)
                | (bits >> UInt32(index + Int(ARES_GETSOCK_MAXNUM)) & 1 == 1 ? POLLOUT : 0)
            return events == 0 ? nil : pollfd(fd: sockets[index], events: Int16(events), revents: 0)
        }
    }

    /// How long at most until `expire` has something to do.
    func patience(atMost milliseconds: Int) -> Int {
        guard let raw else { return milliseconds }
        var most = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        var own = timeval()
        guard let found = ares_timeout(raw, &most, &own) else { return milliseconds }
        return max(0, found.pointee.tv_sec * 1000 + found.pointee.tv_usec / 1000 + 1)
    }

    func process(_ ready: pollfd) {
        guard let raw else { return }
        let events = Int32(ready.revents)
        let reads = events & (POLLIN | POLLHUP | POLLERR) != 0
        let writes = events & (POLLOUT | POLLERR) != 0
        ares_process_fd(raw, reads ? ready.fd : -1, writes ? ready.fd : -1)
    }

    /// Retries what was not answered in time.
    func expire() { if let raw { ares_process_fd(raw, -1, -1) } }
}
