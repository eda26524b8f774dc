import Hummingbird

extension AdminOperations {
    /// The contract as a page.
    var docs: [Operation] {
        [
            Operation(.get, "/docs", for: .open) { call in try self.documented().page(call.request) },
            Operation(.get, "/docs/{file}", for: .open) { call in
                try self.documented().file(call.parameter("file"), call.request)
            },
        ]
    }

    private func documented() throws(Refusal) -> Documentation {
        if let documentation { return documentation }
        throw Refusal(
            .notFound,
            "This control plane was started without the page: scripts/docs-assets fills a folder with what it needs, and "
                + "sluice-control --docs FOLDER serves it. The contract itself is at /v1/openapi.json.")
    }
}
