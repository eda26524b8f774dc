// swift-tools-version: 6.2
import PackageDescription

/// The floor that Sluice is compared with: the least that an HTTP/1.1 relay in Swift can cost. Not part of the product.
let package = Package(
    name: "floor",
    targets: [
        .target(name: "CEpoll"),
        .executableTarget(name: "floor", dependencies: ["CEpoll"], swiftSettings: [.treatAllWarnings(as: .error)]),
    ],
    swiftLanguageModes: [.v6]
)
