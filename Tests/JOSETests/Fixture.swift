import Foundation
import GatewayModel
import JOSE

/// Keys and tokens of `Fixtures/tokens.json`, which says how they were made.
enum Fixture {
    static let document: JSON = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Fixtures/tokens.json")
        guard let bytes = try? Data(contentsOf: path), let document = try? JSON(parsing: Array(bytes)) else {
            return .null
        }
        return document
    }()

    static var keySet: JSON { ["keys": document["keys"] ?? .null] }
    static let issuer = "https://id.example.com/realms/shop"
    /// Before the tokens end.
    static let now: Int64 = 1_800_000_000
    static let end: Int64 = 1_900_000_000

    static func keys() throws -> KeySet { try KeySet(keySet) }
    static func key(_ id: String) -> JSON {
        document["keys"]?.arrayValue?.first { $0["kid"] == .string(id) } ?? .null
    }
    static func token(_ algorithm: JWTAlgorithm) -> String {
        document["tokens"]?[algorithm.rawValue]?.stringValue ?? ""
    }
    static func header(_ name: String) -> String { document["headers"]?[name]?.stringValue ?? "" }
}

/// The bytes in base64url, written another way than the decoder under test reads them.
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
}

/// A token with a signature that nobody made.
func unsigned(_ header: String = #"{"alg":"RS256"}"#, _ payload: String) -> String {
    "\(base64URL(header.utf8)).\(base64URL(payload.utf8)).\(base64URL([UInt8](repeating: 1, count: 256)))"
}

/// What becomes of a token: `nil` when it is taken.
func fault(
    _ token: some Sequence<UInt8>, keys: KeySet? = nil, algorithms: AlgorithmSet = .all,
    issuer: String = Fixture.issuer, audiences: [String] = ["orders"], leeway: Int64 = 0, now: Int64 = Fixture.now
) -> TokenFault? {
    Array(token).withUnsafeBytes { bytes in
        do throws(TokenFault) {
            let token = try UnverifiedToken(parsing: bytes)
            if let keys { try token.verify(with: keys, algorithms: algorithms) }
            try token.claims.check(issuer: issuer, audiences: audiences, leeway: leeway, now: now)
            return nil
        } catch {
            return error
        }
    }
}

/// The claims of a token whose signature is not looked at.
func claims(_ payload: String) throws -> Claims {
    try Array(unsigned(#"{"alg":"RS256"}"#, payload).utf8).withUnsafeBytes { try UnverifiedToken(parsing: $0).claims }
}

/// The bytes of a text in base64url, read another way than by the decoder under test.
func decoded(_ text: [UInt8]) -> [UInt8]? {
    let plain = String(decoding: text, as: UTF8.self).replacingOccurrences(of: "-", with: "+")
        .replacingOccurrences(of: "_", with: "/")
    return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)).map(Array.init)
}
