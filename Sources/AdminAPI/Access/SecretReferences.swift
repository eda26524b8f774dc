import Credentials
import Foundation
import GatewayModel
package import Storage

/// Puts values in the place of `{"fromEnv": …}` and `{"fromFile": …}`, as far as the operator allows it.
///
/// Whoever may write resources can ask for any name, and whether something else exists is none of their business: what is
/// not allowed and what is not there are answered alike, and no content is ever repeated.
package struct SecretReferences: Sendable {
    private static let largestFile = 64 << 10

    /// The variables that may be named.
    private let variables: [String: String]
    private let environmentPrefix: String?
    /// Without symbolic links.
    private let folder: String?

    /// - Parameters:
    ///   - environmentPrefix: what the name of a variable must begin with; `nil` to allow none.
    ///   - environment: all variables.
    ///   - folder: where files may lie; `nil` to allow none.
    /// - Throws: when the folder is not there.
    package init(environmentPrefix: String?, environment: [String: String], folder: String?) throws(StorageError) {
        self.environmentPrefix = environmentPrefix
        self.variables = environment.filter { name, _ in environmentPrefix.map(name.hasPrefix) ?? false }
        if let folder {
            guard let real = Self.realPath(folder) else {
                throw .file(path: folder, problem: "there is no such folder")
            }
            self.folder = real
        } else {
            self.folder = nil
        }
    }

    /// The document with the values of its secrets.
    func resolved(_ document: JSON, of kind: ResourceKind) throws(Faults) -> JSON {
        if !SecretPlaces.hasReference(document, of: kind) { return document }
        let found = Found()
        let resolved = SecretPlaces.mapped(document, of: kind) { value, pointer in
            guard value.objectValue != nil else { return value }
            do throws(Faults) {
                // What a file holds ends with a line break that its author hardly means; PEM does not mind.
                let text = try self.text(of: value, at: pointer)
                return .string(kind == .certificate ? text : text.withoutLineBreakAtEnd)
            } catch {
                found.faults += error.faults
                return value
            }
        }
        if !found.faults.isEmpty { throw Faults(faults: found.faults) }
        return resolved
    }

    /// What is wrong, over all places.
    private final class Found {
        var faults: [Fault] = []
    }

    private func text(of value: JSON, at pointer: String) throws(Faults) -> String {
        guard let reference = SecretReference(value) else {
            throw Self.fault(
                pointer, "format", "expected a text, or a reference to one",
                hint: "write {\"fromEnv\": \"NAME\"} or {\"fromFile\": \"path\"}")
        }
        let pointer = "\(pointer)/\(reference.member)"
        switch reference {
        case .environment(let name): return try self.variable(name, at: pointer)
        case .file(let path): return try self.file(path, at: pointer)
        }
    }

    private func variable(_ name: String, at pointer: String) throws(Faults) -> String {
        guard let prefix = self.environmentPrefix else {
            throw Self.fault(
                pointer, "unsupported", "this control plane takes no secrets from its environment",
                hint: "start it with --allow-secret-env PREFIX")
        }
        if let value = self.variables[name] { return value }
        throw Self.fault(
            pointer, "reference", "there is no such variable among those that may be named",
            hint: "names begin with \(prefix); the variable must be set when the control plane starts")
    }

    private func file(_ path: String, at pointer: String) throws(Faults) -> String {
        guard let folder = self.folder else {
            throw Self.fault(
                pointer, "unsupported", "this control plane takes no secrets from files",
                hint: "start it with --allow-secret-files DIR")
        }
        let place = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        guard !path.utf8.contains(0), let real = Self.realPath(place), real.hasPrefix(folder + "/"),
            let bytes = Self.content(of: real, in: folder)
        else {
            throw Self.fault(
                pointer, "reference", "there is no such file, that can be read, in the folder for secrets",
                hint: "a regular file inside the folder of --allow-secret-files, of \(Self.largestFile) bytes at most")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw Self.fault(pointer, "format", "the file is not UTF-8 text")
        }
        return text
    }

    /// The path is looked at again once the file is open: a link may have been put in its way in between.
    private static func content(of path: String, in folder: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.largestFile,
            let opened = Self.realPath("/proc/self/fd/\(descriptor)"), opened.hasPrefix(folder + "/")
        else { return nil }
        guard let data = try? file.read(upToCount: Self.largestFile + 1), data.count <= Self.largestFile else {
            return nil
        }
        return [UInt8](data)
    }

    private static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func fault(_ pointer: String, _ code: String, _ detail: String, hint: String? = nil) -> Faults {
        Faults(faults: [Fault(pointer: pointer, code: code, detail: detail, hint: hint)])
    }
}

extension String {
    fileprivate var withoutLineBreakAtEnd: String {
        self.hasSuffix("\r\n") || self.hasSuffix("\n") ? String(self.dropLast()) : self
    }
}
