import ArgumentParser
import Foundation
import Storage

/// Where the secret key is: the file that was named, else the environment, else the folder.
struct KeyOptions: ParsableArguments {
    private static let variable = "SLUICE_SECRET_KEY"

    @Option(
        help: ArgumentHelp(
            """
            A file with the key that private keys and other secrets are encrypted with, 32 bytes as they are, in \
            hexadecimal or in base64; else SLUICE_SECRET_KEY, else DATA/secret.key, which is made.
            """, valueName: "file"))
    var secretKeyFile: String?

    func source(in folder: DataFolder) -> SecretKeySource {
        if let file = self.secretKeyFile { return SecretKeySource(file: file) }
        if let text = ProcessInfo.processInfo.environment[Self.variable], !text.isEmpty {
            return SecretKeySource(text: text, name: Self.variable)
        }
        return SecretKeySource(in: folder)
    }
}
