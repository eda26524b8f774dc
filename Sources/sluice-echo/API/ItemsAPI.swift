import Hummingbird

/// `/api/items`: list, add, change, remove.
struct ItemsAPI {
    let store: ItemStore

    func addRoutes(to group: RouterGroup<EchoContext>) {
        group.get { _, _ in await self.store.all }
        group.post { request, context in try await self.add(request, context) }
        group.put(":id") { request, context in try await self.change(request, context) }
        group.delete(":id") { _, context in try await self.remove(context) }
    }

    private func add(_ request: Request, _ context: EchoContext) async throws -> EditedResponse<Item> {
        let body = try await Self.body(of: request, context)
        guard let name = body.name else {
            throw HTTPError(.badRequest, message: "An item needs a name.")
        }
        guard let item = await self.store.add(name: name) else {
            throw HTTPError(.conflict, message: "The list is full: \(ItemStore.capacity) items.")
        }
        return EditedResponse(status: .created, response: item)
    }

    private func change(_ request: Request, _ context: EchoContext) async throws -> Item {
        let id = try context.parameters.require("id", as: Int.self)
        let body = try await Self.body(of: request, context)
        guard let item = await self.store.update(id, with: body) else {
            throw HTTPError(.notFound, message: "There is no item \(id).")
        }
        return item
    }

    private func remove(_ context: EchoContext) async throws -> Response {
        let id = try context.parameters.require("id", as: Int.self)
        guard await self.store.remove(id) else {
            throw HTTPError(.notFound, message: "There is no item \(id).")
        }
        return Response(status: .noContent)
    }

    /// The body, with a name that is short enough to keep.
    private static func body(of request: Request, _ context: EchoContext) async throws -> ItemChange {
        let change = try await request.decode(as: ItemChange.self, context: context)
        if let name = change.name, !(1...ItemChange.longestName).contains(name.utf8.count) {
            throw HTTPError(.badRequest, message: "A name has 1 to \(ItemChange.longestName) bytes.")
        }
        return change
    }
}
