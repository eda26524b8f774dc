package import GatewayModel
import Routing

/// The listeners that share an address and a port, and so a socket.
package struct ListenerGroup: Hashable, Sendable {
    package let address: String
    package let port: UInt16
    /// First the one without hostnames, then by name. Routing knows a listener by its place here.
    package let listeners: [Listener]

    /// Nobody listens there any more; the slot waits for the address to come back.
    package var isRemoved: Bool { self.listeners.isEmpty }

    init(_ place: ListenerPlace, _ listeners: [Listener]) {
        self.address = place.address
        self.port = place.port
        self.listeners = listeners.sorted {
            $0.hostnames.isEmpty != $1.hostnames.isEmpty ? $0.hostnames.isEmpty : $0.name < $1.name
        }
    }

    var routeListeners: [RouteListener] {
        self.listeners.enumerated().map { RouteListener(slot: $0, name: $1.name, hostnames: $1.hostnames) }
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

    /// Puts the listeners into their groups.
    ///
    /// - Returns: the slots of groups that changed, came or went.
    mutating func regroup() -> [Int] {
        var places: [ListenerPlace: [Listener]] = [:]
        for case .listener(let listener) in self.resources.values.lazy.map(\.spec) {
            places[ListenerPlace(address: listener.address.text, port: listener.port), default: []].append(listener)
        }
        var changed: [Int] = []
        for place in Set(places.keys).union(self.slots.keys).sorted() {
            let group = ListenerGroup(place, places[place] ?? [])
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
