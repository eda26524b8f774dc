import Documents
import GatewayModel
import Storage

/// How an export is written.
enum ExportFormat: String, Sendable {
    case json, yaml

    var mediaType: String { "application/\(self.rawValue)" }
}

/// The text of an export, part by part, so that no more than one is in memory.
struct ExportParts: Sequence, IteratorProtocol {
    private static let partSize = 64 << 10

    private let resources: [StoredResource]
    private let format: ExportFormat
    private var index = 0
    private var isDone = false

    init(_ resources: [StoredResource], _ format: ExportFormat) {
        self.resources = resources
        self.format = format
    }

    mutating func next() -> [UInt8]? {
        if self.isDone { return nil }
        var part: [UInt8] = []
        while self.index < self.resources.count, part.count < Self.partSize {
            self.append(self.resources[self.index].resource.canonical, to: &part)
            self.index += 1
        }
        self.isDone = self.index == self.resources.count
        if self.isDone, self.format == .json { part += (self.resources.isEmpty ? "[]\n" : "\n]\n").utf8 }
        return part
    }

    private func append(_ document: JSON, to part: inout [UInt8]) {
        switch self.format {
        case .json:
            part += (self.index == 0 ? "[\n" : ",\n").utf8
            part += document.encoded()
        case .yaml:
            if self.index > 0 { part += "---\n".utf8 }
            part += yamlText(document).utf8
        }
    }
}
