import CLinux
import Glibc
import Reactor

/// Finds the store's address on a thread, for that may take seconds.
///
/// Justified: what both threads touch is touched under the mutex alone.
final class StoreAddress: @unchecked Sendable {
    private let host: String
    private let port: UInt16
    private let wakeup: Wakeup
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var isLooking = false
    private var found: [SocketAddress] = []

    init(_ settings: StoreSettings, _ wakeup: Wakeup) {
        self.host = settings.host
        self.port = settings.port
        self.wakeup = wakeup
        self.mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(self.mutex, nil)
        if let address = SocketAddress(literal: settings.host, port: settings.port) { self.found = [address] }
    }

    deinit { self.mutex.deallocate() }

    /// What was found last; an IP address is known from the start.
    var addresses: [SocketAddress] { self.locked { self.found } }

    /// Looks again, unless that is under way; the loop is woken up at the end.
    func look() {
        guard SocketAddress(literal: self.host, port: self.port) == nil else { return }
        let starts = self.locked {
            defer { self.isLooking = true }
            return !self.isLooking
        }
        guard starts else { return }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<StoreAddress>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            return self.locked { self.isLooking = false }
        }
        pthread_detach(thread)
    }

    private func run() {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        var found: [SocketAddress] = []
        if getaddrinfo(self.host, nil, &hints, &list) == 0 {
            var next = list
            while let entry = next {
                if let text = Self.text(entry), let address = SocketAddress(literal: text, port: self.port) {
                    found.append(address)
                }
                next = entry.pointee.ai_next
            }
            freeaddrinfo(list)
        }
        self.locked {
            if !found.isEmpty { self.found = found }
            self.isLooking = false
        }
        self.wakeup.signal()
    }

    private static func text(_ entry: UnsafeMutablePointer<addrinfo>) -> String? {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard
            getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
                == 0
        else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        return body()
    }
}
