import HTTPTypes
import Hummingbird
import NIOCore

/// The single-page app: four texts, no network beyond its own origin.
enum Page {
    static func addRoutes(to router: Router<EchoContext>) {
        for asset in [Asset.document, .style, .script, .icon] {
            router.get(asset.path) { _, _ in asset.response }
        }
    }
}

/// One text of the page with what a browser must know about it.
struct Asset: Sendable {
    let path: RouterPath
    let contentType: String
    let text: String

    static let document = Asset(path: "/", contentType: "text/html; charset=utf-8", text: Page.html)
    static let style = Asset(path: "/demo.css", contentType: "text/css; charset=utf-8", text: Page.css)
    static let script = Asset(path: "/demo.js", contentType: "text/javascript; charset=utf-8", text: Page.javaScript)
    static let icon = Asset(path: "/demo.svg", contentType: "image/svg+xml", text: Page.svg)

    /// A browser asks again at each visit; the page may run nothing that did not come from its own origin.
    var response: Response {
        var headers = HTTPFields()
        headers[.contentType] = self.contentType
        headers[.cacheControl] = "no-cache"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.contentSecurityPolicy] = "default-src 'self'"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: self.text)))
    }
}
