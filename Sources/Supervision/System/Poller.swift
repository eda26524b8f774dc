import Glibc

/// poll(2) over what is open right now. A supervisor watches a few dozen descriptors, so nothing is registered anywhere.
struct Poller<Source> {
    private var descriptors: [pollfd] = []
    private var sources: [Source] = []

    mutating func watch(_ descriptor: Int32, _ source: Source, forWriting: Bool = false) {
        self.descriptors.append(pollfd(fd: descriptor, events: Int16(forWriting ? POLLOUT : POLLIN), revents: 0))
        self.sources.append(source)
    }

    /// The sources with something to do; hang-ups and errors count. Empty after the time-out.
    consuming func wait(milliseconds: Int32) -> [Source] {
        let count = poll(&self.descriptors, nfds_t(self.descriptors.count), milliseconds)
        guard count > 0 else { return [] }
        return zip(self.descriptors, self.sources).filter { $0.0.revents != 0 }.map(\.1)
    }
}
