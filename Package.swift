// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// For the machines of a target that is not on the request path: tests see what is internal in release builds too, and
/// one build serves products and tests.
let testable: [SwiftSetting] = [.unsafeFlags(["-enable-testing"])]

/// Layers point down only: see ARCHITECTURE.md. A new arrow here is a design change.
let package = Package(
    name: "sluice",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "sluice-control", targets: ["sluice-control"]),
        .executable(name: "sluice-worker", targets: ["sluice-worker"]),
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "sluice-echo", targets: ["sluice-echo"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C, each wrapped by one Swift file.
        .target(name: "CLinux"),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CProbeTLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "CCares", linkerSettings: [.linkedLibrary("cares")]),
        .target(name: "CCrypt", linkerSettings: [.linkedLibrary("crypt")]),
        .target(name: "CCrypto", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "CJOSE", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "CNghttp2", linkerSettings: [.linkedLibrary("nghttp2")]),
        .target(name: "CJWT", linkerSettings: [.linkedLibrary("jwt")]),
        .target(name: "CPCRE2", linkerSettings: [.linkedLibrary("pcre2-8")]),
        .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "CCells"),
        // Loaded when the first firewall is compiled, so that nobody else pays for it.
        .target(name: "CModSecurity"),
        .target(name: "CHyperscan"),
        .target(
            name: "CCompression",
            linkerSettings: [.linkedLibrary("z"), .linkedLibrary("brotlienc"), .linkedLibrary("zstd")]),

        // Layer 0 and 1: values and machines, no I/O.
        .target(name: "GatewayModel", swiftSettings: strict),
        .target(name: "HTTPWire", swiftSettings: strict),
        .target(name: "Patterns", dependencies: ["CPCRE2"], swiftSettings: strict),
        .target(name: "Balancing", dependencies: ["GatewayModel"], swiftSettings: strict),
        .target(name: "ControlProtocol", dependencies: ["GatewayModel", "CCrypto"], swiftSettings: strict),

        .target(name: "JOSE", dependencies: ["GatewayModel", "CJOSE"], swiftSettings: strict),
        .target(name: "Certificates", dependencies: ["GatewayModel", "CCrypto"], swiftSettings: strict),
        .target(name: "Credentials", dependencies: ["GatewayModel", "CCrypt", "CCrypto"], swiftSettings: strict),
        .target(name: "RateLimiting", dependencies: ["GatewayModel", "CCells"], swiftSettings: strict),

        // Layer 2.
        .target(
            name: "Routing", dependencies: ["GatewayModel", "HTTPWire", "Patterns", "Balancing"], swiftSettings: strict),
        .target(name: "Reactor", dependencies: ["CLinux", "COpenSSL"], swiftSettings: strict),
        .target(name: "Compression", dependencies: ["CCompression", "HTTPWire"], swiftSettings: strict),
        .target(
            name: "Documents",
            dependencies: ["GatewayModel", "Credentials", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(name: "ControlClient", dependencies: ["CCurl"], swiftSettings: strict),
        .target(name: "Probing", dependencies: ["GatewayModel", "CCurl", "CProbeTLS"], swiftSettings: strict),
        .target(
            name: "Firewall", dependencies: ["GatewayModel", "Patterns", "CModSecurity", "CHyperscan"],
            swiftSettings: strict),
        .target(name: "Resolver", dependencies: ["GatewayModel", "CCares"], swiftSettings: strict),

        // Layer 3 to 6.
        .target(
            name: "AccessControl",
            dependencies: ["GatewayModel", "HTTPWire", "Patterns", "Routing", "ControlProtocol", "JOSE"],
            swiftSettings: strict),
        .target(
            name: "TrafficControl",
            dependencies: [
                "GatewayModel", "HTTPWire", "Patterns", "Routing", "AccessControl", "RateLimiting", "Firewall",
            ],
            swiftSettings: strict),
        .target(
            name: "GatewaySnapshot",
            dependencies: [
                "GatewayModel", "HTTPWire", "Patterns", "Balancing", "Routing", "AccessControl", "TrafficControl",
                "Firewall", "ControlProtocol",
            ],
            swiftSettings: strict),
        .target(
            name: "DataPlane",
            dependencies: [
                "GatewayModel", "HTTPWire", "Routing", "AccessControl", "TrafficControl", "RateLimiting", "Firewall",
                "Balancing", "ControlProtocol", "GatewaySnapshot", "Compression", "Credentials",
                "Reactor", "CLinux", "CNghttp2",
            ], swiftSettings: strict),
        .target(
            name: "Storage",
            dependencies: [
                "GatewayModel", "ControlProtocol", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            // `Sources/Storage/migrations` is a link to `migrations/`: the SQL is read there and nowhere else.
            resources: [.embedInCode("migrations")], swiftSettings: strict),

        // Layer 7.
        .target(
            name: "Supervision",
            dependencies: [
                "GatewayModel", "HTTPWire", "ControlProtocol", "Credentials", "GatewaySnapshot", "Documents",
                "ControlClient", "Probing", "Resolver", "RateLimiting", "DataPlane", "CLinux",
            ], swiftSettings: strict + testable),
        .target(
            name: "AdminAPI",
            dependencies: [
                "GatewayModel", "Routing", "ControlProtocol", "Certificates", "Credentials", "GatewaySnapshot",
                "Documents",
                "Storage", "CJWT", "CLinux",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            // `Sources/AdminAPI/openapi` is a link to `openapi/`: the contract is served from the binary.
            resources: [.embedInCode("openapi")], swiftSettings: strict + testable),

        // Layer 8: settings, build, run.
        .executableTarget(
            name: "sluice-control",
            dependencies: [
                "AdminAPI", "GatewayModel", "Storage", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "sluice-worker",
            dependencies: [
                "Supervision", "DataPlane", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "GatewayModel", "Routing", "Certificates", "Credentials", "GatewaySnapshot", "ControlProtocol",
                "Documents", "ControlClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "sluice-echo",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ], swiftSettings: strict),

        // What tokens cost: `scripts/bench tokens`.
        .target(
            name: "CBare", path: "Benchmarks/tokens/Sources/CBare", linkerSettings: [.linkedLibrary("crypto")]),
        .executableTarget(
            name: "bench-tokens", dependencies: ["JOSE", "GatewayModel", "CBare"],
            path: "Benchmarks/tokens/Sources/bench-tokens", swiftSettings: strict),

        // The other direction, for tests alone: the gateway never decompresses.
        .target(
            name: "CDecompression", path: "Tests/CDecompression",
            linkerSettings: [.linkedLibrary("z"), .linkedLibrary("brotlidec"), .linkedLibrary("zstd")]),
        .testTarget(name: "GatewayModelTests", dependencies: ["GatewayModel", "Documents"], swiftSettings: strict),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire"], swiftSettings: strict),
        .testTarget(
            name: "CompressionTests", dependencies: ["CDecompression", "Compression", "HTTPWire"], swiftSettings: strict
        ),
        .testTarget(name: "CertificatesTests", dependencies: ["Certificates", "GatewayModel"], swiftSettings: strict),
        .testTarget(
            name: "JOSETests", dependencies: ["JOSE", "GatewayModel", "CJWT"], exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(name: "RateLimitingTests", dependencies: ["RateLimiting", "GatewayModel"], swiftSettings: strict),
        .testTarget(name: "FirewallTests", dependencies: ["Firewall", "GatewayModel"], swiftSettings: strict),
        .testTarget(
            name: "TrafficControlTests",
            dependencies: [
                "TrafficControl", "AccessControl", "RateLimiting", "Firewall", "GatewayModel", "HTTPWire", "Routing",
            ],
            swiftSettings: strict),
        .testTarget(name: "CredentialsTests", dependencies: ["Credentials", "GatewayModel"], swiftSettings: strict),
        .testTarget(name: "PatternsTests", dependencies: ["Patterns"], swiftSettings: strict),
        .testTarget(
            name: "RoutingTests", dependencies: ["GatewayModel", "HTTPWire", "Routing"], swiftSettings: strict),
        .testTarget(
            name: "AccessControlTests", dependencies: ["AccessControl", "GatewayModel", "HTTPWire", "Routing"],
            swiftSettings: strict),
        .testTarget(name: "BalancingTests", dependencies: ["GatewayModel", "Balancing"], swiftSettings: strict),
        .testTarget(
            name: "GatewaySnapshotTests",
            dependencies: ["GatewayModel", "ControlProtocol", "GatewaySnapshot", "Routing"], swiftSettings: strict),
        .testTarget(
            name: "ReactorTests", dependencies: ["Reactor"], exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "SupervisionTests",
            dependencies: [
                "Supervision", "ControlClient", "ControlProtocol", "DataPlane", "GatewayModel", "Probing", "Resolver",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AdminAPITests", dependencies: ["AdminAPI", "GatewayModel"], swiftSettings: strict),
        .testTarget(
            name: "StorageTests", dependencies: ["GatewayModel", "ControlProtocol", "Storage"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
