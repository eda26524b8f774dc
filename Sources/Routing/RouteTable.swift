import GatewayModel

/// All routes of a gateway, and which of them takes a request.
///
/// One thread looks routes up while another prepares a change; `commit` runs when neither does, and a prepared change is
/// committed or dropped before the next is prepared. The owner keeps this order, the table does not check it.
// Justified: the order above keeps the looking and the preparing thread apart; a lock would stand on every request.
package final class RouteTable: @unchecked Sendable {
    let hasher: ByteHash
    private var contents: RouteContents
    private var listeners: ListenerTable
    /// What lookups read: no owner, so no reference is counted.
    private(set) var view: TableView

    package convenience init() {
        self.init(hasher: .random())
    }

    init(hasher: ByteHash) {
        self.hasher = hasher
        self.contents = RouteContents()
        self.listeners = ListenerTable([], hasher)
        self.view = TableView(hasher, self.contents, self.listeners)
    }

    /// The route of that name.
    package subscript(route name: String) -> CompiledRoute? { self.contents.routes[name] }

    /// The routes that name any of these policies; looks at all routes, which a change of a policy may cost.
    package func routes(withAnyPolicy names: Set<String>) -> [CompiledRoute] {
        self.contents.routes.values.filter { route in route.policies.contains { names.contains($0) } }
    }

    /// All routes, in no order.
    var routes: some Collection<CompiledRoute> { self.contents.routes.values }

    /// The routes of a host, oldest first.
    func routes(of host: HostPattern?) -> [CompiledRoute] { self.contents.hosts[host]?.routes ?? [] }

    /// Builds what a change needs without touching the table.
    ///
    /// Costs what changed: only the hosts of changed and removed routes are built again. What is both removed and upserted
    /// stays; of upserts with one name the last counts.
    ///
    /// - Parameter groups: `nil` leaves the listeners as they are.
    /// - Parameter replacesAll: routes that are not upserted go.
    package func prepare(
        upserts: [CompiledRoute], removes: [String], groups: [[RouteListener]]?, replacesAll: Bool
    ) -> RouteTableChange {
        var contents = replacesAll ? RouteContents() : self.contents
        let edit = RouteEdit(contents, upserts: upserts, removes: removes, self.hasher)
        let listeners = groups.map { ListenerTable($0, self.hasher) }
        guard replacesAll else { return RouteTableChange(.edit(edit), listeners) }
        contents.apply(edit)
        return RouteTableChange(.whole(contents), listeners)
    }

    /// Makes a prepared change count, in the time the change takes, not the table.
    package func commit(_ change: RouteTableChange) {
        switch change.routes {
        case .edit(let edit): self.contents.apply(edit)
        case .whole(let contents): change.retire(&self.contents, for: contents)
        }
        if let listeners = change.listeners { self.listeners = listeners }
        self.view = TableView(self.hasher, self.contents, self.listeners)
    }
}

/// A change that was prepared and waits for its commit. After that it holds what it replaced, so that whoever drops it
/// pays for freeing.
// Justified: it is handed from the preparing thread to the committing one, and never held by both.
package final class RouteTableChange: @unchecked Sendable {
    enum Routes {
        case edit(RouteEdit)
        case whole(RouteContents)
    }

    private(set) var routes: Routes
    let listeners: ListenerTable?

    init(_ routes: Routes, _ listeners: ListenerTable?) {
        self.routes = routes
        self.listeners = listeners
    }

    fileprivate func retire(_ old: inout RouteContents, for new: RouteContents) {
        self.routes = .whole(old)
        old = new
    }
}
