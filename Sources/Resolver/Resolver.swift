package import GatewayModel
import Glibc

/// Looks up names through the hosts file, search domains and name servers, many at once; belongs to one thread.
package struct Resolver: ~Copyable {
    /// After so many milliseconds a lookup has failed, whatever it still waits for.
    package static let longest: UInt64 = 15_000

    private let servers: String?
    private var lookups: [Discovery: (lookup: Lookup, since: UInt64)] = [:]

    /// - Parameter servers: `ADDR[:PORT],…`; `nil`: those of /etc/resolv.conf.
    package init(servers: String?) { self.servers = servers }

    deinit { for (lookup, _) in self.lookups.values { lookup.close() } }

    /// How many lookups are under way.
    package var count: Int { self.lookups.count }

    /// Begins, unless it has begun.
    package mutating func start(_ discovery: Discovery, now milliseconds: UInt64) {
        guard self.lookups[discovery] == nil else { return }
        self.lookups[discovery] = (Lookup(discovery, servers: self.servers), milliseconds)
    }

    /// Waits for answers and for `descriptor`, and takes what came.
    package borrowing func wait(also descriptor: Int32, milliseconds: Int) {
        var watched = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        var channels: [Channel] = []
        var patience = milliseconds
        for (lookup, _) in self.lookups.values {
            if lookup.isDone { patience = 0 }
            for channel in lookup.channels {
                let sockets = channel.sockets
                watched += sockets
                channels += sockets.map { _ in channel }
                if !sockets.isEmpty { patience = min(patience, channel.patience(atMost: patience)) }
            }
        }
        guard poll(&watched, nfds_t(watched.count), Int32(clamping: patience)) >= 0 else { return }
        for (ready, channel) in zip(watched.dropFirst(), channels) where ready.revents != 0 { channel.process(ready) }
        for (lookup, _) in self.lookups.values { for channel in lookup.channels { channel.expire() } }
    }

    /// The lookups that are over; each is given out once.
    package mutating func finished(now milliseconds: UInt64) -> [(Discovery, NameAnswer)] {
        var answers: [(Discovery, NameAnswer)] = []
        for (discovery, entry) in self.lookups {
            if !entry.lookup.isDone, milliseconds > entry.since, milliseconds - entry.since > Self.longest {
                entry.lookup.close()
            }
            guard entry.lookup.isDone else { continue }
            entry.lookup.close()
            answers.append((discovery, entry.lookup.answer))
        }
        for (discovery, _) in answers { self.lookups[discovery] = nil }
        return answers
    }
}
