import Credentials
import Testing

@Suite("Keys of callers")
struct APIKeyTests {
    @Test("A key is what its bytes are in base64url")
    func generated() {
        #expect(APIKey.generate(random: Array(repeating: 0, count: 32)) == "slk_" + String(repeating: "A", count: 43))
        #expect(
            APIKey.generate(random: Array(repeating: 255, count: 32)) == "slk_" + String(repeating: "_", count: 42)
                + "8")
        #expect(APIKey.isKey(APIKey.generate(random: Array(0..<32))))
    }

    @Test("A digest is SHA-256 in hex")
    func digest() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(APIKeyDigest.hex(of: Array("abc".utf8)) == abc)
        #expect(APIKeyDigest.hex(in: "sha256:" + abc) == abc)
        for text in [abc, "sha256:" + abc.uppercased(), "sha256:" + abc + "0", "sha512:" + abc, ""] {
            #expect(APIKeyDigest.hex(in: text) == nil)
        }
    }

    @Test("Keys are long enough and travel in fields")
    func keys() {
        #expect(APIKey.isKey("0123456789abcdef"))
        for text in ["0123456789abcde", "0123456789abcde ", "0123456789abcdeé", String(repeating: "x", count: 257)] {
            #expect(!APIKey.isKey(text))
        }
    }
}
