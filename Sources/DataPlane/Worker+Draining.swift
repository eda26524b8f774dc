import Glibc
import Reactor

/// How a worker comes to its end without losing a request.
enum Drain: Equatable {
    case serving
    /// Readiness fails already; everything is served as before until the balancer has noticed.
    case delayed(until: UInt64, timeout: UInt64, isReplaced: Bool)
    /// Nothing is accepted, every answer says that its connection ends; what is idle even then is closed at `idleUntil`.
    case finishing(until: UInt64, idleUntil: UInt64, isReplaced: Bool)
    case done

    /// How long kept connections get to ask once more, in milliseconds. Closing one while its next request is under way
    /// loses that request (RFC 9112 section 9.5); the answer to it says that the connection ends, and then nothing is lost.
    static let longestIdleTimeout: UInt64 = 1_000

    var closesConnections: Bool {
        switch self {
        case .serving, .delayed: false
        case .finishing, .done: true
        }
    }

    /// Whether health checks are told to stay away: not in an upgrade, where another process serves the next connection.
    var failsHealthChecks: Bool {
        switch self {
        case .serving: false
        case .delayed(_, _, let isReplaced), .finishing(_, _, let isReplaced): !isReplaced
        case .done: true
        }
    }

    /// The loop has to look at the clock.
    var isUnderWay: Bool { self != .serving && self != .done }
}

extension Worker {
    /// Milliseconds both. Said again during the delay, the earlier end of it counts; after it nothing changes.
    ///
    /// - Parameter isReplaced: whether another process serves on the same sockets.
    func startDraining(delay: UInt64, timeout: UInt64, isReplaced: Bool = false) {
        var until = self.now &+ delay
        switch self.drain {
        case .finishing, .done: return
        case .serving: break
        case .delayed(let earlier, _, _): until = min(until, earlier)
        }
        self.drain = .delayed(until: until, timeout: timeout, isReplaced: isReplaced)
    }

    /// Once a turn while draining.
    func continueDraining() {
        switch self.drain {
        case .serving, .done: break
        case .delayed(let until, let timeout, let isReplaced):
            guard self.now >= until else { break }
            for acceptor in self.acceptors { if let acceptor { self.stopAccepting(acceptor) } }
            let idleTimeout = min(Drain.longestIdleTimeout, timeout / 2)
            self.drain = .finishing(
                until: self.now &+ timeout, idleUntil: self.now &+ idleTimeout, isReplaced: isReplaced)
            self.leaveTunnels()
        case .finishing(let until, let idleUntil, let isReplaced):
            if self.now >= idleUntil {
                self.drain = .finishing(until: until, idleUntil: .max, isReplaced: isReplaced)
                self.endIdleClients { _ in true }
            }
            guard self.clients == nil || self.now >= until else { break }
            self.report(.drained)
            self.drain = .done
        }
    }

    /// Closes connections that wait for a request and have not begun one; the others end with their present answer.
    func endIdleClients(_ isMeant: (ClientRef) -> Bool) {
        var cursor = self.clients
        while let client = cursor {
            cursor = client.pointee.next
            guard isMeant(client) else { continue }
            if client.pointee.state == .session {
                self.leave(client)
                continue
            }
            client.pointee.closesAfter = true
            guard client.pointee.state == .head, client.pointee.input == nil else { continue }
            // A request may have come in this very moment.
            client.pointee.isReadable = true
            self.serve(client)
            if client.pointee.state == .head, client.pointee.input == nil, client.pointee.requests > 0 {
                self.close(client)
            }
        }
    }
}
