import CCares
import GatewayModel
import Glibc

/// One name being looked up, with everything that its answer leads to.
final class Lookup {
    /// What a callback is told.
    private final class Context {
        let lookup: Lookup
        let run: (Lookup, Int32, UnsafeRawPointer?, Int) -> Void

        init(_ lookup: Lookup, _ run: @escaping (Lookup, Int32, UnsafeRawPointer?, Int) -> Void) {
            self.lookup = lookup
            self.run = run
        }
    }

    /// Where an endpoint is beside its address.
    private struct Place {
        let port: UInt16
        let weight: Int
        let isBackup: Bool
    }

    /// QCLASS IN and QTYPE SRV.
    private static let (internet, srv): (Int32, Int32) = (1, 33)

    /// Of one SRV answer, which could name two thousand: each is two questions.
    private static let mostTargets = 256

    private let servers: String?
    private(set) var channels: [Channel] = []
    private var waiting = 0
    private(set) var answer = NameAnswer()

    init(_ discovery: Discovery, servers: String?) {
        self.servers = servers
        switch discovery.source {
        case .dns(let port):
            guard let channel = self.open(searches: true) else { return }
            self.askAddresses(discovery.hostname, channel, [Place(port: port, weight: 1, isBackup: false)])
        case .dnsSRV:
            guard let channel = self.open(searches: true) else { return }
            self.askServices(discovery.hostname, channel)
        }
    }

    var isDone: Bool { self.waiting == 0 }

    /// Ends what is under way as failed.
    func close() { for channel in self.channels { channel.close() } }

    private func open(searches: Bool) -> Channel? {
        guard let channel = Channel(servers: self.servers, searches: searches) else {
            self.answer.parts["resolver"] = .failed("the resolver cannot be set up")
            return nil
        }
        self.channels.append(channel)
        return channel
    }

    private func expect(_ run: @escaping (Lookup, Int32, UnsafeRawPointer?, Int) -> Void) -> UnsafeMutableRawPointer {
        self.waiting += 1
        return Unmanaged.passRetained(Context(self, run)).toOpaque()
    }

    /// c-ares calls back once for each question, whatever happens.
    private static func called(
        _ context: UnsafeMutableRawPointer?, _ status: Int32, _ data: UnsafeRawPointer?, _ count: Int
    ) {
        guard let context else { return }
        let taken = Unmanaged<Context>.fromOpaque(context).takeRetainedValue()
        taken.run(taken.lookup, status, data, count)
        taken.lookup.waiting -= 1
    }

    // MARK: addresses

    private func askAddresses(_ name: String, _ channel: Channel, _ places: [Place]) {
        for (family, kind) in [(AF_INET, "A"), (AF_INET6, "AAAA")] {
            let part = "\(kind) \(name)"
            var hints = ares_addrinfo_hints()
            hints.ai_family = family
            hints.ai_flags = ARES_AI_NOSORT
            let context = self.expect { lookup, status, data, _ in lookup.takeAddresses(part, status, data, places) }
            ares_getaddrinfo(
                channel.raw, name, nil, &hints,
                { context, status, _, found in Lookup.called(context, status, found, 0) }, context)
        }
    }

