package import AccessControl
package import GatewayModel
package import Routing
package import TrafficControl

/// The listeners that share an address and a port, and so a socket.
package struct ListenerGroup: Hashable, Sendable {
    package let address: String
    package let port: UInt16
    /// First the one without hostnames, then by name. Routing knows a listener by its place here.
    package let listeners: [Listener]
    /// What the listeners refer to: certificates by name.
    package let certificates: [String: Certificate]
    /// Which answers of a listener's routes are compressed, by its place; `nil`: none.
    package let compression: [CompressionPlan?]
    /// The faults that are made of requests, by the listener's place; `nil`: none.
    package let faults: [FaultPlan?]
    /// Who may call, by the listener's place; `nil`: everybody.
    package let access: [AccessPlan?]
    /// How much may pass, by the listener's place; `nil`: everything.
    package let traffic: [TrafficPlan?]
    /// What is done to the fields of all answers, by the listener's place; `nil`: nothing.
    package let answers: [AnswerFieldsPlan?]

    /// Nobody listens there any more; the slot waits for the address to come back.
    package var isRemoved: Bool { self.listeners.isEmpty }

    /// - Parameter shared: what listeners refer to; dangling references were refused.
    init(_ place: ListenerPlace, _ listeners: [Listener], _ shared: SharedResources) {
        self.address = place.address
        self.port = place.port
        self.listeners = listeners.sorted {
            $0.hostnames.isEmpty != $1.hostnames.isEmpty ? $0.hostnames.isEmpty : $0.name < $1.name
        }
        var certificates: [String: Certificate] = [:]
        for name in listeners.flatMap(\.certificateNames) { certificates[name] = shared.certificates[name] }
        self.certificates = certificates
        self.compression = self.listeners.map { shared.compression($0.policies) }
        self.faults = self.listeners.map { shared.faults($0.policies) }
        self.access = self.listeners.map { shared.access.plan($0.policies) }
        self.traffic = self.listeners.map { shared.traffic.plan($0.policies) }
        self.answers = self.listeners.map { shared.answers($0.policies) }
    }

    var routeListeners: [RouteListener] {
        self.listeners.enumerated().map {
            RouteListener(slot: $0, name: $1.name, hostnames: $1.hostnames, takesUnnamed: $1.proto.isHTTP)
        }
    }
}

extension Listener {
    fileprivate var certificateNames: [String] {
        (self.tls?.certificates ?? []) + (self.tls?.clientValidation?.authorities ?? [])
    }
}

/// What groups are found by.
struct ListenerPlace: Hashable, Comparable, Sendable {
    let address: String
    let port: UInt16

    static func < (left: Self, right: Self) -> Bool { (left.address, left.port) < (right.address, right.port) }
}

/// All listeners, and the slots of their groups.
struct ListenerSet: Sendable {
    private(set) var resources: [String: Resource] = [:]
    /// By slot; slots are never given to another place.
    private(set) var groups: [ListenerGroup] = []
    private var slots: [ListenerPlace: Int] = [:]

    /// Changes which listeners there are; `regroup` makes it count.
    mutating func set(_ resource: Resource?, for name: String) { self.resources[name] = resource }

    mutating func removeAll() { self.resources = [:] }

    /// Puts the listeners into their groups, with what they refer to.
    ///
    /// - Returns: the slots of groups that changed, came or went.
    mutating func regroup(_ shared: SharedResources) -> [Int] {
        var places: [ListenerPlace: [Listener]] = [:]
        for case .listener(let listener) in self.resources.values.lazy.map(\.spec) {
            places[ListenerPlace(address: listener.address.text, port: listener.port), default: []].append(listener)
        }
        var changed: [Int] = []
        for place in Set(places.keys).union(self.slots.keys).sorted() {
            let group = ListenerGroup(place, places[place] ?? [], shared)
            if let slot = self.slots[place] {
                guard self.groups[slot] != group else { continue }
                self.groups[slot] = group
                changed.append(slot)
            } else {
                self.slots[place] = self.groups.count
                changed.append(self.groups.count)
                self.groups.append(group)
            }
        }
        return changed
    }
}
