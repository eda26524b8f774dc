import Credentials
import Testing

@Suite("Hashes of passwords")
struct PasswordHashTests {
    /// Published vectors of bcrypt, lines of `htpasswd -B`, and what crypt(5) makes otherwise.
    @Test(
        "Known hashes are of their passwords and of no others",
        arguments: [
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
            ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
            (
                "Hello world!",
                "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1"
            ),
        ])
    func knownHashes(password: String, hash: String) {
        #expect(PasswordHash.isSupported(hash))
        #expect(PasswordHash.verify(password: Array(password.utf8), hash: hash))
        #expect(!PasswordHash.verify(password: Array((password + "x").utf8), hash: hash))
        #expect(!PasswordHash.verify(password: [], hash: hash))
    }

    @Test("What is made is bcrypt of the cost, and of the password")
    func made() throws {
        let hash = try #require(PasswordHash.make(Array("geheim".utf8), salt: Array(0..<16)))
        #expect(hash.hasPrefix("$2b$10$") && hash.utf8.count == 60)
        #expect(PasswordHash.isSupported(hash))
        #expect(PasswordHash.verify(password: Array("geheim".utf8), hash: hash))
        #expect(!PasswordHash.verify(password: Array("geheil".utf8), hash: hash))
        #expect(PasswordHash.make(Array("geheim".utf8), salt: Array(1..<17)) != hash)
    }

    @Test("Passwords that bcrypt would read in part are refused")
    func unfitPasswords() {
        let salt = [UInt8](repeating: 7, count: 16)
        #expect(PasswordHash.make([], salt: salt) == nil)
        #expect(PasswordHash.make([UInt8](repeating: 0x61, count: 73), salt: salt) == nil)
        #expect(PasswordHash.make([0x61, 0, 0x62], salt: salt) == nil)
        #expect(PasswordHash.make([0x61], salt: [1, 2]) == nil)
        #expect(PasswordHash.make([UInt8](repeating: 0x61, count: 72), salt: salt, cost: 4) != nil)
    }

    @Test(
        "What costs too much or is no hash is not supported",
        arguments: [
            "", "x", "geheim", "$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe:", "$6$rounds=999999999$salt$x", "$6$salt$x",
            "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "$y$jFT$abc$def", "*0", "*1",
        ])
    func unsupported(hash: String) {
        #expect(!PasswordHash.isSupported(hash))
        #expect(!PasswordHash.verify(password: Array("U*U".utf8), hash: hash))
    }
}
