import GatewayModel
import Routing

/// Where in requests a credential is looked for, compiled.
struct CredentialPlaces: Sendable {
    /// What a request shows.
    enum Shown<Value> {
        case nothing
        /// Several lines, parameters or cookies: which of them others would take is not known.
        case several
        case one(Value)
    }

    private let places: [CredentialPlace]

    init(_ sources: [CredentialSource]) { self.places = sources.map { CredentialPlace($0) } }

    /// Runs a body with the first credential there is; an empty one is none.
    func withCredential<R>(_ request: RouteRequest, _ body: (UnsafeRawBufferPointer) -> R) -> Shown<R> {
        for place in self.places {
            switch place.withCredential(request, body) {
            case .nothing: continue
            case .several: return .several
            case .one(let result): return .one(result)
            }
        }
        return .nothing
    }

    /// All that the backend is not to see: the credential in every place where the request has one.
    func stripped(_ request: RouteRequest) -> [StrippedCredential] {
        self.places.compactMap { place in
            if case .nothing = place.withCredential(request, { _ in () }) { nil } else { place.stripped }
        }
    }
}

/// One place of a credential.
private struct CredentialPlace: Sendable {
    private enum Kind: Sendable {
        case header(prefix: [UInt8])
        /// A scheme of `Authorization` in lower case.
        case scheme([UInt8])
        case query, cookie
    }

    private let kind: Kind
    private let name: [UInt8]
    let stripped: StrippedCredential

    init(_ source: CredentialSource) {
        switch source {
        case .header(let name, let prefix):
            let scheme = prefix.lowercased().utf8
            let isScheme = name == "authorization" && scheme.count > 1 && scheme.last == 0x20
            self.kind = isScheme ? .scheme(Array(scheme.dropLast())) : .header(prefix: Array(prefix.utf8))
            (self.name, self.stripped) = (Array(name.utf8), .header(name))
        case .query(let name): (self.kind, self.name, self.stripped) = (.query, Array(name.utf8), .query(name))
        case .cookie(let name): (self.kind, self.name, self.stripped) = (.cookie, Array(name.utf8), .cookie(name))
        }
    }

    func withCredential<R>(
        _ request: RouteRequest, _ body: (UnsafeRawBufferPointer) -> R
    ) -> CredentialPlaces.Shown<R> {
        self.name.withUnsafeBytes { name in
            switch self.kind {
            case .header(let prefix):
                return Self.field(request, name, body) { field in
                    field.starts(with: prefix) ? UnsafeRawBufferPointer(rebasing: field[prefix.count...]) : nil
                }
            case .scheme(let scheme):
                return Self.field(request, name, body) { field in
                    scheme.withUnsafeBytes { credential(of: field, scheme: $0) }
                }
            case .query:
                guard let value = firstParameter(request.query, named: name), !value.isEmpty else { return .nothing }
                if request.hasSeveralParameters(name) { return .several }
                return .one(withDecoded(value, body))
            case .cookie:
                guard let value = request.cookie(name), !value.isEmpty else { return .nothing }
                if request.hasSeveralCookies(name) { return .several }
                return .one(body(value))
            }
        }
    }

    private static func field<R>(
        _ request: RouteRequest, _ name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R,
        _ read: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?
    ) -> CredentialPlaces.Shown<R> {
        guard let field = request.header(name) else { return .nothing }
        if request.lineCount(name) > 1 { return .several }
        guard let shown = read(field), !shown.isEmpty else { return .nothing }
        return .one(body(shown))
    }
}

extension RouteRequest {
    /// Runs a body with the one line of a field.
    ///
    /// - Parameter name: in lower case.
    func field(_ name: StaticString) -> CredentialPlaces.Shown<UnsafeRawBufferPointer> {
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard let line = self.header(name) else { return .nothing }
        return self.lineCount(name) > 1 ? .several : .one(line)
    }
}