    private func takeAddresses(_ part: String, _ status: Int32, _ data: UnsafeRawPointer?, _ places: [Place]) {
        let found = data.map { UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: ares_addrinfo.self)) }
        defer { if let found { ares_freeaddrinfo(found) } }
        guard status == ARES_SUCCESS, let found else {
            self.answer.parts[part] = Self.isAbsent(status) ? .found([]) : .failed(Self.reason(status))
            return
        }
        var endpoints: [UpstreamEndpoint] = []
        var node = found.pointee.nodes
        while let current = node {
            self.answer.lives(UInt32(clamping: current.pointee.ai_ttl))
            if let address = Self.address(current.pointee.ai_addr) {
                endpoints += places.map {
                    UpstreamEndpoint(address: address, port: $0.port, weight: $0.weight, isBackup: $0.isBackup)
                }
            }
            node = current.pointee.ai_next
        }
        var alias = found.pointee.cnames
        while let current = alias {
            self.answer.lives(UInt32(clamping: current.pointee.ttl))
            alias = current.pointee.next
        }
        self.answer.parts[part] = .found(endpoints)
    }

    /// `nil` for addresses that lead nowhere: unspecified ones, and link-local ones of IPv6, which need a zone.
    private static func address(_ address: UnsafeMutablePointer<sockaddr>?) -> IPAddress? {
        guard let address else { return nil }
        let raw = UnsafeRawPointer(address)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            var four = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            guard four.s_addr != 0, inet_ntop(AF_INET, &four, &text, socklen_t(text.count)) != nil else { return nil }
        case AF_INET6:
            var six = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            let bytes = withUnsafeBytes(of: &six, Array.init)
            let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
            guard !isLinkLocal, bytes.contains(where: { $0 != 0 }) else { return nil }
            guard inet_ntop(AF_INET6, &six, &text, socklen_t(text.count)) != nil else { return nil }
        default: return nil
        }
        return IPAddress(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    // MARK: services (RFC 2782)

    private func askServices(_ name: String, _ channel: Channel) {
        let context = self.expect { $0.takeServices($1, $2, $3) }
        ares_search(
            channel.raw, name, Self.internet, Self.srv,
            { context, status, _, bytes, count in Lookup.called(context, status, bytes, Int(count)) }, context)
    }

    private func takeServices(_ status: Int32, _ data: UnsafeRawPointer?, _ count: Int) {
        var list: UnsafeMutablePointer<ares_srv_reply>?
        var status = status
        if status == ARES_SUCCESS, let data {
            self.answer.lives(AnswerLife.seconds(UnsafeRawBufferPointer(start: data, count: count)) ?? 0)
            status = ares_parse_srv_reply(data.assumingMemoryBound(to: UInt8.self), Int32(clamping: count), &list)
        }
        defer { if let list { ares_free_data(list) } }
        guard status == ARES_SUCCESS, let list else {
            self.answer.parts["SRV"] = Self.isAbsent(status) ? .found([]) : .failed(Self.reason(status))
            return
        }
        self.askTargets(Array(sequence(first: list.pointee) { $0.next?.pointee }))
    }

    /// Targets are whole names: search domains do not apply. A target of "." says that there is no service.
    private func askTargets(_ records: [ares_srv_reply]) {
        let best = records.map(\.priority).min()
        var targets: [String: [Place]] = [:]
        for record in records where record.port > 0 {
            guard let host = record.host.map({ String(cString: $0).lowercased() }), !host.isEmpty, host != "." else {
                continue
            }
            targets[host, default: []].append(
                Place(port: record.port, weight: max(1, Int(record.weight)), isBackup: record.priority != best))
        }
        guard !targets.isEmpty else {
            self.answer.parts["SRV"] = .found([])
            return
        }
        guard let channel = self.open(searches: false) else { return }
        for (host, places) in targets.sorted(by: { $0.key < $1.key }).prefix(Self.mostTargets) {
            self.askAddresses(host, channel, places)
        }
    }

    private static func isAbsent(_ status: Int32) -> Bool { status == ARES_ENODATA || status == ARES_ENOTFOUND }

    private static func reason(_ status: Int32) -> String {
        switch status {
        case ARES_ETIMEOUT, ARES_EDESTRUCTION, ARES_ECANCELLED: "no name server answered in time"
        case ARES_ESERVFAIL: "the name server failed (SERVFAIL)"
        case ARES_EREFUSED: "the name server refused"
        case ARES_ECONNREFUSED: "no name server can be reached"
        default: ares_strerror(status).map { String(cString: $0) } ?? "error \(status)"
        }
    }
}
