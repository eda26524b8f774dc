import HTTPWire
import Testing

@Suite("Canonical paths")
struct RequestPathTests {
    /// What goes on the wire and what is matched, or `nil` for a refused path.
    private func normalise(_ path: String) -> [String]? {
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 512)
        defer { scratch.deallocate() }
        switch RequestPath(normalising: Array(path.utf8).span, scratch: scratch) {
        case .plain: return [path, path]
        case .refused: return nil
        case .rewritten(let wire, let match):
            return [
                String(decoding: scratch[..<wire], as: UTF8.self),
                String(decoding: scratch[wire..<(wire + match)], as: UTF8.self),
            ]
        }
    }

    @Test(
        "Dot segments, runs of slashes and needless escapes go; what is matched is what is sent",
        arguments: [
            ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a//b", "/a/b"), ("//", "/"), ("///a", "/a"),
            ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/a/..", "/"), ("/a/b/..", "/a/"), ("/a/.", "/a/"),
            ("/..", "/"), ("/../../a", "/a"), ("/a/%2e%2E/b", "/b"), ("/%61", "/a"), ("/%7e", "/~"),
            ("/a%20b", "/a%20b"), ("/%E2%82%AC", "/%E2%82%AC"), ("/...", "/..."), ("/.a", "/.a"), ("/a/.b/", "/a/.b/"),
        ])
    func canonical(_ path: String, _ expected: String) {
        #expect(normalise(path) == [expected, expected])
    }

    @Test(
        "Parameters stay on the wire and never count for matching",
        arguments: [
            ("/admin;x=1", "/admin;x=1", "/admin"), ("/a;p/b;q", "/a;p/b;q", "/a/b"), ("/;s=1", "/;s=1", "/"),
            ("/x/../admin;x", "/admin;x", "/admin"),
        ])
    func parameters(_ path: String, _ wire: String, _ match: String) {
        #expect(normalise(path) == [wire, match])
    }

    @Test("Digits of escapes reach the backend as they came, and match in upper case (RFC 3986 section 6.2.2.1)")
    func escapes() {
        #expect(normalise("/%c3%A4/%2541") == ["/%c3%A4/%2541", "/%C3%A4/%2541"])
    }

    @Test(
        "Paths that backends read differently are refused",
        arguments: [
            "/a%2fb", "/a%2F..", "/a%5cb", "/a\\b", "/%00", "/%", "/%1", "/%zz", "/..;/admin", "/a/.;x/b", "/;x/admin",
        ])
    func refused(_ path: String) {
        #expect(normalise(path) == nil)
    }
}
