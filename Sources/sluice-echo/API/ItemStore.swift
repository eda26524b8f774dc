import Hummingbird

/// One line of the demo's shopping list.
struct Item: ResponseEncodable, Sendable {
    let id: Int
    var name: String
    var done: Bool
}

/// The list, in memory: it starts afresh with the process, and never grows past its bound.
actor ItemStore {
    static let capacity = 200

    private var items: [Item] = []
    private var nextID = 1

    init() {
        for name in ["Open the gate", "Route the first request", "Change a route while it flows"] {
            self.items.append(Item(id: self.nextID, name: name, done: false))
            self.nextID += 1
        }
    }

    var all: [Item] { self.items }

    /// - Returns: `nil` when the list is full.
    func add(name: String) -> Item? {
        guard self.items.count < Self.capacity else { return nil }
        let item = Item(id: self.nextID, name: name, done: false)
        self.nextID += 1
        self.items.append(item)
        return item
    }

    func update(_ id: Int, with change: ItemChange) -> Item? {
        guard let index = self.items.firstIndex(where: { $0.id == id }) else { return nil }
        self.items[index].name = change.name ?? self.items[index].name
        self.items[index].done = change.done ?? self.items[index].done
        return self.items[index]
    }

    /// - Returns: whether there was such an item.
    func remove(_ id: Int) -> Bool {
        guard let index = self.items.firstIndex(where: { $0.id == id }) else { return false }
        self.items.remove(at: index)
        return true
    }
}

/// The body of a write to the list.
struct ItemChange: Decodable, Sendable {
    static let longestName = 80

    let name: String?
    let done: Bool?
}
